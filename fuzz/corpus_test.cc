// Deterministic fuzzing: the same inputs every time, each shown as hex if a check fails.
#include <gtest/gtest.h>

#include "checks.h"
#include "corpus.h"
#include "guarded.h"
#include "prw/proto/snappy_block.h"
#include "support.h"

namespace prw::fuzz {
namespace {

using proto::ProtobufMessage;

constexpr std::size_t kShards = 4;
constexpr std::size_t kReaderCases = 30000;    // a shard and message
constexpr std::size_t kSnappyCases = 20000;    // a shard
constexpr std::size_t kRebaseCases = 15000;    // a shard and message
constexpr std::size_t kFamiliesCases = 15000;  // a shard
constexpr std::size_t kHttpCases = 15000;      // a shard
constexpr std::size_t kLargestInput = 1U << 20U;

struct Seeds {
    std::vector<std::string> messages[2];  ///< by ProtobufMessage
    std::vector<std::string> bodies, heads;
};

const Seeds& seeds() {
    static const Seeds kSeeds = [] {
        Seeds out;
        for (const auto& f : testing::all_fixtures()) {
            proto::PaddedBuffer message;
            if (!uncompress_snappy(f.body, proto::kDefaultMaxUncompressed, message)) throw std::runtime_error(f.name);
            out.messages[f.name.find("-2.0/") != std::string::npos].emplace_back(message.view());
            out.bodies.push_back(f.body);
            out.heads.push_back(f.head);
        }
        return out;
    }();
    return kSeeds;
}

class Corpus : public ::testing::TestWithParam<std::size_t> {};

INSTANTIATE_TEST_SUITE_P(Shard, Corpus, ::testing::Range<std::size_t>(0, kShards),
                         [](const auto& param) { return std::to_string(param.param); });

void run_reader(ProtobufMessage message, std::uint64_t seed) {
    Random random(seed);
    testing::GuardedBuffer guarded(kLargestInput);
    ReaderCheck check;
    const auto& own = seeds().messages[message == ProtobufMessage::kV2];
    const auto& foreign = seeds().messages[message == ProtobufMessage::kV1];
    std::size_t accepted = 0;
    const auto run = [&](std::string_view input) {
        const auto bad = check(guarded.place(input), message);
        accepted += check.accepted();
        if (bad) ADD_FAILURE() << *bad << "\n" << full_name(message) << ": " << testing::hex(input);
        return !bad.has_value();
    };
    for (const auto* list : {&own, &foreign})
        for (const auto& input : *list)
            if (!run(input)) return;
    for (std::size_t i = 0; i < kReaderCases; ++i) {
        const auto seed_message = random.one_in(3) ? excerpt(random, random.pick(random.one_in(20) ? foreign : own))
                                                   : random_request(random, message);
        if (random.one_in(10)) {
            if (!run(seed_message)) return;
            continue;
        }
        if (!run(mutate_protobuf(random, seed_message, excerpt(random, random.pick(own))))) return;
    }
    // A corpus that is nearly all accepted or nearly all refused would prove little.
    EXPECT_GT(accepted, kReaderCases / 5);
    EXPECT_LT(accepted, kReaderCases * 4 / 5);
}

TEST_P(Corpus, ReaderAgreesWithLibprotobufOnV1) { run_reader(ProtobufMessage::kV1, 0x5eed0100 + GetParam()); }
TEST_P(Corpus, ReaderAgreesWithLibprotobufOnV2) { run_reader(ProtobufMessage::kV2, 0x5eed0200 + GetParam()); }

void run_rebase(ProtobufMessage message, std::uint64_t seed) {
    Random random(seed);
    testing::GuardedBuffer guarded(kLargestInput);
    RebaseCheck check;
    const auto& own = seeds().messages[message == ProtobufMessage::kV2];
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < kRebaseCases; ++i) {
        auto input = random.one_in(3) ? excerpt(random, random.pick(own)) : random_request(random, message);
        if (!random.one_in(10)) input = mutate_protobuf(random, input, excerpt(random, random.pick(own)));
        // From a millisecond to beyond the range, both ways: lengths grow and shrink.
        const auto by =
            static_cast<std::int64_t>(random.next() >> (1 + random.below(63))) * (random.one_in(2) ? 1 : -1);
        const auto bad = check(guarded.place(input), message, by);
        accepted += check.accepted();
        if (bad) {
            ADD_FAILURE() << *bad << "\n" << full_name(message) << " by " << by << ": " << testing::hex(input);
            return;
        }
    }
    EXPECT_GT(accepted, kRebaseCases / 5);
    EXPECT_LT(accepted, kRebaseCases * 4 / 5);
}

TEST_P(Corpus, RebaseChangesTimestampsAloneInV1) { run_rebase(ProtobufMessage::kV1, 0x5eed0500 + GetParam()); }
TEST_P(Corpus, RebaseChangesTimestampsAloneInV2) { run_rebase(ProtobufMessage::kV2, 0x5eed0600 + GetParam()); }

TEST_P(Corpus, MetricFamiliesAreTheSameWrittenAgain) {
    Random random(0x5eed0700 + GetParam());
    testing::GuardedBuffer guarded(kLargestInput);
    FamiliesCheck check;
    std::size_t accepted = 0;
    for (std::size_t i = 0; i < kFamiliesCases; ++i) {
        auto input = random_families(random);
        if (!random.one_in(10)) input = mutate_families(random, input, random_families(random));
        const auto bad = check(guarded.place(input));
        accepted += check.accepted();
        if (bad) {
            ADD_FAILURE() << *bad << "\n" << testing::hex(input);
            return;
        }
    }
    EXPECT_GT(accepted, kFamiliesCases / 5);
    EXPECT_LT(accepted, kFamiliesCases * 4 / 5);
}

TEST_P(Corpus, SnappyWalkAgreesWithLibsnappy) {
    Random random(0x5eed0300 + GetParam());
    testing::GuardedBuffer guarded(kLargestInput);
    SnappyCheck check;
    std::size_t valid = 0;
    const auto run = [&](std::string_view input) {
        const auto bad = check(guarded.place(input));
        valid += check.valid();
        if (bad) ADD_FAILURE() << *bad << "\n" << testing::hex(input);
        return !bad.has_value();
    };
    for (const auto& body : seeds().bodies)
        if (!run(body) || !run(proto::compress_snappy(body))) return;
    for (std::size_t i = 0; i < kSnappyCases; ++i) {
        auto body = random.one_in(8) ? random.pick(seeds().bodies) : random_snappy(random);
        for (auto n = random.below(3); n > 0; --n) body = mutate_bytes(random, body, random.pick(seeds().bodies));
        if (!run(body)) return;
    }
    EXPECT_GT(valid, kSnappyCases / 5);
    EXPECT_LT(valid, kSnappyCases * 4 / 5);
}

TEST_P(Corpus, HttpTextIsConsistent) {
    Random random(0x5eed0400 + GetParam());
    testing::GuardedBuffer guarded(kLargestInput);
    static const std::vector<std::string> kTypes = {
        "application/x-protobuf", "application/x-protobuf;proto=io.prometheus.write.v2.Request",
        "application/x-protobuf; proto=\"prometheus.WriteRequest\"; a=b", "text/plain;charset=\"u\\\"tf\";;x=y;"};
    static const std::vector<std::string> kChunked = {"5\r\nhello\r\n0\r\n\r\n",
                                                      "1;ext=\"x\"\r\na\r\nA\r\n0123456789\r\n0\r\nTrailer: 1\r\n\r\n",
                                                      "0\n\n", "00000003\nabc\n0\n\n"};
    const auto run = [&](const std::vector<std::string>& list, Verdict (*check)(std::string_view)) {
        auto input = random.pick(list);
        for (auto n = random.below(4); n > 0; --n) input = mutate_bytes(random, input, random.pick(list));
        const auto bad = check(guarded.place(input));
        if (bad) ADD_FAILURE() << *bad << "\n" << testing::hex(input);
        return !bad.has_value();
    };
    for (std::size_t i = 0; i < kHttpCases; ++i)
        if (!run(seeds().heads, check_request_head) || !run(kTypes, check_content_type) ||
            !run(kChunked, check_chunked))
            return;
}

}  // namespace
}  // namespace prw::fuzz
