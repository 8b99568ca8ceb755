#include "prw/sender/backoff.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>
#include <vector>

#include "prw/proto/http_head.h"

namespace prw::sender {

Backoff::Backoff(Milliseconds minimum, Milliseconds maximum, Random random)
    : minimum_(std::max(minimum, Milliseconds(1))),
      maximum_(std::max(maximum, minimum_)),
      current_(minimum_),
      random_(std::move(random)) {}

Milliseconds Backoff::next() {
    const auto ceiling = static_cast<double>(current_.count());
    current_ = std::min(current_ * 2, maximum_);
    const double delay = ceiling / 2 + random_() * (ceiling / 2);
    return std::max(Milliseconds(static_cast<std::int64_t>(delay)), Milliseconds(1));
}

void Backoff::reset() { current_ = minimum_; }

namespace {

std::optional<int> to_number(std::string_view text, int low, int high) {
    int value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || text.empty() || value < low || value > high)
        return std::nullopt;
    return value;
}

std::optional<unsigned> month_of(std::string_view name) {
    static constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto found = std::find(kMonths.begin(), kMonths.end(), name);
    if (found == kMonths.end()) return std::nullopt;
    return static_cast<unsigned>(found - kMonths.begin()) + 1;
}

/// "08:49:37" in seconds.
std::optional<int> clock_time(std::string_view text) {
    if (text.size() != 8 || text[2] != ':' || text[5] != ':') return std::nullopt;
    const auto hour = to_number(text.substr(0, 2), 0, 23);
    const auto minute = to_number(text.substr(3, 2), 0, 59);
    const auto second = to_number(text.substr(6, 2), 0, 60);
    if (!hour || !minute || !second) return std::nullopt;
    return *hour * 3600 + *minute * 60 + *second;
}

std::optional<std::int64_t> assemble(std::optional<int> year, std::optional<unsigned> month, std::optional<int> day,
                                     std::optional<int> seconds) {
    if (!year || !month || !day || !seconds) return std::nullopt;
    const std::chrono::year_month_day date{std::chrono::year(*year), std::chrono::month(*month),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    if (!date.ok()) return std::nullopt;
    const auto days = std::chrono::sys_days(date).time_since_epoch();
    return std::chrono::duration_cast<Milliseconds>(days).count() + std::int64_t{*seconds} * 1000;
}

std::vector<std::string_view> words_of(std::string_view text, std::string_view separators) {
    std::vector<std::string_view> words;
    std::size_t start = text.find_first_not_of(separators);
    while (start != std::string_view::npos && words.size() < 10) {
        const std::size_t end = std::min(text.find_first_of(separators, start), text.size());
        words.push_back(text.substr(start, end - start));
        start = text.find_first_not_of(separators, end);
    }
    return words;
}

}  // namespace

std::optional<std::int64_t> parse_http_date(std::string_view value) {
    const auto words = words_of(proto::trim_ows(value), " ");
    if (words.size() == 6 && words[5] == "GMT")  // Sun, 06 Nov 1994 08:49:37 GMT
        return assemble(to_number(words[3], 1000, 9999), month_of(words[2]), to_number(words[1], 1, 31),
                        clock_time(words[4]));
    if (words.size() == 5 && !words[0].ends_with(','))  // Sun Nov  6 08:49:37 1994
        return assemble(to_number(words[4], 1000, 9999), month_of(words[1]), to_number(words[2], 1, 31),
                        clock_time(words[3]));
    if (words.size() == 4 && words[3] == "GMT") {  // Sunday, 06-Nov-94 08:49:37 GMT
        const auto parts = words_of(words[1], "-");
        if (parts.size() != 3) return std::nullopt;
        auto year = to_number(parts[2], 0, 99);
        if (year) *year += *year < 70 ? 2000 : 1900;
        return assemble(year, month_of(parts[1]), to_number(parts[0], 1, 31), clock_time(words[2]));
    }
    return std::nullopt;
}

std::optional<Milliseconds> parse_retry_after(std::string_view value, std::int64_t now_ms) {
    value = proto::trim_ows(value);
    if (value.empty()) return std::nullopt;
    if (value.find_first_not_of("0123456789") == std::string_view::npos) {
        std::int64_t seconds = 0;
        const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
        const std::int64_t longest = kMaxRetryAfter.count() / 1000;
        if (error != std::errc() || seconds > longest) seconds = longest;
        return Milliseconds(seconds * 1000);
    }
    const auto date = parse_http_date(value);
    if (!date || *date <= now_ms) return std::nullopt;
    return std::min(Milliseconds(*date - now_ms), kMaxRetryAfter);
}

}  // namespace prw::sender
