#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <signal.h>

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "commands.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/exchange/capture.h"
#include "prw/proto/protocol.h"
#include "prw/receiver/receiver.h"
#include "prw/rules/json.h"
#include "prw/rules/tally.h"
#include "prw/rules/text.h"
#include "prw/suite/command_text.h"
#include "request_text.h"
#include "signals.h"
#include "version.h"

namespace prw::cli {

namespace {

struct Options {
    std::string listen = "127.0.0.1:9201";
    std::string address_file;
    std::string record, record_max = "1GiB";
    std::string respond;
    std::vector<std::string> mutate;
    std::string on_violation = "reject";
    std::string max_body = "64MiB", max_uncompressed = "32MiB";
    std::string store = "64MiB";
    std::string stop_after;
    std::size_t max_connections = 1024;
    std::size_t findings = 3;
    bool only_1x = false, no_control_api = false, quiet = false, verbose = false, json = false, all = false;
};

/// Written whole or not at all: whoever waits for the file may read it at once.
Result<void> write_address(const std::string& path, const std::string& address) {
    const auto temporary = path + ".tmp";
    {
        std::ofstream out(temporary, std::ios::trunc);
        out << address << "\n";
        if (!out) return fail(ErrorCode::kIo, "cannot write the address file", path);
    }
    std::error_code error;
    std::filesystem::rename(temporary, path, error);
    if (error) return fail(ErrorCode::kIo, "cannot write the address file", path, error.message());
    return {};
}

Result<receiver::Script> load_script(const std::string& text) {
    std::error_code ignored;
    if (!std::filesystem::is_regular_file(text, ignored)) {
        auto script = receiver::parse_script_short(text);
        if (!script && (text.ends_with(".yaml") || text.ends_with(".yml") || text.find('/') != std::string::npos))
            return fail(ErrorCode::kInvalidArgument, "no such script file", text);
        return script;
    }
    std::ifstream in(text);
    const std::string yaml((std::istreambuf_iterator<char>(in)), std::istreambuf_iterator<char>());
    if (!in && !in.eof()) return fail(ErrorCode::kIo, "cannot read the script", text);
    return receiver::parse_script(yaml, text);
}

/// Prints exchanges as they come, a finding in full when its kind first comes, and the sums at the end. Called for one
/// exchange at a time.
class Log {
public:
    Log(const Options& options, Io& io) : options_(options), io_(io) {}

    void show(const exchange::Exchange& e) {
        ++requests_;
        series_ += e.check.series;
        samples_ += e.check.samples;
        tally_.add(e.id, e.check.findings);
        if (options_.quiet) return;
        if (options_.json) return json(e);
        line(e);
    }

    void summary() {
        if (options_.json) return;
        io_.out << end_of_line() << "received " << base::count_text(requests_, "request") << ", " << series_
                << " series, " << base::count_text(samples_, "sample") << "\n";
        std::size_t width = 0;
        for (const auto& kind : tally_.kinds()) width = std::max(width, kind.first.rule.size());
        for (const auto* kind : tally_.worst_first()) {
            const auto& finding = kind->first;
            io_.out << "  " << rules::mark_of(finding.severity) << " " << name_of(finding.severity) << "  "
                    << finding.rule << std::string(width - finding.rule.size(), ' ') << "  " << kind->seen() << "\n";
        }
    }

private:
    void line(const exchange::Exchange& e) {
        const auto head = proto::parse_request_head(e.raw_head);
        const std::string time = base::timestamp_text(e.received_unix_ms);
        std::string text = time.size() == 24 ? time.substr(11, 12) : time;
        text += "  #" + std::to_string(e.id) + "  " + (e.status != 0 ? std::to_string(e.status) : "---");
        if (e.read_status != proto::ReadStatus::kComplete) {
            text += "  " + e.peer + "  " + std::string(name_of(e.read_status)) + ": " + rules::printable(e.problem);
        } else if (e.check.kind == rules::RequestKind::kProbe) {
            text += "  probe " + rules::printable(head ? head->method : "", 20);
        } else {
            const auto message = e.check.declared ? proto::short_name(*e.check.declared) : "-";
            text += "  " + std::string(message) + "  " + std::to_string(e.check.series) + " series  " +
                    base::count_text(e.check.samples, "sample");
            if (e.check.histograms != 0) text += "  " + base::count_text(e.check.histograms, "histogram");
            if (e.check.exemplars != 0) text += "  " + base::count_text(e.check.exemplars, "exemplar");
            if (e.check.metadata != 0 && e.check.kind == rules::RequestKind::kWriteV1)
                text += "  " + std::to_string(e.check.metadata) + " metadata";
            text += "  " + std::to_string(e.raw_body.size()) + " B";
        }
        if (head) text += "  " + rules::printable(head->value(proto::header::kUserAgent), room_behind(text));
        if (!e.scripted.empty()) text += "  (" + rules::printable(e.scripted, 60) + ")";
        if (!e.fault.empty()) text += "  (fault: " + rules::printable(e.fault, 60) + ")";
        text += '\n';
        if (options_.all) {
            each(e, text);
        } else {
            new_kinds(text);
        }
        io_.out << end_of_line() << text;
        status();
        io_.out << std::flush;
    }

    /// A line that breaks for the end of a name is hard to read on a terminal.
    [[nodiscard]] std::size_t room_behind(const std::string& text) const {
        constexpr std::size_t kMost = 40, kLeast = 8;
        if (!io_.out_is_terminal) return kMost;
        const auto taken = text.size() + 3;
        const auto width = static_cast<std::size_t>(std::max(io_.width, 0));
        return std::clamp(width - std::min(width, taken), kLeast, kMost);
    }

    [[nodiscard]] bool wanted(const rules::Finding& finding) const {
        return options_.verbose || finding.severity != rules::Severity::kInfo;
    }

    void each(const exchange::Exchange& e, std::string& text) const {
        std::size_t shown = 0;
        for (const auto& finding : e.check.findings) {
            if (!wanted(finding)) continue;
            if (shown++ == options_.findings && !options_.verbose) {
                text += "    … and more: --verbose shows all, --record keeps them\n";
                break;
            }
            text += rules::finding_text(finding, io_.width);
        }
    }

    /// Those of this request that no earlier one had.
    void new_kinds(std::string& text) {
        const auto& kinds = tally_.kinds();
        for (; told_ < kinds.size(); ++told_)
            if (wanted(kinds[told_].first)) text += rules::kind_text(kinds[told_], io_.width);
    }

    /// On a terminal the last line counts what came again.
    void status() {
        if (!io_.out_is_terminal || tally_.kinds().empty()) return;
        std::string text;
        for (const auto* kind : tally_.worst_first()) {
            if (!wanted(kind->first)) continue;
            const auto part = std::string(text.empty() ? "" : "  ") + rules::mark_of(kind->first.severity) + " " +
                              kind->first.rule + " " + std::to_string(kind->times);
            if (text.size() + part.size() + 3 > static_cast<std::size_t>(std::max(io_.width, 40))) {
                text += " …";
                break;
            }
            text += part;
        }
        if (text.empty()) return;
        io_.out << text;
        status_shown_ = true;
    }
    std::string end_of_line() { return std::exchange(status_shown_, false) ? "\r\x1b[K" : ""; }

    void json(const exchange::Exchange& e) {
        nlohmann::ordered_json out;
        out["id"] = e.id;
        out["received_unix_ms"] = e.received_unix_ms;
        out["peer"] = e.peer;
        out["connection"] = e.connection;
        out["head"] = head_json(shown_head(e.raw_head));
        out["protobuf_message"] = e.check.declared ? nlohmann::ordered_json(proto::short_name(*e.check.declared))
                                                   : nlohmann::ordered_json(nullptr);
        out["body_size"] = e.raw_body.size();
        out["counts"] = counts_json(e.check);
        out["status"] = e.status;
        out["read_status"] = name_of(e.read_status);
        out["problem"] = e.problem;
        out["scripted"] = e.scripted;
        out["fault"] = e.fault;
        out["findings"] = rules::to_json(e.check.findings);
        io_.out << rules::dump(out, -1) << "\n" << std::flush;
    }

    const Options& options_;
    Io& io_;
    std::uint64_t requests_ = 0, series_ = 0, samples_ = 0;
    rules::FindingTally tally_;
    std::size_t told_ = 0;  ///< kinds that were shown
    bool status_shown_ = false;
};

int problem(Io& io, const Error& error) {
    io.err << "prw receive: " << error.text() << "\n";
    return error.code == ErrorCode::kInternal ? kInternalError : kUsage;
}

int receive(const Options& options, Io& io) {
    const auto address = base::parse_host_port(options.listen);
    if (!address) return problem(io, address.error());
    const auto max_body = base::parse_size(options.max_body);
    const auto max_uncompressed = base::parse_size(options.max_uncompressed);
    const auto record_max = base::parse_size(options.record_max);
    const auto store = base::parse_size(options.store);
    for (const auto* size : {&max_body, &max_uncompressed, &record_max, &store})
        if (!*size) return problem(io, size->error());

    receiver::ReceiverOptions setup;
    setup.server.host = address->host;
    setup.server.port = address->port;
    setup.server.max_body = *max_body;
    setup.server.max_connections = options.max_connections;
    setup.check.max_uncompressed = *max_uncompressed;
    setup.on_violation =
        options.on_violation == "accept" ? receiver::OnViolation::kAccept : receiver::OnViolation::kReject;
    setup.only_1x = options.only_1x;
    setup.check.peer_is_1x = options.only_1x;
    setup.control_api = !options.no_control_api;
    setup.store_bytes = *store;
    // The capture keeps everything; what stays in memory only serves the control API.
    setup.keep_exchanges = 1000;
    setup.keep_bytes = 32U << 20U;
    if (!options.respond.empty()) {
        auto script = load_script(options.respond);
        if (!script) return problem(io, script.error());
        setup.script = std::move(*script);
    }
    auto mutation = receiver::Mutation::of(options.mutate);
    if (!mutation) return problem(io, mutation.error());
    std::vector<std::string_view> deviations;
    for (const auto* mutant : mutation->mutants()) deviations.push_back(mutant->id);
    setup.mutation = std::move(*mutation);

    std::uint64_t stop_requests = 0;
    std::chrono::milliseconds stop_time{0};
    if (!options.stop_after.empty()) {
        const bool number = options.stop_after.find_first_not_of("0123456789") == std::string::npos;
        if (number) {
            stop_requests = std::stoull("0" + options.stop_after.substr(0, 18));
            if (stop_requests == 0)
                return problem(io, {ErrorCode::kInvalidArgument,
                                    "--stop-after wants at least one request, or a duration such as 30s"});
        } else {
            const auto duration = base::parse_duration(options.stop_after);
            if (!duration) return problem(io, duration.error());
            if (duration->count() <= 0)
                return problem(io, {ErrorCode::kInvalidArgument,
                                    "--stop-after wants at least one request, or a duration such as 30s"});
            stop_time = *duration;
        }
    }

    // A file of an earlier run would send whoever waits for it to the wrong port.
    std::error_code ignored;
    if (!options.address_file.empty()) std::filesystem::remove(options.address_file, ignored);

    // Signals are blocked before any thread exists (the capture has one), so that only the waiting below sees them.
    StopSignals signals;
    std::unique_ptr<exchange::CaptureWriter> capture;
    if (!options.record.empty()) {
        auto opened =
            exchange::CaptureWriter::open(options.record, {.max_bytes = *record_max, .tool_version = PRW_VERSION});
        if (!opened) return problem(io, opened.error());
        capture = std::move(*opened);
    }

    // Everything that the observer touches outlives the server.
    Log log(options, io);
    std::optional<Error> lost;
    std::uint64_t seen = 0;
    receiver::Receiver server(std::move(setup));
    server.on_exchange([&](const exchange::Exchange& exchange) {
        if (capture && !lost) {
            if (const auto done = capture->append(exchange); !done) {
                lost = done.error();
                signals.stop();
                return;
            }
        }
        log.show(exchange);
        if (++seen == stop_requests) signals.stop();
    });
    if (const auto started = server.start(); !started) {
        io.err << "prw receive: " << started.error().text() << "\n";
        if (started.error().code == ErrorCode::kInUse)
            io.err << "another program listens there already; --web.listen-address 127.0.0.1:0 takes a free port\n";
        return kUsage;
    }
    if (!options.address_file.empty())
        if (const auto written = write_address(options.address_file, server.address()); !written)
            return problem(io, written.error());
    if (!options.json) {
        io.out << "listening on http://" << server.address() << " (any path)";
        if (capture) io.out << ", recording to " << options.record;
        io.out << "\n";
        if (!deviations.empty()) io.out << "deviates on purpose: " << base::joined(deviations) << "\n";
        if (!options.quiet) io.out << "in prometheus.yml:\n  remote_write:\n    - url: " << server.url() << "\n";
        io.out << std::flush;
    }

    signals.wait(stop_time);
    server.stop();
    log.summary();
    if (capture) {
        if (const auto closed = capture->close(); !closed && !lost) lost = closed.error();
        if (!options.json && capture->pruned() != 0)
            io.out << "  " << capture->pruned() << " exchanges were pruned to stay within --record.max-size\n";
        if (!options.json && !lost && seen != 0)
            io.out << "look at them: prw inspect " << base::shell_word(options.record) << " --list\n";
    }
    if (lost) {
        io.err << "prw receive: recording stopped: " << lost->text() << "\n";
        return kInternalError;
    }
    return kConforms;
}

}  // namespace

void add_receive(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand("receive", "Mock receiver: serves any path, judges and records every request");
    auto o = std::make_shared<Options>();
    sub->add_option("--web.listen-address", o->listen, "Address to listen on; port 0 takes a free one")
        ->capture_default_str();
    sub->add_option("--address-file", o->address_file, "Write HOST:PORT here once listening");
    sub->add_option("--record", o->record,
                    "Record every exchange to this capture (.prwcap); an existing one is appended to");
    sub->add_option("--record.max-size", o->record_max, "Prune the oldest exchanges beyond this size; 0: never")
        ->capture_default_str();
    sub->add_option(
        "--respond", o->respond,
        "Scripted responses: a YAML file (docs/scripts.md), or the short form, e.g. '503x2:retry-after=1,204'");
    sub->add_option("--mutate", o->mutate,
                    "Deviate on purpose, where no script answers: a mutant of prw list mutants --party receiver, "
                    "repeatable, or a list with commas")
        ->type_name("ID")
        ->allow_extra_args(false);
    sub->add_option("--on-violation", o->on_violation,
                    "Answer to requests that break a MUST: reject with 400 as a conforming receiver does, or accept "
                    "what decodes")
        ->check(CLI::IsMember({"reject", "accept"}))
        ->capture_default_str();
    sub->add_flag("--only-1x", o->only_1x,
                  "Behave as a receiver of 1.0 that knows no 2.0: 415 for the 2.0 message, no Written headers");
    sub->add_option("--max-body", o->max_body, "Limit of a body on the wire")->capture_default_str();
    sub->add_option("--max-uncompressed", o->max_uncompressed, "Limit of an uncompressed message")
        ->capture_default_str();
    sub->add_option(
           "--store", o->store,
           "Keep what is answered with 2xx, up to so many bytes, for queries and remote read; 0: store nothing")
        ->capture_default_str();
    sub->add_option("--max-connections", o->max_connections, "Connections served at a time")
        ->check(CLI::Range(std::size_t{1}, std::size_t{100000}))
        ->capture_default_str();
    sub->add_flag("--no-control-api", o->no_control_api, "Do not serve /-/ready, /-/healthy, /metrics and /api/v1/");
    sub->add_option("--stop-after", o->stop_after, "Stop after this many requests, or after a duration such as 30s");
    sub->add_option("--findings", o->findings, "With --all: findings printed per request")->capture_default_str();
    sub->add_flag("-q,--quiet", o->quiet, "Print only the address and the summary");
    sub->add_flag("--all", o->all, "Print findings of every request, not only when their kind first comes");
    sub->add_flag("-v,--verbose", o->verbose, "Print also findings of severity info, and with --all all of them");
    sub->add_flag("--json", o->json, "One JSON object a line for each request");
    sub->footer(
        "Control API on the same port: GET /-/ready, /-/healthy, /metrics, /api/v1/status, /api/v1/requests, "
        "/api/v1/requests/ID[/raw],\n"
        "GET, PUT and DELETE /api/v1/script; a browser gets a page that says so.\n"
        "What was accepted is read back as from Prometheus: /api/v1/query, query_range, series, labels,\n"
        "query_exemplars, metadata, and remote read at /api/v1/read (docs/inspect.md).\n\n"
        "Examples:\n  prw receive\n  prw receive --record run.prwcap --on-violation accept\n  prw receive --respond "
        "'503x2:retry-after=1,204'\n"
        "  prw receive --mutate written/one-less,response/success-text\n"
        "  prw receive --web.listen-address 127.0.0.1:0 --address-file addr.txt --stop-after 10 --json");
    sub->callback([o, &io, &exit_code] { exit_code = receive(*o, io); });
}

}  // namespace prw::cli
