#include "view.h"

#include <algorithm>

#include "prw/receiver/text.h"

namespace prw::conformance::report {

std::string_view group_of(std::string_view id) {
    const auto first = id.find('/');
    if (first == std::string_view::npos) return id;
    return id.substr(first + 1, id.find('/', first + 1) - first - 1);
}

std::string title_of(std::string_view group) {
    if (group == "url") return "URL";
    std::string out(group);
    if (!out.empty() && out[0] >= 'a' && out[0] <= 'z') out[0] = static_cast<char>(out[0] - 'a' + 'A');
    std::replace(out.begin(), out.end(), '-', ' ');
    return out;
}

std::size_t Counts::total() const {
    std::size_t sum = expected;
    for (const auto& [verdict, n] : of) sum += n;
    return sum;
}

Counts count(const Results& results) {
    Counts counts;
    for (const auto& check : results.checks) {
        if (check.excused())
            ++counts.expected;
        else
            ++counts.of[check.verdict];
        if (check.expectation && !check.expectation->problem.empty()) ++counts.broken;
    }
    return counts;
}

std::vector<Group> groups(const Results& results) {
    std::vector<Group> out;
    for (const auto& check : results.checks) {
        const auto name = group_of(check.id);
        auto group = std::find_if(out.begin(), out.end(), [&](const Group& g) { return g.name == name; });
        if (group == out.end()) group = out.insert(out.end(), Group{std::string(name), {}});
        group->checks.push_back(&check);
    }
    return out;
}

std::string plural(std::size_t n, std::string_view one, std::string_view many) {
    return std::to_string(n) + " " + std::string(n == 1 ? one : many);
}

namespace {

/// Some warning is about a MUST, so that "conforms to every MUST" would contradict what stands above it.
bool about_a_must(const Results& results) {
    return std::any_of(results.checks.begin(), results.checks.end(),
                       [](const CheckOutcome& check) { return !check.excused() && !softened_text(check).empty(); });
}

}  // namespace

std::string sentence(const Results& results) {
    const auto counts = count(results);
    const auto warnings = counts[Verdict::kWarn];
    std::string also = warnings == 0 ? "" : ", " + plural(warnings, "warning", "warnings");
    const auto known = counts.expected == 0 ? "" : ", " + plural(counts.expected, "known failure", "known failures");
    switch (results.verdict) {
        case Verdict::kFail: {
            const auto entries = counts.broken == 0 ? std::string()
                                                    : plural(counts.broken, "entry of the known failures does not hold",
                                                             "entries of the known failures do not hold");
            if (counts[Verdict::kFail] == 0) return entries + known + also;
            return "does not conform: " + plural(counts[Verdict::kFail], "check fails", "checks fail") + known + also +
                   (entries.empty() ? "" : "; " + entries);
        }
        case Verdict::kWarn:
            return std::string(about_a_must(results) ? "breaks no MUST for certain, with "
                                                     : "conforms to every MUST that was judged, with ") +
                   plural(warnings, "warning", "warnings") + known;
        case Verdict::kInfo:
            return "conforms to every MUST and SHOULD that was judged, with " +
                   plural(counts[Verdict::kInfo], "observation", "observations") + known;
        case Verdict::kError:
            return "no verdict: the target or the harness broke" + known + also;
        case Verdict::kInconclusive:
            if (!results.problem.empty() && results.checks.empty()) return "no verdict: nothing was run";
            return results.complete ? "no verdict: nothing arrived that could be judged"
                                    : "no verdict: the run was broken off before it was complete" + known + also;
        default:
            if (const auto open = counts[Verdict::kInconclusive]; open != 0)
                also += ", " + std::to_string(open) + " could not be judged";
            if (counts.expected != 0)
                return "fails only where it is known to: " +
                       plural(counts.expected, "known failure", "known failures") + ", " +
                       plural(counts[Verdict::kPass], "check passed", "checks passed") + also;
            return "conforms: " + plural(counts[Verdict::kPass], "check passed", "checks passed") + also;
    }
}

bool is_problem(Verdict verdict) {
    return verdict == Verdict::kFail || verdict == Verdict::kError || verdict == Verdict::kWarn;
}

const std::string& got_of(const CheckOutcome& check) { return check.got.empty() ? check.reason : check.got; }

std::string verdict_text(const CheckOutcome& check) {
    std::string out(name_of(check.verdict));
    if (check.expectation) {
        switch (check.expectation->state) {
            case ExpectationState::kMet:
                out += " (expected)";
                break;
            case ExpectationState::kStale:
                out += " (listed as failing)";
                break;
            case ExpectationState::kChanged:
                out += " (not as listed)";
                break;
            case ExpectationState::kExpired:
                out += " (listed, expired)";
                break;
            case ExpectationState::kOpen:
                break;
        }
    }
    if (!check.runs.empty()) out += " (flaky)";
    return out;
}

std::string level_text(const CheckOutcome& check) { return receiver::level_text(check.level, check.extension); }

std::string expectation_text(const ExpectationNote& note) {
    std::string out = note.reason;
    if (!note.issue.empty()) out += (out.empty() ? "" : ", ") + note.issue;
    if (!note.expires.empty()) out += (out.empty() ? "until " : ", until ") + note.expires;
    return out.empty() ? "listed in " + note.origin : out;
}

std::string runs_text(const CheckOutcome& check) {
    std::string out;
    std::vector<Verdict> done;
    for (const auto verdict : check.runs) {
        if (std::find(done.begin(), done.end(), verdict) != done.end()) continue;
        done.push_back(verdict);
        const auto times = std::count(check.runs.begin(), check.runs.end(), verdict);
        out += (out.empty() ? "" : ", ") + std::string(name_of(verdict)) + " " +
               (times == 1 ? "once" : std::to_string(times) + " times");
    }
    return out;
}

std::string run_gap(const Results& results) {
    if (!results.problem.empty()) return results.problem;
    if (!results.complete) return "the run was broken off before it was complete";
    if (results.verdict == Verdict::kInconclusive) return sentence(results);
    return {};
}

std::string plain_details(const CheckOutcome& check) {
    std::string out;
    const auto add = [&out](std::string_view key, std::string_view text) {
        if (!text.empty()) out += std::string(key) + ": " + std::string(text) + "\n";
    };
    if (!check.clauses.empty()) {
        if (const auto* clause = proto::find_clause(check.clauses.front())) {
            add("clause", std::string(clause->id) + ": " + std::string(clause->summary));
            add("link", clause->url);
        }
    }
    add("want", check.want);
    add("got", got_of(check));
    add("why", softened_text(check));
    if (!check.runs.empty()) add("flaky", runs_text(check));
    for (const auto& finding : check.findings) {
        if (finding.message != check.got) add("finding", finding.message);
        add("series", finding.series);
        add("place", receiver::place_text(finding));
        if (!finding.evidence.empty()) out += "bytes:\n" + finding.evidence + "\n";
        add("fix", finding.fix);
    }
    add("seen", evidence_text(check));
    add("capture", check.capsule);
    add("next", "prw explain " + check.id);
    return out;
}

std::string upper(std::string_view word) {
    std::string out(word);
    for (char& c : out)
        if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 'a' + 'A');
    return out;
}

std::vector<proto::ProtobufMessage> messages_of(const Results& results) {
    std::vector<proto::ProtobufMessage> out;
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2})
        if (std::any_of(results.checks.begin(), results.checks.end(),
                        [&](const auto& check) { return check.message == message; }))
            out.push_back(message);
    return out;
}

std::string specifications(const Results& results) {
    const auto tested = [&](proto::ProtobufMessage message) {
        return std::any_of(results.checks.begin(), results.checks.end(), [&](const auto& check) {
            return check.message == message && check.verdict != Verdict::kNotApplicable;
        });
    };
    const bool v1 = tested(proto::ProtobufMessage::kV1), v2 = tested(proto::ProtobufMessage::kV2);
    return std::string("Remote Write ") + (v1 == v2 ? "1.0 and 2.0-rc.4" : v1 ? "1.0" : "2.0-rc.4");
}

std::string_view meaning_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
            return "The situation arose, was judged, and was right every time.";
        case Verdict::kInfo:
            return "An observed policy, or a permission that the sender makes use of. Never counts against it.";
        case Verdict::kNotApplicable:
            return "The profile, or the way the target was run, rules this check out; the reason says how.";
        case Verdict::kInconclusive:
            return "The situation never arose, so there is nothing to judge. Not a pass.";
        case Verdict::kWarn:
            return "A SHOULD is missed; or a MUST, where receivers are used to the deviation, or where it is observed "
                   "from "
                   "outside only. The entry says which.";
        case Verdict::kFail:
            return "A MUST or MUST NOT is broken; the finding shows where.";
        case Verdict::kError:
            return "The harness or the target broke, so that there is no verdict.";
    }
    return "";
}

char mark_of(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
            return '+';
        case Verdict::kInfo:
            return '~';
        case Verdict::kNotApplicable:
            return '-';
        case Verdict::kInconclusive:
            return '?';
        case Verdict::kWarn:
            return '!';
        case Verdict::kFail:
            return 'x';
        case Verdict::kError:
            return 'E';
    }
    return ' ';
}

std::string duration_text(std::int64_t ms) {
    if (ms < 1000) return std::to_string(ms) + " ms";
    return std::to_string(ms / 1000) + "." + std::to_string(ms % 1000 / 100) + " s";
}

namespace {

/// "requests answered 415" → "request answered 415": the first noun decides.
std::string singular(std::string_view name) {
    static constexpr std::pair<std::string_view, std::string_view> kNouns[] = {{"requests", "request"},
                                                                               {"samples", "sample"},
                                                                               {"scrapes", "scrape"},
                                                                               {"exemplars", "exemplar"},
                                                                               {"histograms", "histogram"},
                                                                               {"retries", "retry"},
                                                                               {"resets", "reset"},
                                                                               {"markers", "marker"},
                                                                               {"families", "family"},
                                                                               {"findings", "finding"},
                                                                               {"connections", "connection"},
                                                                               {"attempts", "attempt"},
                                                                               {"handshakes", "handshake"},
                                                                               {"headers", "header"},
                                                                               {"configurations", "configuration"},
                                                                               {"generations", "generation"},
                                                                               {"statements", "statement"},
                                                                               {"pairs", "pair"},
                                                                               {"timestamps", "timestamp"},
                                                                               {"labels", "label"},
                                                                               {"symbols", "symbol"},
                                                                               {"spans", "span"},
                                                                               {"buckets", "bucket"},
                                                                               {"values", "value"},
                                                                               {"heads", "head"},
                                                                               {"bodies", "body"},
                                                                               {"messages", "message"},
                                                                               {"answers", "answer"},
                                                                               {"batches", "batch"}};
    for (std::size_t at = 0; at < name.size();) {
        const auto end = std::min(name.find(' ', at), name.size());
        const auto word = name.substr(at, end - at);
        for (const auto& [many, one] : kNouns)
            if (word == many) return std::string(name.substr(0, at)) + std::string(one) + std::string(name.substr(end));
        at = end + 1;
    }
    return std::string(name);
}

}  // namespace

std::string counted(std::string_view name, std::int64_t value) {
    if (const auto unit = name.rfind(", "); unit != std::string_view::npos)  // "wait, ms" → "100 ms wait"
        return std::to_string(value) + " " + std::string(name.substr(unit + 2)) + " " +
               std::string(name.substr(0, unit));
    return std::to_string(value) + " " + (value == 1 ? singular(name) : std::string(name));
}

std::string evidence_text(const CheckOutcome& check) {
    std::string out;
    for (const auto& [name, value] : check.evidence) {
        if (!out.empty()) out += ", ";
        out += counted(name, value);
    }
    return out;
}

std::string softened_text(const CheckOutcome& check) {
    const bool must = check.level == proto::Level::kMust || check.level == proto::Level::kMustNot;
    if (check.verdict != Verdict::kWarn || check.extension || !must) return {};
    const bool of_one_request = std::any_of(check.findings.begin(), check.findings.end(),
                                            [&](const receiver::Finding& f) { return f.rule != check.id; });
    if (of_one_request) return "a known deviation, which receivers are used to: a warning, though the clause is a MUST";
    return "observed from outside only, where it may have another cause: a warning, though the clause is a MUST";
}

std::string gate_text(FailOn gate) {
    switch (gate) {
        case FailOn::kNone:
            return "nothing that was judged (--fail-on none)";
        case FailOn::kMust:
            return "a broken MUST";
        case FailOn::kShould:
            return "a broken MUST, a missed SHOULD (--fail-on should)";
        case FailOn::kMay:
            return "a broken MUST, a missed SHOULD, an observation (--fail-on may)";
    }
    return {};
}

std::vector<UnjudgedReason> unjudged_reasons(const Results& results) {
    std::vector<UnjudgedReason> out;
    for (const auto& check : results.checks) {
        if (check.verdict != Verdict::kInconclusive) continue;
        auto at = std::find_if(out.begin(), out.end(), [&](const auto& r) { return r.reason == check.reason; });
        if (at == out.end()) at = out.insert(out.end(), {check.reason, {}});
        at->checks.push_back(&check);
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.checks.size() > b.checks.size(); });
    return out;
}

}  // namespace prw::conformance::report
