#include <algorithm>

#include "prw/suite/expectations.h"

namespace prw::suite {

namespace {

/// Numbers differ from run to run: "3 of 12" is "7 of 9" in the next.
std::string without_numbers(std::string_view text) {
    std::string out;
    bool digits = false;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit)
            out += c;
        else if (!digits)
            out += '#';
        digits = digit;
    }
    return out;
}

bool says(const CheckOutcome& check, std::string_view text) {
    if (text.empty()) return true;
    const auto wanted = without_numbers(text);
    const auto contains = [&](std::string_view got) { return without_numbers(got).find(wanted) != std::string::npos; };
    return contains(check.got) || contains(check.reason) ||
           std::any_of(check.findings.begin(), check.findings.end(),
                       [&](const auto& f) { return contains(f.message); });
}

/// 0 right, 1 warn, 2 fail, -1 not judged.
int badness(Verdict verdict) {
    switch (verdict) {
        case Verdict::kPass:
        case Verdict::kInfo:
            return 0;
        case Verdict::kWarn:
            return 1;
        case Verdict::kFail:
            return 2;
        default:
            return -1;
    }
}

std::string lines_text(const Expectation& entry) {
    if (entry.first_line == entry.last_line) return "line " + std::to_string(entry.first_line);
    return "lines " + std::to_string(entry.first_line) + " to " + std::to_string(entry.last_line);
}

void note(const Expectations& file, const Expectation& entry, const Results& results, std::string_view today,
          CheckOutcome& check) {
    ExpectationNote out;
    out.reason = entry.reason;
    out.issue = entry.issue;
    out.expires = entry.expires;
    out.origin = file.path + ":" + std::to_string(entry.first_line);
    const int now = badness(check.verdict), listed = badness(entry.verdict);
    const std::string word(name_of(entry.verdict)), came(name_of(check.verdict));
    if (now >= 0 && now < listed) {
        out.state = ExpectationState::kStale;
        out.problem = "it is listed as " + word + ", and the verdict is " + came;
        const auto* other = &check;
        for (const auto& each : results.checks)
            if (each.id == check.id && each.message != check.message && badness(each.verdict) == listed) other = &each;
        if (now == 1)
            out.edit = out.origin + ": change it to verdict: warn";
        else if (!entry.message && other != &check)
            out.edit =
                out.origin + ": add protobuf_message: \"" + std::string(proto::short_name(other->message)) + "\"";
        else
            out.edit = out.origin + ": remove the entry (" + lines_text(entry) + ")";
    } else if (now > listed) {
        out.state = ExpectationState::kChanged;
        out.problem = "it is listed as " + word + ", and the verdict is " + came;
        out.edit = out.origin + ": fix what is worse, or change it to verdict: " + came;
    } else if (now >= 0 && !says(check, entry.text)) {
        out.state = ExpectationState::kChanged;
        out.problem = "it is listed with the message \"" + entry.text + "\", and fails otherwise";
        out.edit = out.origin + ": fix what is new, or change message: to part of what was got";
    } else if (!entry.expires.empty() && today > entry.expires) {
        out.state = ExpectationState::kExpired;
        out.problem = "it is listed until " + entry.expires + ", and that is over";
        out.edit = out.origin + ": fix the failure, or set a later date in expires:";
    } else {
        out.state = now < 0 ? ExpectationState::kOpen : ExpectationState::kMet;
    }
    check.expectation = std::move(out);
}

}  // namespace

void apply_expectations(const Expectations& expectations, Results& results, std::string_view today) {
    results.expectations = expectations.path;
    for (auto& check : results.checks) check.expectation.reset();
    for (const auto& entry : expectations.entries) {
        for (auto& check : results.checks) {
            if (check.id == entry.check && (!entry.message || *entry.message == check.message))
                note(expectations, entry, results, today, check);
        }
    }
}

}  // namespace prw::suite
