/// Mutants in what a sender does: each against the reference under the same answers, in virtual time.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "mutants_support.h"

namespace prw::mutants {
namespace {

using proto::ProtobufMessage;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using testing_support::answer;
using testing_support::decoded;
using testing_support::mutation_of;
using testing_support::rich_batch;
using testing_support::sample;
using testing_support::Sending;
using testing_support::written;
using Answers = std::vector<Result<http::ClientResponse>>;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

/// Batches `a` to `c` of one sample each, and what arrived of them, in order.
std::vector<std::string> arrived(Sending& sending, std::size_t batches) {
    for (std::size_t i = 0; i < batches; ++i) {
        const std::string name(1, static_cast<char>('a' + i));
        (void)sending.sink({sample(name, 1, sending.clock.wall_ms() + static_cast<std::int64_t>(i), {{"job", "j"}})});
    }
    std::vector<std::string> out;
    for (const auto& request : sending.sent) {
        const auto series = decoded(request.body, kV1).series;
        out.emplace_back(series.empty() ? "" : series.front().labels.front().second);
    }
    return out;
}

struct Script {
    const char* id;
    std::vector<int> statuses;  ///< the last one for ever
    std::size_t batches;
    std::vector<std::string> reference, mutant;  ///< what arrives, in order
};
void PrintTo(const Script& script, std::ostream* out) { *out << script.id; }

const std::vector<Script>& scripts() {
    static const std::vector<Script> kScripts = {
        {"delivery/no-retry", {503, 204}, 2, {"a", "a", "b"}, {"a", "b"}},
        {"delivery/no-retry-501", {501, 204}, 2, {"a", "a", "b"}, {"a", "b"}},
        {"delivery/no-retry-501", {503, 204}, 2, {"a", "a", "b"}, {"a", "a", "b"}},
        {"delivery/retries-twice", {503, 503, 503, 204}, 2, {"a", "a", "a", "a", "b"}, {"a", "a", "a", "b"}},
        {"delivery/side-queue", {503, 204}, 3, {"a", "a", "b", "c"}, {"a", "b", "c", "a"}},
        {"delivery/newer-first",
         {503, 503, 503, 204},
         3,
         {"a", "a", "a", "a", "b", "c"},
         {"a", "a", "b", "a", "b", "c"}},
        {"delivery/retries-4xx", {400, 400, 204}, 2, {"a", "b"}, {"a", "a", "a", "b"}},
        {"delivery/retries-409", {409, 204}, 2, {"a", "b"}, {"a", "a", "b"}},
        {"delivery/retries-409", {403, 204}, 2, {"a", "b"}, {"a", "b"}},
        {"delivery/retries-415", {415, 204}, 2, {"a", "b"}, {"a", "a", "b"}},
        {"delivery/retries-401-later", {401, 401, 204}, 3, {"a", "b", "c"}, {"a", "b", "a", "c", "b"}},
        {"delivery/stops-after-4xx", {400, 204}, 3, {"a", "b", "c"}, {"a"}},
        {"delivery/resends", {204}, 2, {"a", "b"}, {"a", "a", "b", "b"}},
        {"delivery/only-200-is-success", {204}, 2, {"a", "b"}, {"a", "a", "b", "b"}},
        {"delivery/only-200-is-success", {200}, 2, {"a", "b"}, {"a", "b"}},
        {"delivery/late-side-queue",
         {503, 204},
         8,
         {"a", "a", "b", "c", "d", "e", "f", "g", "h"},
         {"a", "b", "c", "d", "e", "f", "g", "h", "a"}},
        {"delivery/reorders", {204}, 2, {"a", "b"}, {"b", "a"}},
        {"null/silent", {204}, 2, {"a", "b"}, {}},
        {"null/sends-once", {503, 204}, 3, {"a", "a", "b", "c"}, {"a", "a"}},
        {"null/constant", {204}, 2, {"a", "b"}, {"constant", "constant"}},
    };
    return kScripts;
}

/// Answers that have more than a status.
struct Reply {
    const char* id;
    ProtobufMessage message;
    std::vector<http::ClientResponse> replies;  ///< the last one for ever
    std::size_t reference, mutant;              ///< requests for one batch
};
void PrintTo(const Reply& reply, std::ostream* out) { *out << reply.id; }

const std::vector<Reply>& reply_cases() {
    const auto body = [](int status, const char* text) { return answer(status, written(1), text); };
    const auto counted = [](int status, int count) { return answer(status, written(count)); };
    static const std::vector<Reply> kReplies = {
        {"response/obeys-text-of-4xx", kV1, {body(400, "retry later"), answer(204)}, 1, 2},
        {"response/obeys-text-of-4xx", kV1, {body(400, "bad labels"), answer(204)}, 1, 1},
        {"response/obeys-text-of-5xx", kV2, {body(500, "permanent"), counted(204, 1)}, 2, 1},
        {"response/obeys-text-of-5xx", kV2, {body(500, "sorry"), counted(204, 1)}, 2, 2},
        {"response/obeys-body-of-2xx", kV1, {body(200, "error"), answer(204)}, 1, 2},
        {"response/obeys-body-of-2xx", kV1, {answer(200)}, 1, 1},
        {"response/repeats-after-202", kV1, {answer(202), answer(204)}, 1, 2},
        {"written/trusts-2xx-without", kV2, {answer(204)}, 1, 1},
        {"written/repeats-after-zero", kV2, {counted(204, 0), counted(204, 1)}, 1, 2},
        {"written/repeats-partial-400", kV2, {counted(400, 1), counted(204, 1)}, 1, 2},
        {"written/repeats-partial-400", kV2, {answer(400), counted(204, 1)}, 1, 1},
        {"written/drops-partial-503", kV2, {counted(503, 1), counted(204, 1)}, 2, 1},
        {"delivery/retries-401", kV1, {answer(401), answer(401), answer(204)}, 1, 3},
        {"delivery/hammers-after-429", kV1, {answer(429), answer(429), answer(204)}, 1, 3},
        {"retry-after/odd-is-final", kV1, {answer(503, {{"Retry-After", "soon"}}), answer(204)}, 2, 1},
        {"retry-after/odd-is-final", kV1, {answer(503, {{"Retry-After", "1"}}), answer(204)}, 2, 2},
        {"fallback/gzip-first", kV1, {answer(415), answer(204)}, 1, 2},
        {"fallback/gzip-first", kV2, {answer(400), counted(204, 1)}, 1, 2},
        {"fallback/gzip-first", kV1, {answer(204)}, 1, 1},
        {"fallback/repeats-415", kV2, {answer(415), counted(204, 1)}, 1, 2},
        {"fallback/after-any-4xx", kV2, {answer(400), answer(204)}, 1, 2},
        {"transport/repeats-after-close", kV1, {answer(204, {{"Connection", "close"}}), answer(204)}, 1, 2},
        {"transport/drops-on-large-response", kV1, {answer(503, {}, std::string(200'000, 'x')), answer(204)}, 2, 1},
        {"redirect/without-data", kV1, {answer(307, {{"Location", "/elsewhere"}}), answer(204)}, 2, 2},
        {"redirect/by-get", kV1, {answer(302, {{"Location", "/login"}}), answer(200)}, 1, 2},
    };
    return kReplies;
}

class ResponseMutant : public ::testing::TestWithParam<Reply> {};

TEST_P(ResponseMutant, DeviatesFromTheReference) {
    const Reply& tested = GetParam();
    for (const bool mutated : {false, true}) {
        const Answers replies(tested.replies.begin(), tested.replies.end());
        Sending sending(mutated ? mutation_of({tested.id}) : Mutation(), tested.message, replies);
        (void)sending.sink({sample("a", 1, sending.clock.wall_ms())});
        EXPECT_EQ(sending.sent.size(), mutated ? tested.mutant : tested.reference)
            << (mutated ? "mutant" : "reference");
    }
}

INSTANTIATE_TEST_SUITE_P(Table, ResponseMutant, ::testing::ValuesIn(reply_cases()));

/// What becomes of a batch after one answer, and of the wait before the next.
sender::BatchResult delivered(const char* id, ProtobufMessage message, Answers replies,
                              std::vector<sender::Milliseconds>* waits = nullptr) {
    Sending sending(*id == 0 ? Mutation() : mutation_of({id}), message, std::move(replies));
    (void)sending.sink({sample("a", 1, sending.clock.wall_ms())});
    if (waits != nullptr) *waits = sending.clock.waits;
    return sending.deliveries.back();
}

TEST(ResponseMutants, TakeNoNoticeOfRetryAfter) {
    const auto first_wait = [](const char* id, int status, const char* value) {
        std::vector<sender::Milliseconds> waits;
        (void)delivered(id, kV1, {answer(status, {{"Retry-After", value}}), answer(204)}, &waits);
        return waits.empty() ? sender::Milliseconds(-1) : waits.front();
    };
    constexpr const char* kDate = "Tue, 14 Nov 2023 22:13:25 GMT";  // five seconds after the clock's begin
    EXPECT_EQ(first_wait("", 503, "3"), sender::Milliseconds(3000));
    EXPECT_LT(first_wait("retry-after/ignored", 503, "3"), sender::Milliseconds(100));
    EXPECT_EQ(first_wait("retry-after/dates-ignored", 503, "3"), sender::Milliseconds(3000));
    EXPECT_EQ(first_wait("", 503, kDate), sender::Milliseconds(5000));
    EXPECT_LT(first_wait("retry-after/dates-ignored", 503, kDate), sender::Milliseconds(100));
    EXPECT_LT(first_wait("retry-after/ignored-on-429", 429, "3"), sender::Milliseconds(100));
    EXPECT_EQ(first_wait("retry-after/ignored-on-429", 503, "3"), sender::Milliseconds(3000));
}

TEST(ResponseMutants, DropWhatTheReferenceWasToldToRetryAfter429) {
    sender::RemoteWriteOptions options;
    options.retry_on_429 = true;
    for (const bool mutated : {false, true}) {
        Sending sending(mutated ? mutation_of({"delivery/drops-429"}) : Mutation(), kV1, {answer(429), answer(204)},
                        options);
        (void)sending.sink({sample("a", 1, sending.clock.wall_ms())});
        EXPECT_EQ(sending.sent.size(), mutated ? 1U : 2U);
    }
}

TEST(ResponseMutants, ChangeTheOutcome) {
    EXPECT_EQ(delivered("", kV2, {answer(204)}).outcome, sender::Outcome::kRejected);
    EXPECT_EQ(delivered("written/trusts-2xx-without", kV2, {answer(204)}).outcome, sender::Outcome::kAccepted);
    EXPECT_NE(delivered("", kV1, {answer(400, {}, "bad labels")}).error.find("bad labels"), std::string::npos);
    EXPECT_EQ(delivered("response/hides-text", kV1, {answer(400, {}, "bad labels")}).error.find("bad labels"),
              std::string::npos);
    EXPECT_EQ(delivered("redirect/by-get", kV1, {answer(302, {{"Location", "/login"}}), answer(200)}).outcome,
              sender::Outcome::kAccepted);
    const auto broken = [](ErrorCode code) -> Result<http::ClientResponse> { return fail(code, "request failed"); };
    using F = ErrorCode;
    for (const auto& [id, failure] : {std::pair{"transport/drops-on-broken-connection", F::kReset},
                                      {"transport/drops-on-broken-response", F::kMalformed},
                                      {"transport/drops-on-timeout", F::kTimeout},
                                      {"transport/drops-when-refused", F::kRefused}}) {
        EXPECT_EQ(delivered(id, kV1, {broken(failure), answer(204)}).outcome, sender::Outcome::kRejected) << id;
        EXPECT_EQ(delivered("", kV1, {broken(failure), answer(204)}).outcome, sender::Outcome::kAccepted) << id;
        for (const auto other : {F::kReset, F::kMalformed, F::kTimeout, F::kRefused, F::kConnection}) {
            if (other == failure) continue;
            EXPECT_EQ(delivered(id, kV1, {broken(other), answer(204)}).outcome, sender::Outcome::kAccepted) << id;
        }
    }
}

TEST(ResponseMutants, DoNotWaitAfterABrokenConnection) {
    std::vector<sender::Milliseconds> waits;
    const Answers replies = {testing_support::no_answer(), testing_support::no_answer(), answer(204)};
    (void)delivered("transport/hammers", kV1, replies, &waits);
    EXPECT_THAT(waits, IsEmpty());
    (void)delivered("", kV1, replies, &waits);
    EXPECT_EQ(waits.size(), 2U);
}

TEST(ResponseMutants, MakeTheirOwnOfRetryAfter) {
    const auto waits_after = [](const char* id, const char* retry_after) {
        std::vector<sender::Milliseconds> waits;
        const Answers replies = {answer(503, {{"Retry-After", retry_after}}), answer(204)};
        EXPECT_EQ(delivered(id, kV1, replies, &waits).outcome, sender::Outcome::kAccepted);
        return waits;
    };
    constexpr auto kPast = "Thu, 01 Jan 1970 00:00:00 GMT";
    EXPECT_THAT(waits_after("retry-after/past-is-now", kPast), IsEmpty());
    EXPECT_EQ(waits_after("", kPast).size(), 1U);
    EXPECT_EQ(waits_after("retry-after/past-is-now", "2").front(), sender::Milliseconds(2000));
    for (const auto* told : {"2", "4", "soon"})
        EXPECT_EQ(waits_after("retry-after/three-seconds", told).front(), sender::Milliseconds(3000)) << told;
}

TEST(FallbackMutants, MixWhatBelongsTogether) {
    const auto sent = [](const char* id, std::size_t batches, Answers replies) {
        Sending sending(mutation_of({id}), kV2, std::move(replies));
        for (std::size_t i = 0; i < batches; ++i)
            (void)sending.sink({sample("a", 1, sending.clock.wall_ms()), sample("b", 1, sending.clock.wall_ms())});
        std::vector<std::string> out;
        for (const auto& request : sending.sent) {
            const bool v2 = request.head.find("proto=io.prometheus.write.v2.Request") != std::string::npos;
            const auto inside = [&](ProtobufMessage message) {
                proto::PaddedBuffer buffer;
                proto::RequestView view;
                if (!proto::uncompress_snappy(request.body, 1U << 20U, buffer)) return std::size_t{0};
                proto::decode(buffer.view(), message, view);
                return view.series.size();
            };
            out.push_back(std::string(v2 ? "v2:" : "v1:") + std::to_string(inside(kV1)) + "/" +
                          std::to_string(inside(kV2)));
        }
        return out;
    };
    const auto ok = answer(204, written(2));
    EXPECT_THAT(sent("fallback/headers-only", 1, {answer(415), ok}), ElementsAre("v2:0/2", "v1:0/2"));
    EXPECT_THAT(sent("fallback/loses-data", 1, {answer(415), ok}), ElementsAre("v2:0/2", "v1:1/0"));
    EXPECT_THAT(sent("fallback/flaps", 2, {answer(415), ok}), ElementsAre("v2:0/2", "v1:2/0", "v2:0/2"));
    EXPECT_THAT(sent("fallback/wants-written", 1, {answer(415), answer(204)}),
                ElementsAre("v2:0/2", "v1:2/0", "v1:2/0"));
    const auto names_v1 = answer(204, [] {
        auto headers = written(2);
        headers.emplace_back("X-Prometheus-Remote-Write-Version", "0.1.0");
        return headers;
    }());
    EXPECT_THAT(sent("fallback/infers-version", 2, {names_v1}), ElementsAre("v2:0/2", "v1:2/0"));
}

TEST(ConfigurationMutants, ForgetWhatWasConfigured) {
    sender::RemoteWriteOptions remote;
    remote.url = *http::parse_url("http://user:secret@receiver/write?a=b");
    remote.headers = {{"X-Scope-OrgID", "team"}};
    remote.bearer_token_file = "token";
    remote.client.ca_file = "ca.pem";
    sender::QueueOptions queue;
    mutation_of({"config/no-query,config/no-custom-headers,config/no-password,config/no-token,config/no-ca"})
        .tune(remote, queue);
    EXPECT_EQ(remote.url.target, "/write");
    EXPECT_EQ(remote.url.user + remote.url.password + remote.bearer_token_file + remote.client.ca_file, "");
    EXPECT_THAT(remote.headers, IsEmpty());
    EXPECT_TRUE(mutation_of({"config/reserved-headers"}).takes_any_header());
    EXPECT_FALSE(mutation_of({"config/no-query"}).takes_any_header());
}

class DeliveryMutant : public ::testing::TestWithParam<Script> {};

TEST_P(DeliveryMutant, DeviatesFromTheReference) {
    const Script& script = GetParam();
    for (const bool mutated : {false, true}) {
        Answers replies;
        for (const int status : script.statuses) replies.emplace_back(answer(status));
        Sending sending(mutated ? mutation_of({script.id}) : Mutation(), kV1, replies);
        EXPECT_EQ(arrived(sending, script.batches), mutated ? script.mutant : script.reference)
            << (mutated ? "mutant" : "reference");
    }
}

INSTANTIATE_TEST_SUITE_P(Table, DeliveryMutant, ::testing::ValuesIn(scripts()));

TEST(DeliveryMutants, WaitWithoutOrAlwaysTheSame) {
    const auto waits = [](const Mutation& mutation) {
        Sending sending(mutation, kV1, {answer(503), answer(503), answer(503), answer(503), answer(204)});
        (void)arrived(sending, 1);
        return sending.clock.waits;
    };
    EXPECT_THAT(waits(mutation_of({"delivery/hot-loop"})), ::testing::Each(sender::Milliseconds(1)));
    EXPECT_THAT(waits(mutation_of({"delivery/fixed-interval"})), ::testing::Each(sender::Milliseconds(150)));
    EXPECT_GT(waits({}).back(), sender::Milliseconds(100));
}

TEST(DeliveryMutants, ChangeTheDataOfARetryOnly) {
    for (const auto message : {kV1, kV2}) {
        for (const std::string id : {"delivery/restamps", "delivery/alters-on-retry", "delivery/relabels-retry"}) {
            Sending sending(mutation_of({id}), message, {answer(503), answer(204, written(1))});
            const auto start = sending.clock.wall_ms();
            auto batch = rich_batch(start);
            (void)sending.sink(batch);
            ASSERT_EQ(sending.sent.size(), 2U);
            Sending reference({}, message);
            (void)reference.sink(batch);
            EXPECT_EQ(sending.sent[0].body, reference.sent[0].body);
            EXPECT_EQ(testing_support::differences(sending.sent[0].body, sending.sent[1].body, message),
                      std::set<std::string>{id == "delivery/restamps"         ? "timestamp"
                                            : id == "delivery/relabels-retry" ? "labels"
                                                                              : "value"});
        }
    }
}

std::size_t series_in(const std::string& body) {
    proto::PaddedBuffer buffer;
    proto::RequestView view;
    if (!proto::uncompress_snappy(body, 1U << 20U, buffer)) return 0;
    proto::decode(buffer.view(), kV1, view);
    return view.series.size();
}

TEST(DeliveryMutants, LosePartOfABatch) {
    const auto sent = [](const char* id) {
        Sending sending(mutation_of({id}), kV1, {answer(503), answer(503), answer(204)});
        std::vector<proto::Series> batch;
        for (int i = 0; i < 100; ++i)
            batch.push_back(sample("a" + std::to_string(i), 1, sending.clock.wall_ms(), {{"job", "j"}}));
        (void)sending.sink(batch);
        std::vector<std::size_t> out;
        for (const auto& request : sending.sent) out.push_back(series_in(request.body));
        return out;
    };
    EXPECT_THAT(sent("delivery/loses-part-of-retry"), ElementsAre(100, 90, 90));
    EXPECT_THAT(sent("delivery/relabels-retry"), ElementsAre(100, 100, 100));
    const auto merged = sent("delivery/loses-in-merges");
    ASSERT_EQ(merged.size(), 3U);
    for (const auto series : merged) EXPECT_TRUE(70 <= series && series < 100) << series;
}

TEST(DeliveryMutants, OpenAConnectionForEachRequest) {
    Sending reference({}, kV1), mutant(mutation_of({"delivery/new-connections"}), kV1);
    (void)arrived(reference, 3);
    (void)arrived(mutant, 3);
    EXPECT_EQ(reference.connections, 1U);
    EXPECT_EQ(mutant.connections, 4U);  // the first one is never used
}

TEST(DeliveryMutants, SendTheOtherMessage) {
    Sending sending(mutation_of({"fallback/always-v1"}), kV2);
    (void)sending.sink({sample("a", 1, sending.clock.wall_ms())});
    EXPECT_EQ(decoded(sending.sent.front().body, kV1).series.size(), 1U);
    EXPECT_NE(sending.sent.front().head.find("Version: 0.1.0"), std::string::npos);
}

TEST(NullSenders, IgnoreTheUrl) {
    Sending sending(mutation_of({"null/ignores-url"}), kV1);
    (void)arrived(sending, 1);
    EXPECT_NE(sending.sent.front().head.find("Host: 127.0.0.1:9\r\n"), std::string::npos);
}

TEST(NullSenders, AreTheProcessOwnersToPlay) {
    EXPECT_EQ(mutation_of({"null/exits-at-once"}).process(), ProcessMutant::kExitsAtOnce);
    EXPECT_EQ(mutation_of({"labels/unsorted,null/fails-at-once"}).process(), ProcessMutant::kFailsAtOnce);
    EXPECT_EQ(mutation_of({"null/crashes"}).process(), ProcessMutant::kCrashes);
    EXPECT_EQ(mutation_of({"null/silent"}).process(), ProcessMutant::kNone);
    EXPECT_EQ(Mutation().process(), ProcessMutant::kNone);
}

// ---- what a scrape hands on

constexpr std::int64_t kTime = 1'700'000'000'500;

proto::Series marked(std::string name, proto::Labels labels = {{"job", "j"}}) {
    auto series = sample(std::move(name), 0, kTime, std::move(labels));
    series.samples.front().value_bits = proto::kStaleNanBits;
    return series;
}

/// One scrape: a counter with labels, a bucket, an untyped series, -0 and NaN, and its report.
std::vector<proto::Series> scraped(bool failed = false, std::int64_t time = kTime) {
    std::vector<proto::Series> out;
    if (failed) {
        for (const char* name : {"h_bucket", "requests_total"}) out.push_back(marked(name));
    } else {
        out.push_back(sample("requests_total", 3, time, {{"job", "j"}, {"method", "GET"}}));
        out.push_back(sample("sent_bytes_total", 1000, time, {{"job", "j"}}));
        out.push_back(sample("h_bucket", 1, time, {{"job", "j"}, {"le", "1"}}));
        out.push_back(sample("untyped", 1, time, {{"job", "j"}}));
        out.push_back(sample("zero", -0.0, time, {{"job", "j"}}));
        out.push_back(sample("nan", 0, time, {{"job", "j"}}));
        out.back().samples.front().value_bits = proto::kNormalNanBits;
        out.front().exemplars.push_back({{{"trace_id", "x"}}, 0, time});
        for (auto& series : out) series.metadata.type = proto::MetricType::kGauge;
        out[3].metadata.type = proto::MetricType::kUnspecified;
        out.push_back(marked("gone"));
    }
    out.push_back(sample("up", failed ? 0 : 1, time, {{"job", "j"}}));
    out.back().metadata.type = proto::MetricType::kGauge;
    return out;
}

/// What the queue gets of these scrapes, one after the other.
std::vector<std::vector<proto::Series>> handed_on(const std::string& id,
                                                  std::vector<std::vector<proto::Series>> scrapes) {
    std::vector<std::vector<proto::Series>> out;
    auto sink = mutation_of({id}).sink([&](std::vector<proto::Series> points) {
        out.push_back(points);
        return points.size();
    });
    for (auto& scrape : scrapes) {
        const std::size_t given = scrape.size();
        EXPECT_EQ(sink(std::move(scrape)), given) << "the scraper believes that all were taken";
    }
    return out;
}

std::set<std::string> changes(const std::vector<proto::Series>& before, const std::vector<proto::Series>& after) {
    proto::WriteRequest a, b;
    a.series = before;
    b.series = after;
    return testing_support::differences(a, b);
}

TEST(ScrapeMutants, ChangeOneKindOfThing) {
    struct Case {
        const char* id;
        std::set<std::string> changes;
    };
    for (const auto& each : std::vector<Case>{{"scrape/alters-values", {"value"}},
                                              {"scrape/unsigned-zero", {"value"}},
                                              {"scrape/timestamps-in-whole-seconds", {"timestamp"}},
                                              {"scrape/no-exemplars", {"exemplars"}},
                                              {"scrape/drops-a-label", {"labels"}},
                                              {"scrape/job-on-some", {"labels"}},
                                              {"stale/none", {"-series", "labels", "type", "value"}},
                                              {"stale/mangled", {"value"}},
                                              {"stale/plain-nan", {"value"}},
                                              {"stale/at-last-sample", {}},
                                              {"stale/for-nan", {"value"}},
                                              {"stale/none-on-failure", {}},
                                              {"stale/not-for-buckets", {}},
                                              {"scrape/drops-a-sample", {}},
                                              {"scrape/labels-once", {}},
                                              {"stale/repeated", {}}}) {
        const auto out = handed_on(each.id, {scraped()});
        EXPECT_EQ(changes(scraped(), out.front()), each.changes) << each.id;
    }
}

std::vector<std::string> names(const std::vector<proto::Series>& points) {
    std::vector<std::string> out;
    for (const auto& series : points)
        for (const auto& [name, value] : series.labels)
            if (name == "__name__") out.push_back(value);
    return out;
}

TEST(ScrapeMutants, TouchOnlyWhatTheyAreAbout) {
    const auto altered = handed_on("scrape/alters-values", {scraped()}).front();
    EXPECT_EQ(altered[1].samples.front().value_bits, proto::to_bits(1000) + 1);
    EXPECT_EQ(altered[0].samples.front().value_bits, proto::to_bits(3));
    EXPECT_EQ(handed_on("scrape/unsigned-zero", {scraped()}).front()[4].samples.front().value_bits, 0U);
    EXPECT_EQ(handed_on("scrape/timestamps-in-whole-seconds", {scraped()}).front()[0].samples.front().timestamp,
              kTime - 500);
    EXPECT_EQ(handed_on("stale/mangled", {scraped()}).front()[6].samples.front().value_bits,
              proto::kMangledStaleNanBits);
    EXPECT_EQ(handed_on("stale/for-nan", {scraped()}).front()[5].samples.front().value_bits, proto::kStaleNanBits);
    const auto job = handed_on("scrape/job-on-some", {scraped()}).front();
    EXPECT_EQ(job[3].labels, (proto::Labels{{"__name__", "untyped"}}));
    EXPECT_EQ(job[4].labels.size(), 2U);
}

TEST(ScrapeMutants, TellFailedScrapesFromOthers) {
    EXPECT_THAT(names(handed_on("stale/none-on-failure", {scraped(true)}).front()), ElementsAre("up"));
    EXPECT_THAT(names(handed_on("stale/not-for-buckets", {scraped(true)}).front()),
                ElementsAre("requests_total", "up"));
}

TEST(ScrapeMutants, CountScrapes) {
    const auto dropped = handed_on("scrape/drops-a-sample", std::vector(9, scraped()));
    for (std::size_t i = 0; i < dropped.size(); ++i)
        EXPECT_EQ(dropped[i].size(), scraped().size() - (i == 2 || i == 7 ? 1 : 0)) << i;
    EXPECT_THAT(names(dropped[2]), ::testing::Not(::testing::Contains("untyped")));
    const auto once = handed_on("scrape/labels-once", {scraped(), scraped()});
    EXPECT_EQ(once[0][1].labels.size(), 2U);
    EXPECT_EQ(once[1][1].labels.size(), 1U);
}

TEST(ScrapeMutants, RepeatMarkersUntilTheSeriesIsBack) {
    auto second = scraped(false, kTime + 1000), third = scraped(false, kTime + 2000);
    std::erase_if(second, [](const auto& s) { return s.labels.front().second == "gone"; });
    third.erase(third.begin() + 6);
    third.push_back(sample("gone", 5, kTime + 2000, {{"job", "j"}}));
    const auto out = handed_on("stale/repeated", {scraped(), second, third});
    EXPECT_EQ(out[0].size(), scraped().size());
    ASSERT_EQ(out[1].size(), second.size() + 1);
    EXPECT_EQ(out[1].back().samples.front().value_bits, proto::kStaleNanBits);
    EXPECT_EQ(out[1].back().samples.front().timestamp, kTime + 1000);
    EXPECT_EQ(out[2].size(), third.size());
}

TEST(ScrapeMutants, MarkTheLastSample) {
    auto second = scraped(false, kTime + 1000);
    for (auto& series : second)
        if (series.labels.front().second == "untyped") series.samples.front().value_bits = proto::kStaleNanBits;
    const auto out = handed_on("stale/at-last-sample", {scraped(), second});
    for (const auto& series : out[1]) {
        if (series.labels.front().second != "untyped") continue;
        EXPECT_EQ(series.samples.front().value_bits, proto::kStaleNanBits);
        EXPECT_EQ(series.samples.front().timestamp, kTime);
    }
}

/// What comes along with samples: start timestamp, exemplar, help; and a native histogram.
std::vector<proto::Series> rich_scrape() {
    auto counter = sample("c_total", 1, kTime, {{"job", "j"}});
    counter.samples.front().start_timestamp = kTime - 100;
    counter.exemplars = {{{{"trace_id", "x"}}, proto::to_bits(1), kTime}};
    counter.metadata.help = "two\nlines";
    proto::Series native;
    native.labels = {{"__name__", "native"}, {"job", "j"}};
    native.histograms.emplace_back().sum_bits = proto::to_bits(2);
    native.histograms.front().timestamp = kTime;
    return {counter, native};
}

TEST(ScrapeMutants, ChangeWhatComesAlongWithSamples) {
    struct Case {
        const char* id;
        std::set<std::string> changes;
    };
    for (const auto& each : std::vector<Case>{{"scrape/early-start", {"start"}},
                                              {"scrape/raw-help", {"help"}},
                                              {"scrape/alters-histograms", {"histogram"}},
                                              {"scrape/hint-no", {"histogram"}},
                                              {"scrape/exemplars-ahead", {"samples"}},
                                              {"scrape/first-5000", {}},
                                              {"scrape/custom-buckets", {}},
                                              {"stale/no-return", {}},
                                              {"stale/explicit-timestamps", {}}}) {
        EXPECT_EQ(changes(rich_scrape(), handed_on(each.id, {rich_scrape()}).front()), each.changes) << each.id;
    }
    EXPECT_EQ(handed_on("scrape/raw-help", {rich_scrape()}).front()[0].metadata.help, "two\\nlines");
    EXPECT_EQ(handed_on("scrape/alters-exemplars", {rich_scrape()}).front()[0].exemplars.front().value_bits,
              proto::to_bits(1) + 1);
}

TEST(ScrapeMutants, HoldTheFirstSamplesBack) {
    const auto out = handed_on("scrape/exemplars-ahead", std::vector(5, rich_scrape()));
    for (const std::size_t scrape : {0U, 1U, 2U}) EXPECT_THAT(out[scrape][0].samples, IsEmpty());
    ASSERT_EQ(out[3].size(), 2U + 3U);
    EXPECT_EQ(out[3][0].samples.size(), 1U);
    EXPECT_THAT(out[3][0].exemplars, IsEmpty());
    EXPECT_EQ(out[4].size(), 2U);
}

TEST(ScrapeMutants, CutLargeScrapes) {
    std::vector<proto::Series> large(6000, sample("m", 1, kTime));
    EXPECT_EQ(handed_on("scrape/first-5000", {large}).front().size(), 5000U);
}

TEST(ScrapeMutants, MakeCustomBucketsThatCountOneTooMany) {
    const auto bucket = [](const char* le, double value) {
        return sample("h_bucket", value, kTime, {{"job", "j"}, {"le", le}});
    };
    const auto out = handed_on("scrape/custom-buckets",
                               {{bucket("1.0", 1), bucket("+Inf", 3), sample("h_sum", 5, kTime, {{"job", "j"}}),
                                 sample("h_count", 3, kTime, {{"job", "j"}})}})
                         .front();
    ASSERT_EQ(out.size(), 1U);
    EXPECT_EQ(out[0].labels, (proto::Labels{{"__name__", "h"}, {"job", "j"}}));
    const auto& histogram = out[0].histograms.at(0);
    EXPECT_EQ(std::get<std::uint64_t>(histogram.count), 4U);
    EXPECT_EQ(histogram.sum_bits, proto::to_bits(5));
    EXPECT_THAT(histogram.custom_values, ElementsAre(1.0));
    EXPECT_THAT(histogram.positive_deltas, ElementsAre(2, 0));
}

TEST(ScrapeMutants, NeverSendAgainWhatWasMarked) {
    const auto live = [](std::int64_t time) { return std::vector{sample("m", 1, time), sample("up", 1, time)}; };
    const auto out =
        handed_on("stale/no-return", {live(kTime), {marked("m", {}), sample("up", 1, kTime)}, live(kTime)});
    EXPECT_EQ(out[0].size(), 2U);
    EXPECT_EQ(out[1].size(), 2U);
    EXPECT_THAT(names(out[2]), ElementsAre("up"));
}

TEST(ScrapeMutants, MarkWhatTheReferenceLeavesToItsSource) {
    const auto out = handed_on("stale/explicit-timestamps", {{sample("m", 1, kTime - 50), sample("up", 1, kTime)},
                                                             {sample("up", 1, kTime + 1000)},
                                                             {sample("up", 1, kTime + 2000)}});
    EXPECT_THAT(names(out[1]), ElementsAre("up", "m"));
    EXPECT_EQ(out[1].back().samples.front().value_bits, proto::kStaleNanBits);
    EXPECT_EQ(out[1].back().samples.front().timestamp, kTime + 1000);
    EXPECT_THAT(names(out[2]), ElementsAre("up"));
}

}  // namespace
}  // namespace prw::mutants
