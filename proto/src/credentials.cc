#include "prw/proto/credentials.h"

#include <algorithm>
#include <array>
#include <vector>

#include "prw/proto/http_head.h"

namespace prw::proto {

bool carries_credentials(std::string_view header_name) {
    static constexpr std::array<std::string_view, 8> kNames{
        "Authorization", "Proxy-Authorization", "Cookie",  "X-Api-Key",
        "Api-Key",       "X-Auth-Token",        "X-Token", "X-Access-Token"};
    return std::any_of(kNames.begin(), kNames.end(), [&](std::string_view name) { return iequals(name, header_name); });
}

void redact_credentials(std::string& raw_head, std::span<const std::string> known) {
    const auto head = parse_request_head(raw_head);
    if (!head) return;
    std::vector<ByteRange> ranges;
    for (const auto& field : head->fields) {
        if (!carries_credentials(field.name) || std::find(known.begin(), known.end(), field.value) != known.end())
            continue;
        auto range = field.value_range;
        const auto blank = field.value.find(' ');
        if ((iequals(field.name, "Authorization") || iequals(field.name, "Proxy-Authorization")) &&
            blank != std::string_view::npos) {
            range.offset += static_cast<std::uint32_t>(blank + 1);
            range.size -= static_cast<std::uint32_t>(blank + 1);
        }
        ranges.push_back(range);
    }
    for (const auto& range : ranges) raw_head.replace(range.offset, range.size, range.size, 'x');
}

}  // namespace prw::proto
