/// Checks that answers alone decide, in the order of reports.
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <map>
#include <set>

#include "checks/table.h"
#include "prw/base/text.h"

namespace prw::receiver_suite {
namespace {

using Outcome = suite::CheckOutcome;
using std::string_view;

std::string answered(const Reply& reply) { return "was answered " + answer_text(reply); }

// Good requests.

/// The case that nothing is peculiar about.
constexpr string_view kPlain = "valid/one-sample";
/// Those that spell Content-Type in another way.
constexpr string_view kTypes = "content-type/";

std::string wrong_unless_accepted(const Reply& reply) { return reply.accepted() ? std::string() : answered(reply); }

/// Where a request without any peculiarity is refused, what is refused besides says nothing about its peculiarity: then
/// the check is left undecided.
bool plain_refused(const GroupRecord& record, Outcome& out) {
    const auto plain = answers_to(record, {kPlain});
    if (plain.empty() || plain.front()->accepted()) return false;
    undecided(out, "a plain request is refused as well: receiver/accepts/samples tells of it");
    return true;
}

void all_accepted(const GroupRecord& record, Outcome& out, string_view prefix) {
    if (!kPlain.starts_with(prefix) && plain_refused(record, out)) return;
    each_right(out, answers_to(record, {prefix}),
               {"answers to good requests", "all 2xx", "2xx, as nothing is wrong with the request"},
               wrong_unless_accepted);
}

void judge_samples(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "valid/"); }
void judge_values(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "values/"); }
void judge_encodings(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "encoding/"); }
void judge_unknown_fields(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "unknown-field/"); }
void judge_versions(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "version/"); }
void judge_symbols(const GroupRecord& r, Outcome& o) { all_accepted(r, o, "symbols/"); }

void judge_repeat(const GroupRecord& record, Outcome& out) {
    const auto all = answers_to(record, {"repeat/"});
    Replies again;
    for (const auto* reply : all) {
        const bool first_taken = std::any_of(all.begin(), all.end(), [&](const Reply* other) {
            return other->id == reply->id && other->step == 0 && other->accepted();
        });
        if (reply->step > 0 && first_taken) again.push_back(reply);
    }
    if (again.empty()) return undecided(out, "the first of two equal requests was not accepted");
    each_right(out, again, {"repeats of an accepted request", "all 2xx", "2xx: who lost the answer has to send again"},
               wrong_unless_accepted);
}

/// What a receiver may decline, but not by asking for a repeat.
void optional_type(const GroupRecord& record, Outcome& out, string_view prefix, const std::string& what) {
    if (plain_refused(record, out)) return;
    const auto all = answers_to(record, {prefix});
    if (std::any_of(all.begin(), all.end(),
                    [](const Reply* reply) { return !reply->accepted() && !reply->refused(); })) {
        return each_right(
            out, all,
            {"answers to requests with " + what, "", "2xx, or 4xx from a receiver that does not take " + what},
            [](const Reply& reply) { return reply.accepted() || reply.refused() ? std::string() : answered(reply); });
    }
    if (all.empty()) return undecided(out, "no request with " + what + " was answered");
    evidence(out, "answers to requests with " + what, all.size());
    std::string declined;
    for (const auto* reply : all)
        if (!reply->accepted()) base::add_word(declined, reply->id + " (" + answer_text(*reply) + ")");
    if (declined.empty())
        return pass(out, base::count_text(all.size(), "request") + " with " + what + ", all accepted");
    inform(out, "declines, as it may: " + declined);
}
void judge_histogram_type(const GroupRecord& r, Outcome& o) { optional_type(r, o, "histogram/", "native histograms"); }
void judge_exemplar_type(const GroupRecord& r, Outcome& o) { optional_type(r, o, "exemplar/", "exemplars"); }
void judge_metadata_type(const GroupRecord& r, Outcome& o) { optional_type(r, o, "metadata/", "metadata"); }

// What a success looks like.

Replies successes(const GroupRecord& record) {
    Replies out;
    for (const auto& reply : record.replies)
        if (reply.accepted()) out.push_back(&reply);
    return out;
}

void judge_204(const GroupRecord& record, Outcome& out) {
    each_right(out, successes(record), {"successes", "all 204", "204 (No Content)"},
               [](const Reply& reply) { return reply.status == 204 ? std::string() : answered(reply); });
}

void judge_empty_body(const GroupRecord& record, Outcome& out) {
    each_right(out, successes(record), {"successes", "none with a body", "no body: what it means is reserved"},
               [](const Reply& reply) { return reply.body.empty() ? std::string() : answered(reply); });
}

// Written headers.

const proto::WrittenHeader& written_header(string_view kind) {
    return *std::find_if(proto::kWrittenHeaders.begin(), proto::kWrittenHeaders.end(),
                         [&](const auto& each) { return each.kind == kind; });
}

std::optional<std::int64_t> number_of(string_view text) {
    std::int64_t value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

std::string count_of(std::uint64_t count, string_view kind) {
    std::string word(kind);
    word.front() = static_cast<char>(std::tolower(static_cast<unsigned char>(word.front())));
    word.pop_back();
    return base::count_text(count, word);
}

bool has_written(const Reply& reply) {
    return std::any_of(proto::kWrittenHeaders.begin(), proto::kWrittenHeaders.end(),
                       [&](const auto& each) { return proto::find_header(reply.headers, each.name) != nullptr; });
}

/// A receiver that does not understand a spelling may take the message for one of 1.0, accept it and lose it: the
/// answer then lacks the headers that a plain request gets.
void judge_types(const GroupRecord& record, Outcome& out) {
    if (plain_refused(record, out)) return;
    const auto plain = answers_to(record, {kPlain});
    const bool counts = !plain.empty() && has_written(*plain.front());
    each_right(out, answers_to(record, {kTypes}),
               {"answers to good requests", "all 2xx", "the answer that a plain request gets"},
               [counts](const Reply& reply) -> std::string {
                   if (reply.accepted() && counts && !has_written(reply))
                       return "was answered " + std::to_string(reply.status) +
                              " without Written headers, unlike a plain request: taken for 1.0, it is lost";
                   return wrong_unless_accepted(reply);
               });
}

void judge_written(const GroupRecord& record, Outcome& out, string_view kind) {
    const auto& header = written_header(kind);
    Replies counted;
    std::uint64_t elements = 0;
    for (const auto* reply : successes(record)) {
        if (begins(*reply, kTypes)) continue;  // receiver/accepts/content-type-spellings tells of them
        counted.push_back(reply);
        elements += reply->sent.*header.count;
    }
    evidence(out, "elements written", elements);
    const std::string want = std::string(header.name) + " with the number that was sent, as all of it was accepted";
    each_right(out, counted, {"successes", "each with the right count", want}, [&](const Reply& reply) -> std::string {
        const auto* field = proto::find_header(reply.headers, header.name);
        if (field == nullptr) return "was answered " + std::to_string(reply.status) + " without " + header.name;
        const auto number = number_of(*field);
        if (!number || *number < 0) return {};  // receiver/written/integers tells of it
        if (static_cast<std::uint64_t>(*number) == reply.sent.*header.count) return {};
        return "says that " + count_of(static_cast<std::uint64_t>(*number), kind) + " were written, sent were " +
               std::to_string(reply.sent.*header.count);
    });
}
void judge_samples_written(const GroupRecord& r, Outcome& o) { judge_written(r, o, "Samples"); }
void judge_histograms_written(const GroupRecord& r, Outcome& o) { judge_written(r, o, "Histograms"); }
void judge_exemplars_written(const GroupRecord& r, Outcome& o) { judge_written(r, o, "Exemplars"); }

Replies with_written(const GroupRecord& record) {
    Replies out;
    for (const auto& reply : record.replies) {
        if (has_written(reply)) out.push_back(&reply);
    }
    return out;
}

void judge_integers(const GroupRecord& record, Outcome& out) {
    each_right(out, with_written(record),
               {"answers with Written headers", "every value a whole number",
                "one decimal integer that is not negative, once"},
               [](const Reply& reply) -> std::string {
                   for (const auto& each : proto::kWrittenHeaders) {
                       unsigned times = 0;
                       for (const auto& [name, value] : reply.headers) {
                           if (!base::iequals(name, each.name)) continue;
                           const auto number = number_of(value);
                           if (!number || *number < 0) return "has " + std::string(each.name) + ": " + value;
                           if (++times > 1) return "has " + std::string(each.name) + " twice";
                       }
                   }
                   return {};
               });
}

void judge_header_names(const GroupRecord& record, Outcome& out) {
    static constexpr string_view kBegin = "x-prometheus-remote-write-", kWord = "written";
    each_right(out, successes(record), {"successes", "none with a header of a draft", "the names of 2.0 and no others"},
               [](const Reply& reply) -> std::string {
                   for (const auto& [name, value] : reply.headers) {
                       const auto lower = base::lower(name);
                       const bool known = std::any_of(proto::kWrittenHeaders.begin(), proto::kWrittenHeaders.end(),
                                                      [&](const auto& each) { return base::iequals(each.name, name); });
                       if (lower.starts_with(kBegin) && lower.find(kWord) != std::string::npos && !known)
                           return "has " + name + ", a name of a draft";
                   }
                   return {};
               });
}

void judge_not_above(const GroupRecord& record, Outcome& out) {
    if (record.message == proto::ProtobufMessage::kV1 && with_written(record).empty())
        return not_applicable(out, "answers to 1.0 have no Written headers, and need none");
    each_right(out, with_written(record),
               {"answers with Written headers", "no count above what was sent", "no more than was sent"},
               [](const Reply& reply) -> std::string {
                   for (const auto& each : proto::kWrittenHeaders) {
                       const auto* field = proto::find_header(reply.headers, each.name);
                       const auto number = field != nullptr ? number_of(*field) : std::nullopt;
                       if (number && *number > 0 && static_cast<std::uint64_t>(*number) > reply.sent.*each.count)
                           return "says " + std::string(each.name) + ": " + *field + ", sent were " +
                                  std::to_string(reply.sent.*each.count);
                   }
                   return {};
               });
}

// What is none of Remote Write's.

void all_with(const GroupRecord& record, Outcome& out, string_view prefix, int status, string_view subject) {
    const auto number = std::to_string(status);
    const auto right = "all " + number;
    each_right(out, answers_to(record, {prefix}), {subject, right, number},
               [status](const Reply& reply) { return reply.status == status ? std::string() : answered(reply); });
}
void judge_unsupported_types(const GroupRecord& r, Outcome& o) {
    all_with(r, o, "content-type/", 415, "answers to other content types");
}
void judge_unsupported_codings(const GroupRecord& r, Outcome& o) {
    all_with(r, o, "content-encoding/", 415, "answers to other codings");
}
void judge_methods(const GroupRecord& r, Outcome& o) { all_with(r, o, "method/", 405, "answers to other methods"); }

// What cannot be read, or is not valid.

void judge_malformed(const GroupRecord& record, Outcome& out) {
    each_right(out, answers_to(record, {"body/", "message/"}),
               {"answers to bodies that cannot be read", "all 4xx", "4xx: sent again, it will never be read"},
               [](const Reply& reply) { return reply.refused() ? std::string() : answered(reply); });
}

/// 400, and nothing else that tells a sender the same.
void all_400(const GroupRecord& record, Outcome& out, std::initializer_list<string_view> prefixes,
             string_view subject) {
    each_right(out, answers_to(record, prefixes), {subject, "all 400", "400 (Bad Request)"},
               [](const Reply& reply) { return reply.status == 400 ? std::string() : answered(reply); });
}
void judge_references(const GroupRecord& r, Outcome& o) {
    all_400(r, o, {"references/"}, "answers to references that lead nowhere");
}

/// In 2.0 it is the receiver who says what is invalid: who takes it all the same is warned, as the specification
/// forbids to send it.
void invalid_data(const GroupRecord& record, Outcome& out, string_view prefix, string_view subject) {
    const auto all = answers_to(record, {prefix});
    all_400(record, out, {prefix}, subject);
    if (out.verdict != suite::Verdict::kFail || record.message == proto::ProtobufMessage::kV1) return;
    const bool only_taken = std::all_of(all.begin(), all.end(),
                                        [](const Reply* reply) { return reply->status == 400 || reply->accepted(); });
    if (only_taken) warn(out, out.want, "takes what no sender may send: " + out.got);
}
void judge_invalid_labels(const GroupRecord& r, Outcome& o) {
    invalid_data(r, o, "labels/", "answers to invalid labels");
}
void judge_invalid_series(const GroupRecord& r, Outcome& o) {
    invalid_data(r, o, "series/", "answers to invalid series");
}

void judge_invalid_histograms(const GroupRecord& record, Outcome& out) {
    each_right(out, answers_to(record, {"histograms/"}),
               {"answers to invalid histograms", "all 400", "400: sent again, it stays invalid"},
               [](const Reply& reply) { return reply.status == 400 ? std::string() : answered(reply); });
}

Replies refusals(const GroupRecord& record) {
    Replies out;
    for (const auto& reply : record.replies)
        if (reply.refused()) out.push_back(&reply);
    return out;
}

void judge_error_text(const GroupRecord& record, Outcome& out) {
    each_right(out, refusals(record), {"refusals", "all with a text", "a text for a person"}, [](const Reply& reply) {
        const bool blank =
            std::all_of(reply.body.begin(), reply.body.end(), [](unsigned char c) { return std::isspace(c) != 0; });
        return blank ? "was answered " + std::to_string(reply.status) + " without a text" : std::string();
    });
}

/// A number that stands by itself, is not part of a series or of what is quoted, and may be an amount: no more than was
/// sent.
bool names_amount(string_view text, std::uint64_t most) {
    unsigned braces = 0;
    bool quoted = false;
    for (std::size_t i = 0; i < text.size();) {
        const char c = text[i];
        if (c == '"') quoted = !quoted;
        if (c == '{') ++braces;
        if (c == '}' && braces > 0) --braces;
        const auto word = [](char each) {
            return std::isalnum(static_cast<unsigned char>(each)) != 0 || each == '_' || each == '.';
        };
        if (!word(c)) {
            ++i;
            continue;
        }
        std::size_t end = i;
        while (end < text.size() && word(text[end])) ++end;
        auto token = text.substr(i, end - i);
        while (token.ends_with('.')) token.remove_suffix(1);
        const auto number = number_of(token);
        if (!quoted && braces == 0 && number && *number >= 0 && static_cast<std::uint64_t>(*number) <= most)
            return true;
        i = end;
    }
    return false;
}

void judge_error_amount(const GroupRecord& record, Outcome& out) {
    each_right(out, refusals(record), {"refusals", "all with a number", "how many samples were rejected"},
               [](const Reply& reply) {
                   const auto most = std::max({reply.sent.series, reply.sent.data_points(), std::uint64_t{1}});
                   return names_amount(reply.body, most) ? std::string() : answered(reply) + ", which names no amount";
               });
}

/// A text without its numbers and names of series: what is left is the reason.
std::string reason_in(string_view body) {
    std::string out;
    for (const unsigned char c : body)
        if (std::isalpha(c) != 0 || c == ' ') out += static_cast<char>(std::tolower(c));
    return out;
}

void judge_error_reasons(const GroupRecord& record, Outcome& out) {
    const auto all = refusals(record);
    std::map<std::string, std::set<string_view>> faults;  // by text
    for (const auto* reply : all) faults[reason_in(reply->body)].insert(reply->id);
    std::set<string_view> cases;
    for (const auto* reply : all) cases.insert(reply->id);
    if (cases.size() < 2) return undecided(out, "fewer than two kinds of faults were refused");
    evidence(out, "kinds of faults refused", cases.size());
    evidence(out, "different texts", faults.size());
    if (faults.size() > 1)
        return pass(out,
                    base::count_text(cases.size(), "kind") + " of faults, " + base::count_text(faults.size(), "text"));
    add_finding(out, {}, "every fault gets the same text: " + answer_text(*all.front()), all.front()->exchange);
    miss(out, "why samples were rejected",
         base::count_text(cases.size(), "kind") + " of faults have one text: " + answer_text(*all.front()));
}

void judge_written_on_failure(const GroupRecord& record, Outcome& out) {
    Replies bad_requests;
    for (const auto* reply : refusals(record))
        if (reply->status == 400) bad_requests.push_back(reply);
    each_right(out, bad_requests,
               {"answers 400", "all with Written headers", "the three Written headers, on a failure as well"},
               [](const Reply& reply) -> std::string {
                   std::string missing;
                   for (const auto& each : proto::kWrittenHeaders)
                       if (proto::find_header(reply.headers, each.name) == nullptr) base::add_word(missing, each.name);
                   return missing.empty() ? missing : "was answered 400 without " + missing;
               });
}

// Good and bad series together.

void judge_partial_status(const GroupRecord& record, Outcome& out) {
    each_right(out, answers_to(record, {"partial/"}),
               {"answers to good and bad series in one request", "none 2xx", "400, as not all of it can be written"},
               [&](const Reply& reply) { return reply.status == 400 ? std::string() : answered(reply); });
    if (out.verdict != suite::Verdict::kFail || record.message == proto::ProtobufMessage::kV1) return;
    // 2.0 asks for 400 only of who deems a sample invalid; 204 says that all of it was written.
    const auto all = answers_to(record, {"partial/"});
    if (std::all_of(all.begin(), all.end(), [](const Reply* r) {
            return r->status == 400 || (r->accepted() && r->status != 207 && r->status != 202);
        }))
        warn(out, out.want, "says that all of it was written: " + out.got);
}

void judge_partial_written(const GroupRecord& record, Outcome& out) {
    // The three good series hold a sample each, and the bad one is not to be written.
    constexpr std::uint64_t kGood = 3;
    Replies bad_requests;
    for (const auto* reply : answers_to(record, {"partial/"}))
        if (reply->status == 400) bad_requests.push_back(reply);
    each_right(out, bad_requests,
               {"answers 400 to good and bad series", "each with a count that can be",
                "the number that was written: 3 at most"},
               [](const Reply& reply) -> std::string {
                   const auto* field = proto::find_header(reply.headers, proto::header::kSamplesWritten);
                   const auto number = field != nullptr ? number_of(*field) : std::nullopt;
                   if (!number || *number < 0 || static_cast<std::uint64_t>(*number) <= kGood) return {};
                   return "says that " + *field + " samples were written, of which one is refused";
               });
}

void judge_recovery(const GroupRecord& record, Outcome& out) {
    Replies good;
    for (const auto& reply : record.replies)
        if (reply.good && reply.answered()) good.push_back(&reply);
    each_right(out, good, {"good requests behind bad ones", "all 2xx", "2xx, whatever came before on the connection"},
               wrong_unless_accepted);
}

// What is left to a receiver.

void policy(const GroupRecord& record, Outcome& out, string_view prefix, const std::string& what) {
    const auto all = answers_to(record, {prefix});
    if (all.empty()) return undecided(out, "no request with " + what + " was answered");
    if (std::any_of(all.begin(), all.end(), [](const Reply* reply) { return reply->failed(); })) {
        const auto subject = "answers to " + what;
        return each_right(out, all, {subject, "", "2xx or 4xx: sent again, it would be answered the same"},
                          [](const Reply& reply) { return reply.failed() ? answered(reply) : std::string(); });
    }
    evidence(out, "answers to " + what, all.size());
    std::string facts;
    for (const auto* reply : all) {
        std::string fact = reply->accepted() ? "accepts (" + std::to_string(reply->status) + ")"
                                             : "refuses (" + answer_text(*reply) + ")";
        if (all.size() > 1) fact = reply->id.substr(reply->id.find('/') + 1) + ": " + fact;
        base::add_word(facts, fact, "; ");
    }
    inform(out, what + ": " + facts);
}
void policy_unsorted(const GroupRecord& r, Outcome& o) { policy(r, o, "unsorted/", "labels that are not sorted"); }
void policy_no_name(const GroupRecord& r, Outcome& o) { policy(r, o, "no-name/", "a series without __name__"); }
void policy_empty_value(const GroupRecord& r, Outcome& o) { policy(r, o, "empty-value/", "a label without value"); }
void policy_order(const GroupRecord& r, Outcome& o) { policy(r, o, "order/", "samples that are not in order of time"); }
void policy_same_time(const GroupRecord& r, Outcome& o) {
    policy(r, o, "same-timestamp/", "two values for one timestamp");
}
void policy_old(const GroupRecord& r, Outcome& o) { policy(r, o, "old/", "old samples"); }
void policy_future(const GroupRecord& r, Outcome& o) { policy(r, o, "future/", "a sample ahead of the clock"); }
void policy_no_type(const GroupRecord& r, Outcome& o) { policy(r, o, "no-type/", "series without a type"); }
void policy_exemplar_only(const GroupRecord& r, Outcome& o) {
    if (r.message == proto::ProtobufMessage::kV1) return not_applicable(o, "1.0 has no exemplars");
    policy(r, o, "exemplar-only/", "a series with an exemplar only");
}
void policy_other_message(const GroupRecord& r, Outcome& o) {
    policy(r, o, "other-message/", "the message of the other version");
}

constexpr string_view kPermanentFix =
    "Answer 4xx to what can never be written: a sender repeats after 5xx, for ever, and keeps newer data waiting.";
constexpr string_view kWrittenFix =
    "Count what was written of this very request, and send the three headers with every answer to 2.0 but 415.";

// clang-format off
const AnswerCheck kChecks[] = {
    {.id = "receiver/accepts/samples", .group = "valid",
     .clauses = {"prw1.retries.receiver-2xx-success", "prw2.response.2xx-on-full-success", "prw2.protocol.receiver-supports-v2", "prw2.content-encoding.receiver-snappy"},
     .summary = "Good requests are answered 2xx, from an empty one to 10,000 series.", .judge = judge_samples,
     .fix = "Nothing is wrong with these requests: the text of the answer and the receiver's log say what it minds."},
    {.id = "receiver/accepts/special-values", .group = "valid",
     .clauses = {"prw1.protocol.value-float64", "prw2.message.value-float64"},
     .summary = "Every float64 is accepted as a value: 0, -0, infinities, NaN, stale markers.", .judge = judge_values,
     .fix = "Values are any float64; NaN and infinities are data, and stale markers are NaN with bits of their own."},
    {.id = "receiver/accepts/protobuf-encodings", .group = "valid",
     .clauses = {"ext.proto.receiver-accepts-all-encodings"},
     .summary = "Every lawful encoding of a message is accepted: fields in any order, lists packed or not.", .judge = judge_encodings,
     .fix = "Decode as protobuf's specification asks of parsers: any order, packed and unpacked lists, the last of a repeated scalar."},
    {.id = "receiver/accepts/unknown-fields", .group = "valid",
     .clauses = {"prw1.compat.receiver-reads-any-1x", "prw2.compat.2x-interop"},
     .summary = "Fields that the receiver does not know are skipped.", .judge = judge_unknown_fields,
     .fix = "Skip unknown fields: later minor versions may add some."},
    {.id = "receiver/accepts/version-header", .group = "valid",
     .clauses = {"prw1.compat.receiver-reads-any-1x", "prw2.compat.2x-interop"},
     .summary = "Requests of every minor version are accepted, and those without a version.", .judge = judge_versions,
     .fix = "Choose the schema by Content-Type, and take the version header for information."},
    {.id = "receiver/accepts/content-type-spellings", .group = "valid",
     .clauses = {"prw2.content-type.receiver-dispatches-on-it"},
     .summary = "Every lawful spelling of Content-Type is understood.", .judge = judge_types,
     .fix = "Parse Content-Type as RFC 9110 has it: blanks around the semicolon, values in quotes, capital letters."},
    {.id = "receiver/accepts/symbols-in-any-order", .group = "valid",
     .clauses = {"prw2.message.symbols-no-encoding-assumption"},
     .summary = "Symbols may stand in any order, and some may be referred to by nothing.", .judge = judge_symbols,
     .fix = "Look symbols up by their reference; only that the first is empty can be relied on."},
    {.id = "receiver/accepts/repeat", .group = "valid",
     .clauses = {"ext.receiver.exact-duplicate-accepted", "prw2.partial-retry.idempotency"},
     .summary = "A request that was accepted is accepted again.", .judge = judge_repeat,
     .fix = "Take equal samples for written: a sender that lost the answer sends the request again."},
    {.id = "receiver/types/native-histograms", .group = "valid",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent", "prw2.invalid.receiver-may-not-support-types"},
     .summary = "Native histograms are accepted, or declined with 4xx.", .judge = judge_histogram_type, .fix = kPermanentFix},
    {.id = "receiver/types/exemplars", .group = "valid",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent", "prw2.invalid.receiver-may-not-support-types"},
     .summary = "Exemplars are accepted, or declined with 4xx.", .judge = judge_exemplar_type, .fix = kPermanentFix},
    {.id = "receiver/types/metadata", .group = "valid",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent", "prw2.invalid.receiver-may-not-support-types"},
     .summary = "Metadata is accepted, or declined with 4xx.", .judge = judge_metadata_type, .fix = kPermanentFix},
    {.id = "receiver/response/success-204", .group = "valid",
     .clauses = {"prw2.response.success-204"},
     .summary = "A success is answered 204.", .judge = judge_204,
     .fix = "Answer 204 (No Content) to what was written as a whole."},
    {.id = "receiver/response/success-body-empty", .group = "valid",
     .clauses = {"prw1.response.body-empty", "prw2.response.success-body-empty"},
     .summary = "A success has no body.", .judge = judge_empty_body,
     .fix = "Leave the body of a success empty: what it might mean is reserved."},
    {.id = "receiver/written/samples", .group = "valid",
     .clauses = {"prw2.written.samples-header", "prw2.written.counts-precise"},
     .summary = "A success says how many samples were written: all that were sent.", .judge = judge_samples_written, .fix = kWrittenFix},
    {.id = "receiver/written/histograms", .group = "valid",
     .clauses = {"prw2.written.histograms-header", "prw2.written.counts-precise"},
     .summary = "A success says how many native histograms were written.", .judge = judge_histograms_written, .fix = kWrittenFix},
    {.id = "receiver/written/exemplars", .group = "valid",
     .clauses = {"prw2.written.exemplars-header", "prw2.written.counts-precise"},
     .summary = "A success says how many exemplars were written.", .judge = judge_exemplars_written, .fix = kWrittenFix},
    {.id = "receiver/written/integers", .group = "valid",
     .clauses = {"prw2.written.value-int64"},
     .summary = "Written headers hold one whole number each.", .judge = judge_integers, .fix = kWrittenFix},
    {.id = "receiver/written/header-names", .group = "valid",
     .clauses = {"prw2.written.header-names"},
     .summary = "Written headers have the names of 2.0.", .judge = judge_header_names,
     .fix = "X-Prometheus-Remote-Write-Samples-Written, …-Histograms-Written and …-Exemplars-Written."},
    {.id = "receiver/written/not-above-sent", .group = "valid",
     .clauses = {"ext.receiver.counts-not-above-sent"},
     .summary = "No more is said to be written than was sent.", .judge = judge_not_above,
     .fix = "Count what the sender sent, not what was made of it, such as zero samples for start timestamps."},
    {.id = "receiver/unsupported/content-type", .group = "unsupported",
     .clauses = {"prw2.unsupported.415-content-type"},
     .summary = "Another content type is answered 415.", .judge = judge_unsupported_types,
     .fix = "Answer 415 (Unsupported Media Type): a sender that knows both messages falls back to 1.0 then."},
    {.id = "receiver/unsupported/content-encoding", .group = "unsupported",
     .clauses = {"prw2.unsupported.415-content-encoding"},
     .summary = "Another content coding is answered 415.", .judge = judge_unsupported_codings,
     .fix = "Answer 415 (Unsupported Media Type) to every Content-Encoding but snappy."},
    {.id = "receiver/unsupported/method", .group = "unsupported",
     .clauses = {"ext.receiver.non-post-405"},
     .summary = "Other methods than POST are answered 405.", .judge = judge_methods,
     .fix = "Answer 405 (Method Not Allowed) with Allow: POST."},
    {.id = "receiver/malformed/is-4xx", .group = "malformed",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "ext.receiver.malformed-is-4xx"},
     .summary = "What cannot be read is answered 4xx.", .judge = judge_malformed, .fix = kPermanentFix},
    {.id = "receiver/malformed/references", .group = "malformed",
     .clauses = {"prw2.invalid.receiver-400"},
     .summary = "References that lead nowhere are answered 400.", .judge = judge_references,
     .fix = "Check that references are even in number and within the table before they are followed."},
    {.id = "receiver/invalid/labels", .group = "invalid",
     .clauses = {"prw1.labels.receiver-400-invalid", "prw2.invalid.receiver-400"},
     .summary = "Invalid labels are answered 400.", .judge = judge_invalid_labels,
     .fix = "Refuse the request with 400, or write the rest and answer 400 all the same: a series left out behind a 2xx is lost without notice."},
    {.id = "receiver/invalid/series", .group = "invalid",
     .clauses = {"prw2.invalid.receiver-400"},
     .summary = "A series with samples and histograms, or with neither, is answered 400.", .judge = judge_invalid_series,
     .fix = "Refuse the request with 400."},
    {.id = "receiver/invalid/histograms", .group = "invalid",
     .clauses = {"ext.receiver.histogram-invalid-400"},
     .summary = "Native histograms that contradict themselves are answered 400.", .judge = judge_invalid_histograms,
     .fix = "Validate counts, spans and bounds before histograms are stored, and answer 400."},
    {.id = "receiver/response/error-text", .group = "invalid",
     .clauses = {"prw2.response.error-body-message", "prw1.labels.receiver-error-message"},
     .summary = "A refusal has a text.", .judge = judge_error_text,
     .fix = "Say in the body, for a person, what was wrong: senders log it."},
    {.id = "receiver/response/error-amount", .group = "invalid",
     .clauses = {"prw2.response.error-amount"},
     .summary = "The text of a refusal says how much was rejected.", .judge = judge_error_amount,
     .fix = "Say how many samples were rejected."},
    {.id = "receiver/response/error-reasons", .group = "invalid",
     .clauses = {"prw2.response.error-reasons"},
     .summary = "The text of a refusal says why.", .judge = judge_error_reasons,
     .fix = "Say why samples were rejected: the rule, and a series that broke it."},
    {.id = "receiver/written/on-failure", .group = "invalid",
     .clauses = {"prw2.written.samples-header"},
     .summary = "Written headers come with a refusal as well.", .judge = judge_written_on_failure, .fix = kWrittenFix},
    {.id = "receiver/partial/status", .group = "mixed",
     .clauses = {"prw1.labels.receiver-400-invalid", "prw2.partial.non-2xx", "prw2.response.no-2xx-on-loss"},
     .summary = "A request of which a part is invalid is not answered 2xx.", .judge = judge_partial_status,
     .fix = "Answer 400, whether or not the valid part was written; 207 and 202 are 2xx."},
    {.id = "receiver/partial/written", .group = "mixed",
     .clauses = {"prw2.written.counts-precise"},
     .summary = "Written counts of a refusal do not count what was refused.", .judge = judge_partial_written, .fix = kWrittenFix},
    {.id = "receiver/recovery/after-refusal", .group = "recovery",
     .clauses = {"prw1.retries.receiver-2xx-success", "prw2.response.2xx-on-full-success"},
     .summary = "A good request is accepted whatever came before it on the connection.", .judge = judge_recovery,
     .fix = "Reset decoders after an error, and read a refused body to its end."},
    {.id = "receiver/policy/unsorted-labels", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of labels that are not sorted.", .judge = policy_unsorted, .fix = kPermanentFix},
    {.id = "receiver/policy/no-metric-name", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of a series without __name__.", .judge = policy_no_name, .fix = kPermanentFix},
    {.id = "receiver/policy/empty-label-value", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of a label without value.", .judge = policy_empty_value, .fix = kPermanentFix},
    {.id = "receiver/policy/out-of-order", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of samples that are not in order of time.", .judge = policy_order, .fix = kPermanentFix},
    {.id = "receiver/policy/same-timestamp", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of two values for one timestamp.", .judge = policy_same_time, .fix = kPermanentFix},
    {.id = "receiver/policy/old-samples", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of old samples.", .judge = policy_old, .fix = kPermanentFix},
    {.id = "receiver/policy/future-samples", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of samples ahead of the clock.", .judge = policy_future, .fix = kPermanentFix},
    {.id = "receiver/policy/no-type", .group = "policies",
     .clauses = {"prw2.invalid.4xx-means-permanent", "prw2.timeseries.receiver-may-reject-untyped"},
     .summary = "What is made of series without a type.", .judge = policy_no_type, .fix = kPermanentFix},
    {.id = "receiver/policy/exemplar-only-series", .group = "policies",
     .clauses = {"prw2.invalid.4xx-means-permanent", "ext.receiver.exemplar-only-series"},
     .summary = "What is made of a series with an exemplar only.", .judge = policy_exemplar_only, .fix = kPermanentFix},
    {.id = "receiver/policy/other-message", .group = "policies",
     .clauses = {"prw1.retries.receiver-4xx-permanent", "prw2.invalid.4xx-means-permanent"},
     .summary = "What is made of the message of the other version.", .judge = policy_other_message, .fix = kPermanentFix},
};
// clang-format on

}  // namespace

std::span<const AnswerCheck> answer_checks() { return kChecks; }

}  // namespace prw::receiver_suite
