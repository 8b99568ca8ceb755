#include "view.h"

#include <algorithm>
#include <set>

#include "prw/base/text.h"
#include "prw/rules/text.h"

namespace prw::report {

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

std::size_t VerdictCounts::total() const {
    std::size_t sum = expected;
    for (const auto& [verdict, n] : of) sum += n;
    return sum;
}

VerdictCounts count(const suite::Results& results) {
    VerdictCounts counts;
    for (const auto& check : results.checks) {
        if (check.excused())
            ++counts.expected;
        else
            ++counts.of[check.verdict];
        if (check.expectation && !check.expectation->problem.empty()) ++counts.broken;
    }
    return counts;
}

std::vector<Group> groups(const suite::Results& results) {
    std::vector<Group> out;
    for (const auto& check : results.checks) {
        const auto name = group_of(check.id);
        auto group = std::find_if(out.begin(), out.end(), [&](const Group& g) { return g.name == name; });
        if (group == out.end()) group = out.insert(out.end(), Group{std::string(name), {}});
        group->checks.push_back(&check);
    }
    return out;
}

std::string Trouble::where() const {
    std::vector<std::pair<std::string, std::string>> names;  // scenario → its messages
    for (const auto* scenario : scenarios) {
        const std::string message(proto::short_name(scenario->message));
        const auto known =
            std::find_if(names.begin(), names.end(), [&](const auto& n) { return n.first == scenario->name; });
        if (known == names.end())
            names.emplace_back(scenario->name, message);
        else
            known->second += ", " + message;
    }
    std::string out = scenarios.size() == 1 ? "scenario " : std::to_string(scenarios.size()) + " scenarios: ";
    for (std::size_t i = 0; i < names.size(); ++i)
        out += (i == 0 ? "" : ", ") + names[i].first + " (" + names[i].second + ")";
    return out;
}

std::vector<Trouble> troubles(const suite::Results& results) {
    std::vector<Trouble> out;
    for (const auto& scenario : results.scenarios) {
        if (scenario.problem.empty()) continue;
        auto same =
            std::find_if(out.begin(), out.end(), [&](const Trouble& t) { return t.problem == scenario.problem; });
        if (same == out.end()) same = out.insert(out.end(), Trouble{scenario.problem, {}, {}});
        if (same->detail.empty()) same->detail = scenario.detail;
        same->scenarios.push_back(&scenario);
    }
    return out;
}

std::string subject_of(std::string_view group) {
    static constexpr std::pair<std::string_view, std::string_view> kWords[] = {
        {"auth", "credentials"},
        {"connection", "connections"},
        {"fidelity", "fidelity to what was scraped"},
        {"ordering", "order"},
        {"outage", "outages"},
        {"redirect", "redirects"},
        {"response", "answers"},
        {"retry", "retries"},
        {"stale", "stale markers"},
        {"url", "URLs"},
        {"transport", "transport faults"},
        {"wire", "the form of messages"},
        {"written", "Written counts"}};
    for (const auto& [name, word] : kWords)
        if (name == group) return std::string(word);
    return std::string(group);
}

bool is_part(const suite::Results& results) { return results.coverage && !results.coverage->whole(); }

std::size_t scenario_count(const suite::Results& results) {
    std::set<std::string_view> names;
    for (const auto& scenario : results.scenarios) names.insert(scenario.name);
    return names.size();
}

namespace {

bool left_out(const suite::Coverage& coverage, const suite::CheckOutcome& check) {
    return std::find(coverage.checks.begin(), coverage.checks.end(), std::pair(check.id, check.message)) !=
           coverage.checks.end();
}

/// By how many outcomes each group of checks was tried, and by how many not.
struct Shares {
    std::size_t tried = 0, missing = 0;
    struct Part {
        std::string group;
        std::size_t tried = 0, missing = 0;
    };
    std::vector<Part> groups;  ///< with something missing, those that are missing as a whole and most first
};

Shares shares_of(const suite::Results& results) {
    Shares out;
    const auto group = [&out](std::string_view id) -> Shares::Part& {
        const auto name = group_of(id);
        for (auto& part : out.groups)
            if (part.group == name) return part;
        out.groups.push_back({std::string(name)});
        return out.groups.back();
    };
    const auto counts_here = [&](proto::ProtobufMessage message) {
        return results.asked.empty() ||
               std::find(results.asked.begin(), results.asked.end(), message) != results.asked.end();
    };
    for (const auto& check : results.checks) {
        // What it sent beside what it was asked for is judged as well, and no share of the suite.
        if (!counts_here(check.message)) continue;
        // Reported only when something broke; it is not one of those that were to be tried.
        if (left_out(*results.coverage, check) || check.id == suite::target_check_id(results.role)) continue;
        ++out.tried;
        ++group(check.id).tried;
    }
    for (const auto& [id, message] : results.coverage->checks) {
        ++out.missing;
        ++group(id).missing;
    }
    std::erase_if(out.groups, [](const auto& part) { return part.missing == 0; });
    std::stable_sort(out.groups.begin(), out.groups.end(), [](const auto& a, const auto& b) {
        const bool a_whole = a.tried == 0, b_whole = b.tried == 0;
        return a_whole != b_whole ? a_whole : a.missing > b.missing;
    });
    return out;
}

std::string of(std::size_t part, std::size_t whole, std::string_view what) {
    return std::to_string(part) + " of " + std::to_string(whole) + " " + std::string(what);
}

}  // namespace

std::string share_text(const suite::Results& results) {
    if (!results.coverage) return {};
    std::set<std::string_view> played, all;
    for (const auto& scenario : results.scenarios)
        if (scenario.ended) played.insert(scenario.name);
    all = played;
    for (const auto& [name, message] : results.coverage->scenarios) all.insert(name);
    const auto shares = shares_of(results);
    std::string out;
    if (played.size() < all.size()) out = of(played.size(), all.size(), "scenarios");
    if (shares.missing != 0) {
        if (!out.empty()) out += ", ";
        out += of(shares.tried, shares.tried + shares.missing, "checks");
    }
    return out;
}

std::string left_out_text(const suite::Results& results, std::size_t max) {
    if (!results.coverage) return {};
    constexpr std::size_t kNamed = 3;
    const auto shares = shares_of(results);
    std::vector<std::string> words;
    if (shares.missing <= kNamed) {
        for (const auto& [id, message] : results.coverage->checks) {
            const auto word = id.substr(id.find('/') + 1) + " (" + std::string(proto::short_name(message)) + ")";
            words.push_back(word);
        }
    } else {
        const bool any_whole = shares.groups.front().tried == 0;
        for (const auto& part : shares.groups) {
            if (max != 0 && any_whole && part.tried != 0) break;  // named are those of which nothing was tried
            std::string word = subject_of(part.group);
            if (max == 0)
                word += " (" +
                        (part.tried == 0
                             ? std::to_string(part.missing)
                             : std::to_string(part.missing) + " of " + std::to_string(part.missing + part.tried)) +
                        ")";
            else if (part.tried != 0)
                word = "some of " + word;
            words.push_back(std::move(word));
        }
    }
    const auto told = max == 0 ? words.size() : std::min(max, words.size());
    const auto more = words.size() - told;
    std::string out;
    for (std::size_t i = 0; i < told; ++i)
        out += (i == 0 ? "" : i + 1 == told && more == 0 ? " and " : ", ") + words[i];
    if (more != 0) out += " and " + std::to_string(more) + " more";
    return out;
}

std::string because_text(const suite::Results& results) {
    return results.coverage ? base::joined(results.coverage->because) : "";
}

std::string part_text(const suite::Results& results) {
    if (!is_part(results)) return {};
    const auto why = because_text(results);
    std::string out =
        "a part of the suite was run" + (why.empty() ? "" : " (" + why + ")") + ": " + share_text(results);
    if (!results.coverage->checks.empty()) out += "; not tested: " + left_out_text(results, 0);
    return out;
}

std::string message_note(const suite::Results& results) {
    if (!results.asked.empty() || results.sent.empty()) return {};
    std::string sent;
    for (const auto message : results.sent)
        sent += (sent.empty() ? "" : " and ") + std::string(proto::short_name(message));
    return std::string("no message was asked for: what it ") + (results.role == "receiver" ? "took, " : "sent, ") +
           sent + ", is what was judged; --protobuf-message asks for one";
}

SourcePlace place_of(const suite::Results& results) {
    SourcePlace out;
    const auto& origin = results.target.profile;
    if (const auto colon = origin.rfind(':'); colon != std::string::npos && colon + 1 < origin.size() &&
                                              origin.find_first_not_of("0123456789", colon + 1) == std::string::npos &&
                                              origin.size() - colon < 8) {
        out.path = origin.substr(0, colon);
        out.line = std::max(1, std::stoi(origin.substr(colon + 1)));
    } else if (origin.find(".yaml") != std::string::npos || origin.find(".yml") != std::string::npos) {
        out.path = origin;
    } else {
        out.path = results.target.file;
    }
    while (out.path.starts_with("./")) out.path.erase(0, 2);
    return out;
}

namespace {

std::uint64_t requests_of(const suite::Results& results) {
    std::uint64_t out = 0;
    for (const auto& scenario : results.scenarios) out += scenario.requests;
    return out;
}

/// "asked for 2.0, it sent nothing but 1.0"; empty when it sent what it was asked for.
std::string not_as_asked(const suite::Results& results) {
    if (results.sent.empty()) return {};
    for (const auto message : results.asked) {
        if (std::find(results.sent.begin(), results.sent.end(), message) != results.sent.end()) continue;
        return "asked for " + std::string(proto::short_name(message)) + ", it sent nothing but " +
               std::string(proto::short_name(results.sent.front()));
    }
    return {};
}

/// Behind a verdict: of what it is the verdict.
std::string in_part(const suite::Results& results) {
    if (!is_part(results)) return {};
    constexpr std::size_t kNamed = 3;
    std::string out = share_text(results);
    if (!results.coverage->checks.empty()) out += "; not tested: " + left_out_text(results, kNamed);
    return out;
}

/// Some warning is about a MUST, so that "conforms to every MUST" would contradict what stands above it.
bool about_a_must(const suite::Results& results) {
    return std::any_of(results.checks.begin(), results.checks.end(), [](const suite::CheckOutcome& check) {
        return !check.excused() && !softened_text(check).empty();
    });
}

}  // namespace

std::string sentence(const suite::Results& results) {
    const auto counts = count(results);
    const auto warnings = counts[suite::Verdict::kWarn];
    std::string also = warnings == 0 ? "" : ", " + count_text(warnings, "warning");
    const auto known = counts.expected == 0 ? "" : ", " + count_text(counts.expected, "known failure");
    const auto part = in_part(results);
    const auto tested = part.empty() ? "" : "; tested: " + part;
    switch (results.verdict) {
        case suite::Verdict::kFail: {
            const auto entries = counts.broken == 0
                                     ? std::string()
                                     : count_text(counts.broken, "entry of the known failures does not hold",
                                                  "entries of the known failures do not hold");
            if (counts[suite::Verdict::kFail] == 0) return entries + known + also + tested;
            return "does not conform: " + count_text(counts[suite::Verdict::kFail], "check fails", "checks fail") +
                   known + also + (entries.empty() ? "" : "; " + entries) + tested;
        }
        case suite::Verdict::kWarn:
            return std::string(about_a_must(results) ? "breaks no MUST for certain, with "
                                                     : "conforms to every MUST that was judged, with ") +
                   count_text(warnings, "warning") + known + tested;
        case suite::Verdict::kInfo:
            return "conforms to every MUST and SHOULD that was judged, with " +
                   count_text(counts[suite::Verdict::kInfo], "observation") + known + tested;
        case suite::Verdict::kError:
            return "no verdict: the target or the harness broke" + known + also + tested;
        case suite::Verdict::kInconclusive:
            if (!results.problem.empty() && results.checks.empty()) return "no verdict: nothing was run";
            if (!results.complete)
                return "no verdict: " + (results.problem.empty() ? "the run was broken off" : results.problem) +
                       " before it was complete" + known + also + tested;
            if (const auto other = not_as_asked(results); !other.empty()) return "no verdict: " + other + tested;
            return requests_of(results) == 0 ? "no verdict: nothing arrived that could be judged" + tested
                                             : "no verdict: nothing of what arrived could be judged" + tested;
        default:
            if (const auto open = counts[suite::Verdict::kInconclusive]; open != 0)
                also += ", " + std::to_string(open) + " could not be judged";
            if (counts.expected != 0)
                return "fails only where it is known to: " + count_text(counts.expected, "known failure") + ", " +
                       count_text(counts[suite::Verdict::kPass], "check passed", "checks passed") + also + tested;
            if (!part.empty())
                return "conforms in what was tested: " + part + "; " +
                       count_text(counts[suite::Verdict::kPass], "check passed", "checks passed") + also;
            return "conforms: " + count_text(counts[suite::Verdict::kPass], "check passed", "checks passed") + also;
    }
}

bool is_problem(suite::Verdict verdict) {
    return verdict == suite::Verdict::kFail || verdict == suite::Verdict::kError || verdict == suite::Verdict::kWarn;
}

const std::string& got_of(const suite::CheckOutcome& check) { return check.got.empty() ? check.reason : check.got; }

std::string verdict_text(const suite::CheckOutcome& check) {
    std::string out(name_of(check.verdict));
    if (check.expectation) {
        switch (check.expectation->state) {
            case suite::ExpectationState::kMet:
                out += " (expected)";
                break;
            case suite::ExpectationState::kStale:
                out += " (listed as failing)";
                break;
            case suite::ExpectationState::kChanged:
                out += " (not as listed)";
                break;
            case suite::ExpectationState::kExpired:
                out += " (listed, expired)";
                break;
            case suite::ExpectationState::kOpen:
                break;
        }
    }
    if (!check.runs.empty()) out += " (flaky)";
    return out;
}

std::string level_text(const suite::CheckOutcome& check) { return rules::level_text(check.level, check.extension); }

std::string expectation_text(const suite::ExpectationNote& note) {
    std::string out = note.reason;
    if (!note.issue.empty()) base::add_word(out, note.issue);
    if (!note.expires.empty()) out += (out.empty() ? "until " : ", until ") + note.expires;
    return out.empty() ? "listed in " + note.origin : out;
}

std::string runs_text(const suite::CheckOutcome& check) {
    std::string out;
    std::vector<suite::Verdict> done;
    for (const auto verdict : check.runs) {
        if (std::find(done.begin(), done.end(), verdict) != done.end()) continue;
        done.push_back(verdict);
        const auto times = std::count(check.runs.begin(), check.runs.end(), verdict);
        base::add_word(out,
                       std::string(name_of(verdict)) + " " + (times == 1 ? "once" : std::to_string(times) + " times"));
    }
    return out;
}

std::string run_gap(const suite::Results& results) {
    if (!results.problem.empty()) return results.problem;
    if (!results.complete) return "the run was broken off before it was complete";
    if (results.verdict == suite::Verdict::kInconclusive) return sentence(results);
    return {};
}

std::string plain_details(const suite::CheckOutcome& check) {
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
        add("place", rules::place_text(finding));
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

std::string not_offered_text(const suite::Results& results) {
    const auto names = base::joined(results.target.without);
    return names.empty() ? names : "not offered, as the target cannot take it: " + names;
}

std::vector<proto::ProtobufMessage> messages_of(const suite::Results& results) {
    std::vector<proto::ProtobufMessage> out;
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2})
        if (std::any_of(results.checks.begin(), results.checks.end(),
                        [&](const auto& check) { return check.message == message; }))
            out.push_back(message);
    return out;
}

std::string specifications(const suite::Results& results) {
    const auto tested = [&](proto::ProtobufMessage message) {
        return std::any_of(results.checks.begin(), results.checks.end(), [&](const auto& check) {
            return check.message == message && check.verdict != suite::Verdict::kNotApplicable;
        });
    };
    const bool v1 = tested(proto::ProtobufMessage::kV1), v2 = tested(proto::ProtobufMessage::kV2);
    return std::string("Remote Write ") + (v1 == v2 ? "1.0 and 2.0-rc.4" : v1 ? "1.0" : "2.0-rc.4");
}

std::string meaning_of(suite::Verdict verdict, std::string_view role) {
    switch (verdict) {
        case suite::Verdict::kPass:
            return "The situation arose, was judged, and was right every time.";
        case suite::Verdict::kInfo:
            return "An observed policy, or a permission that the " + std::string(role) +
                   " makes use of. Never counts against it.";
        case suite::Verdict::kNotApplicable:
            return "The profile, or the way the target was run, rules this check out; the reason says how.";
        case suite::Verdict::kInconclusive:
            return "The situation never arose, so there is nothing to judge. Not a pass.";
        case suite::Verdict::kWarn:
            return "A SHOULD is missed; or a MUST, where " + std::string(role == "receiver" ? "sender" : "receiver") +
                   "s are used to the deviation, or where it is observed from outside only. The entry says which.";
        case suite::Verdict::kFail:
            return "A MUST or MUST NOT is broken; the finding shows where.";
        case suite::Verdict::kError:
            return "The harness or the target broke, so that there is no verdict.";
    }
    return "";
}

char mark_of(suite::Verdict verdict) {
    switch (verdict) {
        case suite::Verdict::kPass:
            return '+';
        case suite::Verdict::kInfo:
            return '~';
        case suite::Verdict::kNotApplicable:
            return '-';
        case suite::Verdict::kInconclusive:
            return '?';
        case suite::Verdict::kWarn:
            return '!';
        case suite::Verdict::kFail:
            return 'x';
        case suite::Verdict::kError:
            return 'E';
    }
    return ' ';
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

std::string evidence_text(const suite::CheckOutcome& check) {
    std::string out;
    for (const auto& [name, value] : check.evidence) {
        if (!out.empty()) out += ", ";
        out += counted(name, value);
    }
    return out;
}

std::string softened_text(const suite::CheckOutcome& check) {
    const bool must = check.level == proto::Level::kMust || check.level == proto::Level::kMustNot;
    if (check.verdict != suite::Verdict::kWarn || check.extension || !must) return {};
    const bool of_one_request = std::any_of(check.findings.begin(), check.findings.end(),
                                            [&](const rules::Finding& f) { return f.rule != check.id; });
    if (of_one_request) return "a known deviation, which receivers are used to: a warning, though the clause is a MUST";
    return "observed from outside only, where it may have another cause: a warning, though the clause is a MUST";
}

std::string gate_text(suite::FailOn gate) {
    switch (gate) {
        case suite::FailOn::kNone:
            return "nothing that was judged (--fail-on none)";
        case suite::FailOn::kMust:
            return "a broken MUST";
        case suite::FailOn::kShould:
            return "a broken MUST, a missed SHOULD (--fail-on should)";
        case suite::FailOn::kMay:
            return "a broken MUST, a missed SHOULD, an observation (--fail-on may)";
    }
    return {};
}

std::vector<UnjudgedReason> unjudged_reasons(const suite::Results& results) {
    std::vector<UnjudgedReason> out;
    for (const auto& check : results.checks) {
        if (check.verdict != suite::Verdict::kInconclusive) continue;
        auto at = std::find_if(out.begin(), out.end(), [&](const auto& r) { return r.reason == check.reason; });
        if (at == out.end()) at = out.insert(out.end(), {check.reason, {}});
        at->checks.push_back(&check);
    }
    std::stable_sort(out.begin(), out.end(),
                     [](const auto& a, const auto& b) { return a.checks.size() > b.checks.size(); });
    return out;
}

}  // namespace prw::report
