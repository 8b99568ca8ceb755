// The protobuf wire: is it the declared message, well-formed, and in the shape of the schema?
#include <algorithm>
#include <array>
#include <charconv>

#include "context.h"
#include "prw/proto/protocol.h"
#include "prw/rules/limits.h"
#include "quote.h"
#include "request_state.h"

namespace prw::rules {

namespace {

using proto::BodyKind;
using proto::WireIssue;

constexpr std::string_view kRegenerate =
    "Generate the encoder from the published .proto instead of writing fields by hand.";

constexpr Rule kMatches{
    .id = rule_id::kMessageMatches,
    .clauses = {"prw2.content-type.matches-payload", "prw1.body.schema"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The body holds the message that Content-Type names.",
    .fix =
        "Switch Content-Type together with the message: 'application/x-protobuf' for prometheus.WriteRequest, "
        "'application/x-protobuf;proto=io.prometheus.write.v2.Request' for the 2.0 message.",
};

constexpr Rule kBinary{
    .id = "wire/binary-protobuf",
    .clauses = {"prw1.body.protobuf", "prw2.protocol.protobuf-body", "prw2.protocol.binary-wire-format"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The uncompressed body is a protobuf message in the binary encoding.",
    .fix = "Serialise with the binary encoding (SerializeToString, proto.Marshal), not with the JSON or text mapping.",
};

constexpr Rule kKnown{
    .id = "wire/known-message",
    .clauses = {"prw2.protocol.one-of-two-messages", "prw1.body.schema"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The message is prometheus.WriteRequest or io.prometheus.write.v2.Request.",
    .fix = "Point the sender of the other protocol at its own endpoint, or use a remote-write exporter.",
};

constexpr Rule kOne{
    .id = "wire/one-message",
    .clauses = {"prw1.protocol.rpc-shape", "prw2.protocol.one-of-two-messages"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The body is exactly one message, with nothing around it.",
    .fix = "Send one bare message per request, without length prefix or frame.",
};

constexpr Rule kWellFormed{
    .id = "wire/well-formed",
    .clauses = {"prw1.body.protobuf", "prw2.protocol.protobuf-body", "prw2.protocol.binary-wire-format",
                "ext.proto.no-trailing-bytes"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The message is well-formed protobuf from its first byte to its last.",
    .fix =
        "Send exactly the bytes that the serialiser returned: none cut off, none left over from a "
        "larger buffer, no checksum behind them.",
};

constexpr Rule kGroup{
    .id = "wire/no-groups",
    .clauses = {"prw1.body.protobuf", "ext.proto.no-trailing-bytes"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The message holds no groups (wire types 3 and 4), which proto3 does not have.",
    .fix = kRegenerate,
};

constexpr Rule kTimestamp{
    .id = "wire/timestamp-int64",
    .clauses = {"prw1.protocol.timestamp-int64", "prw2.message.timestamp-int64", "ext.proto.wire-types-match"},
    .subject = Subject::kTimestamp,
    .severity = Severity::kFail,
    .summary = "Timestamps are encoded as int64 (wire type 0).",
    .fix = "Declare timestamps as int64: a varint of milliseconds since the Unix epoch.",
};

constexpr Rule kValue{
    .id = "wire/value-float64",
    .clauses = {"prw1.protocol.value-float64", "prw2.message.value-float64", "ext.proto.wire-types-match"},
    .subject = Subject::kSample,
    .severity = Severity::kFail,
    .summary = "Sample values are encoded as double (wire type 1).",
    .fix = "Declare sample values as double: eight bytes, little-endian.",
};

constexpr Rule kWireType{
    .id = "wire/wire-types",
    .clauses = {"prw1.body.schema", "ext.proto.wire-types-match"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "Known fields have the wire type of their declared type.",
    .fix = kRegenerate,
};

constexpr Rule kUnknown{
    .id = "wire/no-unknown-fields",
    .clauses = {"ext.proto.no-unknown-fields"},
    .subject = Subject::kMessage,
    .severity = Severity::kWarn,
    .summary = "No field outside the published schema is sent.",
    .fix = "Strip internal fields before sending: receivers skip them at best.",
};

constexpr Rule kReserved2{
    .id = "wire/reserved-field-2",
    .clauses = {"prw1.protocol.reserved-field-2"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "Field 2 of WriteRequest stays off the wire.",
    .fix = "Clear the field before forwarding; Cortex and Mimir use it inside (source).",
};

constexpr Rule kReserved3{
    .id = "wire/reserved-field-3",
    .clauses = {"prw1.protocol.reserved-field-3", "ext.proto.v1-extension-shape"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "Field 3 of WriteRequest holds nothing but Prometheus' MetricMetadata.",
    .fix = "Send MetricMetadata there (type 1, metric_family_name 2, help 4, unit 5), or nothing.",
};

constexpr Rule kMetadata1{
    .id = "wire/v1-metadata",
    .clauses = {"prw1.protocol.reserved-field-3"},
    .subject = Subject::kMessage,
    .severity = Severity::kInfo,
    .summary = "Metadata in field 3 of WriteRequest, which 1.0 reserves: Prometheus' extension.",
    .fix = "Nothing to fix: receivers read or ignore it. 2.0 carries metadata with each series.",
};

constexpr Rule kExtensions{
    .id = "wire/v1-extensions",
    .clauses = {"prw1.body.schema"},
    .subject = Subject::kMessage,
    .severity = Severity::kInfo,
    .summary = "Exemplars or native histograms in a 1.0 message: Prometheus' extensions of the published schema.",
    .fix = "Nothing to fix towards Prometheus and its relatives; 2.0 has both in its schema.",
};

constexpr Rule kShape{
    .id = "wire/v1-extension-shape",
    .clauses = {"ext.proto.v1-extension-shape"},
    .subject = Subject::kExtension,
    .severity = Severity::kWarn,
    .summary = "Exemplars and histograms in a 1.0 message have the shape of Prometheus' schema.",
    .fix =
        "Mind that the numbers differ: 1.0 has exemplars in 3 and histograms in 4, 2.0 histograms in 3 "
        "and exemplars in 4.",
};

constexpr Rule kReserved13{
    .id = "wire/reserved-fields-1-3",
    .clauses = {"prw2.message.reserved-fields-1-3"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "Fields 1 to 3 of Request stay off the wire.",
    .fix = "Put series into field 5 of Request; field 1 is WriteRequest's, the 1.0 message.",
};

constexpr Rule kReserved6{
    .id = "wire/reserved-field-6",
    .clauses = {"prw2.message.reserved-field-6"},
    .subject = Subject::kSeries,
    .severity = Severity::kFail,
    .summary = "Field 6 of the 2.0 TimeSeries stays off the wire.",
    .fix =
        "Update the sender to 2.0-rc.4: start_timestamp of each sample or histogram replaces "
        "created_timestamp of the series.",
};

constexpr Rule kEnum{
    .id = "wire/enum-in-range",
    .clauses = {"ext.proto.enum-in-range"},
    .subject = Subject::kEnumValue,
    .severity = Severity::kFail,
    .summary = "Enum values are declared ones.",
    .fix = "Map types that the schema does not know to 0 (unknown): metric types are 0 to 7, reset hints 0 to 3.",
};

constexpr Rule kOnce{
    .id = "wire/singular-once",
    .clauses = {"ext.proto.singular-field-once"},
    .subject = Subject::kMessage,
    .severity = Severity::kWarn,
    .summary = "A singular field occurs at most once per message.",
    .fix = "Write each singular field once: parsers take the last, hand-written ones often the first.",
};

constexpr Rule kUtf8{
    .id = "wire/strings-utf8",
    .clauses = {"ext.proto.strings-valid-utf8"},
    .subject = Subject::kString,
    .severity = Severity::kFail,
    .summary = "All strings are valid UTF-8 (labels of series: labels/valid-utf8 and the patterns of names).",
    .fix =
        "Convert text to UTF-8 where it is read, or replace broken bytes by U+FFFD: most protobuf parsers "
        "refuse the whole message.",
};

constexpr Rule kCustom{
    .id = "wire/v1-custom-buckets",
    .clauses = {"ext.proto.v1-no-custom-buckets"},
    .subject = Subject::kHistogram,
    .severity = Severity::kFail,
    .summary = "Histograms with custom buckets (schema -53) are not sent over 1.0.",
    .fix = "Send them over 2.0, or as classic histograms.",
};

constexpr Rule kBatch{
    .id = "wire/batch-size",
    .clauses = {"ext.batching.reasonable-size"},
    .subject = Subject::kMessage,
    .severity = Severity::kInfo,
    .summary = "A request holds no more than about 10,000 series.",
    .fix = "Send at most some thousands of series per request.",
};
static_assert(limits::kSeries == 10'000, "summary and message say it");

constexpr std::array<const Rule*, 22> kRules{
    &kMatches,   &kBinary,  &kKnown,     &kOne,       &kWellFormed, &kGroup,      &kTimestamp, &kValue,
    &kWireType,  &kUnknown, &kReserved2, &kReserved3, &kMetadata1,  &kExtensions, &kShape,     &kReserved13,
    &kReserved6, &kEnum,    &kOnce,      &kUtf8,      &kCustom,     &kBatch};

constexpr std::array<UncoveredClause, 1> kUncovered{{
    {"prw2.partial.batch-multiple-series",
     "only meaningful under load: a last flush, a slow source and one of many shards rightly send a single series"},
}};

// ---- is it the message at all?
// ----------------------------------------------------------------------------------------------------------

Draft whole(const Context& c, std::string message) {
    Draft draft;
    draft.message = std::move(message);
    draft.protobuf = proto::ByteRange{0, static_cast<std::uint32_t>(std::min<std::size_t>(c.view->bytes.size(), 16))};
    return draft;
}

/// True when the bytes are something else altogether, so that every further finding would only be a consequence.
bool report_foreign(const Context& c) {
    const auto& s = *c.state;
    const auto got = std::string(proto::name_of(s.message_kind));
    if (proto::is_text(s.message_kind)) {
        c.report.add(kBinary, whole(c, "The uncompressed body is " + got + "; wanted binary protobuf"));
        return true;
    }
    if (compressed_again(s.message_kind)) {
        // compression/once says so when there is a body
        if (c.body.empty()) c.report.add(kBinary, whole(c, "The message is " + got + "; wanted binary protobuf"));
        return true;
    }
    switch (s.message_kind) {
        case BodyKind::kOtlp:
        case BodyKind::kRemoteRead:
            c.report.add(kKnown,
                         whole(c, "The message is " + (s.message_kind == BodyKind::kRemoteRead ? "a " + got : got) +
                                      "; wanted prometheus.WriteRequest or io.prometheus.write.v2.Request"));
            return true;
        default:
            break;
    }
    if (s.framing.empty()) return false;
    c.report.add(kOne, whole(c, "The body is " + s.framing + "; wanted one bare message"));
    return true;
}

void report_mismatch(const Context& c) {
    const auto& s = *c.state;
    if (!s.actual || !s.declared || s.actual == s.declared) return;
    const auto* field = c.head == nullptr ? nullptr : c.head->find(proto::header::kContentType);
    const auto declared = std::string(proto::full_name(*s.declared));
    std::string message = "The body is " + std::string(proto::full_name(*s.actual)) + "; ";
    if (c.head == nullptr) {
        message += "wanted " + declared;
    } else if (field == nullptr || field->value.empty()) {
        message += "without Content-Type it should be " + declared + ", and a receiver finds nothing of that";
    } else {
        message += "Content-Type says " + declared + ", and a receiver that goes by it finds nothing";
    }
    Draft draft = whole(c, std::move(message));
    draft.any_version = true;
    if (field != nullptr) {
        draft.field = proto::header::kContentType;
        draft.head = field->range;
    }
    c.report.add(kMatches, std::move(draft));
}

// ---- issues of the walk
// -----------------------------------------------------------------------------------------------------------------

bool ends_with_field(std::string_view path, std::string_view name) {
    if (!path.ends_with(name)) return false;
    path.remove_suffix(name.size());
    return path.empty() || path.ends_with('.');
}

bool inside(std::string_view path, std::string_view part) { return path.find(part) != std::string_view::npos; }

std::string_view wire_type_name(std::uint8_t type) {
    constexpr std::array<std::string_view, 8> kNames{
        "varint (0)",    "64-bit (1)", "length-delimited (2)",    "start group (3)",
        "end group (4)", "32-bit (5)", "6, which is not defined", "7, which is not defined"};
    return kNames[type & 7U];
}

const Rule& rule_of(const Context& c, const WireIssue& issue) {
    const bool v1_metadata = c.v1() && (issue.path.starts_with("metadata[") || issue.path.starts_with("metadata."));
    const bool v1_extension = c.v1() && (inside(issue.path, ".exemplars[") || inside(issue.path, ".histograms["));
    switch (issue.kind) {
        case WireIssue::Kind::kTruncated:
        case WireIssue::Kind::kOverlongVarint:
        case WireIssue::Kind::kFieldNumberZero:
        case WireIssue::Kind::kBadWireType:
            return v1_metadata ? kReserved3 : kWellFormed;
        case WireIssue::Kind::kGroup:
            return kGroup;
        case WireIssue::Kind::kWrongWireType:
            if (v1_metadata || (c.v1() && issue.path.starts_with("metadata"))) return kReserved3;
            if (v1_extension ||
                (c.v1() && (ends_with_field(issue.path, "exemplars") || ends_with_field(issue.path, "histograms"))))
                return kShape;
            if (ends_with_field(issue.path, "timestamp") || ends_with_field(issue.path, "start_timestamp"))
                return kTimestamp;
            if (ends_with_field(issue.path, "value") && inside(issue.path, ".samples[")) return kValue;
            return kWireType;
        case WireIssue::Kind::kUnknownField:
            return v1_metadata ? kReserved3 : v1_extension ? kShape : kUnknown;
        case WireIssue::Kind::kReservedField:
            if (c.v1()) return kReserved2;
            return issue.path.starts_with("timeseries[") ? kReserved6 : kReserved13;
        case WireIssue::Kind::kDuplicateField:
            return kOnce;
        case WireIssue::Kind::kInvalidUtf8:
            return kUtf8;
    }
    return kUnknown;
}

std::string describe(const Context& c, const Rule& rule, const WireIssue& issue) {
    const auto place = issue.path.empty() ? std::string("the message") : issue.path;
    const auto at = " at byte " + std::to_string(issue.range.offset);
    const auto got_type = std::string(wire_type_name(issue.wire_type));
    if (&rule == &kReserved3)
        return "Field 3 of WriteRequest holds something else than Prometheus' MetricMetadata: " +
               std::string(proto::name_of(issue.kind)) + " in " + place + at;
    if (issue.malformed()) {
        return "The message is malformed: " + std::string(proto::name_of(issue.kind)) + " in " + place + at + " of " +
               std::to_string(c.view->bytes.size());
    }
    switch (issue.kind) {
        case WireIssue::Kind::kGroup:
            return place + at + " is a group; proto3 has none";
        case WireIssue::Kind::kWrongWireType: {
            const auto* wanted = &rule == &kTimestamp ? "int64, a varint (0)"
                                 : &rule == &kValue   ? "double, 64-bit (1)"
                                                      : "the one of its declared type";
            return place + " has wire type " + got_type + "; wanted " + wanted;
        }
        case WireIssue::Kind::kUnknownField:
            if (&rule == &kShape) return place + " is not in Prometheus' schema of exemplars and histograms";
            return place + " (wire type " + got_type + ") is not in the schema of " +
                   std::string(proto::full_name(c.message));
        case WireIssue::Kind::kReservedField:
            if (&rule == &kReserved2)
                return "Reserved field 2 of WriteRequest is there" + at +
                       " (Cortex' and Mimir's internal source field leaks like this)";
            if (&rule == &kReserved6)
                return place +
                       " is reserved: it was created_timestamp in the drafts up to 2.0-rc.3, which rc.4 replaced";
            return "Reserved field " + std::to_string(issue.field) + " of Request is there" + at +
                   "; fields 1 to 3 belong to the 1.0 message";
        case WireIssue::Kind::kDuplicateField:
            return place + " occurs once more" + at + "; wanted it at most once";
        case WireIssue::Kind::kInvalidUtf8:
            return place + " is not valid UTF-8";
        default:
            break;
    }
    return std::string(proto::name_of(issue.kind)) + " in " + place;
}

/// Labels of series are judged by rules of their own; what is wrong with one is said once.
class SeriesStrings {
public:
    explicit SeriesStrings(const Context& c) : c_(c) {}

    [[nodiscard]] bool holds(const WireIssue& issue) {
        if (issue.kind != WireIssue::Kind::kInvalidUtf8 || c_.view->malformed || c_.view->over_limit) return false;
        if (c_.v1())
            return issue.path.starts_with("timeseries[") && !inside(issue.path, ".exemplars[") &&
                   inside(issue.path, "].labels[");
        if (!issue.path.starts_with("symbols[")) return false;
        if (!collected_) collect();
        std::size_t index = 0;
        std::from_chars(issue.path.data() + 8, issue.path.data() + issue.path.size(), index);
        return index < used_.size() && used_[index];
    }

private:
    /// 2.0: the symbols that labels of series refer to.
    void collect() {
        collected_ = true;
        used_.resize(c_.view->symbols.size());
        for (const auto& series : c_.view->series) {
            for (const auto& label : c_.view->labels_of(series)) {
                for (const auto ref : {label.name_ref, label.value_ref})
                    if (ref < used_.size()) used_[ref] = true;
            }
        }
    }

    const Context& c_;
    bool collected_ = false;
    std::vector<bool> used_;
};

void check_issues(const Context& c) {
    const auto newer = c.state != nullptr && c.state->newer_protocol ? std::optional(Severity::kInfo) : std::nullopt;
    const auto& view = *c.view;
    SeriesStrings series_strings(c);
    for (std::size_t i = 0; i < view.issues.size(); ++i) {
        const auto& issue = view.issues[i];
        if (series_strings.holds(issue) && (i + 1 < view.issues.size() || view.issues_dropped == 0)) continue;
        const auto& rule = rule_of(c, issue);
        // A sender of a later 2.x may know fields that we do not.
        const auto severity = &rule == &kUnknown ? newer : std::nullopt;
        const auto times = i + 1 == view.issues.size() ? 1 + view.issues_dropped : 1;
        if (!c.report.wants(rule, severity)) {
            c.report.count(rule, issue.series, severity, times);
            continue;
        }
        Draft draft;
        draft.message = describe(c, rule, issue);
        if (times > 1)
            draft.message += " (the message has so many such faults that the last " + std::to_string(times - 1) +
                             " were only counted)";
        draft.field = issue.path;
        draft.protobuf = issue.range;
        draft.series = issue.series;
        draft.severity = severity;
        draft.count = times;
        c.report.add(rule, std::move(draft));
    }
}

// ---- values
// -----------------------------------------------------------------------------------------------------------------------------

void check_metadata_type(const Context& c, std::uint32_t index, std::uint32_t series) {
    const auto& metadata = c.view->metadata[index];
    if (metadata.type <= static_cast<std::uint32_t>(proto::MetricType::kStateset)) return;
    if (!c.report.wants(kEnum)) return c.report.count(kEnum, series);
    Draft draft;
    draft.message = "The metric type is " + std::to_string(metadata.type) + "; wanted 0 to 7";
    draft.field = series == proto::kNoRef ? "metadata[" + std::to_string(index) + "].type"
                                          : "timeseries[" + std::to_string(series) + "].metadata.type";
    draft.protobuf = metadata.range;
    draft.series = series;
    c.report.add(kEnum, std::move(draft));
}

void check_histogram(const Context& c, const proto::HistogramView& histogram, std::uint32_t series, std::size_t index) {
    const auto field = [&](std::string_view name) {
        return "timeseries[" + std::to_string(series) + "].histograms[" + std::to_string(index) + "]." +
               std::string(name);
    };
    if (histogram.reset_hint > 3) {
        if (c.report.wants(kEnum)) {
            Draft draft;
            draft.message = "The reset hint is " + std::to_string(histogram.reset_hint) + "; wanted 0 to 3";
            draft.field = field("reset_hint");
            draft.protobuf = histogram.range;
            draft.series = series;
            c.report.add(kEnum, std::move(draft));
        } else {
            c.report.count(kEnum, series);
        }
    }
    const bool marker = histogram.sum_bits == proto::kStaleNanBits;  // then nothing else of it counts
    if (c.v1() && !marker && (histogram.schema == -53 || histogram.custom_values.count > 0)) {
        if (c.report.wants(kCustom)) {
            const bool schema = histogram.schema == -53;
            Draft draft;
            draft.message = std::string(schema ? "The histogram has schema -53 (custom buckets)"
                                               : "The histogram has custom_values") +
                            "; wanted exponential buckets over 1.0";
            draft.field = field(schema ? "schema" : "custom_values");
            draft.protobuf = schema && histogram.schema_range.size > 0 ? histogram.schema_range : histogram.range;
            draft.series = series;
            c.report.add(kCustom, std::move(draft));
        } else {
            c.report.count(kCustom, series);
        }
    }
}

void check_values(const Context& c) {
    const auto& view = *c.view;
    if (c.v1())
        for (std::uint32_t i = 0; i < view.metadata.size(); ++i) check_metadata_type(c, i, proto::kNoRef);
    for (std::uint32_t s = 0; s < view.series.size(); ++s) {
        const auto& series = view.series[s];
        if (c.v2() && series.metadata != proto::kNoRef) check_metadata_type(c, series.metadata, s);
        const auto histograms = view.histograms_of(series);
        for (std::size_t h = 0; h < histograms.size(); ++h) check_histogram(c, histograms[h], s, h);
    }
}

void note_extensions(const Context& c) {
    const auto& view = *c.view;
    const auto note = [&](const Rule& rule, std::size_t count, std::string_view one, std::string_view many,
                          std::string_view place, std::string field, proto::ByteRange range) {
        Draft draft;
        draft.message = "The request carries " + std::to_string(count) + " " + std::string(count == 1 ? one : many) +
                        " in field " + std::string(place) + ", Prometheus' extension of 1.0";
        draft.field = std::move(field);
        draft.protobuf = range;
        draft.count = count;
        c.report.add(rule, std::move(draft));
    };
    if (const auto n = view.metadata.size(); n > 0)
        note(kMetadata1, n, "metadata entry", "metadata entries", "3 of WriteRequest", "metadata",
             view.metadata.front().range);
    if (const auto n = view.exemplars.size(); n > 0)
        note(kExtensions, n, "exemplar", "exemplars", "3 of TimeSeries", "exemplars", view.exemplars.front().range);
    if (const auto n = view.histograms.size(); n > 0)
        note(kExtensions, n, "native histogram", "native histograms", "4 of TimeSeries", "histograms",
             view.histograms.front().range);
}

/// Of what the schema says, wherever it stands.
void count_subjects(const Context& c) {
    const auto& view = *c.view;
    c.saw(Subject::kEnumValue, view.metadata.size() + view.histograms.size());
    if (c.v2()) return c.saw(Subject::kString, view.symbols.size());
    c.saw(Subject::kString, 2 * view.labels.size() + 3 * view.metadata.size());
    c.saw(Subject::kExtension, view.exemplars.size() + view.histograms.size());
    // Fields of another type in their place yield no element.
    if (std::any_of(view.issues.begin(), view.issues.end(),
                    [&](const WireIssue& issue) { return &rule_of(c, issue) == &kShape; }))
        c.saw(Subject::kExtension);
}

void run(const Context& c) {
    if (c.view == nullptr) return;
    if (c.state != nullptr) {
        if (report_foreign(c)) return;
        report_mismatch(c);
    }
    if (c.subjects[Subject::kMessage] > 0) count_subjects(c);
    check_issues(c);
    check_values(c);
    if (c.v1()) note_extensions(c);
    if (c.view->series.size() > limits::kSeries || c.view->over_limit) {
        Draft draft;
        draft.message =
            "The request has " + std::to_string(c.view->series.size()) + " series; wanted no more than about 10,000";
        if (c.view->over_limit) draft.message += " (it has too many elements to be judged; the walk stopped there)";
        draft.field = "timeseries";
        c.report.add(kBatch, std::move(draft));
    }
}

}  // namespace

constinit const Family kWire{"wire", kRules, kUncovered, run};

}  // namespace prw::rules
