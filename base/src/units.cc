#include "prw/base/units.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>

namespace prw::base {

namespace {

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

}  // namespace

Result<std::chrono::milliseconds> parse_duration(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorCode::kInvalidArgument, "not a duration: " + quoted(text) + " (write 500ms, 1s, 1m30s)");
    };
    if (text == "0") return std::chrono::milliseconds(0);
    double total = 0;
    auto rest = text;
    if (rest.empty()) return bad();
    while (!rest.empty()) {
        double number = 0;
        const auto [stop, error] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
        if (error != std::errc{} || number < 0) return bad();
        rest.remove_prefix(static_cast<std::size_t>(stop - rest.data()));
        double unit = 0;
        if (rest.starts_with("ms")) {
            unit = 1;
            rest.remove_prefix(2);
        } else if (!rest.empty()) {
            switch (rest.front()) {
                case 's':
                    unit = 1000;
                    break;
                case 'm':
                    unit = 60000;
                    break;
                case 'h':
                    unit = 3600000;
                    break;
                case 'd':
                    unit = 86400000;
                    break;
                default:
                    return bad();
            }
            rest.remove_prefix(1);
        } else {
            return bad();
        }
        total += number * unit;
    }
    if (!(total < 1e15)) return bad();
    return std::chrono::milliseconds(std::llround(total));
}

Result<std::uint64_t> parse_size(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorCode::kInvalidArgument, "not a size: " + quoted(text) + " (write 4096, 64KiB, 32MiB)");
    };
    std::uint64_t number = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc{} || text.empty()) return bad();
    const auto unit = text.substr(static_cast<std::size_t>(stop - text.data()));
    constexpr std::pair<std::string_view, std::uint64_t> kUnits[] = {
        {"", 1},      {"B", 1},        {"KiB", 1ULL << 10U}, {"MiB", 1ULL << 20U}, {"GiB", 1ULL << 30U},
        {"KB", 1000}, {"MB", 1000000}, {"GB", 1000000000}};
    for (const auto& [name, factor] : kUnits) {
        if (unit != name) continue;
        if (number > std::numeric_limits<std::uint64_t>::max() / factor) return bad();
        return number * factor;
    }
    return bad();
}

Result<HostPort> parse_host_port(std::string_view text) {
    const auto bad = [&] {
        return fail(ErrorCode::kInvalidArgument,
                    "not an address: " + quoted(text) + " (write HOST:PORT; port 0 takes a free one)");
    };
    const auto colon = text.rfind(':');
    if (colon == std::string_view::npos) return bad();
    HostPort out;
    auto host = text.substr(0, colon);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    out.host = host.empty() ? "127.0.0.1" : std::string(host);
    const auto port = text.substr(colon + 1);
    const auto [stop, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc{} || stop != port.data() + port.size()) return bad();
    return out;
}

std::string http_date(std::int64_t unix_ms) {
    // By hand: strftime's names of days and months follow the locale.
    static constexpr const char* kDays[] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static constexpr const char* kMonths[] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                              "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return {};
    const auto two = [](int number) { return std::string(number < 10 ? "0" : "") + std::to_string(number); };
    return std::string(kDays[parts.tm_wday]) + ", " + two(parts.tm_mday) + " " + kMonths[parts.tm_mon] + " " +
           std::to_string(parts.tm_year + 1900) + " " + two(parts.tm_hour) + ":" + two(parts.tm_min) + ":" +
           two(parts.tm_sec) + " GMT";
}

std::string timestamp_text(std::int64_t unix_ms) {
    constexpr std::int64_t kYear9999 = 253402300799999;
    if (unix_ms < 0 || unix_ms > kYear9999) return std::to_string(unix_ms) + " ms";
    const auto seconds = static_cast<std::time_t>(unix_ms / 1000);
    std::tm parts{};
    if (::gmtime_r(&seconds, &parts) == nullptr) return std::to_string(unix_ms) + " ms";
    const auto digits = [](std::int64_t number, std::size_t width) {
        auto text = std::to_string(number);
        return std::string(width - std::min(width, text.size()), '0') + text;
    };
    return digits(parts.tm_year + 1900, 4) + "-" + digits(parts.tm_mon + 1, 2) + "-" + digits(parts.tm_mday, 2) + "T" +
           digits(parts.tm_hour, 2) + ":" + digits(parts.tm_min, 2) + ":" + digits(parts.tm_sec, 2) + "." +
           digits(unix_ms % 1000, 3) + "Z";
}

std::string dated(std::int64_t unix_ms) {
    constexpr std::int64_t kFirst = 100'000'000'000;
    auto out = std::to_string(unix_ms);
    if (unix_ms < kFirst) return out;
    const auto date = timestamp_text(unix_ms);
    return date.ends_with('Z') ? out + " (" + date + ")" : out;
}

}  // namespace prw::base
