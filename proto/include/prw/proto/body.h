/// A request's body, decompressed once and decoded once, for all who look at it.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <string_view>

#include "prw/base/error.h"
#include "prw/proto/snappy_block.h"
#include "prw/proto/types.h"
#include "prw/proto/view.h"

namespace prw::proto {

/// Immutable to those who look at it; may be shared between threads. Neither copied nor moved: views point into it.
class Body {
public:
    /// A decompressed message, decoded when that is first asked for.
    Body(PaddedBuffer bytes, ProtobufMessage message);
    /// One that is decoded already: `view` points into `bytes`.
    Body(PaddedBuffer bytes, RequestView view);
    Body(const Body&) = delete;
    Body& operator=(const Body&) = delete;
    ~Body() = default;

    /// Errors as uncompress_snappy(). `limit`: bytes of the message.
    [[nodiscard]] static Result<std::shared_ptr<const Body>> uncompress(std::string_view body, ProtobufMessage message,
                                                                        std::size_t limit = kDefaultMaxUncompressed);

    [[nodiscard]] std::string_view bytes() const { return bytes_.view(); }  ///< of the message
    [[nodiscard]] ProtobufMessage message() const { return message_; }      ///< the schema that view() goes by
    /// O(size) for the first who asks.
    [[nodiscard]] const RequestView& view() const;

private:
    PaddedBuffer bytes_;
    ProtobufMessage message_;
    mutable std::once_flag decoded_;
    mutable RequestView view_;
};

}  // namespace prw::proto
