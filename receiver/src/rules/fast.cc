// Accepts nothing: every message is decoded and judged by the rules.
#include "context.h"

namespace prw::receiver::rules {

struct FastAccept::Impl {};
FastAccept::FastAccept() = default;
FastAccept::~FastAccept() = default;
bool FastAccept::accept(std::string_view, proto::ProtobufMessage, std::int64_t, FastCounts&) { return false; }

}  // namespace prw::receiver::rules
