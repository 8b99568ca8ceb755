#include "prw/rules/check.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "catalogue.h"
#include "prw/proto/protocol.h"
#include "prw/rules/rule_ids.h"
#include "reporter.h"
#include "request_state.h"

namespace prw::rules {

namespace {

using proto::BodyKind;
using proto::ProtobufMessage;
using proto::RequestView;
using proto::WireIssue;

/// Wire issues kept for findings. A message with more is reported with their number.
constexpr std::size_t kMaxIssues = 10000;
/// A decoded view that grew beyond this is given back instead of kept for the next request.
constexpr std::size_t kKeepViewBytes = 64U << 20U;

/// The receiver's clock: the one that is given, kept within the years 1970 to 9999 so that rules can reckon with it
/// (it may come from a file), or the system's.
std::int64_t clock_of(const CheckOptions& options) {
    constexpr std::int64_t kYear9999 = 253402300799999;
    if (options.now_ms != 0) return std::clamp<std::int64_t>(options.now_ms, 1, kYear9999);
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::system_clock::now().time_since_epoch())
        .count();
}

ProtobufMessage other_of(ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? ProtobufMessage::kV2 : ProtobufMessage::kV1;
}

/// True if the view holds anything that its schema knows.
bool knows_something(const RequestView& view) {
    return !view.series.empty() || !view.metadata.empty() || !view.symbols.empty();
}

/// True if the bytes are certainly that message: a symbols table alone counts only with its leading empty string.
bool convincing(const RequestView& view) {
    if (view.malformed) return false;
    return !view.series.empty() || !view.metadata.empty() ||
           (!view.symbols.empty() && view.symbols.front().text.empty());
}

bool wrong_shape(const RequestView& view) {
    return view.malformed || std::any_of(view.issues.begin(), view.issues.end(), [](const WireIssue& issue) {
               return issue.kind == WireIssue::Kind::kWrongWireType || issue.kind == WireIssue::Kind::kGroup;
           });
}

std::size_t footprint(const RequestView& v) {
    return v.series.capacity() * sizeof(proto::SeriesView) + v.labels.capacity() * sizeof(proto::LabelView) +
           v.samples.capacity() * sizeof(proto::SampleView) + v.histograms.capacity() * sizeof(proto::HistogramView) +
           v.exemplars.capacity() * sizeof(proto::ExemplarView) + v.metadata.capacity() * sizeof(proto::MetadataView) +
           v.symbols.capacity() * sizeof(proto::SymbolView) + v.spans.capacity() * sizeof(proto::SpanView) +
           (v.deltas.capacity() + v.doubles.capacity()) * sizeof(double);
}

bool read_varint(std::string_view& in, std::uint64_t& out) {
    out = 0;
    for (unsigned shift = 0; shift < 64 && !in.empty(); shift += 7) {
        const auto byte = static_cast<unsigned char>(in.front());
        in.remove_prefix(1);
        out |= static_cast<std::uint64_t>(byte & 0x7fU) << shift;
        if (byte < 0x80U) return true;
    }
    return false;
}

/// What stands around a message that does not decode as it is: a gRPC frame, or length prefixes. Empty if neither fits.
std::string framing_of(std::string_view bytes, ProtobufMessage message, RequestView& scratch) {
    const auto holds_message = [&](std::string_view part) {
        proto::decode(part, message, scratch);
        return convincing(scratch);
    };
    if (bytes.size() > 5 && (bytes[0] == 0 || bytes[0] == 1)) {
        std::uint64_t size = 0;
        for (std::size_t i = 1; i < 5; ++i) size = (size << 8U) | static_cast<unsigned char>(bytes[i]);
        if (size == bytes.size() - 5 && holds_message(bytes.substr(5)))
            return "a gRPC frame (5 bytes before the message)";
    }
    std::uint64_t size = 0;
    std::size_t messages = 0;
    std::string_view first;
    for (auto rest = bytes; !rest.empty(); rest.remove_prefix(size), ++messages) {
        if (!read_varint(rest, size) || size == 0 || size > rest.size()) return {};
        if (messages == 0) first = rest.substr(0, size);
    }
    if (messages == 0 || !holds_message(first)) return {};
    return messages == 1 ? "a length prefix" : std::to_string(messages) + " length-delimited messages";
}

/// A head of HTTP/1.x; kUnsupported for one of another version, about whose body there is nothing to say.
Result<proto::RequestHead> parse_http1(std::string_view raw, proto::ByteRange& fault) {
    auto head = proto::parse_request_head(raw, &fault);
    if (!head || head->version.starts_with("HTTP/1.")) return head;
    fault = {0, static_cast<std::uint32_t>(head->version.data() + head->version.size() - raw.data())};
    if (head->method == "PRI" && head->version == "HTTP/2.0")
        return fail(ErrorCode::kUnsupported,
                    "an HTTP/2 preface: the client speaks HTTP/2 without having agreed on it with the server",
                    "line 1");
    return fail(ErrorCode::kUnsupported, std::string(head->version) + "; wanted HTTP/1.1", "line 1");
}

bool newer_than_2_0(std::string_view version) {
    return !version.empty() && version.size() < 20 && version.front() >= '2' && version.front() <= '9' &&
           version != "2" && version != "2.0" && version != "2.0.0" &&
           version.find_first_not_of("0123456789.") == std::string_view::npos && !version.starts_with("2.0.");
}

/// The version header is the sender's to get right and tells a receiver nothing: it goes by Content-Type, and refuses
/// no data for it (prw1.compat.receiver-reads-any-1x).
bool refused(const std::vector<Finding>& findings) {
    return std::any_of(findings.begin(), findings.end(), [](const Finding& finding) {
        return finding.severity == Severity::kFail && !finding.rule.starts_with(rule_id::kOnVersion);
    });
}

}  // namespace

struct Checker::Impl {
    explicit Impl(CheckOptions o) : options(std::move(o)) {}

    CheckOptions options;
    proto::PaddedBuffer buffer;  ///< the decompressed message
    RequestView seen, scratch;
    ProtobufMessage message = ProtobufMessage::kV1;  ///< the schema of buffer's contents
    bool have_bytes = false, seen_is_current = false;
    FastAccept fast;
    std::uint64_t accepted_fast = 0;
    Reporter::Impl report;

    void begin() {
        have_bytes = seen_is_current = false;
        for (auto* view : {&seen, &scratch}) {
            if (footprint(*view) > kKeepViewBytes) *view = RequestView{};
            view->clear();
        }
    }

    void decode(ProtobufMessage as, RequestView& out) { proto::decode(buffer.view(), as, out, {kMaxIssues}); }

    void decode_seen(ProtobufMessage as) {
        message = as;
        decode(as, seen);
        seen_is_current = true;
    }

    /// Decides which message the bytes are, decodes them as that, and says what they are when they are neither.
    void recognise(std::string_view body, RequestState& state) {
        const auto bytes = buffer.view();
        const auto declared = state.declared.value_or(ProtobufMessage::kV1);
        decode_seen(declared);
        if (seen.over_limit) {
            state.actual = state.declared;
            state.too_many_elements = true;
            return;
        }
        const bool good = !seen.malformed && knows_something(seen);
        if (good && (state.declared || !wrong_shape(seen))) {
            state.actual = declared;
        } else if (bytes.empty()) {
            if (state.declared) state.actual = declared;
        } else {
            decode(other_of(declared), scratch);
            if (convincing(scratch)) {
                std::swap(seen, scratch);
                message = other_of(declared);
                state.actual = message;
            } else if (!seen.malformed) {
                state.actual = state.declared;  // well-formed, if strange: unknown fields only
            }
        }
        if (bytes.empty() || (good && !wrong_shape(seen))) return;
        if (state.actual && state.actual != state.declared && !wrong_shape(seen)) return;
        state.message_kind = proto::recognise_body(bytes);
        if (proto::recognise_body(body) == BodyKind::kSnappyTwice) state.message_kind = BodyKind::kSnappyBlock;
        state.framing = framing_of(bytes, declared, scratch);
        const bool something_else = !state.framing.empty() || foreign_message(state.message_kind);
        if (something_else || seen.malformed) state.actual.reset();
    }

    /// Contents that are certainly no remote-write message, whatever fields they share with it.
    static bool foreign_message(BodyKind kind) {
        return proto::is_text(kind) || compressed_again(kind) || kind == BodyKind::kOtlp ||
               kind == BodyKind::kRemoteRead;
    }

    void fill_counts(CheckResult& result) const {
        result.series = seen.series.size();
        result.samples = seen.samples.size();
        result.histograms = seen.histograms.size();
        result.exemplars = seen.exemplars.size();
        result.metadata = seen.metadata.size();
    }

    void run_message_families(const Context& context, const RequestState& state) {
        report.at(Reporter::Impl::Place::kMessage);
        // A message that breaks off, or is something else altogether, would only yield consequences of that.
        const bool whole = !seen.malformed && state.actual && !state.too_many_elements;
        if (whole && !seen.bytes.empty()) context.saw(Subject::kMessage);
        kWire.run(context);
        if (!whole) return;
        for (const auto* family : message_families()) family->run(context);
    }
};

Severity CheckResult::worst() const {
    auto worst = Severity::kInfo;
    for (const auto& finding : findings) worst = std::max(worst, finding.severity);
    return worst;
}

Checker::Checker(CheckOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}
Checker::~Checker() = default;
Checker::Checker(Checker&&) noexcept = default;
Checker& Checker::operator=(Checker&&) noexcept = default;

CheckOptions& Checker::options() { return impl_->options; }

std::uint64_t Checker::accepted_fast() const { return impl_->accepted_fast; }

const proto::RequestView& Checker::view() {
    auto& m = *impl_;
    if (m.have_bytes && !m.seen_is_current) m.decode_seen(m.message);
    return m.seen;
}

std::shared_ptr<const proto::Body> Checker::take_body() {
    auto& m = *impl_;
    if (!m.have_bytes) return nullptr;
    auto bytes = std::exchange(m.buffer, {});
    auto view = std::exchange(m.seen, {});
    const bool decoded = m.seen_is_current;
    m.have_bytes = m.seen_is_current = false;
    if (decoded) return std::make_shared<const proto::Body>(std::move(bytes), std::move(view));
    return std::make_shared<const proto::Body>(std::move(bytes), m.message);
}

CheckResult Checker::check(std::string_view raw_head, std::string_view body) { return judge(raw_head, body, true); }

CheckResult Checker::check_body(std::string_view body, ProtobufMessage message) {
    // Says what the body is meant to be, and is not judged.
    const std::string head = std::string("POST / HTTP/1.1\r\nContent-Encoding: snappy\r\nContent-Type: ") +
                             proto::content_type_of(message) + "\r\n\r\n";
    return judge(head, body, false);
}

CheckResult Checker::judge(std::string_view raw_head, std::string_view body, bool judges_head) {
    auto& m = *impl_;
    m.begin();
    CheckResult result;
    RequestState state;
    const auto now_ms = clock_of(m.options);

    // Head: what is it, and which message does it declare?
    const auto head = parse_http1(raw_head, state.head_fault);
    std::optional<proto::ContentType> content_type;
    bool names_message = false;
    if (!head) {
        state.head_error = head.error();
        state.other_protocol = head.error().code == ErrorCode::kUnsupported;
    } else {
        state.newer_protocol = newer_than_2_0(head->value(proto::header::kVersion));
        state.coding = parse_content_coding(head->value(proto::header::kContentEncoding));
        if (const auto value = head->value(proto::header::kContentType); value.empty()) {
            state.declared = ProtobufMessage::kV1;  // as every receiver reads a missing header
        } else if (auto parsed = proto::parse_content_type(value)) {
            content_type = std::move(*parsed);
            state.declared = proto::declared_message(*content_type);
            state.foreign_type = !state.declared;
            names_message = content_type->parameter("proto") != nullptr;
        } else {
            state.content_type_error = parsed.error();
            state.foreign_type = true;
        }
        const bool probe =
            body.empty() && (head->method == "GET" || head->method == "HEAD" || head->method == "OPTIONS");
        if (probe) result.kind = RequestKind::kProbe;
    }
    result.declared = state.declared;
    if (result.kind != RequestKind::kProbe && state.declared && !state.coding.foreign())
        result.kind = *state.declared == ProtobufMessage::kV1 ? RequestKind::kWriteV1 : RequestKind::kWriteV2;

    // Body: decompress, then accept at once or decode.
    bool accepted = false;
    FastCounts counts;
    if (result.kind != RequestKind::kProbe) {
        if (proto::uncompress_snappy(body, m.options.max_uncompressed, m.buffer)) {
            state.uncompressed = m.have_bytes = true;
            state.uncompressed_size = m.buffer.size();
            m.message = state.declared.value_or(ProtobufMessage::kV1);
            accepted =
                state.declared && !m.buffer.view().empty() && m.fast.accept(m.buffer.view(), m.message, now_ms, counts);
            if (accepted) {
                ++m.accepted_fast;
                state.actual = state.declared;
            } else {
                m.recognise(body, state);
            }
        } else {
            state.snappy = proto::diagnose_snappy(body, m.options.max_uncompressed);
            state.body_kind = proto::recognise_body(body);
            if (state.snappy.error == proto::SnappyError::kTooLarge) {
                // The first bytes of another format may read as a claim; and a claim may be a lie: then say that, too.
                state.over_limit = state.body_kind == BodyKind::kUnknown || state.body_kind == BodyKind::kSnappyBlock ||
                                   state.body_kind == BodyKind::kSnappyTwice || state.body_kind == BodyKind::kS2;
                state.uncompressed_size = state.over_limit ? state.snappy.claimed : 0;
                state.snappy = proto::diagnose_snappy(body, 0xffffffffU);
            }
        }
    }

    // Rules. Clauses follow what the message is, or else what the head says that it should be.
    const auto message = state.actual
                             ? *state.actual
                             : state.declared.value_or(names_message ? ProtobufMessage::kV2 : ProtobufMessage::kV1);
    const RequestView* view = state.uncompressed && !accepted ? &m.seen : nullptr;
    state.body_alone = !judges_head;
    const auto shown_head = judges_head ? raw_head : std::string_view();
    using Place = Reporter::Impl::Place;
    m.report.begin({message, m.options.findings_per_rule, shown_head, body, view, state.uncompressed});
    Reporter reporter(m.report);
    const Context context{m.options,
                          now_ms,
                          result.kind,
                          message,
                          shown_head,
                          head && judges_head ? &*head : nullptr,
                          content_type && judges_head ? &*content_type : nullptr,
                          body,
                          view,
                          reporter,
                          result.subjects,
                          &state};
    for (const auto* family : request_families()) {
        if (!judges_head && family != &kCompression) continue;
        m.report.at(family == &kCompression ? Place::kBody : Place::kHead);
        family->run(context);
    }
    if (view != nullptr) m.run_message_families(context, state);

    result.actual = state.actual;
    result.uncompressed_size = state.uncompressed_size;
    result.decoded = accepted || (view != nullptr && !m.seen.malformed && !m.seen.over_limit);
    if (accepted) {
        static_cast<proto::ElementCounts&>(result) = static_cast<const proto::ElementCounts&>(counts);
        result.subjects += counts.subjects;
    } else if (view != nullptr) {
        m.fill_counts(result);
    }
    result.rejected_series = m.report.rejected_series();
    result.findings = m.report.finish();

    if (!head) {
        result.status = 400;
    } else if (head->method != "POST") {
        result.status = 405;
    } else if (result.kind == RequestKind::kForeign) {
        result.status = 415;
    } else if (state.over_limit || state.too_many_elements) {
        result.status = 413;
    } else {
        result.status = refused(result.findings) ? 400 : 204;
    }
    return result;
}

CheckResult Checker::check_message(std::string_view bytes, ProtobufMessage message) {
    auto& m = *impl_;
    m.begin();
    CheckResult result;
    result.kind = message == ProtobufMessage::kV1 ? RequestKind::kWriteV1 : RequestKind::kWriteV2;
    result.declared = message;
    result.uncompressed_size = bytes.size();
    const auto now_ms = clock_of(m.options);
    RequestState state;
    state.declared = message;
    state.uncompressed_size = bytes.size();
    state.over_limit = bytes.size() > m.options.max_uncompressed;
    state.uncompressed = !state.over_limit;
    if (state.uncompressed) {
        std::copy(bytes.begin(), bytes.end(), m.buffer.resize(bytes.size()));
        m.have_bytes = true;
        m.recognise({}, state);
    }
    const RequestView* view = state.uncompressed ? &m.seen : nullptr;
    m.report.begin({state.actual.value_or(message), m.options.findings_per_rule, {}, {}, view, false});
    Reporter reporter(m.report);
    const Context context{m.options, now_ms,   result.kind,     state.actual.value_or(message),
                          {},        nullptr,  nullptr,         {},
                          view,      reporter, result.subjects, &state};
    if (view != nullptr) {
        m.run_message_families(context, state);
        m.fill_counts(result);
    } else {
        kCompression.run(context);  // says that it is too large
    }
    result.actual = state.actual;
    result.decoded = view != nullptr && !m.seen.malformed && !m.seen.over_limit;
    result.rejected_series = m.report.rejected_series();
    result.findings = m.report.finish();
    result.status = state.over_limit || state.too_many_elements ? 413 : result.conforming() ? 204 : 400;
    return result;
}

CheckResult check(std::string_view head, std::string_view body, const CheckOptions& options) {
    return Checker(options).check(head, body);
}

CheckResult check_body(std::string_view body, ProtobufMessage message, const CheckOptions& options) {
    return Checker(options).check_body(body, message);
}

}  // namespace prw::rules
