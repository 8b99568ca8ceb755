#include "request_list.h"

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <array>

#include "prw/base/escape.h"
#include "prw/base/units.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/rules/text.h"
#include "request_text.h"

namespace prw::cli {

namespace {

using rules::printable;

/// Columns before the worst finding: heads and widths; negative ones are flush left.
struct Column {
    const char* head;
    int width;
};
/// Where there is little room, senders give way to findings.
std::array<Column, 9> columns_for(int width) {
    const bool narrow = width != rules::kUnwrapped && width < 100;
    return {{{"id", 5},
             {"time", -8},
             {"sender", narrow ? -12 : -20},
             {"msg", -3},
             {"code", 4},
             {"series", 6},
             {"samples", 7},
             {"body", 5},
             {"decoded", 7}}};
}

std::size_t columns_of(std::string_view text) {
    return static_cast<std::size_t>(std::count_if(
        text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xc0U) != 0x80U; }));
}

std::string cut(std::string_view text, std::size_t max) {
    if (columns_of(text) <= max) return std::string(text);
    std::string out;
    std::size_t columns = 0;
    for (std::size_t at = 0; at < text.size() && columns + 1 < max; ++columns) {
        const auto next = base::character_at(text, at);
        out += text.substr(at, next.size);
        at += next.size;
    }
    return out + "…";
}

void append_column(std::string& out, std::string_view text, int width) {
    const auto size = static_cast<std::size_t>(width < 0 ? -width : width);
    const auto shown = width < 0 ? cut(text, size) : std::string(text);
    const std::string pad(size - std::min(size, columns_of(shown)), ' ');
    if (!out.empty()) out += ' ';
    out += width < 0 ? shown + pad : pad + shown;
}

/// "871", "1.3k", "24k", "1.5M": five characters at most.
std::string short_number(std::uint64_t value) {
    if (value < 1000) return std::to_string(value);
    for (const auto& [unit, size] :
         {std::pair{"G", 1000000000ULL}, std::pair{"M", 1000000ULL}, std::pair{"k", 1000ULL}}) {
        if (value < size) continue;
        const auto tenths = value / (size / 10);
        return tenths < 100 ? fmt::format("{}.{}{}", tenths / 10, tenths % 10, unit)
                            : fmt::format("{}{}", value / size, unit);
    }
    return std::to_string(value);
}

const rules::Finding* worst_of(const rules::CheckResult& check) {
    const rules::Finding* out = nullptr;
    for (const auto& finding : check.findings)
        if (out == nullptr || finding.severity > out->severity) out = &finding;
    return out;
}

std::string sender_of(const exchange::Exchange& exchange) {
    const auto head = proto::parse_request_head(exchange.raw_head);
    return head ? std::string(head->value(proto::header::kUserAgent)) : std::string();
}

}  // namespace

std::string list_header(int width) {
    std::string out;
    for (const auto& column : columns_for(width)) append_column(out, column.head, column.width);
    return out + "  worst finding\n";
}

std::string list_row(const exchange::Exchange& exchange, const rules::CheckResult& check, int width) {
    const auto time = base::timestamp_text(exchange.received_unix_ms);
    const auto columns = columns_for(width);
    const bool probe = check.kind == rules::RequestKind::kProbe;
    const std::array<std::string, 9> texts{std::to_string(exchange.id),
                                           time.size() == 24 ? time.substr(11, 8) : time,
                                           printable(sender_of(exchange)),
                                           probe            ? "-"
                                           : check.declared ? std::string(proto::short_name(*check.declared))
                                                            : "?",
                                           exchange.status == 0 ? "-" : std::to_string(exchange.status),
                                           short_number(check.series),
                                           short_number(check.samples),
                                           short_number(exchange.raw_body.size()),
                                           short_number(check.uncompressed_size)};
    std::string out;
    for (std::size_t i = 0; i < texts.size(); ++i) append_column(out, texts[i], columns[i].width);
    std::string finding;
    if (exchange.read_status != proto::ReadStatus::kComplete) {
        finding = "x " + std::string(name_of(exchange.read_status));
    } else if (const auto* worst = worst_of(check)) {
        finding = std::string(1, rules::mark_of(worst->severity)) + " " + printable(worst->rule);
    } else if (probe) {
        finding = "probe";
    }
    if (finding.empty()) return out + "\n";
    out += "  ";
    const auto room =
        static_cast<std::size_t>(std::max(width, 0)) - std::min(columns_of(out), std::size_t(std::max(width, 0)));
    return out + (width == rules::kUnwrapped ? finding : cut(finding, std::max<std::size_t>(room, 8))) + "\n";
}

nlohmann::ordered_json list_json(const exchange::Exchange& exchange, const rules::CheckResult& check) {
    using Json = nlohmann::ordered_json;
    Json out = {{"id", exchange.id},
                {"received_unix_ms", exchange.received_unix_ms},
                {"sender", sender_of(exchange)},
                {"protobuf_message", check.declared ? Json(proto::short_name(*check.declared)) : Json(nullptr)},
                {"status", exchange.status},
                {"read_status", name_of(exchange.read_status)},
                {"counts", counts_json(check)},
                {"body_size", exchange.raw_body.size()},
                {"uncompressed_size", check.uncompressed_size},
                {"worst", nullptr}};
    if (const auto* worst = worst_of(check))
        out["worst"] = {{"severity", name_of(worst->severity)}, {"rule", worst->rule}};
    return out;
}

}  // namespace prw::cli
