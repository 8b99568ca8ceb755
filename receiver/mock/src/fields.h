/// The fields of a protobuf message in the order of the wire, for mutants that mind it: a decoded view has forgotten
/// it. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace prw::receiver {

struct WireField {
    std::uint32_t number = 0;
    std::uint8_t type = 0;
    std::string_view payload;  ///< of a length-delimited field
};
inline constexpr std::uint8_t kVarintType = 0, kBytesType = 2;

/// The reader has found the bytes to be well-formed, or else nothing asks; what is not ends the walk.
class WireFields {
public:
    explicit WireFields(std::string_view message) : rest_(message) {}

    /// False at the end. Fields inside of groups, which no schema of ours has, are passed over.
    [[nodiscard]] bool next(WireField& field) {
        while (!rest_.empty()) {
            const auto tag = varint();
            field = {static_cast<std::uint32_t>(tag >> 3U), static_cast<std::uint8_t>(tag & 7U), {}};
            switch (field.type) {
                case kVarintType:
                    varint();
                    break;
                case 1:
                    take(8);
                    break;
                case kBytesType:
                    field.payload = take(varint());
                    break;
                case 3:
                    if (depth_++ == 0) return true;
                    break;
                case 4:
                    if (depth_ > 0) --depth_;
                    continue;
                case 5:
                    take(4);
                    break;
                default:
                    rest_ = {};
                    return false;
            }
            if (depth_ == 0) return true;
        }
        return false;
    }

private:
    std::uint64_t varint() {
        std::uint64_t value = 0;
        for (unsigned shift = 0; !rest_.empty(); shift += 7) {
            const auto byte = static_cast<unsigned char>(rest_.front());
            rest_.remove_prefix(1);
            if (shift < 64) value |= std::uint64_t{byte & 0x7fU} << shift;
            if (byte < 0x80U) break;
        }
        return value;
    }
    std::string_view take(std::uint64_t size) {
        const auto out = rest_.substr(0, size);
        rest_.remove_prefix(out.size());
        return out;
    }

    std::string_view rest_;
    std::size_t depth_ = 0;
};

}  // namespace prw::receiver
