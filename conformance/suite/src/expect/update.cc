#include <algorithm>
#include <sstream>
#include <tuple>

#include "prw/base/escape.h"
#include "prw/base/text.h"
#include "prw/suite/expectations.h"

namespace prw::suite {

namespace {

constexpr std::size_t kReasonBytes = 160;

std::string quoted(std::string_view text) { return base::yaml_quoted(base::one_line(text)); }

std::string entry_text(const Expectation& entry, const std::string& indent) {
    std::string out = indent + "- check: " + entry.check + "\n";
    const auto line = [&](std::string_view key, const std::string& value) {
        out += indent + "  " + std::string(key) + ": " + value + "\n";
    };
    if (entry.message) line("protobuf_message", "\"" + std::string(proto::short_name(*entry.message)) + "\"");
    if (entry.verdict != Verdict::kFail) line("verdict", std::string(name_of(entry.verdict)));
    if (!entry.text.empty()) line("message", quoted(entry.text));
    if (!entry.reason.empty()) line("reason", quoted(entry.reason));
    if (!entry.issue.empty()) line("issue", quoted(entry.issue));
    if (!entry.expires.empty()) line("expires", entry.expires);
    return out;
}

std::string got_text(const CheckOutcome& check) {
    std::string out = base::cut(base::one_line(check.got.empty() ? check.reason : check.got), kReasonBytes);
    if (out.ends_with("…")) out.resize(out.size() - std::string_view("…").size());  // so that it is part of what is got
    return out;
}

std::vector<std::string> lines_of(const std::string& text) {
    std::vector<std::string> out;
    std::istringstream in(text);
    for (std::string line; std::getline(in, line);) out.push_back(line);
    return out;
}

bool failing(const CheckOutcome& check, FailOn fail_on) {
    return check.verdict == Verdict::kFail || (check.verdict == Verdict::kWarn && fail_on >= FailOn::kShould);
}

}  // namespace

ExpectationsUpdate update_expectations(const Expectations& file, const Results& results) {
    ExpectationsUpdate out;
    const auto lines = lines_of(file.source);
    std::string header;
    std::size_t next = 0;  // of `lines`, not yet copied
    bool block_style = false;
    while (next < lines.size()) {
        if (lines[next].starts_with("expected:")) {
            block_style = lines[next].find('[') == std::string::npos;
            ++next;
            break;
        }
        header += lines[next++] + "\n";
    }
    if (header.empty())
        header = "# Known failures of " + base::one_line(results.target.name) +
                 ": they have to go on failing until they are fixed.\n# prw test " + results.role +
                 " --expect FILE; docs/expectations.md\nversion: 1\n";
    std::string indent = "  ";
    std::string body;
    for (const auto& entry : file.entries) {
        std::string before;
        if (block_style) {
            for (; next < lines.size() && next + 1 < entry.first_line; ++next) before += lines[next] + "\n";
            const auto& first = lines[entry.first_line - 1];
            if (const auto dash = first.find('-'); dash != std::string::npos) indent = first.substr(0, dash);
            next = entry.last_line;
        }
        // What its outcomes say; several when it is for both messages.
        std::vector<const CheckOutcome*> good, bad;
        const CheckOutcome* changed = nullptr;
        for (const auto& check : results.checks) {
            if (check.id != entry.check || (entry.message && *entry.message != check.message) || !check.expectation)
                continue;
            const auto state = check.expectation->state;
            (state == ExpectationState::kStale && !failing(check, results.fail_on) ? good : bad).push_back(&check);
            if (state == ExpectationState::kChanged ||
                (state == ExpectationState::kStale && failing(check, results.fail_on)))
                changed = &check;
        }
        if (!good.empty() && bad.empty()) {
            ++out.removed;
            continue;  // with the comments that stand before it
        }
        body += before;
        Expectation kept = entry;
        if (changed != nullptr) {
            kept.verdict = changed->verdict;
            kept.text = entry.text.empty() ? "" : got_text(*changed);
        }
        if (!good.empty()) kept.message = bad.front()->message;
        if (changed != nullptr || !good.empty()) ++out.changed;
        if (changed != nullptr || !block_style) {
            body += entry_text(kept, indent);
        } else {
            for (auto at = entry.first_line; at <= entry.last_line; ++at) {
                body += lines[at - 1] + "\n";
                if (at == entry.first_line && kept.message != entry.message)
                    body += indent + "  protobuf_message: \"" + std::string(proto::short_name(*kept.message)) + "\"\n";
            }
        }
    }
    std::string rest;
    if (block_style)
        for (; next < lines.size(); ++next) rest += lines[next] + "\n";

    std::vector<const CheckOutcome*> fresh;
    for (const auto& check : results.checks)
        if (failing(check, results.fail_on) && !check.expectation) fresh.push_back(&check);
    std::sort(fresh.begin(), fresh.end(),
              [](const auto* a, const auto* b) { return std::tie(a->id, a->message) < std::tie(b->id, b->message); });
    for (const auto* check : fresh) {
        Expectation entry;
        entry.check = check->id;
        entry.message = check->message;
        entry.verdict = check->verdict;
        entry.reason = got_text(*check);
        body += entry_text(entry, indent);
        ++out.added;
    }
    out.text = header + (body.empty() ? "expected: []\n" : "expected:\n") + body + rest;
    return out;
}

}  // namespace prw::suite
