#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>

#include "commands.h"
#include "prw/conformance/checks.h"
#include "prw/conformance/evidence.h"
#include "prw/proto/units.h"
#include "prw/receiver/capture.h"
#include "prw/receiver/json.h"
#include "prw/receiver/text.h"
#include "replay_run.h"
#include "request_text.h"

namespace prw::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Input that is read whole; a capture is read row by row instead.
constexpr std::size_t kMaxInput = 256U << 20U;

struct Options {
    std::string file;
    std::string as = "auto";
    std::string message = "";
    std::uint64_t id = 0;
    std::size_t max_uncompressed = proto::kDefaultMaxUncompressed;
    bool json = false;
    bool strict = false;
    RequestTextOptions text;
};

Result<std::string> read_input(const Options& options, Io& io) {
    std::string bytes;
    const auto read = [&](std::istream& in) -> Result<std::string> {
        char chunk[65536];
        while (in.read(chunk, sizeof chunk) || in.gcount() > 0) {
            bytes.append(chunk, static_cast<std::size_t>(in.gcount()));
            if (bytes.size() > kMaxInput)
                return fail(ErrorCode::kTooLarge, "input of more than " + std::to_string(kMaxInput) + " bytes",
                            options.file);
        }
        if (in.bad()) return fail(ErrorCode::kIo, "cannot read", options.file, std::strerror(errno));
        return std::move(bytes);
    };
    if (options.file == "-") return read(io.in);
    std::ifstream in(options.file, std::ios::binary);
    if (!in) return fail(ErrorCode::kIo, "cannot open", options.file, std::strerror(errno));
    return read(in);
}

/// "POST /path HTTP/1.1" and the like at the start.
bool looks_like_http(std::string_view bytes) {
    const auto line = bytes.substr(0, std::min<std::size_t>(bytes.find('\n'), 8192));
    return line.find(" HTTP/") != std::string_view::npos && !line.empty() &&
           proto::is_token(line.substr(0, line.find(' ')));
}

struct Tally {
    bool failed = false, warned = false, unjudged = false;
    void add(const receiver::CheckResult& check) {
        unjudged = unjudged || over_limit(check);
        failed = failed || check.worst() == receiver::Severity::kFail;
        warned = warned || check.worst() == receiver::Severity::kWarn;
    }
    [[nodiscard]] int exit_code(bool strict) const {
        return failed ? kNonConforming : unjudged ? kInconclusive : strict && warned ? kLint : kConforms;
    }
    /// What a receiver would answer 413 to: the message, or a part of it, was not looked at.
    static bool over_limit(const receiver::CheckResult& check) { return check.status == 413; }
};

class Inspector {
public:
    Inspector(const Options& options, Io& io) : options_(options), io_(io), checker_(check_options(options)) {}

    int run() {
        if ((options_.as == "auto" && options_.file != "-" && receiver::looks_like_capture(options_.file)) ||
            options_.as == "capture")
            return capture();
        const auto input = read_input(options_, io_);
        if (!input) return problem(input.error());
        if (options_.as == "http" || (options_.as == "auto" && looks_like_http(*input))) return http(*input);
        return body(*input);
    }

private:
    static receiver::CheckOptions check_options(const Options& options) {
        receiver::CheckOptions out;
        out.max_uncompressed = options.max_uncompressed;
        return out;
    }

    int problem(const Error& error) {
        io_.err << "prw inspect: " << error.text() << "\n";
        return error.code == ErrorCode::kMalformed ? kNonConforming : kUsage;
    }

    static constexpr const char* kNotJudged =
        "the message is over a limit of this receiver, which answers 413 (see --max-uncompressed)";

    int http(const std::string& bytes) {
        const auto [head_end, blank] = std::pair{bytes.find("\r\n\r\n"), bytes.find("\n\n")};
        std::size_t split = bytes.size();
        if (head_end != std::string::npos && (blank == std::string::npos || head_end < blank)) {
            split = head_end + 4;
        } else if (blank != std::string::npos) {
            split = blank + 2;
        }
        const auto raw_head = std::string_view(bytes).substr(0, split);
        const auto head = proto::parse_request_head(raw_head);
        std::string payload(std::string_view(bytes).substr(split));
        if (head) {
            auto body = proto::body_of(*head, payload);
            if (!body)
                return problem(Error{body.error().code, "the chunked body: " + body.error().what, body.error().where});
            payload = std::move(*body);
            // As a receiver frames it: without a length there is no body, whatever follows.
            if (head->find("Content-Length") == nullptr && head->find("Transfer-Encoding") == nullptr &&
                head->version.starts_with("HTTP/1.")) {
                if (!payload.empty() && !options_.json)
                    io_.out << payload.size() << " bytes follow the head, for which no length is announced\n";
                payload.clear();
            }
        }
        Tally tally;
        one(raw_head, payload, checker_.check(raw_head, payload), tally, nullptr);
        finish();
        return tally.exit_code(options_.strict);
    }

    /// A body without head, compressed or not: the message is the one given, or the one that fits.
    int body(const std::string& bytes) {
        const auto kind = proto::recognise_body(bytes);
        const bool raw = options_.as == "message" ||
                         (options_.as == "auto" &&
                          (kind == proto::BodyKind::kRawProtobufV1 || kind == proto::BodyKind::kRawProtobufV2));
        proto::PaddedBuffer buffer;
        std::string_view message = bytes;
        if (!raw) {
            if (const auto done = proto::uncompress_snappy(bytes, options_.max_uncompressed, buffer); !done) {
                const bool only_large = done.error().code == ErrorCode::kTooLarge &&
                                        proto::diagnose_snappy(bytes, 0xffffffffU).error == proto::SnappyError::kNone;
                if (only_large) {
                    io_.err << "prw inspect: " << options_.file << ": not judged: " << done.error().what << "; "
                            << kNotJudged << "\n";
                    return kInconclusive;
                }
                const std::string is = kind == proto::BodyKind::kUnknown || kind == proto::BodyKind::kSnappyBlock
                                           ? ""
                                           : "; it looks like " + std::string(proto::name_of(kind));
                return problem(Error{ErrorCode::kMalformed, done.error().what + is, options_.file, done.error().where});
            }
            message = buffer.view();
        }
        auto schema = proto::ProtobufMessage::kV1;
        if (!options_.message.empty()) {
            (void)proto::parse_protobuf_message(options_.message, schema);
        } else if (fits_v2(message)) {
            schema = proto::ProtobufMessage::kV2;
        }
        Tally tally;
        one({}, bytes, checker_.check_message(message, schema), tally, nullptr);
        finish();
        return tally.exit_code(options_.strict);
    }

    /// The messages share no top-level field: 1 and 3 of 1.0 against 4 and 5 of 2.0.
    static bool fits_v2(std::string_view message) {
        proto::RequestView view;
        proto::decode(message, proto::ProtobufMessage::kV2, view);
        return !view.malformed && !view.symbols.empty();
    }

    int capture() {
        auto reader = receiver::CaptureReader::open(options_.file);
        if (!reader) return problem(reader.error());
        const auto& info = (*reader)->info();
        json_["capture"] = {{"file", options_.file}, {"version", info.version},           {"exchanges", info.exchanges},
                            {"pruned", info.pruned}, {"tool_version", info.tool_version}, {"created", info.created}};
        if (!options_.json)
            io_.out << options_.file << ": capture of " << info.exchanges << " exchanges, created " << info.created
                    << (info.pruned != 0 ? ", " + std::to_string(info.pruned) + " pruned" : "") << "\n";
        if (info.capsule) show(*info.capsule);
        Tally tally;
        const auto visit = [&](const receiver::Exchange& e) {
            // Judged anew with the clock of the day it was received, so that old captures do not look late.
            checker_.options().now_ms = e.received_unix_ms;
            const auto payload = e.payload();
            one(e.raw_head, payload,
                e.read_status == http::ReadStatus::kComplete ? checker_.check(e.raw_head, payload) : e.check, tally,
                &e);
            return true;
        };
        if (options_.id != 0) {
            const auto exchange = (*reader)->get(options_.id);
            if (!exchange) return problem(exchange.error());
            visit(*exchange);
        } else if (const auto done = (*reader)->for_each(visit); !done) {
            return problem(done.error());
        }
        finish();
        return tally.exit_code(options_.strict);
    }

    /// The check that the capsule is the evidence of, on top of its exchanges.
    void show(const receiver::Capsule& capsule) {
        shown_in_ = capsule.exchanges;
        const auto options = conformance::check_options(capsule);
        checker_.options().expected_target = options.expected_target;
        checker_.options().expected_host = options.expected_host;
        checker_.options().peer_is_1x = options.peer_is_1x;
        if (options_.json) {
            json_["check"] = {{"id", capsule.check},
                              {"protobuf_message", proto::short_name(capsule.message)},
                              {"scenario", capsule.scenario},
                              {"level", capsule.level},
                              {"verdict", capsule.verdict},
                              {"clauses", capsule.clauses},
                              {"summary", capsule.summary},
                              {"reason", capsule.reason},
                              {"want", capsule.want},
                              {"got", capsule.got},
                              {"fix", capsule.fix},
                              {"target", capsule.target},
                              {"exchanges", capsule.exchanges},
                              {"left_out", capsule.left_out},
                              {"rejudges", capsule.rejudges},
                              {"findings", receiver::to_json(capsule.findings)}};
            return;
        }
        std::string text = "\n";
        append_capsule(text, capsule, io_.width);
        // A rule's findings come with their requests below; those of a sequence of requests only here.
        const auto& all = conformance::all_checks();
        const bool behaviour = std::any_of(all.begin(), all.end(), [&](const conformance::Check& check) {
            return check.id == capsule.check && check.rule.empty();
        });
        if (behaviour)
            for (const auto& finding : capsule.findings) text += receiver::finding_text(finding, io_.width);
        text += "next     prw replay " + options_.file + " --judge\n";
        io_.out << text;
    }

    void one(std::string_view raw_head, std::string_view body, const receiver::CheckResult& check, Tally& tally,
             const receiver::Exchange* exchange) {
        tally.add(check);
        const auto& view = checker_.view();
        if (options_.json) {
            Json out;
            if (exchange != nullptr) out["id"] = exchange->id;
            if (!raw_head.empty()) out["head"] = head_json(raw_head);
            out["protobuf_message"] = check.decoded ? Json(proto::short_name(view.message)) : Json(nullptr);
            out["body"] = {{"size", body.size()},
                           {"kind", proto::name_of(proto::recognise_body(body))},
                           {"uncompressed_size", check.uncompressed_size}};
            out["counts"] = counts_json(check);
            if (exchange != nullptr)
                out["response"] = {{"status", exchange->status},
                                   {"sent", exchange->response_sent},
                                   {"fault", exchange->fault},
                                   {"problem", exchange->problem}};
            out["judged"] = !Tally::over_limit(check);
            out["series"] = series_json(view);
            out["findings"] = receiver::to_json(check.findings);
            if (exchange == nullptr) {
                json_.update(out);
            } else {
                for (auto finding : out["findings"]) {
                    finding["exchange"] = exchange->id;
                    findings_.push_back(std::move(finding));
                }
                exchanges_.push_back(std::move(out));
            }
            return;
        }
        if (exchange != nullptr) {
            io_.out << "\n#" << exchange->id << "  " << proto::timestamp_text(exchange->received_unix_ms) << "  "
                    << exchange->peer << "  connection " << exchange->connection << ", request "
                    << exchange->index_on_connection + 1 << "  answered "
                    << (exchange->status != 0 ? std::to_string(exchange->status) : "nothing");
            if (!exchange->fault.empty()) io_.out << " (fault: " << exchange->fault << ")";
            if (!exchange->scripted.empty()) io_.out << " (scripted)";
            if (std::find(shown_in_.begin(), shown_in_.end(), exchange->id) != shown_in_.end())
                io_.out << "  shows the failure";
            if (!exchange->problem.empty()) io_.out << "\n    " << exchange->problem;
            io_.out << "\n";
        }
        if (!raw_head.empty()) {
            io_.out << "head  " << raw_head.size() << " bytes\n";
            print_head(io_.out, raw_head);
        }
        print_body(io_.out, body, check, view, options_.text);
        if (Tally::over_limit(check)) io_.out << "not judged  " << kNotJudged << "\n";
        if (check.findings.empty()) {
            io_.out << "findings  none\n";
            return;
        }
        io_.out << "findings  " << check.findings.size() << "\n";
        for (const auto& finding : check.findings) io_.out << receiver::finding_text(finding, io_.width);
    }

    void finish() {
        if (!options_.json) return;
        if (json_.contains("capture")) {
            json_["exchanges"] = std::move(exchanges_);
            json_["findings"] = std::move(findings_);
        }
        io_.out << receiver::dump(json_) << "\n";
    }

    const Options& options_;
    Io& io_;
    receiver::Checker checker_;
    std::vector<std::uint64_t> shown_in_;  ///< of a capsule
    Json json_ = Json::object(), exchanges_ = Json::array(), findings_ = Json::array();
};

}  // namespace

void add_inspect(CLI::App& app, Io& io, int& exit_code) {
    auto* sub = app.add_subcommand(
        "inspect", "Decode and judge a body, a raw HTTP request, a capture, or the capsule of a failed check");
    auto options = std::make_shared<Options>();
    sub->add_option("file", options->file, "File, or - for standard input")->required();
    sub->add_option(
           "--as", options->as,
           "What the input is: auto, body (snappy), message (uncompressed protobuf), http (raw request), capture")
        ->check(CLI::IsMember({"auto", "body", "message", "http", "capture"}))
        ->capture_default_str();
    sub->add_option("--protobuf-message,--protobuf_message", options->message,
                    "Message of a body without head: 1.0 or 2.0, or the full name (default: the one that fits)")
        ->check([](const std::string& text) {
            proto::ProtobufMessage ignored{};
            return proto::parse_protobuf_message(text, ignored)
                       ? std::string()
                       : "expected 1.0, 2.0, prometheus.WriteRequest or io.prometheus.write.v2.Request, got " + text;
        });
    sub->add_option("--id", options->id, "Only this exchange of a capture");
    sub->add_option("--max-series", options->text.max_series, "Series printed per request; 0: all")
        ->capture_default_str();
    sub->add_option("--max-uncompressed", options->max_uncompressed, "Limit of the uncompressed size, in bytes")
        ->capture_default_str();
    sub->add_flag("--hex", options->text.hex, "Dump body and message as hex");
    sub->add_flag("--strict", options->strict, "Exit with 3 when there are only warnings");
    sub->add_flag("--json", options->json, "As JSON, findings under \"findings\"");
    sub->footer(
        "Exit code: 0 no violation, 1 a violation or malformed bytes, 2 unreadable input, 3 only warnings with "
        "--strict, 4 a message over a limit, which was not judged.\n\n"
        "Examples:\n  prw inspect request.http\n  prw inspect run.prwcap --id 3 --hex\n  prw inspect "
        ".prw/last/capsules/sender--labels--sorted-1.0.prwcap\n  curl -s "
        "http://127.0.0.1:9201/api/v1/requests/1/raw | prw inspect -\n"
        "  prw inspect body.snappy --protobuf-message 2.0 --json | jq .findings");
    sub->callback([options, &io, &exit_code] { exit_code = Inspector(*options, io).run(); });
}

}  // namespace prw::cli
