#include "excerpt.h"

#include <algorithm>

#include "prw/base/units.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/text.h"

namespace prw::suite {
namespace {

constexpr std::size_t kLine = 400, kHeadLines = 30, kSeries = 5, kValues = 3, kText = 600;

/// The head's lines, each one printable.
std::string lines_of(std::string_view head) {
    std::string out;
    for (std::size_t lines = 0; !head.empty(); ++lines) {
        const auto end = std::min(head.find('\n'), head.size());
        auto line = head.substr(0, end);
        head.remove_prefix(std::min(end + 1, head.size()));
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (line.empty()) continue;
        if (lines == kHeadLines) return out + "…\n";
        out += rules::printable(line, kLine) + "\n";
    }
    return out;
}

void add_values(std::string& out, const proto::RequestView& view, const proto::SeriesView& series) {
    std::size_t shown = 0, all = 0;
    const auto add = [&](const std::string& value, std::int64_t timestamp) {
        if (++all > kValues) return;
        ++shown;
        out += "    " + value + "  @ " + base::dated(timestamp) + "\n";
    };
    for (const auto& sample : view.samples_of(series)) add(proto::value_text(sample.value_bits), sample.timestamp);
    for (const auto& histogram : view.histograms_of(series)) add("a native histogram", histogram.timestamp);
    for (const auto& exemplar : view.exemplars_of(series))
        add("exemplar " + proto::value_text(exemplar.value_bits), exemplar.timestamp);
    if (all > shown) out += "    … and " + std::to_string(all - shown) + " more\n";
}

std::string body_of(const exchange::Exchange& exchange, rules::Checker& checker) {
    const auto payload = exchange.payload();
    checker.options().now_ms = exchange.received_unix_ms;
    const auto check = checker.check(exchange.raw_head, payload);
    std::string out = std::to_string(payload.size()) + " bytes, " +
                      std::string(proto::name_of(proto::recognise_body(payload))) + "\n";
    if (!check.decoded) return out;
    const auto& view = checker.view();
    out += std::string(proto::full_name(view.message)) + ": " + std::to_string(view.series.size()) + " series\n";
    for (std::size_t i = 0; i < std::min(view.series.size(), kSeries); ++i) {
        out += "  " + rules::printable(proto::series_text(view.labels_of(view.series[i])), kLine) + "\n";
        add_values(out, view, view.series[i]);
    }
    if (view.series.size() > kSeries) out += "  … and " + std::to_string(view.series.size() - kSeries) + " more\n";
    return out;
}

std::string response_of(const exchange::Exchange& exchange) {
    const auto fault = exchange.fault.empty() ? std::string() : ", fault on purpose: " + exchange.fault;
    if (exchange.status == 0) return "no response" + fault + "\n";
    std::string out =
        std::to_string(exchange.status) + " after " +
        std::to_string(std::max<std::int64_t>(0, exchange.response_start_us - exchange.last_byte_us) / 1000) + " ms" +
        fault + "\n";
    for (const auto& [name, value] : exchange.response_headers)
        out += rules::printable(name + ": " + value, kLine) + "\n";
    std::string_view text = exchange.response_body;
    while (text.ends_with('\n')) text.remove_suffix(1);
    if (!text.empty()) out += "\n" + rules::printable(text, kText) + "\n";
    return out;
}

}  // namespace

Excerpt excerpt_of(const exchange::Exchange& exchange, rules::Checker& checker) {
    return {exchange.id, lines_of(exchange.raw_head), body_of(exchange, checker), response_of(exchange)};
}

}  // namespace prw::suite
