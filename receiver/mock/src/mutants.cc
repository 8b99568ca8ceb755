#include "mutants.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

#include "fields.h"
#include "prw/base/id_list.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/proto/model.h"
#include "prw/proto/protocol.h"
#include "prw/rules/rule_ids.h"

namespace prw::receiver {

namespace {

namespace header = proto::header;
namespace rule_id = rules::rule_id;
using http::Response;
using proto::ProtobufMessage;
using proto::RequestView;
using proto::WireIssue;

// ---- What came ----

bool accepted(const Response& answer) { return answer.status / 100 == 2; }
/// Neither method, type nor coding stood against it: what it holds is what the conforming answer is about.
bool reached(const Judged& in) { return in.status == 204 || in.status == 400; }

bool about(const rules::Finding& finding, std::initializer_list<std::string_view> rules) {
    return std::find(rules.begin(), rules.end(), finding.rule) != rules.end();
}
bool broke(const Judged& in, std::initializer_list<std::string_view> rules) {
    return reached(in) && std::any_of(in.check.findings.begin(), in.check.findings.end(),
                                      [&](const auto& finding) { return about(finding, rules); });
}

/// A 415 for Content-Encoding alone: the type would do.
bool foreign_coding(const Judged& in) {
    return in.status == 415 && in.check.kind == rules::RequestKind::kForeign && in.check.declared;
}
bool foreign_type(const Judged& in) { return in.status == 415 && !foreign_coding(in); }

/// A body that is no message at all, though type and coding promise one.
bool undecodable(const Judged& in) {
    return in.status == 400 && in.check.kind != rules::RequestKind::kForeign && !in.check.actual;
}

template <typename Elements, typename Predicate>
bool any(const Elements& elements, Predicate&& predicate) {
    return std::any_of(elements.begin(), elements.end(), predicate);
}

// ---- What is answered ----

/// As the conforming receiver refuses, for another reason.
void refuse(const Judged& in, Response& answer, int status, std::string_view why) {
    Response refusal;
    refusal.status = status;
    std::string text;
    if (status == 400) {
        if (in.message == ProtobufMessage::kV2 && !in.policy.only_1x) add_written(refusal, in.check, false);
        text = rejected_text(in.check.series, in.check.series);
    }
    set_text(refusal, text.append(why), in.policy.max_error_body);
    answer = std::move(refusal);
}

/// 400 where everybody else accepts.
void refuse_if(bool fault, const Judged& in, Response& answer, std::string_view why) {
    if (fault && accepted(answer)) refuse(in, answer, 400, why);
}
/// 500, as a receiver whose storage complains.
void fail_if(bool fault, const Judged& in, Response& answer, std::string_view why) {
    if (fault && reached(in)) refuse(in, answer, 500, why);
}

/// 204, and nothing was found that could be written.
void accept_nothing(const Judged& in, Response& answer) {
    answer = {};
    if (in.message == ProtobufMessage::kV2 && !in.policy.only_1x) add_written(answer, in.check, false);
}

/// What a receiver answers to whom these findings mean nothing.
template <typename Dropped>
void answer_without(const Judged& in, Response& answer, Dropped&& dropped) {
    auto check = in.check;
    std::erase_if(check.findings, dropped);
    if (check.status == 400 && check.conforming()) {
        check.status = 204;
        check.rejected_series = 0;
    }
    answer = conforming_answer(check, in.policy);
}
void answer_without(const Judged& in, Response& answer, std::initializer_list<std::string_view> rules) {
    if (broke(in, rules)) answer_without(in, answer, [&](const auto& finding) { return about(finding, rules); });
}

std::string* find_header(Response& answer, std::string_view name) {
    const auto found = std::find_if(answer.headers.begin(), answer.headers.end(),
                                    [&](const auto& field) { return base::iequals(field.first, name); });
    return found != answer.headers.end() ? &found->second : nullptr;
}
void remove(Response& answer, std::string_view name) {
    std::erase_if(answer.headers, [&](const auto& field) { return base::iequals(field.first, name); });
}
/// Only where the answer has that header.
void set_written(Response& answer, const char* name, std::uint64_t count) {
    if (auto* value = find_header(answer, name)) *value = std::to_string(count);
}
void remove_written(Response& answer) {
    for (const auto& each : proto::kWrittenHeaders) remove(answer, each.name);
}
void replace_text(const Judged& in, Response& answer, std::string text) {
    remove(answer, header::kContentType);
    set_text(answer, std::move(text), in.policy.max_error_body);
}

// ---- accepts/ ----

void no_2x(const Judged& in, Response& answer) {
    if (in.message != ProtobufMessage::kV2 || in.status == 405 || in.status == 415) return;
    auto policy = in.policy;
    policy.only_1x = true;
    answer = conforming_answer(in.check, policy);
}

bool unusual_number(const proto::SampleView& sample) {
    return sample.value_bits != proto::kStaleNanBits && !std::isfinite(proto::from_bits(sample.value_bits));
}

/// Bytes of the message at that place in the view.
std::string_view bytes_at(const RequestView& view, proto::ByteRange range) {
    return view.bytes.substr(range.offset, range.size);
}

/// labels_refs of a series or an exemplar, both field 1, in another way than as one packed run.
bool loose_references(std::string_view message) {
    std::size_t runs = 0;
    WireFields fields(message);
    for (WireField field; fields.next(field);) {
        if (field.number != 1) continue;
        if (field.type == kVarintType || ++runs > 1) return true;
    }
    return false;
}
bool loose_references(const RequestView& view) {
    const auto loose = [&](const auto& element) { return loose_references(bytes_at(view, element.range)); };
    return any(view.series, loose) || any(view.exemplars, loose);
}

bool series_before_symbols(const RequestView& view) {
    return !view.series.empty() && !view.symbols.empty() &&
           view.series.front().range.offset < view.symbols.back().range.offset;
}

bool falling_numbers(std::string_view message) {
    std::uint32_t highest = 0;
    WireFields fields(message);
    for (WireField field; fields.next(field); highest = field.number)
        if (field.number < highest) return true;
    return false;
}

bool has_unknown_field(const RequestView& view) {
    return any(view.issues, [](const WireIssue& issue) { return issue.kind == WireIssue::Kind::kUnknownField; });
}

bool foreign_version(const Judged& in) {
    const auto* field = in.head != nullptr ? in.head->find(header::kVersion) : nullptr;
    return field != nullptr && field->value != proto::version_of(in.message.value_or(ProtobufMessage::kV1));
}

/// The name of the message has capitals of its own.
bool fancy_content_type(const Judged& in) {
    if (in.head == nullptr || !in.message) return false;
    std::string value(in.head->value(header::kContentType));
    const auto name = full_name(*in.message);
    if (const auto at = value.find(name); at != std::string::npos) value.erase(at, name.size());
    return value.find_first_of(" \t\"") != std::string::npos || value != base::lower(value);
}

bool name_elsewhere(const RequestView& view) {
    return !view.series.empty() && (view.symbols.size() < 2 || view.symbols[1].text != "__name__");
}

void no_repeats(const Judged& in, Response& answer) {
    if (accepted(answer)) refuse_if(!in.memory.first_time(in.body), in, answer, "the body was written before");
}

// ---- unsupported/ ----

void any_content_type(const Judged& in, Response& answer) {
    if (!foreign_type(in) || !in.check.decoded || !in.check.actual || in.policy.only_1x) return;
    auto check = in.check;
    std::erase_if(check.findings, [](const auto& finding) {
        return about(finding, {rule_id::kContentTypeSyntax, rule_id::kMediaType, rule_id::kMessageName});
    });
    // The coding is told all the same.
    if (any(check.findings, [](const auto& finding) {
            return finding.severity == rules::Severity::kFail &&
                   about(finding, {rule_id::kContentEncodingSyntax, rule_id::kContentEncodingSnappy});
        }))
        return;
    check.declared = check.actual;
    check.status = check.conforming() ? 204 : 400;
    answer = conforming_answer(check, in.policy);
}

void takes_methods(const Judged& in, Response& answer) {
    if (in.head == nullptr || in.status != 405) return;
    const auto method = in.head->method;
    if (method == "GET" || method == "HEAD" || method == "PUT" || method == "DELETE") answer = {};
}

// ---- invalid/ ----

/// Patterns of names are rules of their own in 1.0, and what is not UTF-8 breaks those.
bool about_broken_name(const Judged& in, const rules::Finding& finding) {
    const auto broken = [](std::string_view name) { return !proto::valid_utf8(name); };
    const auto beside_pattern = [](std::string_view name) { return name.empty() || proto::legacy_label_name(name); };
    return finding.rule == rule_id::kLabelNamePattern &&
           !any(in.view.labels, [&](const auto& l) { return !beside_pattern(l.name) && !broken(l.name); });
}
bool about_labels(const Judged& in, const rules::Finding& finding) {
    return about(finding,
                 {rule_id::kNoRepeatedNames, rule_id::kNoEmptyName, rule_id::kNoEmptyValue, rule_id::kLabelsUtf8}) ||
           about_broken_name(in, finding);
}
bool invalid_labels(const Judged& in) {
    return reached(in) && any(in.check.findings, [&](const auto& finding) { return about_labels(in, finding); });
}

bool contradicting_histogram(const Judged& in) {
    return any(in.check.findings, [](const auto& finding) {
        return finding.severity == rules::Severity::kFail && finding.rule.starts_with("histograms/");
    });
}

constexpr auto kReferences = {rule_id::kSeriesRefsInRange, rule_id::kExemplarRefsInRange, rule_id::kMetadataRefsInRange,
                              rule_id::kSeriesRefsEven, rule_id::kExemplarRefsEven};
constexpr auto kSeriesContents = {rule_id::kHasSampleOrHistogram, rule_id::kNotSamplesAndHistograms};

// ---- response/ ----

void success_text(const Judged&, Response& answer) {
    if (!accepted(answer)) return;
    answer.status = 200;
    answer.headers.emplace_back(header::kContentType, "application/json");
    answer.body = R"({"status":"success"})";
}

void empty_error(const Judged&, Response& answer) {
    if (answer.status / 100 != 4) return;
    answer.body.clear();
    remove(answer, header::kContentType);
}

void no_amount(const Judged&, Response& answer) {
    if (answer.status != 400) return;
    std::string text;
    bool number = false;
    for (const char c : answer.body) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit) text += c;
        if (digit && !number) text += "some";
        number = digit;
    }
    answer.body = std::move(text);
}

void no_reason(const Judged& in, Response& answer) {
    if (answer.status == 400)
        replace_text(in, answer, base::count_text(in.check.rejected_series, "series", "series") + " rejected");
}

// ---- written/ ----

void one_less(const Judged& in, Response& answer) {
    if (accepted(answer) && in.check.samples > 0) set_written(answer, header::kSamplesWritten, in.check.samples - 1);
}

void folds_histograms(const Judged& in, Response& answer) {
    if (!accepted(answer)) return;
    set_written(answer, header::kSamplesWritten, in.check.data_points());
    set_written(answer, header::kHistogramsWritten, 0);
}

void no_zero_exemplars(const Judged&, Response& answer) {
    const auto* value = find_header(answer, header::kExemplarsWritten);
    if (value != nullptr && *value == "0") remove(answer, header::kExemplarsWritten);
}

void decimals(const Judged&, Response& answer) {
    for (const auto& each : proto::kWrittenHeaders)
        if (auto* value = find_header(answer, each.name)) *value += ".0";
}

void draft_names(const Judged&, Response& answer) {
    for (auto& [name, value] : answer.headers)
        for (const auto& each : proto::kWrittenHeaders)
            if (name == each.name) name = "X-Prometheus-Remote-Write-Written-" + std::string(each.kind);
}

void counts_start_timestamps(const Judged& in, Response& answer) {
    if (!accepted(answer)) return;
    const auto started = [](const auto& point) { return point.start_timestamp != 0; };
    const auto starts = std::count_if(in.view.samples.begin(), in.view.samples.end(), started) +
                        std::count_if(in.view.histograms.begin(), in.view.histograms.end(), started);
    if (starts > 0) set_written(answer, header::kSamplesWritten, in.check.samples + static_cast<std::uint64_t>(starts));
}

// ---- policy/ ----

template <typename Predicate>
bool any_timestamp(const RequestView& view, Predicate&& predicate) {
    const auto fits = [&](const auto& point) { return predicate(point.timestamp); };
    return any(view.samples, fits) || any(view.histograms, fits);
}

bool untyped(const RequestView& view) {
    return any(view.series, [&](const auto& series) {
        return series.metadata == proto::kNoRef ||
               view.metadata[series.metadata].type == static_cast<std::uint32_t>(proto::MetricType::kUnspecified);
    });
}

bool exemplars_only(const proto::SeriesView& series) {
    return series.samples.count == 0 && series.histograms.count == 0 && series.exemplars.count != 0;
}

// ---- null/ ----

template <int Status>
void always(const Judged&, Response& answer) {
    Response constant;
    constant.status = Status;
    constant.close = answer.close;
    answer = std::move(constant);
}

template <http::Fault Fault>
void never(const Judged&, Response& answer) {
    answer = {};
    answer.fault = Fault;
}

// ---- The rows ----

constexpr std::string_view kSamplesAccepted[] = {"receiver/accepts/samples"};
constexpr std::string_view kSuccess204[] = {"receiver/response/success-204"};
constexpr std::string_view kErrorTexts[] = {"receiver/response/error-amount", "receiver/response/error-reasons"};
constexpr std::string_view kInvalidHistograms[] = {"receiver/invalid/histograms"};
constexpr std::string_view kOnFailure[] = {"receiver/written/on-failure"};
constexpr std::string_view kWrittenAtAll[] = {"receiver/written/samples", "receiver/written/histograms",
                                              "receiver/written/exemplars", "receiver/written/on-failure"};
constexpr std::string_view kSampleCount[] = {"receiver/written/samples"};
constexpr std::string_view kSampleCounts[] = {"receiver/written/samples", "receiver/written/not-above-sent"};

constexpr std::int64_t kDay = 24LL * 60 * 60 * 1000, kMinute = 60LL * 1000;

// clang-format off
constexpr MutantRow kRows[] = {
    // what it accepts
    {.mutant = {.id = "accepts/1x-only", .summary = "Answers 415 to the 2.0 message.",
                .check = "receiver/accepts/samples", .v1 = false},
     .deviate = no_2x},
    {.mutant = {.id = "accepts/no-chunked", .summary = "Answers 411 to a chunked body.",
                .check = "receiver/accepts/samples"},
     .deviate = [](const Judged& in, Response& answer) {
         if (in.chunked && reached(in)) refuse(in, answer, 411, "wanted Content-Length, got chunks");
     }},
    {.mutant = {.id = "accepts/finite-only",
                .summary = "Answers 400 when a sample is infinite, or NaN but no stale marker.",
                .check = "receiver/accepts/special-values"},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(any(in.view.samples, unusual_number), in, answer, "a sample is not finite");
     }},
    {.mutant = {.id = "accepts/packed-only",
                .summary = "Answers 400 when labels_refs come unpacked or in several runs.",
                .check = "receiver/accepts/protobuf-encodings", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(loose_references(in.view), in, answer, "labels_refs are not packed in one run");
     }},
    {.mutant = {.id = "accepts/symbols-first",
                .summary = "Answers 400 when a series stands before the symbols table.",
                .check = "receiver/accepts/protobuf-encodings", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(series_before_symbols(in.view), in, answer, "a series stands before the symbols");
     }},
    {.mutant = {.id = "accepts/fields-in-order",
                .summary = "Answers 400 when a field of a series stands before one with a lower number.",
                .check = "receiver/accepts/protobuf-encodings", .v2 = false},
     .deviate = [](const Judged& in, Response& answer) {
         const auto falls = [&](const auto& series) { return falling_numbers(bytes_at(in.view, series.range)); };
         refuse_if(any(in.view.series, falls), in, answer, "the fields of a series are not in order");
     }},
    {.mutant = {.id = "accepts/known-fields-only",
                .summary = "Answers 400 to a message with a field that its schema does not have.",
                .check = "receiver/accepts/unknown-fields"},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(has_unknown_field(in.view), in, answer, "the message has an unknown field");
     }},
    {.mutant = {.id = "accepts/own-version-only",
                .summary = "Answers 400 to a version header that is not 0.1.0 (1.0) or 2.0.0 (2.0).",
                .check = "receiver/accepts/version-header"},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(foreign_version(in), in, answer, "the version of the protocol is not known");
     }},
    {.mutant = {.id = "accepts/plain-content-type",
                .summary = "Answers 415 to a Content-Type with a blank, quotes or capitals beside the message's name.",
                .check = "receiver/accepts/content-type-spellings", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         if (reached(in) && fancy_content_type(in)) refuse(in, answer, 415, "the Content-Type is not known");
     }},
    {.mutant = {.id = "accepts/name-is-symbol-1", .summary = "Answers 400 to series unless symbol 1 is __name__.",
                .check = "receiver/accepts/symbols-in-any-order", .v1 = false, .also = kSamplesAccepted},
     .deviate = [](const Judged& in, Response& answer) {
         refuse_if(name_elsewhere(in.view), in, answer, "symbol 1 is not __name__");
     }},
    {.mutant = {.id = "accepts/no-repeats", .summary = "Answers 400 to a body that it has accepted before.",
                .check = "receiver/accepts/repeat"},
     .deviate = no_repeats},

    // types of data
    {.mutant = {.id = "types/histograms-500", .summary = "Answers 500 to a message with a native histogram.",
                .check = "receiver/types/native-histograms", .also = kInvalidHistograms},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(!in.view.histograms.empty(), in, answer, "native histograms are not implemented");
     }},
    {.mutant = {.id = "types/exemplars-500", .summary = "Answers 500 to a message with an exemplar.",
                .check = "receiver/types/exemplars"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(!in.view.exemplars.empty(), in, answer, "exemplars are not implemented");
     }},
    {.mutant = {.id = "types/metadata-500",
                .summary = "Answers 500 to a 1.0 message with metadata, and to a 2.0 message with a unit.",
                .check = "receiver/types/metadata"},
     .deviate = [](const Judged& in, Response& answer) {
         const bool v1 = in.view.message == ProtobufMessage::kV1;
         const auto told = [&](const auto& metadata) { return v1 || !metadata.unit.empty(); };
         fail_if(any(in.view.metadata, told), in, answer, "metadata are not implemented");
     }},

    // successes
    {.mutant = {.id = "response/200", .summary = "Answers 200 where it should answer 204.",
                .check = "receiver/response/success-204", .v1 = false},
     .deviate = [](const Judged&, Response& answer) {
         if (answer.status == 204) answer.status = 200;
     }},
    {.mutant = {.id = "response/success-text", .summary = "Has a text in every success, whose status is 200.",
                .check = "receiver/response/success-body-empty", .also = kSuccess204},
     .deviate = success_text},

    // Written headers
    {.mutant = {.id = "written/no-samples", .summary = "Leaves X-Prometheus-Remote-Write-Samples-Written out.",
                .check = "receiver/written/samples", .v1 = false, .also = kOnFailure},
     .deviate = [](const Judged&, Response& answer) { remove(answer, header::kSamplesWritten); }},
    {.mutant = {.id = "written/one-less", .summary = "Says one sample less than it wrote.",
                .check = "receiver/written/samples", .v1 = false},
     .deviate = one_less},
    {.mutant = {.id = "written/no-histograms", .summary = "Leaves X-Prometheus-Remote-Write-Histograms-Written out.",
                .check = "receiver/written/histograms", .v1 = false, .also = kOnFailure},
     .deviate = [](const Judged&, Response& answer) { remove(answer, header::kHistogramsWritten); }},
    {.mutant = {.id = "written/folds-histograms", .summary = "Counts histograms as samples.",
                .check = "receiver/written/histograms", .v1 = false, .also = kSampleCounts},
     .deviate = folds_histograms},
    {.mutant = {.id = "written/no-zero-exemplars",
                .summary = "Leaves X-Prometheus-Remote-Write-Exemplars-Written out when the count is 0.",
                .check = "receiver/written/exemplars", .v1 = false, .also = kOnFailure},
     .deviate = no_zero_exemplars},
    {.mutant = {.id = "written/decimals", .summary = "Writes the counts of Written headers as 1.0.",
                .check = "receiver/written/integers", .v1 = false, .also = kWrittenAtAll},
     .deviate = decimals},
    {.mutant = {.id = "written/draft-names",
                .summary = "Calls Written headers X-Prometheus-Remote-Write-Written-Samples and so on, as drafts did.",
                .check = "receiver/written/header-names", .v1 = false, .also = kWrittenAtAll},
     .deviate = draft_names},
    {.mutant = {.id = "written/counts-start-timestamps", .summary = "Counts a start timestamp as a sample of its own.",
                .check = "receiver/written/not-above-sent", .v1 = false, .also = kSampleCount},
     .deviate = counts_start_timestamps},

    // method, type and coding
    {.mutant = {.id = "unsupported/content-type-400", .summary = "Answers 400 where it should answer 415 for the type.",
                .check = "receiver/unsupported/content-type", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         if (foreign_type(in)) answer.status = 400;
     }},
    {.mutant = {.id = "unsupported/any-content-type",
                .summary = "Takes every Content-Type for that of a message that decodes.",
                .check = "receiver/unsupported/content-type", .v1 = false},
     .deviate = any_content_type},
    {.mutant = {.id = "unsupported/content-encoding-400",
                .summary = "Answers 400 where it should answer 415 for the coding.",
                .check = "receiver/unsupported/content-encoding", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         if (foreign_coding(in)) answer.status = 400;
     }},
    {.mutant = {.id = "unsupported/get-204", .summary = "Answers 204 to GET, HEAD, PUT and DELETE.",
                .check = "receiver/unsupported/method"},
     .deviate = takes_methods},

    // bodies that are no message, or not the one that was announced
    {.mutant = {.id = "malformed/500", .summary = "Answers 500 to a body that does not decode.",
                .check = "receiver/malformed/is-4xx"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(undecodable(in), in, answer, "the body cannot be decoded");
     }},
    {.mutant = {.id = "malformed/204", .summary = "Answers 204 to a body that does not decode.",
                .check = "receiver/malformed/is-4xx"},
     .deviate = [](const Judged& in, Response& answer) {
         if (undecodable(in)) accept_nothing(in, answer);
     }},
    {.mutant = {.id = "malformed/references-204",
                .summary = "Takes a message whose references are odd in number or outside of the table.",
                .check = "receiver/malformed/references", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) { answer_without(in, answer, kReferences); }},

    // invalid contents
    {.mutant = {.id = "invalid/labels-204",
                .summary = "Takes label names and values that are repeated, empty or not UTF-8.",
                .check = "receiver/invalid/labels"},
     .deviate = [](const Judged& in, Response& answer) {
         if (invalid_labels(in))
             answer_without(in, answer, [&](const auto& finding) { return about_labels(in, finding); });
     }},
    {.mutant = {.id = "invalid/labels-422",
                .summary = "Answers 422 to label names and values that are repeated, empty or not UTF-8.",
                .check = "receiver/invalid/labels"},
     .deviate = [](const Judged& in, Response& answer) {
         if (answer.status == 400 && invalid_labels(in)) answer.status = 422;
     }},
    {.mutant = {.id = "invalid/series-204",
                .summary = "Takes a series with samples and histograms, and one with neither.",
                .check = "receiver/invalid/series", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) { answer_without(in, answer, kSeriesContents); }},
    {.mutant = {.id = "invalid/histograms-500",
                .summary = "Answers 500 to a native histogram that contradicts itself.",
                .check = "receiver/invalid/histograms"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(contradicting_histogram(in), in, answer, "a native histogram cannot be stored");
     }},

    // refusals
    {.mutant = {.id = "response/empty-error", .summary = "Refuses (4xx) with an empty body.",
                .check = "receiver/response/error-text", .also = kErrorTexts},
     .deviate = empty_error, .unreadable = true},
    {.mutant = {.id = "response/no-amount", .summary = "Has no digit in the text of a 400.",
                .check = "receiver/response/error-amount", .v1 = false},
     .deviate = no_amount, .unreadable = true},
    {.mutant = {.id = "response/no-reason", .summary = "Says how many series it rejected in a 400, and not why.",
                .check = "receiver/response/error-reasons", .v1 = false},
     .deviate = no_reason, .unreadable = true},
    {.mutant = {.id = "written/success-only", .summary = "Has no Written headers on a 400.",
                .check = "receiver/written/on-failure", .v1 = false},
     .deviate = [](const Judged&, Response& answer) {
         if (answer.status == 400) remove_written(answer);
     }},

    // policies
    {.mutant = {.id = "policy/unsorted-labels-500", .summary = "Answers 500 to labels that are not sorted.",
                .check = "receiver/policy/unsorted-labels"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kLabelsSorted}), in, answer, "labels are not sorted");
     }},
    {.mutant = {.id = "policy/no-metric-name-500", .summary = "Answers 500 to a series without metric name.",
                .check = "receiver/policy/no-metric-name"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kMetricNamePresent}), in, answer, "a series has no metric name");
     }},
    {.mutant = {.id = "policy/empty-label-value-500", .summary = "Answers 500 to a label without value.",
                .check = "receiver/policy/empty-label-value"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kNoEmptyValue}), in, answer, "a label has no value");
     }},
    {.mutant = {.id = "policy/exemplar-only-500", .summary = "Answers 500 to a series that holds exemplars only.",
                .check = "receiver/policy/exemplar-only-series", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(any(in.view.series, exemplars_only), in, answer, "a series has exemplars only");
     }},
    {.mutant = {.id = "policy/other-message-500",
                .summary = "Answers 500 to a body that holds the other message than its Content-Type says.",
                .check = "receiver/policy/other-message"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kMessageMatches}), in, answer, "the message is another");
     }},
    {.mutant = {.id = "policy/out-of-order-500",
                .summary = "Answers 500 to samples of a series that are not in the order of time.",
                .check = "receiver/policy/out-of-order"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kSampleOrder}), in, answer, "samples are out of order");
     }},
    {.mutant = {.id = "policy/same-timestamp-500",
                .summary = "Answers 500 to two values of a series for one timestamp.",
                .check = "receiver/policy/same-timestamp"},
     .deviate = [](const Judged& in, Response& answer) {
         fail_if(broke(in, {rule_id::kUniqueTimestamps}), in, answer, "a timestamp has two values");
     }},
    {.mutant = {.id = "policy/old-samples-500", .summary = "Answers 500 to a sample that is older than a day.",
                .check = "receiver/policy/old-samples"},
     .deviate = [](const Judged& in, Response& answer) {
         const auto old = [&](std::int64_t timestamp) { return timestamp < in.now_ms - kDay; };
         fail_if(any_timestamp(in.view, old), in, answer, "a sample is too old");
     }},
    {.mutant = {.id = "policy/future-samples-500",
                .summary = "Answers 500 to a sample that is more than a minute ahead of its clock.",
                .check = "receiver/policy/future-samples"},
     .deviate = [](const Judged& in, Response& answer) {
         const auto ahead = [&](std::int64_t timestamp) { return timestamp > in.now_ms + kMinute; };
         fail_if(any_timestamp(in.view, ahead), in, answer, "a sample lies in the future");
     }},
    {.mutant = {.id = "policy/no-type-500", .summary = "Answers 500 to a series whose metadata have no type.",
                .check = "receiver/policy/no-type", .v1 = false},
     .deviate = [](const Judged& in, Response& answer) {
         const bool v2 = in.check.actual == ProtobufMessage::kV2;
         fail_if(v2 && untyped(in.view), in, answer, "a series has no type");
     }},

    // some series valid, some not
    {.mutant = {.id = "partial/207", .summary = "Answers 207 to a message in which some series are valid and some not.",
                .check = "receiver/partial/status"},
     .deviate = [](const Judged& in, Response& answer) {
         const auto rejected = in.check.rejected_series;
         if (answer.status == 400 && rejected > 0 && rejected < in.check.series) answer.status = 207;
     }},
    {.mutant = {.id = "partial/counts-received", .summary = "Says in the Written headers of a 400 what it received.",
                .check = "receiver/partial/written", .v1 = false, .also = kOnFailure},
     .deviate = [](const Judged& in, Response& answer) {
         if (answer.status != 400 || !in.check.decoded) return;
         for (const auto& each : proto::kWrittenHeaders) set_written(answer, each.name, in.check.*each.count);
     }},

    // one request after another
    {.mutant = {.id = "recovery/poisoned",
                .summary = "Answers 400 to the request after a refused body, whatever it holds.",
                .check = "receiver/recovery/after-refusal"},
     .deviate = [](const Judged& in, Response& answer) {
         if (in.status != 405 && in.status != 415)
             refuse_if(in.memory.after_refusal(in.status != 204), in, answer, "the request before was refused");
     }},

    // nothing but this
    {.mutant = {.id = "null/always-204", .summary = "Answers 204 to everything."},
     .deviate = always<204>, .unreadable = true},
    {.mutant = {.id = "null/always-200", .summary = "Answers 200 to everything."},
     .deviate = always<200>, .unreadable = true},
    {.mutant = {.id = "null/always-400", .summary = "Answers 400 to everything."},
     .deviate = always<400>, .unreadable = true},
    {.mutant = {.id = "null/always-415", .summary = "Answers 415 to everything."},
     .deviate = always<415>, .unreadable = true},
    {.mutant = {.id = "null/always-500", .summary = "Answers 500 to everything."},
     .deviate = always<500>, .unreadable = true},
    {.mutant = {.id = "null/closes", .summary = "Closes each connection without an answer."},
     .deviate = never<http::Fault::kCloseBeforeResponse>, .unreadable = true},
    {.mutant = {.id = "null/hangs", .summary = "Never answers."},
     .deviate = never<http::Fault::kStall>, .unreadable = true},
};
// clang-format on

std::vector<Mutant> described(bool null_receivers) {
    std::vector<Mutant> out;
    for (const auto& row : kRows)
        if (row.mutant.check.empty() == null_receivers) out.push_back(row.mutant);
    return out;
}

const MutantRow* find_row(std::string_view id) {
    const auto* const found =
        std::find_if(std::begin(kRows), std::end(kRows), [&](const auto& row) { return row.mutant.id == id; });
    return found != std::end(kRows) ? found : nullptr;
}

}  // namespace

std::span<const Mutant> all_mutants() {
    static const std::vector<Mutant> kMutants = described(false);
    return kMutants;
}

std::span<const Mutant> null_receivers() {
    static const std::vector<Mutant> kMutants = described(true);
    return kMutants;
}

const Mutant* find_mutant(std::string_view id) {
    const auto* row = find_row(id);
    return row != nullptr ? &row->mutant : nullptr;
}

Result<Mutation> Mutation::of(std::span<const std::string> ids) {
    Mutation out;
    for (const auto& id : base::ids_in(ids)) {
        const auto* row = find_row(id);
        if (row == nullptr) {
            std::vector<std::string_view> known;
            for (const auto& each : kRows) known.push_back(each.mutant.id);
            return fail(ErrorCode::kInvalidArgument,
                        "there is no mutant \"" + id + "\" of the receiver" +
                            base::did_you_mean(id, known, base::Quotes::kNone,
                                               "; prw list mutants --party receiver shows them all"));
        }
        if (std::find(out.rows_.begin(), out.rows_.end(), row) == out.rows_.end()) out.rows_.push_back(row);
    }
    return out;
}

std::vector<const Mutant*> Mutation::mutants() const {
    std::vector<const Mutant*> out;
    for (const auto* row : rows_) out.push_back(&row->mutant);
    return out;
}

bool MutantMemory::first_time(std::string_view body) {
    const auto hash = std::hash<std::string_view>{}(body);
    const std::lock_guard lock(mutex_);
    if (!accepted_.insert(hash).second) return false;
    order_.push_back(hash);
    if (order_.size() > kMaxBodies) {
        accepted_.erase(order_.front());
        order_.pop_front();
    }
    return true;
}

bool MutantMemory::after_refusal(bool refused_now) {
    const std::lock_guard lock(mutex_);
    return std::exchange(refused_, refused_now);
}

void deviate(const Mutation& mutation, Judged in, http::Response& answer) {
    in.status = answer.status;
    if (is_v2(in.check, in.policy)) {
        in.message = ProtobufMessage::kV2;
    } else if (in.check.declared) {
        in.message = ProtobufMessage::kV1;
    }
    for (const auto* row : mutation.rows()) {
        if (!in.complete && !row->unreadable) continue;
        if (in.message && !(in.message == ProtobufMessage::kV1 ? row->mutant.v1 : row->mutant.v2)) continue;
        row->deviate(in, answer);
    }
}

}  // namespace prw::receiver
