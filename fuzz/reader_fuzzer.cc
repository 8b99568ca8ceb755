// The first byte says which message, the rest is the message.
#include "entry.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    static prw::fuzz::ReaderCheck check;
    if (size == 0) return 0;
    const auto message = (data[0] & 1U) == 0 ? prw::proto::ProtobufMessage::kV1 : prw::proto::ProtobufMessage::kV2;
    return prw::fuzz::report(check(prw::fuzz::text(data + 1, size - 1), message), data, size);
}
