/// What the operator configures: the URL, further headers, credentials, and what must not be configurable.
#include "configuration.h"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "all.h"
#include "checks/table.h"
#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/suite/profile.h"
#include "scenario.h"

namespace prw::sender_suite {
namespace {

constexpr std::string_view kConfiguredTarget = "/prw/configured/write?tenant=a&zone=b";
constexpr std::string_view kBasicTarget = "/prw/basic/write";
constexpr std::string_view kBearerTarget = "/prw/bearer/write";
constexpr std::string_view kTlsTarget = "/prw/tls/write";
constexpr std::string_view kCustomHeader = "X-Prw-Test", kCustomValue = "prw";
/// Of kTestUser and kTestPassword.
constexpr std::string_view kBasicCredentials = "Basic cHJ3LXVzZXI6cHJ3LXdvcmQ=";

struct ReservedHeader {
    std::string_view name, value;  ///< the name in some spelling, a value that the sender would never send by itself
    std::string_view target;       ///< path of the start that tries it
};
/// The four that both versions name.
constexpr std::array<ReservedHeader, 4> kReservedHeaders = {{
    {"Content-Encoding", "identity", "/prw/reserved-1/write"},
    {"content-type", "text/plain", "/prw/reserved-2/write"},
    {"X-PROMETHEUS-REMOTE-WRITE-VERSION", "9.9.9", "/prw/reserved-3/write"},
    {"User-agent", "prw-override/1.0", "/prw/reserved-4/write"},
}};

/// The path of a request target.
std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

/// For an accepted request once there was one, which a refusal for want of credentials may precede.
constexpr Patience kAccepted{2s, 1};
/// For the first request of a further start, however long the profile gives the first: that has shown it to be quick.
constexpr Patience kStartsAgain{10s, 1};

/// Answers 401 on this path until the credentials come: some clients wait to be asked.
void demand(receiver::Script& script, std::string_view target, std::string_view credentials, std::string_view scheme) {
    receiver::ScriptStep step;
    step.name = "with credentials";
    step.path = path_of(target);
    step.own_answer = true;
    step.header = {{proto::header::kAuthorization, std::string(credentials)}};
    script.steps.push_back(step);
    step.name = "without credentials";
    step.header.clear();
    step.own_answer = false;
    step.status = 401;
    step.headers = {{"WWW-Authenticate", std::string(scheme) + " realm=\"prw\""}};
    step.body = "credentials are wanted\n";
    script.steps.push_back(std::move(step));
}

std::vector<Trial>& trials_of(Stage& stage) { return stage.record().notes<ConfigurationNotes>().trials; }

/// How the program that was started last ended, if it has.
void note_end(Stage& stage) {
    auto& trial = trials_of(stage).back();
    if (const auto end = stage.exited()) {
        trial.exited = end->text();
        trial.exited_cleanly = end->success();
    }
}

/// Waits until the program has sent to its URL, with credentials when it is asked for them, or ended, or had its time.
void watch(Stage& stage, Patience patience) {
    const auto path = std::string(path_of(trials_of(stage).back().target));
    const bool asks = !trials_of(stage).back().credentials.empty();
    Overdue refused(stage, kAccepted);
    const auto sent = [&] {
        bool any = false, accepted = false;
        for (const auto& delivery : stage.observation().deliveries()) {
            if (path_of(delivery.target) != path) continue;
            any = true;
            accepted = accepted || delivery.acknowledged();
        }
        return asks ? accepted || refused(any) : any;
    };
    (void)stage.wait(
        patience, [&] { return sent() || stage.exited().has_value(); }, false);
    note_end(stage);
}

void play(Stage& stage) {
    auto& record = stage.record();
    auto& trials = trials_of(stage);
    const auto has = [&](std::string_view variant) { return record.target.variants.contains(std::string(variant)); };
    Trial first;
    first.target = kConfiguredTarget;
    Stage::Opening opening;
    opening.target = kConfiguredTarget;
    opening.other_targets = true;
    opening.keep_heads = true;
    if (has(suite::kVariantHeader)) {
        first.variants.emplace_back(suite::kVariantHeader);
        first.header = kCustomHeader;
        first.value = kCustomValue;
    }
    if (has(suite::kVariantBasicAuth)) demand(opening.script, kBasicTarget, kBasicCredentials, "Basic");
    const std::string bearer = "Bearer " + std::string(kTestToken);
    if (has(suite::kVariantBearer)) demand(opening.script, kBearerTarget, bearer, "Bearer");
    opening.variants = first.variants;
    trials.push_back(std::move(first));
    if (!stage.open_with(std::move(opening))) return;
    // Without more starts the program may end as it likes; otherwise its end must not end the receiver.
    const bool more = has(suite::kVariantHeader) || has(suite::kVariantTls) || has(suite::kVariantBasicAuth) ||
                      has(suite::kVariantBearer);
    Overdue shown(stage, kAccepted);
    const auto accepted = [&] {
        const auto& all = stage.observation().deliveries();
        return shown(any_samples(stage.observation())) || (more && stage.exited().has_value()) ||
               std::any_of(all.begin(), all.end(),
                           [](const Delivery& d) { return d.acknowledged() && !d.samples.empty(); });
    };
    if (stage.wait(after_start(stage, kBegins), accepted, !more) != Waited::kDone) return;
    note_end(stage);
    if (!stage.look([](const Observation& seen) { return any_samples(seen); })) return;

    auto patience = kStartsAgain;
    patience.usual = std::min<Stage::Milliseconds>(patience.usual, record.target.settle);
    // One thing at a time: what goes wrong only beside something else must not be told of the one alone.
    const auto authenticate = [&](std::string_view variant, std::string_view target, std::string_view credentials) {
        if (!has(variant)) return;
        Trial trial;
        trial.target = target;
        trial.variants = {std::string(variant)};
        trial.credentials = credentials;
        trials.push_back(std::move(trial));
        if (stage.restart(std::string(target), trials.back().variants, {})) watch(stage, patience);
    };
    authenticate(suite::kVariantBasicAuth, kBasicTarget, kBasicCredentials);
    authenticate(suite::kVariantBearer, kBearerTarget, bearer);
    if (has(suite::kVariantTls)) {
        Trial trial;
        trial.target = kTlsTarget;
        trial.variants = {std::string(suite::kVariantTls)};
        trials.push_back(std::move(trial));
        if (stage.restart(std::string(kTlsTarget), trials.back().variants, {})) watch(stage, patience);
        trials.back().failed_handshakes = stage.failed_handshakes();
    }
    if (has(suite::kVariantHeader)) {
        for (const auto& reserved : kReservedHeaders) {
            Trial trial;
            trial.target = reserved.target;
            trial.variants = {std::string(suite::kVariantHeader)};
            trial.header = reserved.name;
            trial.value = reserved.value;
            trial.provokes = true;
            stage.leave_to_trial(trial.target);
            trials.push_back(std::move(trial));
            if (stage.restart(std::string(reserved.target), trials.back().variants,
                              {{"PRW_HEADER_NAME", std::string(reserved.name)},
                               {"PRW_HEADER_VALUE", std::string(reserved.value)}}))
                watch(stage, patience);
        }
    }
}

const Trial* trial_to(const ScenarioRecord& record, std::string_view path) {
    const auto& trials = record.notes<ConfigurationNotes>().trials;
    const auto found =
        std::find_if(trials.begin(), trials.end(), [&](const Trial& t) { return path_of(t.target) == path; });
    return found == trials.end() ? nullptr : &*found;
}

std::vector<const Delivery*> deliveries_to(const ScenarioRecord& record, std::string_view path) {
    std::vector<const Delivery*> out;
    for (const auto& delivery : record.deliveries()) {
        if (path_of(delivery.target) == path) out.push_back(&delivery);
    }
    return out;
}

std::vector<std::string> values_of(const Delivery& delivery, std::string_view name) {
    std::vector<std::string> out;
    const auto head = proto::parse_request_head(delivery.head);
    if (!head) return out;
    for (const auto& field : head->fields) {
        if (base::iequals(field.name, name)) out.emplace_back(proto::trim_ows(field.value));
    }
    return out;
}

std::string without_variant(std::string_view what, std::string_view variant) {
    return "nothing says how to configure " + std::string(what) + " (variant " + std::string(variant) +
           " of the profile)";
}

/// Every parameter of `wanted` is in `got`; a sender may add some of its own.
bool has_parameters(std::string_view got, std::string_view wanted) {
    const auto parts = [](std::string_view target) {
        std::vector<std::string_view> out;
        const auto mark = target.find('?');
        while (mark != std::string_view::npos && !target.empty()) {
            target.remove_prefix(out.empty() ? mark + 1 : 0);
            const auto end = std::min(target.find('&'), target.size());
            out.push_back(target.substr(0, end));
            if (end == target.size()) break;
            target.remove_prefix(end + 1);
        }
        return out;
    };
    const auto have = parts(got);
    const auto need = parts(wanted);
    return std::all_of(need.begin(), need.end(),
                       [&](std::string_view each) { return std::find(have.begin(), have.end(), each) != have.end(); });
}

void judge_url(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto wanted = kConfiguredTarget;
    std::uint64_t right = 0, wrong = 0;
    for (const auto& delivery : record.deliveries()) {
        const bool path = path_of(delivery.target) == path_of(wanted);
        if (!path && trial_to(record, path_of(delivery.target)) != nullptr) continue;
        if (path && has_parameters(delivery.target, wanted)) {
            ++right;
            continue;
        }
        ++wrong;
        add_finding(out, {}, "request " + std::to_string(delivery.id) + " went to " + delivery.target, delivery.id,
                    "Use path and query of the configured URL as they are.");
    }
    evidence(out, "requests to the configured path and query", right);
    const std::string want = "requests to " + std::string(wanted);
    if (wrong == 0 && right > 0) return pass(out, "every request went to " + std::string(wanted));
    if (right + wrong == 0) return undecided(out, "no request arrived while the path was configured");
    const auto& got = *std::find_if(record.deliveries().begin(), record.deliveries().end(),
                                    [&](const Delivery& d) { return d.id == out.exchanges.front(); });
    if (record.target.input == suite::Input::kUnknown) {
        out.findings.clear();
        return undecided(out, "requests went to " + got.target + "; nothing says how the program builds its URL");
    }
    miss(out, want, count_text(wrong, "request") + " to " + got.target);
}

void judge_custom(const ScenarioRecord& record, suite::CheckOutcome& out) {
    const auto* trial = trial_to(record, path_of(kConfiguredTarget));
    if (trial == nullptr || trial->header.empty())
        return not_applicable(out, without_variant("a further header", suite::kVariantHeader));
    const auto requests = deliveries_to(record, path_of(trial->target));
    if (requests.empty()) return undecided(out, "no request arrived with the header configured");
    std::uint64_t wrong = 0;
    std::string got;
    for (const auto* delivery : requests) {
        const auto values = values_of(*delivery, trial->header);
        if (values.size() == 1 && values.front() == trial->value) continue;
        ++wrong;
        const std::string seen = values.empty()      ? "without it"
                                 : values.size() > 1 ? "with it " + std::to_string(values.size()) + " times"
                                                     : "with the value \"" + values.front() + "\"";
        if (got.empty()) got = seen;
        add_finding(out, {}, "request " + std::to_string(delivery->id) + " came " + seen, delivery->id,
                    "Send each configured header once with every request, retries included.");
    }
    evidence(out, "requests", requests.size());
    if (wrong == 0)
        return pass(out, trial->header + " came once, with its value, in " + count_text(requests.size(), "request"));
    miss(out, trial->header + ": " + trial->value + " in every request",
         count_text(wrong, "request") + " of " + std::to_string(requests.size()) + " " + got);
}

/// What became of a header that the protocol reserves: rejected with the configuration, left alone, or wrong.
void judge_reserved(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (!record.target.variants.contains(std::string(suite::kVariantHeader)))
        return not_applicable(out, without_variant("a further header", suite::kVariantHeader));
    std::string rejected, kept, wrong;
    for (const auto& reserved : kReservedHeaders) {
        const auto path = path_of(reserved.target);
        const auto* trial = trial_to(record, path);
        if (trial == nullptr) continue;
        const auto requests = deliveries_to(record, path);
        const std::string name(reserved.name);
        if (requests.empty()) {
            if (trial->exited && !trial->exited_cleanly) add_word(rejected, name);
            continue;
        }
        std::string got;
        for (const auto* delivery : requests) {
            const auto values = values_of(*delivery, name);
            const bool ours = std::find(values.begin(), values.end(), reserved.value) != values.end();
            if (values.size() < 2 && !ours) continue;
            got = values.size() > 1 ? name + " came " + std::to_string(values.size()) + " times"
                                    : name + " came as \"" + std::string(reserved.value) + "\", as configured";
            add_finding(out, {}, "in request " + std::to_string(delivery->id) + " " + got, delivery->id,
                        "Refuse a configuration that sets " + name + ", in whatever case, or leave it out.");
            break;
        }
        add_word(got.empty() ? kept : wrong, name);
    }
    const auto number = [](const std::string& list) {
        return list.empty() ? 0 : static_cast<std::uint64_t>(std::count(list.begin(), list.end(), ',')) + 1;
    };
    evidence(out, "configurations rejected", number(rejected));
    evidence(out, "headers left alone", number(kept));
    if (!wrong.empty())
        return miss(out, "a reserved header as the protocol has it, once, whatever is configured",
                    "overridden or doubled: " + wrong);
    if (rejected.empty() && kept.empty()) return undecided(out, "the program sent nothing with such a configuration");
    pass(out, (rejected.empty() ? std::string() : "the program refuses to start with " + rejected) +
                  (rejected.empty() || kept.empty() ? "" : "; ") +
                  (kept.empty() ? std::string() : "sent as the protocol has it: " + kept));
}

void judge_credentials(const ScenarioRecord& record, std::string_view target, std::string_view variant,
                       std::string_view what, suite::CheckOutcome& out) {
    const auto* trial = trial_to(record, path_of(target));
    if (!record.target.variants.contains(std::string(variant)))
        return not_applicable(out, without_variant(what, variant));
    if (trial == nullptr) return undecided(out, "the program was not started with it");
    const auto requests = deliveries_to(record, path_of(target));
    if (requests.empty()) {
        return undecided(out, "no request arrived with " + std::string(what) + " configured" +
                                  (trial->exited ? "; the program " + *trial->exited : ""));
    }
    std::uint64_t with = 0, without = 0, other = 0;
    const auto space = trial->credentials.find(' ');
    for (const auto* delivery : requests) {
        const auto values = values_of(*delivery, proto::header::kAuthorization);
        const auto gap = values.empty() ? 0 : std::min(values.front().find(' '), values.front().size());
        // The scheme's name has no case (RFC 9110 11.1).
        const bool right = values.size() == 1 &&
                           base::iequals(values.front().substr(0, gap), trial->credentials.substr(0, space)) &&
                           values.front().substr(gap) == trial->credentials.substr(space);
        if (right) {
            ++with;
        } else {
            ++(values.empty() ? without : other);
            if (out.exchanges.empty()) out.exchanges.push_back(delivery->id);
        }
    }
    evidence(out, "requests with the credentials", with);
    evidence(out, "requests without", without + other);
    if (with > 0 && other == 0) {
        out.exchanges.clear();
        return pass(out,
                    count_text(with, "request") + " with the configured credentials" +
                        (without > 0 ? ", after " + count_text(without, "request") + " without, answered 401" : ""));
    }
    add_finding(out, {}, other > 0 ? "Authorization is not what was configured" : "Authorization is missing", 0,
                "Send the configured credentials in one Authorization header.");
    miss(out, "Authorization as configured",
         other > 0 ? count_text(other, "request") + " with another or a second Authorization"
                   : count_text(without, "request") + " without Authorization");
}

void judge_basic(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_credentials(record, kBasicTarget, suite::kVariantBasicAuth, "user and password", out);
}

void judge_bearer(const ScenarioRecord& record, suite::CheckOutcome& out) {
    judge_credentials(record, kBearerTarget, suite::kVariantBearer, "a bearer token", out);
}

void judge_tls(const ScenarioRecord& record, suite::CheckOutcome& out) {
    if (!record.target.variants.contains(std::string(suite::kVariantTls)))
        return not_applicable(out, without_variant("a CA to trust", suite::kVariantTls));
    const auto* trial = trial_to(record, path_of(kTlsTarget));
    if (trial == nullptr) return undecided(out, "the program was not started with it");
    const auto requests = deliveries_to(record, path_of(kTlsTarget)).size();
    evidence(out, "requests over TLS", requests);
    evidence(out, "handshakes that failed", trial->failed_handshakes);
    if (requests > 0)
        return pass(out, count_text(requests, "request") + " over TLS, with a certificate of the configured CA");
    if (trial->failed_handshakes == 0) {
        return undecided(
            out, "nobody came to the https URL" + (trial->exited ? "; the program " + *trial->exited : std::string()));
    }
    add_finding(out, {}, count_text(trial->failed_handshakes, "handshake") + " failed, and no request followed", 0,
                "Trust the CA file that is configured, for the host of the URL.");
    miss(out, "requests over TLS to a receiver whose certificate the configured CA has signed",
         "no handshake succeeded");
}

constexpr std::array kChecks = {
    BehaviourCheck{
        .id = "sender/url/path-and-query",
        .clauses = {"prw1.scope.path-from-sender", "prw2.scope.path-from-sender"},
        .summary = "Requests go to the path and query that are configured.",
        .judge = judge_url,
        .fix = "Use the configured URL as it is: append no path, and keep its query.",
    },
    BehaviourCheck{
        .id = "sender/headers/custom-arrives",
        .clauses = {"prw1.headers.custom-allowed", "prw2.headers.custom-allowed"},
        .summary = "A further header that is configured comes once with every request.",
        .judge = judge_custom,
        .fix = "Put the configured headers on every request, retries included.",
    },
    BehaviourCheck{
        .id = "sender/headers/reserved-kept",
        .clauses = {"prw1.headers.no-reserved-override", "prw2.headers.no-reserved-override"},
        .summary = "Configured headers neither override nor double those that the protocol reserves.",
        .judge = judge_reserved,
        .fix =
            "Refuse or ignore configured values for headers that the protocol sets, whatever the case of their names.",
    },
    BehaviourCheck{
        .id = "sender/auth/basic",
        .clauses = {"ext.http.auth-supported"},
        .summary = "User and password are sent when they are configured.",
        .judge = judge_basic,
        .fix = "Send Authorization: Basic with the base64 of user:password, on every request.",
    },
    BehaviourCheck{
        .id = "sender/auth/bearer",
        .clauses = {"ext.http.auth-supported"},
        .summary = "A bearer token is sent when it is configured.",
        .judge = judge_bearer,
        .fix = "Send Authorization: Bearer with the configured token, on every request.",
    },
    BehaviourCheck{
        .id = "sender/auth/tls",
        .clauses = {"ext.http.auth-supported"},
        .summary = "An https URL is reached with a CA that is configured.",
        .judge = judge_tls,
        .fix = "Trust the configured certificate authority, present the configured client certificate, and refuse any "
               "other server.",
    },
};

}  // namespace

Scenario configuration_scenario() {
    return {
        .name = "configuration",
        .summary =
            "The program is configured with a path and a query, a further header, credentials, and with headers that "
            "the protocol reserves.",
        .seconds = 7,
        .play = play,
        .checks = {kChecks},
        .notes = make_notes<ConfigurationNotes>,
        .attachable = false,
    };
}

}  // namespace prw::sender_suite
