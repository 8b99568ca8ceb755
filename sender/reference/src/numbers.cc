#include <charconv>
#include <cmath>
#include <limits>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/sender/exposition.h"

namespace prw::sender {

namespace {

constexpr std::uint64_t kSignBit = 1ULL << 63U;
constexpr std::uint64_t kInfBits = 0x7ff0000000000000ULL;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// True if a well-formed decimal that from_chars calls out of range is too large rather than too small.
bool overflows(std::string_view text) {
    std::int64_t exponent = 0;
    if (const auto e = text.find_first_of("eE"); e != std::string_view::npos) {
        std::string_view digits = text.substr(e + 1);
        const bool negative = digits.starts_with('-');
        if (negative || digits.starts_with('+')) digits.remove_prefix(1);
        if (std::from_chars(digits.data(), digits.data() + digits.size(), exponent).ec != std::errc())
            exponent = std::numeric_limits<std::int32_t>::max();
        exponent = negative ? -exponent : exponent;
        text = text.substr(0, e);
    }
    // Decimal exponent of the first digit that is not zero.
    const auto point = std::min(text.find('.'), text.size());
    const auto first = text.find_first_of("123456789");
    if (first == std::string_view::npos) return false;
    const auto magnitude =
        first < point ? static_cast<std::int64_t>(point - first) : -static_cast<std::int64_t>(first - point - 1);
    return exponent + magnitude > 0;
}

}  // namespace

std::optional<std::uint64_t> parse_value(std::string_view text, std::string& why) {
    const auto refuse = [&](std::string_view cause) {
        why = cause;
        return std::nullopt;
    };
    if (text.empty()) return refuse("a number is missing");
    std::string_view rest = text;
    std::uint64_t sign = 0;
    if (rest.front() == '+' || rest.front() == '-') {
        sign = rest.front() == '-' ? kSignBit : 0;
        rest.remove_prefix(1);
    }
    if (base::iequals(rest, "nan")) {
        if (rest.size() != text.size()) return refuse("NaN has no sign");
        return proto::kNormalNanBits;
    }
    if (base::iequals(rest, "inf") || base::iequals(rest, "infinity")) return sign | kInfBits;
    if (rest.starts_with("0x") || rest.starts_with("0X"))
        return refuse("hexadecimal floats are not part of the format");
    if (rest.find('_') != std::string_view::npos) return refuse("underscores are not allowed in numbers");
    if (rest.empty() || !(is_digit(rest.front()) || rest.front() == '.')) return refuse("not a number");
    double value = 0;
    const auto [end, error] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    if (error == std::errc::invalid_argument || end != rest.data() + rest.size()) return refuse("not a number");
    if (error == std::errc::result_out_of_range) {
        if (overflows(rest)) return refuse("the number is too large for a float64");
        value = 0;
    }
    return sign | proto::to_bits(value);
}

}  // namespace prw::sender
