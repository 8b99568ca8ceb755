#include "quote.h"

#include <algorithm>

#include "prw/base/bytes_text.h"
#include "prw/base/text.h"

namespace prw::rules {

std::string quote(std::string_view text, std::size_t max) { return "'" + printable(text, max) + "'"; }

std::string hex_excerpt(std::string_view bytes, proto::ByteRange range) {
    constexpr std::size_t kContext = 4;
    constexpr std::size_t kShown = 12;  // what fits 80 columns behind a key and an offset
    const std::size_t begin = range.offset - std::min<std::size_t>(kContext, range.offset);
    const std::size_t marked = range.size <= kShown ? range.size : kShown - 2;
    const std::size_t end = std::min(bytes.size(), range.offset + marked + (marked == range.size ? kContext : 0));
    const auto offset = base::hex_number(begin, begin > 0xffffU ? 8 : 4);
    std::string line = offset + " ";
    std::string carets(line.size(), ' ');
    for (std::size_t at = begin; at < end; ++at) {
        line += ' ';
        base::append_hex(line, bytes[at]);
        const bool in = at >= range.offset && at < range.offset + marked;
        const bool joined = in && at > range.offset;
        carets += joined ? "^^^" : in ? " ^^" : "   ";
    }
    if (marked < range.size) line += " … (" + bytes_text(range.size - marked) + " more)";
    // An empty range stands between two bytes.
    if (range.size == 0) {
        const auto column = offset.size() + 1 + 3 * (range.offset - begin);
        carets.resize(std::max(carets.size(), column + 1), ' ');
        carets[column] = '^';
    }
    carets.erase(carets.find_last_not_of(' ') + 1);
    return line + "\n" + carets;
}

std::string_view slice(std::string_view bytes, proto::ByteRange range) {
    if (range.offset > bytes.size()) return {};
    return bytes.substr(range.offset, range.size);
}

std::string bytes_text(std::uint64_t count) { return base::count_text(count, "byte"); }

proto::ByteRange range_within(std::string_view whole, std::string_view part) {
    return {static_cast<std::uint32_t>(part.data() - whole.data()), static_cast<std::uint32_t>(part.size())};
}

}  // namespace prw::rules
