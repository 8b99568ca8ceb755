#include "trace.h"

#include <filesystem>

#include "prw/exchange/capture.h"
#include "prw/proto/content_type.h"
#include "prw/proto/credentials.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "prw/rules/text.h"
#include "request_text.h"

namespace prw::cli {

namespace {

using rules::printable;

constexpr std::size_t kExchanges = 3;

void print_exchange(const exchange::Exchange& exchange, rules::Checker& checker, Io& io) {
    io.out << "exchange " << exchange.id << "   at " << exchange.first_byte_us / 1000 << " ms, connection "
           << exchange.connection << "\n";
    print_head(io.out, shown_head(exchange.raw_head));
    const auto payload = exchange.payload();
    checker.options().now_ms = exchange.received_unix_ms;
    const auto check = checker.check(exchange.raw_head, payload);
    print_body(io.out, payload, check, checker.view(), {.max_series = 10, .hex = false});
    if (!exchange.response_sent && exchange.status == 0) {
        io.out << "response none" << (exchange.fault.empty() ? "" : ", fault " + printable(exchange.fault)) << "\n\n";
        return;
    }
    io.out << "response " << exchange.status << " after " << (exchange.response_start_us - exchange.last_byte_us) / 1000
           << " ms" << (exchange.fault.empty() ? "" : ", fault " + printable(exchange.fault))
           << (exchange.scripted.empty() ? "" : ", scripted: " + printable(exchange.scripted)) << "\n";
    for (const auto& [name, value] : exchange.response_headers)
        io.out << "  " << printable(name) << ": " << printable(proto::redact_header_value(name, value)) << "\n";
    if (!exchange.response_body.empty()) io.out << "  " << printable(exchange.response_body) << "\n";
    io.out << "\n";
}

}  // namespace

void print_trace(const suite::Results& results, const std::string& folder, Io& io) {
    rules::Checker checker;
    for (const auto& check : results.checks) {
        if (check.verdict != suite::Verdict::kFail && check.verdict != suite::Verdict::kWarn) continue;
        io.out << "--- " << check.id << " " << proto::short_name(check.message) << " " << name_of(check.verdict)
               << "\n";
        if (check.capsule.empty()) {
            io.out << "no exchange was recorded\n\n";
            continue;
        }
        const auto path = (std::filesystem::path(folder) / check.capsule).string();
        auto reader = exchange::CaptureReader::open(path);
        if (!reader) {
            io.out << reader.error().text() << "\n\n";
            continue;
        }
        std::size_t shown = 0;
        for (const auto id : check.exchanges) {
            if (shown == kExchanges) break;
            const auto exchange = (*reader)->get(id);
            if (!exchange) continue;
            print_exchange(*exchange, checker, io);
            ++shown;
        }
        if (shown < check.exchanges.size())
            io.out << "… and " << check.exchanges.size() - shown << " more: prw inspect " << path << "\n\n";
        if (check.exchanges.empty()) io.out << "no single exchange shows it: prw inspect " << path << "\n\n";
    }
}

}  // namespace prw::cli
