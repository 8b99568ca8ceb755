/// What must hold for any input whatever. The same functions serve the deterministic corpus test and libFuzzer's entry
/// points.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "prw/proto/snappy_block.h"
#include "prw/proto/view.h"

namespace prw::fuzz {

/// Says what is wrong, or nothing.
using Verdict = std::optional<std::string>;

/// Our reader against libprotobuf: same verdict (UTF-8 apart), same content, ranges that hold what they say.
/// Keeps its view between calls, so that leftovers of one message would show in the next.
class ReaderCheck {
public:
    Verdict operator()(std::string_view bytes, proto::ProtobufMessage message);
    [[nodiscard]] bool accepted() const { return accepted_; }  ///< the last message, by libprotobuf

private:
    Verdict ranges() const;

    proto::RequestView view_;
    bool accepted_ = false;
};

/// Our walk over snappy elements against libsnappy: same verdict, same message, exact map.
class SnappyCheck {
public:
    Verdict operator()(std::string_view body);
    [[nodiscard]] bool valid() const { return valid_; }  ///< the last body, by libsnappy

private:
    proto::PaddedBuffer out_;
    bool valid_ = false;
};

/// A message shifted in time: refused exactly when it is malformed, otherwise the same in all but its timestamps.
class RebaseCheck {
public:
    Verdict operator()(std::string_view bytes, proto::ProtobufMessage message, std::int64_t by_ms);
    [[nodiscard]] bool accepted() const { return accepted_; }

private:
    proto::RequestView before_, after_;
    bool accepted_ = false;
};

/// The protobuf exposition: what decodes is the same once it has been written again.
class FamiliesCheck {
public:
    Verdict operator()(std::string_view bytes);
    [[nodiscard]] bool accepted() const { return accepted_; }

private:
    bool accepted_ = false;
};

/// Request head, Content-Type and chunked framing: what parses is consistent with its bytes.
Verdict check_request_head(std::string_view raw);
Verdict check_content_type(std::string_view value);
Verdict check_chunked(std::string_view wire);

}  // namespace prw::fuzz
