/// One results for the tests of reports: every verdict, both messages, known failures in every state, hostile text.
#pragma once

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "prw/sender_suite/sender_suite.h"
#include "prw/suite/results.h"

namespace prw::report {

inline rules::Finding finding() {
    rules::Finding f;
    f.rule = "labels/sorted";
    f.clauses = {"prw1.labels.sorted"};
    f.message = "wanted label names in byte order, got \"job\" after \"zone\"";
    f.series = "up{zone=\"<b>&\\\"x\\\"\",job=\"a\"}";
    f.field = "timeseries[3].labels[2].name";
    f.protobuf_bytes = proto::ByteRange{120, 9};
    f.body_bytes = proto::ByteRange{98, 7};
    f.evidence = "0a 04 7a 6f 6e 65\n      ^^^^^^^^^^^";
    f.fix = "Sort labels by the bytes of their names before encoding.";
    f.count = 480;
    return f;
}

/// One check of every verdict, both messages, a group with all passed.
inline suite::Results sample() {
    suite::Results r;
    r.tool_version = "0.1.0";
    r.role = "sender";
    r.unjudged = sender_suite::sender_suite().unjudged;
    r.complete = true;
    r.target = {"my-agent", "1.2", "my-agent.yaml", "my-agent/1.2", "./my-agent --config <x>"};
    r.command_line = "prw test sender --profile my-agent.yaml";
    r.learn_more = "prw explain sender/labels/sorted";
    r.started = "2026-01-02T03:04:05Z";
    r.duration_ms = 3812;
    r.scenarios = {{"steady", proto::ProtobufMessage::kV1, "all rules on everything sent", 2100, 12, 480, 960,
                    "steady-1.0.prwcap", "steady-1.0.log", ""},
                   {"retry-5xx", proto::ProtobufMessage::kV1, "503 twice, then success", 900, 0, 0, 0, "",
                    "retry-5xx-1.0.log", "the target exited with 1 before it sent anything"}};
    const auto add = [&](const char* id, proto::ProtobufMessage message, proto::Level level, suite::Verdict verdict,
                         std::vector<std::string> clauses) -> suite::CheckOutcome& {
        suite::CheckOutcome c;
        c.id = id;
        c.message = message;
        c.level = level;
        c.verdict = verdict;
        c.clauses = std::move(clauses);
        c.summary = "Summary of the check.";
        c.scenario = "steady";
        c.evidence = {{"requests", 12}, {"series", 480}};
        c.duration_ms = 2100;
        r.checks.push_back(std::move(c));
        return r.checks.back();
    };
    using proto::Level;
    using proto::ProtobufMessage;
    auto& sorted =
        add("sender/labels/sorted", ProtobufMessage::kV1, Level::kMust, suite::Verdict::kFail, {"prw1.labels.sorted"});
    sorted.want = "label names in unsigned byte order in every series";
    sorted.got = "480 of 480 series out of order";
    sorted.findings = {finding()};
    sorted.capsule = "capsules/sender--labels--sorted-1.0.prwcap";
    sorted.exchanges = {1, 2, 3};
    sorted.trace = {
        {1, "POST /api/v1/write HTTP/1.1\nUser-Agent: my-agent/1.2\n",
         "303 bytes, snappy block format\nprometheus.WriteRequest: 480 series\n  up{zone=\"<b>\",job=\"a\"}\n"
         "    1  @ 1767323045678 (2026-01-02T03:04:05.678Z)\n",
         "204 after 2 ms\nServer: prw\n"}};
    add("sender/labels/sorted", ProtobufMessage::kV2, Level::kMust, suite::Verdict::kPass, {"prw2.labels.sorted"});
    auto& agent = add("sender/headers/user-agent-version", ProtobufMessage::kV1, Level::kShould, suite::Verdict::kWarn,
                      {"ext.http.user-agent-version"});
    agent.extension = true;
    agent.reason = "User-Agent is \"my-agent\", without a version";
    add("sender/retry/on-5xx", ProtobufMessage::kV1, Level::kMust, suite::Verdict::kError, {"prw1.retries.retry-5xx"})
        .reason = "the target exited with 1 before it sent anything";
    add("sender/exemplars/value", ProtobufMessage::kV2, Level::kMust, suite::Verdict::kInconclusive,
        {"prw2.exemplars.value"})
        .reason = "no exemplar was ever sent";
    add("sender/stale/marker", ProtobufMessage::kV1, Level::kMust, suite::Verdict::kNotApplicable,
        {"prw1.stale.send-marker"})
        .reason = "the profile says input: none";
    add("sender/labels/job-instance", ProtobufMessage::kV1, Level::kMay, suite::Verdict::kInfo,
        {"prw1.scope.job-instance-labels"})
        .reason = "series carry job and instance";
    return r;
}

/// And with a file of known failures, and repetitions that differ.
inline suite::Results sample_with_expectations() {
    suite::Results r = sample();
    r.expectations = "known.yaml";
    r.repeat = 3;
    r.seed = 7;
    const auto note = [](suite::ExpectationState state, const char* problem, const char* edit) {
        suite::ExpectationNote out;
        out.state = state;
        out.reason = "labels are sorted in the next version";
        out.issue = "https://example.org/issues/12";
        out.expires = "2027-03-01";
        out.origin = "known.yaml:4";
        out.problem = problem;
        out.edit = edit;
        return out;
    };
    r.checks[0].expectation = note(suite::ExpectationState::kMet, "", "");
    r.checks[1].expectation = note(suite::ExpectationState::kStale, "it is listed as failing, and passes",
                                   "known.yaml:4: remove the entry (lines 4 to 8)");
    r.checks[2].runs = {suite::Verdict::kPass, suite::Verdict::kWarn, suite::Verdict::kPass};
    return r;
}

/// A run of one scenario, in which all that was tried is right.
inline suite::Results sample_of_a_part() {
    suite::Results r = sample();
    std::erase_if(r.checks, [](const suite::CheckOutcome& check) {
        return check.verdict == suite::Verdict::kFail || check.verdict == suite::Verdict::kError;
    });
    r.scenarios.pop_back();
    r.asked = r.sent = {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2};
    r.command_line = "prw test sender --profile my-agent.yaml --scenario steady";
    r.coverage.emplace();
    r.coverage->because = {"--scenario steady"};
    r.coverage->scenarios = {{"4xx", proto::ProtobufMessage::kV1}, {"retry-after", proto::ProtobufMessage::kV1}};
    for (const char* id : {"sender/retry/on-5xx", "sender/retry/same-data", "sender/redirect/not-a-get",
                           "sender/stale/single-marker", "sender/outage/no-loss", "sender/labels/complete-set"})
        r.coverage->checks.emplace_back(id, proto::ProtobufMessage::kV1);
    return r;
}

/// Much to tell: `fails` failures with two findings each, `open` checks that could not be judged, for `reasons`
/// reasons.
inline suite::Results sample_of_many(std::size_t fails, std::size_t open, std::size_t reasons) {
    suite::Results r = sample();
    const auto failure = r.checks.front();
    for (std::size_t i = 0; i < fails; ++i) {
        r.checks.push_back(failure);
        r.checks.back().id = "sender/" + std::string(i % 2 == 0 ? "retry" : "transport") +
                             "/a-check-with-a-long-name-" + std::to_string(i);
    }
    suite::CheckOutcome unjudged;
    unjudged.level = proto::Level::kMust;
    for (std::size_t i = 0; i < open; ++i) {
        r.checks.push_back(unjudged);
        r.checks.back().id = "sender/open/check-" + std::to_string(i);
        r.checks.back().reason = "no request with samples was answered in the way number " +
                                 std::to_string(i % std::max<std::size_t>(reasons, 1)) + " that this needs to be seen";
    }
    r.command_line = "prw test sender -- ./my-agent";
    return r;
}

/// Whatever a peer may send, where a report shows it.
inline std::string hostile() {
    return std::string("a|b `c` *d* <script>&\"'\\ ]]> \x1b[31m\x07 \xff\xfe \xc2\x9b \xe2\x80\xae #1 @team ") +
           std::string(1, '\0') + "$x$\n---\n1..2\nnot ok";
}
inline suite::Results sample_with_hostile_text() {
    suite::Results r = sample();
    r.target.name = hostile();
    r.target.user_agent = hostile();
    r.problem = hostile();
    for (auto& check : r.checks) check.reason = hostile();
    r.checks[0].got = r.checks[0].want = hostile();
    auto& excerpt = r.checks[0].trace.at(0);
    for (auto* text : {&r.checks[0].capsule, &excerpt.request, &excerpt.body, &excerpt.response, &r.scenarios[0].name,
                       &r.scenarios[0].capture, &r.scenarios[1].problem, &r.scenarios[1].target_log, &r.command_line})
        *text = hostile();
    for (auto* text : {&r.checks[0].findings[0].message, &r.checks[0].findings[0].series,
                       &r.checks[0].findings[0].field, &r.checks[0].findings[0].evidence, &r.checks[0].findings[0].fix})
        *text = hostile();
    return r;
}

}  // namespace prw::report
