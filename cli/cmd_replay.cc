/// `prw replay`: sends what was captured again, judges a capsule again, or makes it a test.
#include <CLI/CLI.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "emit_gtest.h"
#include "header_flag.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/exchange/capture.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/rules/text.h"
#include "prw/suite/evidence.h"
#include "replay_run.h"
#include "request_text.h"

namespace prw::cli {

namespace {

using suite::Rejudgement;
using suite::Verdict;

struct Options {
    std::string file, url, emit;
    bool judge = false, as_recorded = false, verbose = false;
    std::string rebase, speed = "max", gap, timeout = "30s", ca_file;
    bool insecure = false;
    std::vector<std::uint64_t> exchanges;
    std::string filter;
    std::vector<std::string> headers;
};

int refuse(Io& io, const std::string& text, int code = kUsage) {
    io.err << "prw replay: " << text << "\n";
    return code;
}

int refuse(Io& io, const Error& error) {
    return refuse(io, error.text(), error.code == ErrorCode::kInternal ? kInternalError : kUsage);
}

/// A number of milliseconds, of either sign.
std::optional<std::int64_t> milliseconds(const std::string& text) {
    const bool plus = text.starts_with('+');
    std::int64_t out = 0;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data() + (plus ? 1 : 0), end, out);
    return error == std::errc() && at == end ? std::optional(out) : std::nullopt;
}

Result<ReplayOptions> replay_options(const Options& flags, bool capsule) {
    ReplayOptions out;
    auto url = http::parse_url(flags.url);
    if (!url) return tl::unexpected<Error>(url.error());
    if (!url->user.empty() || !url->password.empty())
        return fail(ErrorCode::kInvalidArgument,
                    "the URL holds credentials; give them with --header 'Authorization: …'", url->redacted());
    out.request.url = std::move(*url);
    const auto wrong = [](std::string what) { return fail(ErrorCode::kInvalidArgument, std::move(what)); };
    if (flags.as_recorded && !flags.rebase.empty()) return wrong("give either --as-recorded or --rebase, not both");
    if (flags.as_recorded) {
        out.rebase = Rebase::kNone;
    } else if (flags.rebase.empty()) {
        out.rebase = capsule ? Rebase::kClock : Rebase::kNow;
    } else if (flags.rebase == "now" || flags.rebase == "clock") {
        out.rebase = flags.rebase == "now" ? Rebase::kNow : Rebase::kClock;
    } else if (const auto by = milliseconds(flags.rebase)) {
        out.rebase = Rebase::kBy;
        out.by_ms = *by;
    } else {
        return wrong("--rebase is now, clock, or a number of milliseconds, got \"" + flags.rebase + "\"");
    }
    if (!flags.gap.empty() && flags.speed != "max") return wrong("give either --gap or --speed, not both");
    if (!flags.gap.empty()) {
        const auto gap = base::parse_duration(flags.gap);
        if (!gap) return wrong("--gap: " + gap.error().text());
        out.gap = *gap;
    }
    if (flags.speed != "max") {
        char* end = nullptr;
        out.speed = std::strtod(flags.speed.c_str(), &end);
        if (std::string_view(end) != "x" || !std::isfinite(out.speed) || out.speed <= 0)
            return wrong("--speed is max, or a factor such as 1x or 0.5x, got \"" + flags.speed + "\"");
    }
    const auto timeout = base::parse_duration(flags.timeout);
    if (!timeout) return wrong("--timeout: " + timeout.error().text());
    if (timeout->count() <= 0) return wrong("--timeout must be more than 0");
    out.client.timeout = *timeout;
    out.client.connect_timeout = std::min(*timeout, out.client.connect_timeout);
    out.client.ca_file = flags.ca_file;
    out.client.insecure_skip_verify = flags.insecure;
    for (const auto& header : flags.headers) {
        const auto parsed = parse_header_flag(header);
        if (!parsed) return wrong(parsed.error().what);
        const auto& name = parsed->first;
        const auto value = std::string(proto::trim_ows(parsed->second));
        if (!proto::is_token(name)) return wrong("the header name \"" + name + "\" is not an HTTP token");
        for (const char* own : {proto::header::kHost, proto::header::kContentLength, proto::header::kTransferEncoding,
                                proto::header::kConnection})
            if (base::iequals(name, own)) return wrong("the header " + name + " follows from the request");
        if (std::any_of(value.begin(), value.end(), [](unsigned char c) { return c < 0x20 && c != '\t'; }))
            return wrong("the value of header " + name + " contains control characters");
        out.request.headers.emplace_back(name, value);
    }
    out.exchanges = flags.exchanges;
    if (!flags.filter.empty()) {
        auto filter = exchange::Filter::parse(flags.filter);
        if (!filter) return wrong("--filter: " + filter.error().what);
        out.filter = std::move(*filter);
    }
    out.verbose = flags.verbose;
    return out;
}

void field(std::string& out, std::string_view key, std::string_view text, int width) {
    rules::append_field(out, key, rules::printable(text, 600), width);
}

int judge(const Options& flags, Io& io) {
    const auto reader = exchange::CaptureReader::open(flags.file);
    if (!reader) return refuse(io, reader.error());
    const auto told = suite::read_capsule((*reader)->info(), flags.file);
    if (!told) return refuse(io, told.error());
    const auto again = suite::judge_again(suite_of_check(*told ? (*told)->check : std::string()), flags.file);
    if (!again) return refuse(io, again.error());
    const auto& capsule = again->capsule;
    const auto& now = again->now;
    std::string out;
    append_capsule(out, capsule, io.width);
    out += "\njudged again with the rules of this prw\n";
    field(out, "verdict", name_of(now.verdict), io.width);
    field(out, "reason", now.reason, io.width);
    int code = kConforms;
    if (again->is == Rejudgement::kStillFailing) {
        for (const auto& finding : now.findings) out += rules::finding_text(finding, io.width);
        code = kNonConforming;
    } else if (again->is == Rejudgement::kChanged) {
        code = now.verdict == Verdict::kFail || now.verdict == Verdict::kWarn ? kNonConforming : kInconclusive;
    }
    out += "\n" + std::string(name_of(again->is)) + ": " + capsule.check + " was " + capsule.verdict + ", is " +
           std::string(name_of(now.verdict));
    if (!capsule.rejudges) out += " (the file alone did not lead to the verdict when it was written, either)";
    out += "\nlearn more: prw explain " + capsule.check + "   exit " + std::to_string(code) + "\n";
    io.out << out;
    return code;
}

int emit(const Options& flags, exchange::CaptureReader& reader, const std::optional<suite::Capsule>& capsule, Io& io) {
    const auto* check = capsule ? find_check(capsule->check) : nullptr;
    if (check != nullptr && check->rule.empty()) {
        std::error_code ignored;
        io.out << emit_behaviour_test(std::filesystem::absolute(flags.file, ignored).lexically_normal().string(),
                                      *capsule);
        return kConforms;
    }
    auto wanted = flags.exchanges;
    if (wanted.empty() && capsule) wanted = capsule->exchanges;
    std::vector<exchange::Exchange> exchanges;
    if (wanted.empty()) {
        if (reader.info().exchanges != 1)
            return refuse(io, flags.file + ": holds " + std::to_string(reader.info().exchanges) +
                                  " exchanges; say which with --exchange N");
        const auto read = reader.for_each([&](const exchange::Exchange& e) {
            exchanges.push_back(e);
            return false;
        });
        if (!read) return refuse(io, read.error());
    }
    for (const auto id : wanted) {
        auto exchange = reader.get(id);
        if (!exchange) return refuse(io, flags.file + ": --exchange " + exchange.error().text());
        exchanges.push_back(std::move(*exchange));
    }
    const auto text = emit_request_tests(flags.file, capsule, exchanges);
    if (!text) return refuse(io, text.error());
    io.out << *text;
    return kConforms;
}

int replay(const Options& flags, Io& io) {
    const int modes = int{!flags.url.empty()} + int{flags.judge} + int{!flags.emit.empty()};
    if (modes == 0) return refuse(io, "give a URL to send to, --judge, or --emit gtest");
    if (modes > 1) return refuse(io, "give only one of a URL, --judge, --emit gtest");
    if (flags.judge) return judge(flags, io);
    auto reader = exchange::CaptureReader::open(flags.file);
    if (!reader) return refuse(io, reader.error());
    auto capsule = suite::read_capsule((*reader)->info(), flags.file);
    if (!capsule) return refuse(io, capsule.error());
    if ((*reader)->info().exchanges == 0) return refuse(io, flags.file + ": the capture holds no exchange");
    if (!flags.emit.empty()) return emit(flags, **reader, *capsule, io);
    auto options = replay_options(flags, capsule->has_value());
    if (!options) return refuse(io, options.error());
    options->capsule = *std::move(capsule);
    return run_replay(flags.file, **reader, *options, io);
}

}  // namespace

void append_capsule(std::string& out, const suite::Capsule& capsule, int width) {
    out += "capsule  " + rules::printable(capsule.check) + "  " + rules::printable(capsule.verdict) + "  " +
           rules::printable(capsule.level) + "  Remote Write " + std::string(proto::short_name(capsule.message)) + "\n";
    field(out, "checks", capsule.summary, width);
    field(out, "clause", base::joined(capsule.clauses), width);
    if (!capsule.got.empty()) {
        field(out, "want", capsule.want, width);
        field(out, "got", capsule.got, width);
    } else {
        field(out, "reason", capsule.reason, width);
    }
    field(out, "fix", capsule.fix, width);
    const bool of_sender = suite_of_check(capsule.check).role == "sender";
    field(out, of_sender ? "sent by" : "sent to", capsule.target + ", in scenario " + capsule.scenario, width);
    std::string shown;
    for (const auto id : capsule.exchanges) shown += (shown.empty() ? "#" : ", #") + std::to_string(id);
    if (!shown.empty()) field(out, "shown in", shown, width);
    if (capsule.left_out != 0)
        field(out, "left out", std::to_string(capsule.left_out) + " further requests of the scenario", width);
    if (!capsule.rejudges)
        field(out, "note", "these requests alone do not lead to the verdict; the scenario's whole capture may", width);
}

void add_replay(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand(
        "replay", "Send captured requests again, judge a capsule again, or turn it into a GoogleTest case");
    auto options = std::make_shared<Options>();
    sub->add_option("file", options->file, "A .prwcap file: a capture, or the capsule of a check")->required();
    sub->add_option("url", options->url, "Receiver to send to; a URL without path keeps the captured path");
    sub->add_flag("--judge", options->judge, "Send nothing: judge a capsule again with the rules of this prw");
    sub->add_option("--emit", options->emit, "Print a test case instead: gtest")->check(CLI::IsMember({"gtest"}));
    sub->add_option("--exchange", options->exchanges, "Only this exchange, repeatable")->allow_extra_args(false);
    sub->add_option("--filter", options->filter,
                    "Only exchanges for which this holds, e.g. 'message==2.0 && status>=400'; see prw inspect --help");
    sub->add_flag("--as-recorded", options->as_recorded, "Leave timestamps as they are");
    sub->add_option("--rebase", options->rebase,
                    "now: the newest sample is now; clock: the moment of capture is now, so that samples are as old as "
                    "they were; or milliseconds to add (default: clock for capsules, now for captures)");
    sub->add_option("--speed", options->speed, "max, or a factor on the recorded pace: 1x, 2x, 0.5x")
        ->capture_default_str();
    sub->add_option("--gap", options->gap, "Pause between requests, e.g. 100ms");
    sub->add_option("--header", options->headers,
                    "'NAME: VALUE' instead of captured ones, repeatable; captured credentials are never sent")
        ->allow_extra_args(false);
    sub->add_option("--timeout", options->timeout, "Longest time of one request")->capture_default_str();
    sub->add_option("--ca-file", options->ca_file, "PEM file of authorities for https");
    sub->add_flag("--insecure-skip-verify", options->insecure, "Do not verify the certificate");
    sub->add_flag("-v,--verbose", options->verbose, "Show every exchange");
    sub->footer(
        "To a receiver: each answer is compared with the recorded one and with that of a conforming receiver.\n"
        "  AS WANTED      every answer is that of a conforming receiver, as in the recording\n"
        "  FIXED          every answer is, and in the recording some were not\n"
        "  STILL FAILING  some answers are not, just as in the recording\n"
        "  CHANGED        some answers are not, and they differ from the recording\n"
        "With --judge: FIXED, STILL FAILING or CHANGED say how the verdict compares with the one in the capsule.\n\n"
        "Exit code: 0 AS WANTED or FIXED, 1 STILL FAILING or CHANGED, 2 unusable file or flags, 4 no answer, or a\n"
        "verdict that cannot be reached any more.\n\n"
        "Examples:\n"
        "  prw replay .prw/last/capsules/sender--labels--sorted-1.0.prwcap --judge\n"
        "  prw replay run.prwcap http://127.0.0.1:9090/api/v1/write\n"
        "  prw replay run.prwcap http://127.0.0.1:9090/api/v1/write --exchange 3 --as-recorded\n"
        "  prw replay run.prwcap https://example.org/push --header \"Authorization: Bearer $TOKEN\" --speed 1x\n"
        "  prw replay .prw/last/capsules/sender--labels--sorted-1.0.prwcap --emit gtest > sorted_test.cc");
    sub->callback([options, &io, &exit_code] { exit_code = replay(*options, io); });
}

}  // namespace prw::cli
