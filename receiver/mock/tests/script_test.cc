#include <sstream>

#include <gtest/gtest.h>

#include "prw/proto/http_head.h"
#include "prw/proto/model.h"
#include "prw/receiver/script.h"
#include "request_builder.h"
#include "script_engine.h"
#include "support.h"

namespace prw::receiver {
namespace {

using namespace std::chrono_literals;
using proto::ProtobufMessage;
using prw::testing::RequestBuilder;

/// One line a step: what it waits for, what it answers.
std::string text_of(const Script& script) {
    std::string out;
    for (const auto& s : script.steps) {
        out += s.name;
        if (s.times) out += " x" + std::to_string(*s.times);
        if (s.message) out += " message=" + std::string(proto::short_name(*s.message));
        if (s.attempt) out += " attempt=" + std::to_string(*s.attempt);
        if (!s.path.empty()) out += " path=" + s.path;
        for (const auto& [name, value] : s.header) out += " header=" + name + ":" + value;
        if (!s.metric.empty()) out += " metric=" + s.metric;
        if (s.series) out += *s.series ? " series" : " no-series";
        if (s.batch != Batch::kAny) out += s.batch == Batch::kNew ? " batch=new" : " batch=one";
        if (s.after) out += " after=" + std::to_string(s.after->count());
        if (s.until) out += " until=" + std::to_string(s.until->count());
        out += s.own_answer ? " -> own" : " -> " + std::to_string(s.status);
        for (const auto& [name, value] : s.headers) out += " " + name + "=" + value;
        if (!s.body.empty()) out += " body=" + s.body;
        if (s.retry_after_date) out += " until=" + std::to_string(s.retry_after_date->count());
        if (s.delay.count() != 0) out += " delay=" + std::to_string(s.delay.count());
        if (s.fault != http::Fault::kNone) out += " fault=" + std::string(name_of(s.fault));
        if (!s.written_headers) out += " unwritten";
        out += "\n";
    }
    return out;
}

struct Row {
    const char* input;
    std::string wanted;
};

TEST(ScriptYaml, EveryKeyIsRead) {
    const Row rows[] = {
        {"version: 1\nsteps: []\n", ""},
        {"version: 1\n", ""},
        {"{version: 1, steps: [{status: 503}]}", "step 1 -> 503\n"},
        {"version: 1\nsteps:\n  - times: 2\n    status: 503\n    headers: {Retry-After: \"1\"}\n    body: overloaded\n "
         "   delay: 100ms\n",
         "step 1 x2 -> 503 Retry-After=1 body=overloaded delay=100\n"},
        {"version: 1\nsteps:\n  - when: {message: \"2.0\", attempt: 1, path: /x, header: {X-Scope-OrgID: a}, metric: "
         "up}\n    after: 5s\n    until: 15s\n    status: 415\n",
         "step 1 message=2.0 attempt=1 path=/x header=X-Scope-OrgID:a metric=up after=5000 until=15000 -> 415\n"},
        {"version: 1\nsteps:\n  - {status: 503, retry_after_date: 2s}\n", "step 1 -> 503 until=2000\n"},
        {"version: 1\nsteps:\n  - {name: break it, fault: reset}\n  - {delay: 1s}\n",
         "break it -> own fault=reset\nstep 2 -> own delay=1000\n"},
        {"version: 1\nsteps:\n  - {when: {series: true, batch: new}, status: 503}\n  - {when: {series: false, batch: "
         "one}, "
         "status: 401}\n",
         "step 1 series batch=new -> 503\nstep 2 no-series batch=one -> 401\n"},
        {"version: 1\nsteps: [{status: 204, written_headers: false}, {fault: stall}, {fault: cut}, {fault: garbage}, "
         "{fault: dribble}, {fault: close}]",
         "step 1 -> 204 unwritten\nstep 2 -> own fault=stall\nstep 3 -> own fault=cut\nstep 4 -> own "
         "fault=garbage\nstep 5 -> own fault=dribble\nstep 6 -> own fault=close\n"},
    };
    for (const auto& [input, wanted] : rows) {
        const auto script = parse_script(input);
        ASSERT_TRUE(script) << input << script.error().text();
        EXPECT_EQ(text_of(*script), wanted) << input;
    }
}

/// The blocks of docs/scripts.md that begin with "```LANGUAGE" and end with "```".
std::vector<std::string> examples(const std::string& language) {
    std::istringstream page(prw::testing::read_file(prw::testing::source_dir() / "docs/scripts.md"));
    std::vector<std::string> out;
    bool within = false, wanted = false;
    for (std::string line; std::getline(page, line);) {
        if (line.starts_with("```")) {
            within = !within;
            wanted = within && line == "```" + language;
            if (wanted) out.emplace_back();
        } else if (wanted) {
            out.back() += line + "\n";
        }
    }
    return out;
}

TEST(ScriptYaml, EveryExampleOfTheDocumentationIsRead) {
    const auto blocks = examples("yaml");
    ASSERT_GE(blocks.size(), 3U);
    std::string all;
    for (const auto& block : blocks) {
        const auto script = parse_script(block);
        ASSERT_TRUE(script) << block << script.error().text();
        EXPECT_FALSE(script->empty()) << block;
        all += block;
    }
    EXPECT_EQ(text_of(*parse_script(blocks.front())),
              "overloaded x2 -> 503 Retry-After=1 body=overloaded, come back delay=100\n"
              "no 2.0 here message=2.0 -> 415\n"
              "one tenant is refused path=/api/v1/write header=X-Scope-OrgID:blocked metric=up -> 403\n"
              "ten seconds of outage after=5000 until=15000 -> own fault=reset\n");
    // A key that the page forgets is found by the reader's own list of keys.
    for (const auto key : script_keys())
        EXPECT_NE(all.find(std::string(key) + ":"), std::string::npos) << key << " has no example";
}

TEST(ScriptShort, EveryExampleOfTheDocumentationIsRead) {
    const auto blocks = examples("");
    ASSERT_EQ(blocks.size(), 1U);
    std::istringstream lines(blocks.front());
    int read = 0;
    for (std::string line; std::getline(lines, line); ++read) {
        const auto script = parse_script_short(line);
        EXPECT_TRUE(script) << line << ": " << script.error().text();
    }
    EXPECT_GE(read, 4);
}

TEST(ScriptYaml, ErrorsNameFileLineAndNearestKey) {
    const Row rows[] = {
        {"", "r.yaml: a script must be a mapping"},
        {"- 1\n", "r.yaml:1: a script must be a mapping"},
        {"steps: []\n", "r.yaml:1: a script needs version: 1"},
        {"version: 2\n", "r.yaml:1: version must be 1, not \"2\""},
        {"version: 1\nstep: []\n", "r.yaml:2: unknown key \"step\" in a script; did you mean \"steps\"?"},
        {"version: 1\nzzzzzz: []\n", "r.yaml:2: unknown key \"zzzzzz\" in a script; known are version, steps"},
        {"version: 1\nsteps:\n  a: b\n", "r.yaml:3: steps must be a list"},
        {"version: 1\nsteps:\n  - 503\n", "r.yaml:3: a step must be a mapping"},
        {"version: 1\nsteps:\n  - status: 503\n    tmes: 2\n",
         "r.yaml:4: unknown key \"tmes\" in a step; did you mean \"times\"?"},
        {"version: 1\nsteps:\n  - status: 503\n    status: 204\n", "r.yaml:4: key \"status\" is given twice in a step"},
        {"version: 1\nsteps:\n  - status: 99\n", "r.yaml:3: status must be a number from 200 to 599, not \"99\""},
        {"version: 1\nsteps:\n  - status: 503 now\n",
         "r.yaml:3: status must be a number from 200 to 599, not \"503 now\""},
        {"version: 1\nsteps:\n  - status: [503]\n", "r.yaml:3: status must be a text"},
        {"version: 1\nsteps:\n  - times: 0\n", "r.yaml:3: times must be a number from 1 to 1000000000, not \"0\""},
        {"version: 1\nsteps:\n  - times: -1\n", "r.yaml:3: times must be a number from 1 to 1000000000, not \"-1\""},
        {"version: 1\nsteps:\n  - fault: explode\n",
         "r.yaml:3: fault must be close, reset, cut, garbage, stall or dribble, not \"explode\""},
        {"version: 1\nsteps:\n  - written_headers: perhaps\n",
         "r.yaml:3: written_headers must be true or false, not \"perhaps\""},
        {"version: 1\nsteps:\n  - headers: {\"Retry After\": 1}\n", "r.yaml:3: \"Retry After\" is not a header name"},
        {"version: 1\nsteps:\n  - headers: {A: \"1\\r\\nB: 2\"}\n",
         "r.yaml:3: a header value has no line breaks or control characters"},
        {"version: 1\nsteps:\n  - headers: Retry-After\n", "r.yaml:3: headers must be a mapping of names to texts"},
        {"version: 1\nsteps:\n  - when: {message: \"3.0\"}\n", "r.yaml:3: message must be 1.0 or 2.0, not \"3.0\""},
        {"version: 1\nsteps:\n  - when: {mesage: \"2.0\"}\n",
         "r.yaml:3: unknown key \"mesage\" in when; did you mean \"message\"?"},
        {"version: 1\nsteps:\n  - when: {attempt: 0}\n",
         "r.yaml:3: attempt must be a number from 1 to 1000000, not \"0\""},
        {"version: 1\nsteps:\n  - when: {series: some}\n", "r.yaml:3: series must be true or false, not \"some\""},
        {"version: 1\nsteps:\n  - when: {batch: old}\n", "r.yaml:3: batch must be new or one, not \"old\""},
        {"version: 1\nsteps:\n  - when: {sries: true}\n",
         "r.yaml:3: unknown key \"sries\" in when; did you mean \"series\"?"},
        {"version: 1\nsteps:\n  - when: {header: x}\n", "r.yaml:3: header must be a mapping of names to texts"},
        {"version: 1\nsteps:\n  - {after: 5s, until: 5s, status: 503}\n",
         "r.yaml:3: after is not before until: the step would never apply"},
        {"version: 1\nsteps:\n  - body: text\n",
         "r.yaml:3: body needs a status: without one the receiver answers by itself"},
    };
    for (const auto& [input, wanted] : rows) {
        const auto script = parse_script(input, "r.yaml");
        ASSERT_FALSE(script) << input;
        EXPECT_EQ(script.error().text(), wanted) << input;
        EXPECT_EQ(script.error().code, ErrorCode::kInvalidArgument);
    }
}

TEST(ScriptYaml, BrokenYamlAndDurationsSayWhere) {
    for (const char* input :
         {"version: 1\nsteps: [\n", "version: 1\nsteps:\n  - delay: 5\n", "version: 1\nsteps:\n  - after: soon\n"}) {
        const auto script = parse_script(input, "r.yaml");
        ASSERT_FALSE(script) << input;
        EXPECT_EQ(script.error().text().rfind("r.yaml:3: ", 0), 0U) << script.error().text();
    }
}

TEST(ScriptYaml, DeepNestingIsAnErrorNotACrash) {
    const std::string deep = "version: 1\nsteps: " + std::string(100000, '[');
    EXPECT_FALSE(parse_script(deep));
}

TEST(ScriptShort, EveryFormIsRead) {
    const Row rows[] = {
        {"503", "step 1 -> 503\n"},
        {"503x2,204", "step 1 x2 -> 503\nstep 2 -> 204\n"},
        {" 503x2 , 204 ", "step 1 x2 -> 503\nstep 2 -> 204\n"},
        // Only the last goes on for ever.
        {"503,400,204", "step 1 x1 -> 503\nstep 2 x1 -> 400\nstep 3 -> 204\n"},
        {"204x3", "step 1 x3 -> 204\n"},
        {"503:retry-after-date=2s", "step 1 -> 503 until=2000\n"},
        {"503x2:retry-after=1:delay=100ms,204", "step 1 x2 -> 503 Retry-After=1 delay=100\nstep 2 -> 204\n"},
        {"429:body=slow down:written=false", "step 1 -> 429 body=slow down unwritten\n"},
        {"204:written=true", "step 1 -> 204\n"},
        {"resetx2,close:delay=1s", "step 1 x2 -> own fault=reset\nstep 2 -> own delay=1000 fault=close\n"},
        {"stall", "step 1 -> own fault=stall\n"},
    };
    for (const auto& [input, wanted] : rows) {
        const auto script = parse_script_short(input);
        ASSERT_TRUE(script) << input << script.error().text();
        EXPECT_EQ(text_of(*script), wanted) << input;
    }
}

TEST(ScriptShort, ErrorsNameTheElement) {
    const std::string status = "wants a status from 200 to 599, or close, reset, cut, garbage, stall or dribble";
    const std::string options = "; there are retry-after=, retry-after-date=, delay=, body=, written=true|false";
    const Row rows[] = {
        {"", "script \"\": \"\": " + status},
        {"503,", "script \"503,\": \"\": " + status},
        {"199", "script \"199\": \"199\": " + status},
        {"600x2", "script \"600x2\": \"600x2\": " + status},
        {"x3", "script \"x3\": \"x3\": " + status},
        {"503x", "script \"503x\": \"503x\": " + status},
        {"503x-1", "script \"503x-1\": \"503x-1\": " + status},
        {"explode", "script \"explode\": \"explode\": " + status},
        {"204,503x0", "script \"204,503x0\": \"503x0\": the number after x is out of range"},
        {"503x99999999999999999999",
         "script \"503x99999999999999999999\": \"503x99999999999999999999\": the number after x is out of range"},
        {"503:", "script \"503:\": \"503:\": unknown option \"\"" + options},
        {"503:retry=1", "script \"503:retry=1\": \"503:retry=1\": unknown option \"retry=1\"" + options},
        {"204:written=no", "script \"204:written=no\": \"204:written=no\": unknown option \"written=no\"" + options},
        {"503:retry-after=", "script \"503:retry-after=\": \"503:retry-after=\": retry-after= wants a value"},
        {"503:retry-after=1\rX",
         "script \"503:retry-after=1\rX\": \"503:retry-after=1\rX\": retry-after= wants a value"},
        {"reset:body=x", "script \"reset:body=x\": \"reset:body=x\": body= needs a status"},
    };
    for (const auto& [input, wanted] : rows) {
        const auto script = parse_script_short(input);
        ASSERT_FALSE(script) << input;
        EXPECT_EQ(script.error().text(), wanted) << input;
    }
    EXPECT_FALSE(parse_script_short("503:delay=5"));
}

// The engine

/// Asks an engine as the receiver does.
class Driver {
public:
    explicit Driver(const std::string& steps) {
        auto script = parse_script("version: 1\nsteps:\n" + steps);
        EXPECT_TRUE(script) << script.error().text();
        if (script) engine_.set(std::move(*script));
    }
    /// Status of the step that answers; 0: the receiver itself.
    int status(const RequestBuilder& builder, std::int64_t now_us = 0) {
        const auto request = builder.build();
        const auto head = proto::parse_request_head(request.head);
        rules::Checker checker(prw::testing::test_options());
        const auto result = checker.check(request.head, request.body);
        ScriptInput input{head ? &*head : nullptr, result.declared, request.body, nullptr, now_us};
        if (engine_.needs_view() && result.decoded) input.view = &checker.view();
        input.samples = result.decoded && result.samples + result.histograms > 0;
        const auto step = engine_.next(input);
        return step ? step->status : 0;
    }
    ScriptEngine& engine() { return engine_; }

private:
    ScriptEngine engine_;
};

RequestBuilder body_number(int number) {
    auto series = prw::testing::valid_series();
    series.samples = {prw::testing::sample(number)};
    return RequestBuilder().series(series);
}

TEST(ScriptEngine, StepsAreUsedUpInOrder) {
    Driver driver("  - {times: 2, status: 503}\n  - {times: 1, status: 429}\n");
    EXPECT_EQ(driver.status(RequestBuilder()), 503);
    EXPECT_EQ(driver.status(RequestBuilder()), 503);
    EXPECT_EQ(driver.status(RequestBuilder()), 429);
    EXPECT_EQ(driver.status(RequestBuilder()), 0);
    const auto status = driver.engine().status();
    ASSERT_EQ(status.size(), 2U);
    EXPECT_EQ(status[0].used, 2U);
    EXPECT_EQ(status[0].times, 2U);
    EXPECT_EQ(status[1].name, "step 2");
}

TEST(ScriptEngine, AttemptsAreCountedByBody) {
    Driver driver("  - {when: {attempt: 1}, status: 503}\n  - {when: {attempt: 3}, status: 429}\n");
    EXPECT_EQ(driver.status(body_number(1)), 503);
    EXPECT_EQ(driver.status(body_number(2)), 503);
    EXPECT_EQ(driver.status(body_number(1)), 0);
    EXPECT_EQ(driver.status(body_number(2)), 0);
    EXPECT_EQ(driver.status(body_number(1)), 429);
    EXPECT_EQ(driver.status(body_number(1)), 0);
}

TEST(ScriptEngine, MessagePathHeaderAndMetricAreConditions) {
    const auto v2 = [] { return RequestBuilder(ProtobufMessage::kV2); };
    struct Case {
        const char* when;
        RequestBuilder meets, fails;
    };
    const Case cases[] = {
        {"{message: \"2.0\"}", v2(), RequestBuilder()},
        {"{message: \"1.0\"}", RequestBuilder(), v2()},
        {"{path: /x}", RequestBuilder().target("/x?a=b"), RequestBuilder().target("/xy")},
        {"{header: {X-Scope-OrgID: a}}", RequestBuilder().header("x-scope-orgid", "a"),
         RequestBuilder().header("X-Scope-OrgID", "b")},
        {"{header: {A: a, B: b}}", RequestBuilder().header("A", "a").header("B", "b"),
         RequestBuilder().header("A", "a")},
        {"{metric: up}", RequestBuilder().series(prw::testing::valid_series({{"__name__", "up"}})), RequestBuilder()},
        {"{metric: up}", v2().series(prw::testing::valid_series({{"__name__", "up"}})),
         v2().series(prw::testing::valid_series({{"__name__", "upper"}, {"a", "up"}}))},
        {"{metric: up}", RequestBuilder().series(prw::testing::valid_series({{"__name__", "up"}})),
         RequestBuilder().body("up")},
        {"{metric: up, path: /x}",
         RequestBuilder().target("/x").series(prw::testing::valid_series({{"__name__", "up"}})),
         RequestBuilder().target("/x")},
    };
    for (const auto& c : cases) {
        Driver driver(std::string("  - {status: 503, when: ") + c.when + "}\n");
        EXPECT_EQ(driver.status(c.fails), 0) << c.when;
        EXPECT_EQ(driver.status(c.meets), 503) << c.when;
    }
}

/// A request with one series of one sample for each number.
RequestBuilder batch(std::initializer_list<int> numbers, ProtobufMessage message = ProtobufMessage::kV1) {
    proto::WriteRequest request;
    for (const int number : numbers) {
        request.series.push_back(prw::testing::valid_series({{"__name__", "m"}, {"n", std::to_string(number)}}));
        request.series.back().samples = {prw::testing::sample(number)};
    }
    return RequestBuilder(message).request(request);
}

TEST(ScriptEngine, SeriesTellsDataFromMetadata) {
    const auto metadata = [] { return batch({}); };
    Driver driver("  - {times: 1, when: {series: true}, status: 503}\n  - {when: {series: false}, status: 429}\n");
    EXPECT_EQ(driver.status(metadata()), 429);
    EXPECT_EQ(driver.status(batch({1})), 503);
    EXPECT_EQ(driver.status(batch({2})), 0);
    EXPECT_EQ(driver.status(RequestBuilder().body("not a message")), 429);
}

TEST(ScriptEngine, NewBatchesAreToldByWhatIsInThem) {
    Driver driver("  - {times: 1, when: {batch: new}, status: 503}\n  - {times: 1, when: {batch: new}, status: 500}\n");
    EXPECT_EQ(driver.status(batch({})), 0);
    EXPECT_EQ(driver.status(batch({1, 2, 3})), 503);
    EXPECT_EQ(driver.status(batch({3, 2, 1})), 0) << "in another order";
    EXPECT_EQ(driver.status(batch({1, 2, 3}, ProtobufMessage::kV2)), 0) << "in the other message";
    EXPECT_EQ(driver.status(batch({1, 2, 3, 4, 5, 6, 7, 8})), 0) << "beside newer data";
    EXPECT_EQ(driver.status(batch({1})), 0) << "a part of it";
    EXPECT_EQ(driver.status(batch({1, 7, 8})), 500) << "one sample that is in every request";
}

TEST(ScriptEngine, OneBatchIsFollowedThroughItsAttempts) {
    Driver driver("  - {times: 3, when: {batch: one}, status: 401}\n  - {times: 1, when: {batch: new}, status: 403}\n");
    EXPECT_EQ(driver.status(batch({1, 2})), 401);
    EXPECT_EQ(driver.status(batch({3, 4})), 403);
    EXPECT_EQ(driver.status(batch({5, 6})), 0);
    EXPECT_EQ(driver.status(batch({1, 2})), 401);
    EXPECT_EQ(driver.status(batch({3, 4})), 0);
    EXPECT_EQ(driver.status(batch({2, 1, 7, 8})), 401);
    EXPECT_EQ(driver.status(batch({1, 2})), 0);
}

TEST(ScriptEngine, OneBatchBeginsWithDataThatNoStepHasAnswered) {
    Driver driver("  - {times: 1, status: 503}\n  - {times: 2, when: {batch: one}, status: 401}\n");
    EXPECT_EQ(driver.status(batch({1, 2})), 503);
    EXPECT_EQ(driver.status(batch({1, 2})), 0);
    EXPECT_EQ(driver.status(batch({3, 4})), 401);
}

TEST(ScriptEngine, TimeCountsFromTheFirstRequest) {
    Driver driver("  - {after: 5s, until: 15s, status: 503}\n");
    const std::int64_t start = 1000000;
    EXPECT_EQ(driver.status(RequestBuilder(), start), 0);
    EXPECT_EQ(driver.status(RequestBuilder(), start + 4999999), 0);
    EXPECT_EQ(driver.status(RequestBuilder(), start + 5000000), 503);
    EXPECT_EQ(driver.status(RequestBuilder(), start + 14999999), 503);
    EXPECT_EQ(driver.status(RequestBuilder(), start + 15000000), 0);
}

TEST(ScriptEngine, ANewScriptStartsAnew) {
    Driver driver("  - {when: {attempt: 1}, times: 1, status: 503}\n");
    EXPECT_EQ(driver.status(RequestBuilder(), 0), 503);
    EXPECT_EQ(driver.status(RequestBuilder(), 0), 0);
    ScriptStep step;
    step.attempt = 1;
    step.until = 1s;
    step.status = 429;
    driver.engine().set({{step}});
    EXPECT_EQ(driver.status(RequestBuilder(), 50000000), 429);
    EXPECT_EQ(driver.status(RequestBuilder(), 50000000), 0);
    driver.engine().set({});
    EXPECT_EQ(driver.status(RequestBuilder(), 50000000), 0);
    EXPECT_TRUE(driver.engine().status().empty());
}

}  // namespace
}  // namespace prw::receiver
