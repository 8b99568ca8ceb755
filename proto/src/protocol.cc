#include "prw/proto/protocol.h"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"

namespace prw::proto {

WrittenCounts& WrittenCounts::operator+=(const WrittenCounts& other) {
    samples += other.samples;
    histograms += other.histograms;
    exemplars += other.exemplars;
    return *this;
}

const std::string* find_header(const HeaderFields& fields, std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& field) { return base::iequals(field.first, name); });
    return found == fields.end() ? nullptr : &found->second;
}

std::optional<WrittenCounts> parse_written(const HeaderFields& fields) {
    std::optional<WrittenCounts> out;
    for (const auto& [name, kind, member] : kWrittenHeaders) {
        const auto* text = find_header(fields, name);
        if (text == nullptr) continue;
        std::uint64_t count = 0;
        const auto* const last = text->data() + text->size();
        const auto [end, error] = std::from_chars(text->data(), last, count);
        if (error != std::errc() || end != last) continue;
        if (!out) out.emplace();
        (*out).*member = count;
    }
    return out;
}

HeaderFields format_written(const WrittenCounts& counts) {
    HeaderFields out;
    for (const auto& [name, kind, member] : kWrittenHeaders) out.emplace_back(name, std::to_string(counts.*member));
    return out;
}

}  // namespace prw::proto
