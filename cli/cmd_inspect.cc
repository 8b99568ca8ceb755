#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <fstream>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <vector>

#include "catalogue.h"
#include "commands.h"
#include "line_diff.h"
#include "prw/base/bytes_text.h"
#include "prw/base/escape.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/exchange/capture.h"
#include "prw/exchange/filter.h"
#include "prw/proto/protocol.h"
#include "prw/rules/json.h"
#include "prw/rules/tally.h"
#include "prw/rules/text.h"
#include "prw/suite/command_text.h"
#include "replay_run.h"
#include "request_list.h"
#include "request_text.h"

namespace prw::cli {

namespace {

using Json = nlohmann::ordered_json;

/// Input that is read whole; a capture is read row by row instead.
constexpr std::size_t kMaxInput = 256U << 20U;

struct Options {
    std::string file;
    std::string as = "auto", from = "auto";
    std::string message = "";
    std::vector<std::string> ids;
    std::vector<std::uint64_t> diff;
    std::string filter, search;
    std::size_t max_uncompressed = proto::kDefaultMaxUncompressed;
    bool json = false, strict = false, list = false, all = false, credentials = false;
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
    void add(const rules::CheckResult& check) {
        unjudged = unjudged || over_limit(check);
        failed = failed || check.worst() == rules::Severity::kFail;
        warned = warned || check.worst() == rules::Severity::kWarn;
    }
    [[nodiscard]] int exit_code(bool strict) const {
        return failed ? kNonConforming : unjudged ? kInconclusive : strict && warned ? kLint : kConforms;
    }
    /// What a receiver would answer 413 to: the message, or a part of it, was not looked at.
    static bool over_limit(const rules::CheckResult& check) { return check.status == 413; }
};

/// "3", "3-7", "3-": which requests of a capture.
struct IdRange {
    std::uint64_t first = 0, last = 0;
};

Result<IdRange> parse_ids(const std::string& text) {
    const auto wrong = [&] {
        return fail(ErrorCode::kInvalidArgument,
                    "--id is a number such as 3, or a range such as 3-7 or 3-, got \"" + rules::printable(text) + "\"");
    };
    IdRange out;
    const auto* end = text.data() + text.size();
    const auto [at, error] = std::from_chars(text.data(), end, out.first);
    if (error != std::errc() || out.first == 0) return wrong();
    out.last = out.first;
    if (at == end) return out;
    if (*at != '-') return wrong();
    out.last = static_cast<std::uint64_t>(-1);
    if (at + 1 == end) return out;
    const auto [stop, bad] = std::from_chars(at + 1, end, out.last);
    if (bad != std::errc() || stop != end || out.last < out.first) return wrong();
    return out;
}

/// Which requests of a capture are meant, by --id, --filter and --search.
struct Selection {
    std::vector<IdRange> ids;
    std::optional<exchange::Filter> filter;

    [[nodiscard]] bool holds(std::uint64_t id) const {
        return ids.empty() ||
               std::any_of(ids.begin(), ids.end(), [&](const IdRange& r) { return r.first <= id && id <= r.last; });
    }
    [[nodiscard]] bool beyond(std::uint64_t id) const {
        return !ids.empty() && std::all_of(ids.begin(), ids.end(), [&](const IdRange& r) { return r.last < id; });
    }
};

class Inspector {
public:
    Inspector(const Options& options, Io& io) : options_(options), io_(io), checker_(check_options(options)) {}

    int run() {
        if (const auto selected = select(); !selected) return problem(selected.error());
        if ((options_.as == "auto" && options_.file != "-" && exchange::looks_like_capture(options_.file)) ||
            options_.as == "capture")
            return capture();
        if (options_.list || !options_.ids.empty() || !options_.filter.empty() || !options_.diff.empty())
            return problem({ErrorCode::kInvalidArgument, "--list, --id, --filter and --diff are for captures",
                            options_.file, "this is none"});
        auto input = read_input(options_, io_);
        if (!input) return problem(input.error());
        auto bytes = undo_text(std::move(*input));
        if (!bytes) return problem(bytes.error());
        if (options_.as == "http" || (options_.as == "auto" && looks_like_http(*bytes))) return http(*bytes);
        return body(*bytes);
    }

private:
    static rules::CheckOptions check_options(const Options& options) {
        rules::CheckOptions out;
        out.max_uncompressed = options.max_uncompressed;
        return out;
    }

    int problem(const Error& error) {
        io_.err << "prw inspect: " << base::escaped(error.text(), base::kUncut, "\n") << "\n";
        return kUsage;
    }
    /// The bytes of a sender are wrong, not the file.
    int malformed(const Error& error) {
        (void)problem(error);
        return kNonConforming;
    }

    Result<void> select() {
        for (const auto& text : options_.ids) {
            auto range = parse_ids(text);
            if (!range) return tl::unexpected<Error>(range.error());
            selection_.ids.push_back(*range);
        }
        if (options_.filter.empty()) return {};
        auto filter = exchange::Filter::parse(options_.filter);
        if (!filter) return fail(ErrorCode::kInvalidArgument, "--filter: " + filter.error().what);
        selection_.filter = std::move(*filter);
        return {};
    }

    /// Text that stands for bytes becomes these, and it is said.
    Result<std::string> undo_text(std::string bytes) {
        using base::BytesText;
        if (options_.from == "raw") return bytes;
        const auto is = [&](BytesText text, const std::optional<std::string>& decoded) -> Result<std::string> {
            if (!decoded)
                return fail(ErrorCode::kInvalidArgument, "this is not " + std::string(name_of(text)), options_.file);
            if (!options_.json)
                io_.out << "input  " << name_of(text) << ", " << base::count_text(decoded->size(), "byte") << "\n";
            json_["input"] = name_of(text);
            return *decoded;
        };
        if (options_.from == "hex") {
            auto dump = base::decode_hex_dump(bytes);
            if (dump && !dump->empty()) return is(BytesText::kHexDump, dump);
            return is(BytesText::kHex, base::decode_hex(bytes));
        }
        if (options_.from == "base64") return is(BytesText::kBase64, base::decode_base64(bytes));
        // Only where it makes sense of what made none.
        if (options_.as == "capture" || sensible(bytes)) return bytes;
        for (const auto text : {BytesText::kHexDump, BytesText::kHex, BytesText::kBase64}) {
            const auto decoded = text == BytesText::kHexDump ? base::decode_hex_dump(bytes)
                                 : text == BytesText::kHex   ? base::decode_hex(bytes)
                                                             : base::decode_base64(bytes);
            if (decoded && sensible(*decoded)) return is(text, decoded);
        }
        return bytes;
    }

    static bool sensible(const std::string& bytes) {
        const auto kind = proto::recognise_body(bytes);
        return looks_like_http(bytes) || kind == proto::BodyKind::kSnappyBlock ||
               kind == proto::BodyKind::kSnappyTwice || kind == proto::BodyKind::kRawProtobufV1 ||
               kind == proto::BodyKind::kRawProtobufV2;
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
                return malformed(
                    Error{body.error().code, "the chunked body: " + body.error().what, body.error().where});
            payload = std::move(*body);
            // As a receiver frames it: without a length there is no body, whatever follows.
            if (head->find(proto::header::kContentLength) == nullptr &&
                head->find(proto::header::kTransferEncoding) == nullptr && head->version.starts_with("HTTP/1.")) {
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
                return malformed(
                    Error{ErrorCode::kMalformed, done.error().what + is, options_.file, done.error().where});
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
        auto reader = exchange::CaptureReader::open(options_.file);
        if (!reader) return problem(reader.error());
        if (!options_.diff.empty()) return diff(**reader);
        const auto& info = (*reader)->info();
        const auto capsule = suite::read_capsule(info, options_.file);
        if (!capsule) return problem(capsule.error());
        json_["capture"] = {{"file", options_.file}, {"version", info.version},           {"exchanges", info.exchanges},
                            {"pruned", info.pruned}, {"tool_version", info.tool_version}, {"created", info.created}};
        if (!options_.json)
            io_.out << options_.file << ": capture of " << info.exchanges << " exchanges, created "
                    << rules::printable(info.created)
                    << (info.pruned != 0 ? ", " + std::to_string(info.pruned) + " pruned" : "") << "\n";
        if (*capsule) show(**capsule);
        if (options_.list && !options_.json) io_.out << list_header(list_width());
        Tally tally;
        std::uint64_t chosen = 0;
        const auto visit = [&](const exchange::Exchange& e) {
            if (selection_.beyond(e.id)) return false;
            if (!selection_.holds(e.id)) return true;
            const auto payload = e.payload();
            const auto check = judge(e, payload);
            if (!wanted(e, check)) return true;
            ++chosen;
            if (options_.list) {
                tally.add(check);
                row(e, check);
            } else {
                one(e.raw_head, payload, check, tally, &e);
            }
            return true;
        };
        const auto single = selection_.ids.size() == 1 && selection_.ids[0].first == selection_.ids[0].last;
        if (single) {
            const auto exchange = (*reader)->get(selection_.ids[0].first);
            if (!exchange) return problem(exchange.error());
            visit(*exchange);
        } else if (const auto done = (*reader)->for_each(visit); !done) {
            return problem(done.error());
        }
        if (chosen == 0 && !selection_.ids.empty() && !selection_.filter && options_.search.empty())
            return problem({ErrorCode::kInvalidArgument, "the capture has no exchange with such an id", options_.file});
        finish();
        if (!options_.json && chosen != info.exchanges)
            io_.out << (options_.list ? "" : "\n") << chosen << " of " << info.exchanges << " exchanges\n";
        return tally.exit_code(options_.strict);
    }

    rules::CheckResult judge(const exchange::Exchange& e, std::string_view payload) {
        // Judged anew with the clock of the day it was received, so that old captures do not look late.
        checker_.options().now_ms = e.received_unix_ms;
        auto check = checker_.check(e.raw_head, payload);
        return e.read_status == proto::ReadStatus::kComplete ? check : e.check;
    }

    bool wanted(const exchange::Exchange& e, const rules::CheckResult& check) {
        if (selection_.filter) {
            const auto* view = selection_.filter->needs_view() ? &checker_.view() : nullptr;
            if (!selection_.filter->matches({e, check, view})) return false;
        }
        return options_.search.empty() || has_series_with(checker_.view(), options_.search);
    }

    /// What is piped is for grep, and not cut.
    [[nodiscard]] int list_width() const { return io_.out_is_terminal ? io_.width : rules::kUnwrapped; }

    void row(const exchange::Exchange& e, const rules::CheckResult& check) {
        if (options_.json) {
            exchanges_.push_back(list_json(e, check));
        } else {
            io_.out << list_row(e, check, list_width());
        }
    }

    /// Two requests of a capture, decoded, line by line.
    int diff(exchange::CaptureReader& reader) {
        if (options_.json) return problem({ErrorCode::kInvalidArgument, "--diff prints text; leave --json out"});
        std::string texts[2];
        for (const auto i : {0U, 1U}) {
            const auto exchange = reader.get(options_.diff[i]);
            if (!exchange) return problem(exchange.error());
            std::ostringstream text;
            const auto payload = exchange->payload();
            const auto check = judge(*exchange, payload);
            print_head(text, shown_head(exchange->raw_head, options_.credentials));
            auto all = options_.text;
            all.max_series = 0;
            print_body(text, payload, check, checker_.view(), all);
            texts[i] = text.str();
            io_.out << (i == 0 ? "--- #" : "+++ #") << exchange->id << "  "
                    << base::timestamp_text(exchange->received_unix_ms) << "\n";
        }
        const auto text = diff_text(texts[0], texts[1]);
        io_.out << (text.empty() ? "they are the same\n" : text);
        return kConforms;
    }

    /// The check that the capsule is the evidence of, on top of its exchanges.
    void show(const suite::Capsule& capsule) {
        shown_in_ = capsule.exchanges;
        const auto options = suite_of_check(capsule.check).check_options(capsule);
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
                              {"findings", rules::to_json(capsule.findings)}};
            return;
        }
        std::string text = "\n";
        append_capsule(text, capsule, io_.width);
        // A rule's findings come with their requests below; those of a sequence of requests only here.
        if (const auto* check = find_check(capsule.check); check != nullptr && check->rule.empty())
            for (const auto& finding : capsule.findings) text += rules::finding_text(finding, io_.width);
        text += "next     prw replay " + base::shell_word(options_.file) + " --judge\n";
        io_.out << text;
    }

    void one(std::string_view raw_head, std::string_view body, const rules::CheckResult& check, Tally& tally,
             const exchange::Exchange* exchange) {
        tally.add(check);
        const auto& view = checker_.view();
        if (options_.json) {
            Json out;
            if (exchange != nullptr) out["id"] = exchange->id;
            if (!raw_head.empty()) out["head"] = head_json(shown_head(raw_head, options_.credentials));
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
            out["findings"] = rules::to_json(check.findings);
            kinds_.add(exchange == nullptr ? 0 : exchange->id, check.findings);
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
            io_.out << "\n#" << exchange->id << "  " << base::timestamp_text(exchange->received_unix_ms) << "  "
                    << exchange->peer << "  connection " << exchange->connection << ", request "
                    << exchange->index_on_connection + 1 << "  answered "
                    << (exchange->status != 0 ? std::to_string(exchange->status) : "nothing");
            if (!exchange->fault.empty()) io_.out << " (fault: " << rules::printable(exchange->fault) << ")";
            if (!exchange->scripted.empty()) io_.out << " (scripted)";
            if (std::find(shown_in_.begin(), shown_in_.end(), exchange->id) != shown_in_.end())
                io_.out << "  shows the failure";
            if (!exchange->problem.empty()) io_.out << "\n    " << rules::printable(exchange->problem);
            io_.out << "\n";
        }
        if (!raw_head.empty()) {
            io_.out << "head  " << raw_head.size() << " bytes\n";
            print_head(io_.out, shown_head(raw_head, options_.credentials));
        }
        auto shown = options_.text;
        shown.search = options_.search;
        print_body(io_.out, body, check, view, shown);
        if (Tally::over_limit(check)) io_.out << "not judged  " << kNotJudged << "\n";
        kinds_.add(exchange == nullptr ? 0 : exchange->id, check.findings);
        if (options_.all) {
            each(check.findings);
        } else if (exchange != nullptr) {
            in_short(check.findings);
        }
    }

    /// Every finding as the rules gave it; of each rule only so many are detailed.
    void each(const std::vector<rules::Finding>& findings) {
        io_.out << "findings  " << (findings.empty() ? "none" : std::to_string(findings.size())) << "\n";
        std::vector<std::pair<std::string, std::uint64_t>> more;
        for (const auto& finding : findings) {
            auto once = finding;
            once.count = 1;
            io_.out << rules::finding_text(once, io_.width);
            if (finding.count > 1) more.emplace_back(finding.rule, finding.count - 1);
        }
        for (const auto& [rule, count] : more)
            io_.out << "  … and " << count << " more of " << rules::printable(rule) << "\n";
    }

    /// One line a request; the same said once comes at the end.
    void in_short(const std::vector<rules::Finding>& findings) {
        rules::FindingTally here;
        here.add(0, findings);
        std::string text, line = "findings  ";
        for (const auto* kind : here.worst_first()) {
            auto part = std::string(1, rules::mark_of(kind->first.severity)) + " " + rules::printable(kind->first.rule);
            if (kind->times > 1) part += " (" + std::to_string(kind->times) + " times)";
            if (line.size() > 10 && line.size() + part.size() + 3 > static_cast<std::size_t>(io_.width)) {
                text += line + ",\n";
                line = std::string(10, ' ');
            }
            line += (line.size() > 10 ? ", " : "") + part;
        }
        io_.out << text << line << (findings.empty() ? "none" : "") << "\n";
    }

    void said_once() {
        const auto kinds = kinds_.worst_first();
        const bool capture = json_.contains("capture");
        if (kinds.empty()) {
            io_.out << (capture ? "\n" : "") << "findings  none\n";
            return;
        }
        std::uint64_t times = 0;
        for (const auto* kind : kinds) times += kind->times;
        io_.out << (capture ? "\n" : "") << "findings  " << base::count_text(kinds.size(), "kind");
        if (times != kinds.size()) io_.out << ", " << times << " in all";
        if (capture) io_.out << ", in " << kinds_.with_findings() << " of " << kinds_.requests() << " requests";
        if (times != kinds.size()) io_.out << " (--all shows each)";
        io_.out << "\n";
        for (const auto* kind : kinds) io_.out << rules::kind_text(*kind, io_.width);
    }

    void finish() {
        if (!options_.json) {
            if (!options_.all && !options_.list) said_once();
            return;
        }
        if (json_.contains("capture")) {
            json_["exchanges"] = std::move(exchanges_);
            if (!options_.list) json_["findings"] = std::move(findings_);
        }
        if (!options_.list) {
            json_["kinds"] = Json::array();
            for (const auto* kind : kinds_.worst_first()) json_["kinds"].push_back(kind_json(*kind));
        }
        io_.out << rules::dump(json_) << "\n";
    }

    static Json kind_json(const rules::FindingKind& kind) {
        Json out = {{"rule", kind.first.rule},
                    {"severity", name_of(kind.first.severity)},
                    {"field", rules::shape_of(kind.first.field)},
                    {"times", kind.times},
                    {"requests", kind.requests}};
        if (kind.first_id != 0) out["first"] = kind.first_id;
        return out;
    }

    const Options& options_;
    Io& io_;
    rules::Checker checker_;
    Selection selection_;
    rules::FindingTally kinds_;
    std::vector<std::uint64_t> shown_in_;  ///< of a capsule
    Json json_ = Json::object(), exchanges_ = Json::array(), findings_ = Json::array();
};

}  // namespace

namespace {

std::string filter_help() {
    std::string out = "--filter: comparisons with == != < <= > >= =~ !~, joined by && || ! and parentheses. Columns:\n";
    for (const auto& column : exchange::filter_columns()) {
        std::string name(column.name);
        name.resize(std::max<std::size_t>(name.size(), 11), ' ');
        out += "  " + name + std::string(column.summary) + "\n";
    }
    return out + "  label.NAME the values of that label, as in label.job == node\n";
}

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
    sub->add_option("--from", options->from,
                    "How the bytes are written: auto, raw, hex (digits, or a dump of xxd or hexdump -C), base64")
        ->check(CLI::IsMember({"auto", "raw", "hex", "base64"}))
        ->capture_default_str();
    sub->add_flag("--list", options->list, "One line for each request of a capture");
    sub->add_option("--id", options->ids, "Only these requests of a capture: N, N-M or N-, repeatable")
        ->allow_extra_args(false);
    sub->add_option("--filter", options->filter,
                    "Only requests for which this holds, e.g. 'status>=400 && metric=~\"http_.*\"'; below");
    sub->add_option("--search", options->search,
                    "Only requests, and series, with this in a label's name or value (ASCII letters of either case)");
    sub->add_option("--diff", options->diff, "Compare two requests of a capture: --diff N M")->expected(2);
    sub->add_flag("--all", options->all, "Every finding below its request, instead of each kind once at the end");
    sub->add_flag("--show-credentials", options->credentials,
                  "Print heads as they came; without it, tokens, cookies, passwords and keys are overwritten");
    sub->add_option("--max-series", options->text.max_series, "Series printed per request; 0: all")
        ->capture_default_str();
    sub->add_option("--max-uncompressed", options->max_uncompressed, "Limit of the uncompressed size, in bytes")
        ->capture_default_str();
    sub->add_flag("--hex", options->text.hex, "Dump body and message as hex");
    sub->add_flag("--strict", options->strict, "Exit with 3 when there are only warnings");
    sub->add_flag("--json", options->json, "As JSON, findings under \"findings\"");
    sub->footer(
        filter_help() +
        "\nExit code: 0 no violation, 1 a violation or malformed bytes of a sender, 2 unreadable input (a damaged "
        "capture, too), 3 only warnings with --strict, "
        "4 a message over a limit, which was not judged.\n\n"
        "Examples:\n  prw inspect request.http\n  prw inspect run.prwcap --list\n  prw inspect run.prwcap --list "
        "--filter 'worst==fail || status>=500'\n  prw inspect run.prwcap --id 3 --hex\n  prw inspect run.prwcap --diff "
        "3 4\n  prw inspect "
        ".prw/last/capsules/sender--labels--sorted-1.0.prwcap\n  curl -s "
        "http://127.0.0.1:9201/api/v1/requests/1/raw | prw inspect -\n"
        "  prw inspect body.snappy --protobuf-message 2.0 --json | jq .findings");
    sub->callback([options, &io, &exit_code] { exit_code = Inspector(*options, io).run(); });
}

}  // namespace prw::cli
