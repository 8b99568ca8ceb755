/// Redirects: a write that turned into a request without data is no success.
#include <algorithm>
#include <array>
#include <string>

#include "all.h"
#include "checks/fate.h"
#include "checks/table.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

constexpr std::array kRedirectStatuses = {301, 302, 303, 307, 308};
constexpr const char* kRedirectedPath = "/prw/redirected";
std::string redirect_step(int status) { return "redirect with " + std::to_string(status); }
std::string redirect_target(int status) { return std::string(kRedirectedPath) + "?from=" + std::to_string(status); }

/// Each redirect takes new data, and two requests more show what became of it; data of its own a sender may soon have
/// no more of.
constexpr Patience kForAll{35s, 12}, kForOwn{25s, 12};

receiver::Script redirects(bool scrapes) {
    receiver::Script script;
    receiver::ScriptStep there;
    there.name = "redirected";
    there.path = kRedirectedPath;
    there.probes = true;  // as a page behind a login would
    there.status = 200;
    there.body = "ok\n";
    script.steps.push_back(there);
    for (const auto status : kRedirectStatuses) {
        receiver::ScriptStep step;
        step.name = redirect_step(status);
        step.times = 1;
        step.status = status;
        step.headers = {{"Location", redirect_target(status)}};
        step.series = true;
        if (scrapes) step.metric = kCarrier;
        script.steps.push_back(step);
    }
    return script;
}

void play(Stage& stage) {
    const bool scrapes = stage.record().target.input == suite::Input::kScrape;
    Stage::Opening opening;
    opening.script = redirects(scrapes);
    opening.other_targets = true;
    if (!stage.open_with(std::move(opening))) return;
    if (!first_samples(stage)) return;
    Silence silent(stage, kSilence);
    (void)stage.wait(scrapes ? kForAll : kForOwn, [&] {
        const auto& observation = stage.observation();
        const bool shown = std::all_of(kRedirectStatuses.begin(), kRedirectStatuses.end(), [&](int status) {
            const auto fate = fate_of(observation, redirect_step(status));
            return fate.hit && (fate.later >= 2 || (fate.acknowledged >= fate.samples && fate.later >= 1));
        });
        if (shown) return true;
        return silent(observation.deliveries().size());
    });
}

struct Followed {
    Fate fate;
    std::uint64_t with_data = 0;     ///< requests to the Location that brought the data, or some other
    std::uint64_t without_data = 0;  ///< requests to the Location without any that were answered 2xx
    std::uint64_t exchange = 0;      ///< the first of those
    bool by_get = false;
};

Followed followed(const ScenarioRecord& record, int status) {
    Followed out;
    out.fate = fate_of(record.observation, redirect_step(status));
    const auto location = redirect_target(status);
    for (const auto& probe : record.observation.probes()) {
        if (probe.target != location || probe.status / 100 != 2) continue;
        ++out.without_data;
        out.by_get = true;
        if (out.exchange == 0) out.exchange = probe.id;
    }
    for (const auto& delivery : record.deliveries()) {
        if (delivery.target != location) continue;
        if (!delivery.samples.empty()) {
            ++out.with_data;
        } else if (delivery.acknowledged()) {
            ++out.without_data;
            if (out.exchange == 0) out.exchange = delivery.id;
        }
    }
    return out;
}

template <std::size_t N>
void judge_statuses(const ScenarioRecord& record, const std::array<int, N>& statuses, const std::string& want,
                    suite::CheckOutcome& out) {
    std::string kept, dropped, lost, open;
    for (const int status : statuses) {
        const auto seen = followed(record, status);
        if (!seen.fate.hit) continue;
        evidence(out, "samples redirected with " + std::to_string(status), seen.fate.samples);
        if (seen.fate.mostly()) {
            add_word(kept, std::to_string(status));
        } else if (seen.without_data > 0 && seen.fate.later > 0) {
            add_word(lost, std::to_string(status));
            add_finding(
                out, record.observation.series()[seen.fate.series].text,
                "request " + std::to_string(seen.fate.exchange) + " was redirected with " + std::to_string(status) +
                    " and followed by " + (seen.by_get ? "a GET" : "a request without the data") + " (" +
                    std::to_string(seen.exchange) + "), which was answered 2xx; its " +
                    count_text(seen.fate.samples, "sample") + " never came again",
                seen.exchange,
                "Follow only 307 and 308, with POST and the same body; report any other redirect as a failure.");
        } else if (seen.fate.later > 0) {
            add_word(dropped, std::to_string(status));
        } else {
            add_word(open, std::to_string(status));
        }
    }
    if (!lost.empty())
        return miss(out, want,
                    "a request without the data was sent instead, and its 2xx taken for the data's, after " + lost);
    std::string text;
    if (!kept.empty()) text = "the data came again after " + kept;
    if (!dropped.empty())
        text += (text.empty() ? "" : "; ") + ("not followed, and the data not sent again, after " + dropped);
    if (!text.empty()) {
        if (kept.empty() && record.observation.probes().empty()) return pass(out, text + ": treated as a refusal");
        return pass(out, text);
    }
    undecided(out, open.empty()
                       ? "no request with samples was redirected"
                       : "nothing followed that would show how the redirect was taken; " + ending_text(record));
}

void judge_not_by_get(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_statuses(record, std::array{301, 302, 303}, "a redirect that is not taken for success without the data", out);
}

void judge_same_request(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_statuses(record, std::array{307, 308}, "the same request at the new place, or a failure", out);
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/redirect/not-by-get",
        .clauses = {"ext.http.no-method-change-on-redirect"},
        .summary = "Data that was answered 301, 302 or 303 is not taken for delivered because a GET succeeded.",
        .judge = judge_not_by_get,
        .fix = "Do not follow redirects, or follow 307 and 308 by POST with the body; a GET delivers nothing.",
    },
    BehaviourCheck{
        .id = "sender/redirect/same-request",
        .clauses = {"ext.http.no-method-change-on-redirect"},
        .summary = "A 307 or 308 is followed with the same data, or treated as a failure.",
        .judge = judge_same_request,
        .fix = "Send the same method, headers and body to the new place.",
    },
};

}  // namespace

Scenario redirects_scenario() {
    return {
        .name = "redirects",
        .summary = "Requests are answered 301, 302, 303, 307 and 308 with a Location that accepts everything.",
        .seconds = 6,
        .play = play,
        .checks = {kChecks},
    };
}

}  // namespace prw::sender_suite
