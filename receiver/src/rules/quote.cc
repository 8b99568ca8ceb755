#include "quote.h"

#include <algorithm>

namespace prw::receiver::rules {

namespace {
constexpr char kDigits[] = "0123456789abcdef";
}

std::string printable(std::string_view text, std::size_t max) {
    std::string out;
    for (const char c : text.substr(0, max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x20U && byte < 0x7fU) {
            out.push_back(c);
        } else {
            out += {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
        }
    }
    if (text.size() > max) out += "…";
    return out;
}

std::string quote(std::string_view text, std::size_t max) { return "'" + printable(text, max) + "'"; }

std::string hex_excerpt(std::string_view bytes, std::size_t max) {
    std::string out;
    for (const char c : bytes.substr(0, max)) {
        const auto byte = static_cast<unsigned char>(c);
        if (!out.empty()) out.push_back(' ');
        out.push_back(kDigits[byte >> 4U]);
        out.push_back(kDigits[byte & 15U]);
    }
    if (bytes.size() > max) out += " … (" + bytes_text(bytes.size() - max) + " more)";
    return out;
}

std::string_view slice(std::string_view bytes, proto::ByteRange range) {
    if (range.offset > bytes.size()) return {};
    return bytes.substr(range.offset, range.size);
}

std::string bytes_text(std::uint64_t count) { return std::to_string(count) + (count == 1 ? " byte" : " bytes"); }

proto::ByteRange range_within(std::string_view whole, std::string_view part) {
    return {static_cast<std::uint32_t>(part.data() - whole.data()), static_cast<std::uint32_t>(part.size())};
}

}  // namespace prw::receiver::rules
