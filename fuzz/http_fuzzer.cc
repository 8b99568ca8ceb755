#include "entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const auto input = prw::fuzz::text(data, size);
    prw::fuzz::report(prw::fuzz::check_request_head(input), data, size);
    prw::fuzz::report(prw::fuzz::check_content_type(input), data, size);
    return prw::fuzz::report(prw::fuzz::check_chunked(input), data, size);
}
