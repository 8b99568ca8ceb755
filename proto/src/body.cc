#include "prw/proto/body.h"

#include <utility>

namespace prw::proto {

Body::Body(PaddedBuffer bytes, ProtobufMessage message) : bytes_(std::move(bytes)), message_(message) {}

Body::Body(PaddedBuffer bytes, RequestView view)
    : bytes_(std::move(bytes)), message_(view.message), view_(std::move(view)) {
    std::call_once(decoded_, [] {});
}

Result<std::shared_ptr<const Body>> Body::uncompress(std::string_view body, ProtobufMessage message,
                                                     std::size_t limit) {
    PaddedBuffer bytes;
    if (auto done = uncompress_snappy(body, limit, bytes); !done) return tl::unexpected<Error>(std::move(done.error()));
    return std::make_shared<const Body>(std::move(bytes), message);
}

const RequestView& Body::view() const {
    std::call_once(decoded_, [this] { decode(bytes(), message_, view_); });
    return view_;
}

}  // namespace prw::proto
