// The first byte says which message and how far, the rest is the message.
#include "entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static prw::fuzz::RebaseCheck check;
    if (size == 0) return 0;
    const auto message = (data[0] & 1U) == 0 ? prw::proto::ProtobufMessage::kV1 : prw::proto::ProtobufMessage::kV2;
    const auto by = (std::int64_t{1} << (data[0] >> 2U)) * ((data[0] & 2U) == 0 ? 1 : -1);
    return prw::fuzz::report(check(prw::fuzz::text(data + 1, size - 1), message, by), data, size);
}
