// Accepts what no rule has anything to say about, without decoding it.
#include <random>

#include "fast_impl.h"

namespace prw::receiver::rules {

struct FastAccept::Impl {
    Impl() {
        std::random_device device;
        for (std::size_t i = 0; i < secret.bytes.size(); ++i) secret.bytes[i] = static_cast<fast::Byte>(device());
    }
    fast::Secret secret{};
    fast::WalkV1 v1{secret};
    fast::WalkV2 v2{secret};
};

FastAccept::FastAccept() : impl_(std::make_unique<Impl>()) {}
FastAccept::~FastAccept() = default;

bool FastAccept::accept(std::string_view bytes, proto::ProtobufMessage message, std::int64_t now_ms, FastCounts& counts) {
    counts = {};
    if (bytes.empty() || bytes.size() > 0x7fffffffU) return false;
    const auto* const begin = reinterpret_cast<const fast::Byte*>(bytes.data());
    const fast::Message input{begin, begin + bytes.size(), now_ms};
    const bool accepted = message == proto::ProtobufMessage::kV1 ? impl_->v1.accept(input, counts) : impl_->v2.accept(input, counts);
    if (!accepted) counts = {};
    return accepted;
}

}  // namespace prw::receiver::rules
