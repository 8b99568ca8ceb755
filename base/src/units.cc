#include "prw/base/units.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>
#include <ctime>
#include <limits>

#include "prw/base/text.h"

namespace prw::base {

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
    return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT", kDays[parts.tm_wday], parts.tm_mday,
                       kMonths[parts.tm_mon], parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string duration_text(std::int64_t ms) { return ms < 1000 ? fmt::format("{} ms", ms) : seconds_text(ms * 1000); }

std::string seconds_text(std::int64_t us) { return fmt::format("{}.{} s", us / 1'000'000, us / 100'000 % 10); }

std::optional<std::string> calendar_text(std::int64_t unix_ms) {
    // The calendar types hold years up to 32767; four digits are what a reader expects.
    constexpr std::int64_t kYear0 = -62167219200000, kYear9999 = 253402300799999;
    if (unix_ms < kYear0 || unix_ms > kYear9999) return std::nullopt;
    using namespace std::chrono;
    const sys_time<milliseconds> at{milliseconds{unix_ms}};
    const auto day = floor<days>(at);
    const year_month_day date{day};
    const hh_mm_ss time{at - day};
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                       static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), time.hours().count(),
                       time.minutes().count(), time.seconds().count(), time.subseconds().count());
}

std::string timestamp_text(std::int64_t unix_ms) {
    const auto date = unix_ms < 0 ? std::nullopt : calendar_text(unix_ms);
    return date ? *date : fmt::format("{} ms", unix_ms);
}

std::string dated(std::int64_t unix_ms) {
    constexpr std::int64_t kFirst = 100'000'000'000;
    const auto date = unix_ms < kFirst ? std::nullopt : calendar_text(unix_ms);
    return date ? fmt::format("{} ({})", unix_ms, *date) : std::to_string(unix_ms);
}

std::string utc_now() {
    const std::time_t now = std::time(nullptr);
    std::tm parts{};
    ::gmtime_r(&now, &parts);
    char text[32];
    const auto size = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &parts);
    return {text, size};
}

}  // namespace prw::base
