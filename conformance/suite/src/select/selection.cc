#include "prw/suite/selection.h"

#include <algorithm>

#include "prw/base/nearest.h"

namespace prw::suite {

namespace {

bool glob(std::string_view pattern, std::string_view text) {
    while (!pattern.empty()) {
        if (pattern.starts_with("**")) {
            pattern.remove_prefix(2);
            for (std::size_t i = 0; i <= text.size(); ++i)
                if (glob(pattern, text.substr(i))) return true;
            return false;
        }
        if (pattern.front() == '*') {
            pattern.remove_prefix(1);
            for (std::size_t i = 0; i <= text.size(); ++i) {
                if (glob(pattern, text.substr(i))) return true;
                if (i < text.size() && text[i] == '/') return false;
            }
            return false;
        }
        if (text.empty() || (pattern.front() == '?' ? text.front() == '/' : pattern.front() != text.front()))
            return false;
        pattern.remove_prefix(1);
        text.remove_prefix(1);
    }
    return text.empty();
}

bool matches(std::string_view pattern, std::string_view id) {
    while (pattern.size() > 1 && pattern.ends_with('/')) pattern.remove_suffix(1);
    if (glob(pattern, id)) return true;
    return id.size() > pattern.size() && id.starts_with(pattern) && id[pattern.size()] == '/';
}

/// Ids and the folders that they lie in: what a mistyped pattern may have meant.
std::vector<std::string> words(const Suite& suite) {
    std::set<std::string> out;
    for (const auto& check : suite.checks) {
        for (auto at = check.id.find('/'); at != std::string::npos; at = check.id.find('/', at + 1)) {
            const auto folder = check.id.substr(0, at);
            out.insert({folder, folder + "/**"});
            if (check.id.find('/', at + 1) == std::string::npos) out.insert(folder + "/*");
        }
        out.insert(check.id);
    }
    return {out.begin(), out.end()};
}

Result<std::set<std::string>> expand_patterns(const Suite& suite, const std::vector<std::string>& patterns,
                                              const char* flag) {
    std::set<std::string> out;
    for (const auto& pattern : patterns) {
        bool any = false;
        for (const auto& check : suite.checks) {
            if (!pattern_matches(pattern, check.id)) continue;
            out.insert(check.id);
            any = true;
        }
        if (any) continue;
        const auto known = words(suite);
        const auto with_role = base::did_you_mean(suite.role + "/" + pattern, known, base::Quotes::kDouble,
                                                  " (prw list checks shows them all)");
        return fail(ErrorCode::kInvalidArgument,
                    std::string(flag) + ": no check matches \"" + pattern + "\"" +
                        base::did_you_mean(pattern, known, base::Quotes::kDouble, with_role));
    }
    return out;
}

Result<std::set<proto::Level>> parse_levels(const std::vector<std::string>& list) {
    std::set<proto::Level> out;
    for (std::string_view rest : list) {
        while (!rest.empty()) {
            const auto comma = rest.find(',');
            const auto word = rest.substr(0, comma);
            rest = comma == std::string_view::npos ? std::string_view() : rest.substr(comma + 1);
            if (word == "must")
                out.insert({proto::Level::kMust, proto::Level::kMustNot});
            else if (word == "should")
                out.insert({proto::Level::kShould, proto::Level::kShouldNot});
            else if (word == "may")
                out.insert(proto::Level::kMay);
            else
                return fail(ErrorCode::kInvalidArgument,
                            "--level is must, should or may, not \"" + std::string(word) + "\"");
        }
    }
    return out;
}

bool failed(const CheckOutcome& check, FailOn fail_on) {
    if (check.verdict == Verdict::kError) return true;
    const int code = exit_code_of(check, fail_on == FailOn::kNone ? FailOn::kMust : fail_on);
    return code == 1 || code == 3;
}

}  // namespace

bool pattern_matches(std::string_view pattern, std::string_view id) {
    if (matches(pattern, id)) return true;
    const auto slash = id.find('/');
    return slash != std::string_view::npos && matches(pattern, id.substr(slash + 1));
}

Result<Selection> Selection::make(const Suite& suite, const SelectionOptions& options) {
    Selection out;
    out.suite_ = &suite;
    out.everything_ = options.run.empty() && options.skip.empty() && options.levels.empty() && !options.failed;
    auto wanted = expand_patterns(suite, options.run, "--run");
    if (!wanted) return tl::unexpected<Error>(wanted.error());
    const auto unwanted = expand_patterns(suite, options.skip, "--skip");
    if (!unwanted) return tl::unexpected<Error>(unwanted.error());
    auto levels = parse_levels(options.levels);
    if (!levels) return tl::unexpected<Error>(levels.error());
    out.levels_ = std::move(*levels);

    if (auto known = suite.check_scenario_names(options.scenarios); !known) return tl::unexpected<Error>(known.error());
    const auto offered = [&](std::string_view scenario) {
        return options.scenarios.empty() ||
               std::find(options.scenarios.begin(), options.scenarios.end(), scenario) != options.scenarios.end();
    };

    std::set<std::string> needed;
    if (options.failed) {
        out.pairs_only_ = true;
        for (const auto& check : options.last.checks) {
            if (!failed(check, options.fail_on)) continue;
            out.pairs_.insert({check.id, check.message});
            if (offered(check.scenario)) needed.insert(check.scenario);
        }
        if (out.pairs_.empty())
            return fail(ErrorCode::kInvalidArgument,
                        options.last.checks.empty()
                            ? "--failed: the last run judged nothing" +
                                  (options.last.problem.empty() ? std::string() : ": " + options.last.problem)
                            : "--failed: nothing failed in the last run");
    }
    for (const auto& check : suite.checks) {
        if (!options.run.empty() && !wanted->contains(check.id)) continue;
        if (unwanted->contains(check.id)) continue;
        // Rules look at the requests of every scenario, and need one.
        if (check.rule.empty() ? !offered(check.scenario) : false) continue;
        Row row{&check, {}, check.level};
        for (const auto message : options.messages) {
            if (!suite.judges(check, message)) continue;
            if (!out.levels_.empty() && !out.levels_.contains(level_under(check, message))) continue;
            if (out.pairs_only_ && !out.pairs_.contains({check.id, message})) continue;
            if (row.messages.empty()) row.level = level_under(check, message);
            row.messages.push_back(message);
        }
        if (row.messages.empty()) continue;
        out.ids_.insert(check.id);
        if (check.rule.empty() || options.scenarios.empty()) {
            needed.insert(check.scenario);
            needed.insert(check.scenarios.begin(), check.scenarios.end());
        } else {
            needed.insert(options.scenarios.begin(), options.scenarios.end());
        }
        out.rows_.push_back(std::move(row));
    }
    if (out.rows_.empty())
        return fail(
            ErrorCode::kInvalidArgument,
            "the selection is empty: no check is left" +
                std::string(wanted->empty() ? ""
                                            : " (the nearest to --run is " + *wanted->begin() +
                                                  ", taken out by another flag or saying nothing about what the "
                                                  "target is asked to send)"));
    for (const auto& each : suite.scenarios) {
        std::string name(each.name);
        if (out.everything_ ? offered(name) : needed.contains(name)) out.scenarios_.push_back(std::move(name));
    }
    return out;
}

bool Selection::includes(const CheckOutcome& check) const {
    if (everything_ || check.id == target_check_id(suite_->role)) return true;
    if (!ids_.contains(check.id)) return false;
    if (!levels_.empty() && !levels_.contains(check.level)) return false;
    return !pairs_only_ || pairs_.contains({check.id, check.message});
}

void Selection::apply(Results& results) const {
    std::erase_if(results.checks, [this](const CheckOutcome& check) { return !includes(check); });
}

}  // namespace prw::suite
