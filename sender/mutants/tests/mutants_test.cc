/// Every mutant of a request: the rule that it is meant for fires, no other but those that it breaks by nature, and
/// nothing changes but what it is about.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "mutants_support.h"
#include "prw/rules/check.h"

namespace prw::mutants {
namespace {

using proto::ProtobufMessage;
using rules::Severity;
using testing_support::differences;
using testing_support::mutation_of;
using testing_support::rich_batch;
using testing_support::Sending;
using testing_support::WireRequest;
using Words = std::set<std::string>;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

/// What is not the ordinary case: the rule's usual severity, no other finding, one series more.
struct Special {
    std::optional<Severity> v1 = {}, v2 = {};  ///< severity in each message
    Words also = {};                           ///< rules that the mutant breaks as well, by nature
    std::optional<Words> changes = {};         ///< kinds of differences in the data; "+metadata" only in 1.0
};

const std::map<std::string_view, Special>& specials() {
    constexpr auto kFail = Severity::kFail, kWarn = Severity::kWarn, kInfo = Severity::kInfo;
    static const Words kNothing = {}, kBroken = {"undecodable"}, kCounter = {"+series", "+metadata"};
    static const std::map<std::string_view, Special> kSpecials = {
        {"head/no-content-type", {.also = {"wire/message-matches-content-type"}}},
        // Nobody can read these.
        {"compression/empty-body", {.changes = kBroken}},
        {"compression/base64", {.changes = kBroken}},
        {"compression/grpc-frame", {.changes = kBroken}},
        {"compression/gzip", {.changes = kBroken}},
        {"compression/none", {.changes = kBroken}},
        {"compression/twice", {.changes = kBroken}},
        {"compression/framed", {.changes = kBroken}},
        {"compression/cut", {.changes = kBroken}},
        {"compression/length-lies", {.changes = kBroken}},
        {"compression/length-padded", {.changes = kNothing}},
        {"compression/trailing-bytes", {.changes = kBroken}},
        {"compression/s2", {.changes = kBroken}},
        {"null/garbage", {.changes = kBroken}},
        {"wire/json", {.changes = kBroken}},
        {"wire/length-prefix", {.changes = kBroken}},
        {"wire/cut", {.changes = kBroken}},
        {"wire/trailing-garbage", {.changes = kBroken}},
        {"wire/otlp", {.changes = Words{"-series", "labels", "timestamp", "value"}}},
        {"wire/other-message",
         {.also = {"headers/version-newest", "metadata/type-provided", "wire/v1-custom-buckets"},
          .changes = Words{"-series"}}},
        // Fields that no schema has do not change what is read.
        {"wire/group", {.changes = kNothing}},
        {"wire/samples-varint", {.changes = kNothing}},
        {"wire/unknown-field", {.changes = kNothing}},
        {"wire/value-twice", {.changes = kNothing}},
        {"wire/field-2", {.changes = kNothing}},
        {"wire/field-3", {.changes = kNothing}},
        {"wire/fields-1-to-3", {.changes = kNothing}},
        {"wire/created-timestamp", {.changes = kNothing}},
        {"wire/timestamp-fixed64", {.also = {"samples/timestamp-plausible"}, .changes = Words{"timestamp"}}},
        {"wire/value-float", {.changes = Words{"value"}}},
        {"wire/v1-metadata", {.changes = Words{"+metadata"}}},
        {"wire/v1-extension-shape", {.changes = Words{"exemplars"}}},
        {"wire/metric-type-9", {.changes = kCounter}},
        {"wire/help-not-utf8", {.changes = kCounter}},
        {"symbols/none",
         {.also = {"symbols/series-refs-in-range", "symbols/exemplar-refs-in-range", "symbols/metadata-refs-in-range"},
          .changes = Words{"exemplar", "help", "labels", "unit"}}},
        {"symbols/first-not-empty", {.changes = kNothing}},
        {"symbols/repeated", {.changes = kNothing}},
        {"symbols/series-ref-outside", {.changes = Words{"labels"}}},
        {"symbols/exemplar-ref-outside", {.changes = Words{"+series", "exemplar"}}},
        {"symbols/help-ref-outside", {.changes = Words{"help"}}},
        {"symbols/series-refs-odd", {.changes = Words{"labels"}}},
        {"symbols/exemplar-refs-odd", {.changes = Words{"+series", "exemplar"}}},
        {"labels/unsorted", {.changes = Words{"labels"}}},
        // Patterns of names are MUST in 1.0 and SHOULD in 2.0.
        {"labels/metric-name-with-dot", {.v1 = kFail, .v2 = kWarn}},
        {"labels/name-with-colon", {.v1 = kFail, .v2 = kWarn}},
        {"labels/name-starts-with-digit", {.v1 = kFail, .v2 = kWarn}},
        {"labels/quantile-not-a-number", {.v1 = kWarn}},  // 1.0 does not tell that it is a summary
        {"samples/negative-counter", {.changes = kCounter}},
        {"samples/nan-counter", {.changes = kCounter}},
        // Only a known source shows that something is missing or named by the sender.
        {"samples/no-start-timestamp", {.v2 = kInfo}},
        {"histograms/no-start-timestamp", {.v2 = kInfo}},
        {"exemplars/trace-id-spelling", {.v2 = kInfo}},
        {"metadata/no-help", {.v2 = kInfo, .changes = Words{"help"}}},
        {"metadata/help-is-name", {.v2 = kInfo}},
        {"metadata/total-is-gauge", {.v2 = kInfo}},
        {"metadata/none", {.changes = Words{"help", "type", "unit"}}},
        {"metadata/no-family-name", {.changes = Words{"+metadata"}}},
        {"metadata/v1-two-types", {.changes = Words{"+metadata"}}},
        {"metadata/v1-series-as-family", {.changes = kCounter}},
        {"exemplars/too-long", {.changes = kCounter}},
        {"exemplars/empty-label", {.changes = kCounter}},
        {"exemplars/stale", {.changes = kCounter}},
        {"exemplars/timestamp-in-seconds", {.v1 = kWarn, .changes = kCounter}},
        {"exemplars/timestamp-implausible", {.changes = kCounter}},
        {"exemplars/newest-first", {.changes = kCounter}},
        {"histograms/zero-count-float", {.also = {"histograms/count-equals-buckets"}}},
        {"histograms/exponential-with-bounds", {.also = {"wire/v1-custom-buckets"}}},
    };
    return kSpecials;
}

/// Notes about extensions of 1.0 go with every mutant that adds one.
bool is_note(std::string_view rule) { return rule == "wire/v1-metadata" || rule == "wire/v1-extensions"; }

Special special_of(std::string_view id) {
    const auto found = specials().find(id);
    return found != specials().end() ? found->second : Special{};
}

rules::CheckOptions options_at(std::int64_t now) {
    rules::CheckOptions options;
    options.now_ms = now;
    options.expected_target = "/api/v1/write";
    options.expected_host = "receiver:9201";
    return options;
}

WireRequest request_of(const Mutation& mutation, ProtobufMessage message, std::int64_t& now) {
    Sending sending(mutation, message);
    now = sending.clock.wall_ms();
    (void)sending.sink(rich_batch(now));
    EXPECT_FALSE(sending.sent.empty());
    return sending.sent.empty() ? WireRequest{} : sending.sent.front();
}

std::string rule_of(const Mutant& mutant) { return std::string(mutant.check.substr(7)); }
bool of_a_request(const Mutant& mutant) {
    return rules::find_rule(rule_of(mutant)) != nullptr && !mutant.id.starts_with("fallback/");
}

std::string without_length(const std::string& head) {
    const auto at = head.find("Content-Length: ");
    return at == std::string::npos ? head : std::string(head).erase(at, head.find("\r\n", at) + 2 - at);
}

/// The body that a receiver reads: none where no length is announced.
std::string_view as_framed(std::string_view head, std::string_view body) {
    const bool announced = head.find("Content-Length:") != std::string_view::npos ||
                           head.find("Transfer-Encoding:") != std::string_view::npos;
    return announced ? body : std::string_view();
}

TEST(Reference, HasNoFindingsInEitherMessage) {
    for (const auto message : {kV1, kV2}) {
        std::int64_t now = 0;
        const auto [head, body] = request_of({}, message, now);
        const auto result = rules::check(head, body, options_at(now));
        EXPECT_TRUE(result.decoded);
        for (const auto& finding : result.findings) ADD_FAILURE() << finding.rule << ": " << finding.message;
    }
}

struct Case {
    Mutant mutant;
    ProtobufMessage message;
};
void PrintTo(const Case& tested, std::ostream* out) {
    *out << tested.mutant.id << " in " << proto::short_name(tested.message);
}

class RequestMutant : public ::testing::TestWithParam<Case> {};

TEST_P(RequestMutant, BreaksItsRuleAndChangesNothingElse) {
    const auto& [mutant, message] = GetParam();
    const Special special = special_of(mutant.id);
    std::int64_t now = 0;
    const auto plain = request_of({}, message, now);
    const auto [head, body] = request_of(mutation_of({std::string(mutant.id)}), message, now);

    const auto result = rules::check(head, as_framed(head, body), options_at(now));
    Words fired;
    std::optional<Severity> severity;
    std::string told;
    for (const auto& finding : result.findings) {
        told += "\n  " + finding.rule + " (" + std::string(name_of(finding.severity)) + "): " + finding.message;
        if (finding.rule == rule_of(mutant)) {
            severity = std::max(severity.value_or(finding.severity), finding.severity);
        } else {
            fired.insert(finding.rule);
        }
    }
    ASSERT_TRUE(severity) << mutant.check << " did not fire" << told;
    const auto wanted =
        (message == kV1 ? special.v1 : special.v2).value_or(rules::find_rule(rule_of(mutant))->severity);
    EXPECT_EQ(name_of(*severity), name_of(wanted)) << told;
    for (const auto& rule : fired)
        EXPECT_TRUE(special.also.contains(rule) || is_note(rule)) << rule << " fired as well" << told;

    if (mutant.id.starts_with("head/")) {
        EXPECT_EQ(body, plain.body);
        EXPECT_NE(head, plain.head);
        return;
    }
    EXPECT_EQ(without_length(head), without_length(plain.head));
    auto changes = special.changes.value_or(Words{"+series"});
    if (message == kV2) changes.erase("+metadata");
    auto found = differences(plain.body, body, message);
    // The two messages lose differently much where the other one is read.
    if (special.changes && special.changes->contains("-series")) {
        EXPECT_TRUE(found.contains("-series"));
        found = changes;
    }
    EXPECT_EQ(found, changes);
}

std::vector<Case> request_mutants() {
    std::vector<Case> out;
    for (const Mutant& mutant : all_mutants()) {
        if (!of_a_request(mutant)) continue;
        if (mutant.v1) out.push_back({mutant, kV1});
        if (mutant.v2) out.push_back({mutant, kV2});
    }
    return out;
}

INSTANTIATE_TEST_SUITE_P(Table, RequestMutant, ::testing::ValuesIn(request_mutants()), [](const auto& tested) {
    std::string name(tested.param.mutant.id);
    name += tested.param.message == kV1 ? "V1" : "V2";
    std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
    return name;
});

TEST(MutantCatalogue, IsWellFormed) {
    Words ids;
    for (const Mutant& mutant : all_mutants()) {
        SCOPED_TRACE(mutant.id);
        EXPECT_TRUE(ids.insert(std::string(mutant.id)).second) << "twice";
        EXPECT_EQ(mutant.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-/"), std::string_view::npos);
        EXPECT_NE(mutant.id.find('/'), std::string_view::npos);
        EXPECT_TRUE(mutant.summary.ends_with('.'));
        EXPECT_TRUE(mutant.check.starts_with("sender/"));
        EXPECT_TRUE(mutant.v1 || mutant.v2);
        EXPECT_EQ(find_mutant(mutant.id)->summary, mutant.summary);
    }
    for (const Mutant& mutant : null_senders()) {
        EXPECT_EQ(mutant.check, "");
        EXPECT_TRUE(mutant.summary.ends_with('.'));
        EXPECT_TRUE(ids.insert(std::string(mutant.id)).second) << mutant.id << " twice";
    }
    for (const auto& [id, special] : specials()) EXPECT_NE(find_mutant(id), nullptr) << id << " has gone";
    EXPECT_EQ(find_mutant("no/such"), nullptr);
}

TEST(MutantCatalogue, BreaksEveryRuleInEachMessageThatHasIt) {
    std::map<std::string, std::set<ProtobufMessage>, std::less<>> broken;
    for (const Mutant& mutant : all_mutants()) {
        if (mutant.v1) broken[rule_of(mutant)].insert(kV1);
        if (mutant.v2) broken[rule_of(mutant)].insert(kV2);
    }
    for (const auto* rule : rules::all_rules()) {
        const auto unbreakable = unbreakable_rules();
        const auto excuse = std::find_if(unbreakable.begin(), unbreakable.end(),
                                         [&](const UnbreakableRule& each) { return each.rule == rule->id; });
        if (excuse != unbreakable.end()) {
            EXPECT_FALSE(broken.contains(rule->id)) << rule->id << " can be broken after all";
            EXPECT_NE(excuse->reason, "");
            continue;
        }
        EXPECT_TRUE(broken.contains(rule->id)) << "no mutant breaks " << rule->id;
        const auto has = [&](std::string_view prefix) {
            return std::any_of(rule->clauses.begin(), rule->clauses.end(),
                               [&](std::string_view clause) { return clause.starts_with(prefix); });
        };
        // About the 1.0 message alone, though the sentences stand in the second specification.
        if (rule->id == "negotiation/proto-parameter-v1" || rule->id == "negotiation/v1-by-2x-sender") continue;
        // Rules on what a peer of 1.0 gets from a sender of 2.0 are broken by that sender.
        if (rule->id.ends_with("-1x-receiver")) continue;
        const auto& messages = broken[std::string(rule->id)];
        EXPECT_TRUE(!has("prw1.") || messages.contains(kV1)) << rule->id << " in 1.0";
        EXPECT_TRUE(!has("prw2.") || messages.contains(kV2)) << rule->id << " in 2.0";
    }
}

TEST(Mutation, OfNothingIsNothing) {
    const auto none = Mutation::of({});
    ASSERT_TRUE(none);
    EXPECT_TRUE(none->empty());
}

TEST(Mutation, NamesTheNearestOfAnUnknownId) {
    const std::vector<std::string> ids = {"head/put,labels/unsortd"};
    const auto mutation = Mutation::of(ids);
    ASSERT_FALSE(mutation);
    EXPECT_EQ(mutation.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(mutation.error().text(), "there is no mutant \"labels/unsortd\"; did you mean labels/unsorted?");
    const std::vector<std::string> far = {"something-else-altogether"};
    EXPECT_EQ(Mutation::of(far).error().text(),
              "there is no mutant \"something-else-altogether\"; prw list mutants shows them all");
    const std::vector<std::string> nothing = {""};
    EXPECT_FALSE(Mutation::of(nothing));
}

TEST(Mutation, ComposesListsAndRepeatedIds) {
    const auto mutation =
        mutation_of({"labels/empty-value,head/no-user-agent", "compression/trailing-bytes", "head/no-user-agent"});
    EXPECT_EQ(mutation.mutants().size(), 3U);
    std::int64_t now = 0;
    const auto [head, body] = request_of(mutation, kV2, now);
    Words fired;
    for (const auto& finding : rules::check(head, body, options_at(now)).findings) fired.insert(finding.rule);
    EXPECT_EQ(fired, (Words{"headers/user-agent", "compression/trailing-bytes"}));  // what is behind cannot be read
    const auto data =
        request_of(mutation_of({"labels/empty-value", "samples/timestamp-zero,wire/unknown-field"}), kV1, now);
    fired.clear();
    for (const auto& finding : rules::check(data.head, data.body, options_at(now)).findings) fired.insert(finding.rule);
    EXPECT_EQ(fired, (Words{"labels/no-empty-value", "samples/timestamp-plausible", "wire/no-unknown-fields"}));
}

TEST(UnreadableMutants, ChangeNoOtherBytes) {
    for (const auto message : {kV1, kV2}) {
        std::int64_t now = 0;
        const std::string block = request_of({}, message, now).body;
        proto::PaddedBuffer buffer;
        ASSERT_TRUE(proto::uncompress_snappy(block, proto::kDefaultMaxUncompressed, buffer));
        const std::string plain(buffer.view());
        const auto body = [&](const char* id) { return request_of(mutation_of({id}), message, now).body; };
        const auto inside = [&](const char* id) {
            proto::PaddedBuffer inner;
            EXPECT_TRUE(proto::uncompress_snappy(body(id), proto::kDefaultMaxUncompressed, inner));
            return std::string(inner.view());
        };
        EXPECT_EQ(body("compression/none"), plain);
        EXPECT_EQ(body("compression/cut"), block.substr(0, block.size() - 1));
        EXPECT_EQ(body("compression/trailing-bytes"), block + std::string(4, '\0'));
        EXPECT_EQ(inside("compression/twice"), block);
        for (const char* stored : {"compression/gzip", "compression/framed"})
            EXPECT_NE(body(stored).find(plain), std::string::npos) << stored;
        EXPECT_EQ(body("compression/length-lies").substr(2), block.substr(2));
        EXPECT_NE(body("compression/length-lies"), block);
        EXPECT_EQ(body("compression/s2").substr(2), block.substr(2) + std::string("\1\0", 2));
        EXPECT_EQ(inside("wire/cut"), plain.substr(0, plain.size() - 1));
        EXPECT_EQ(inside("wire/trailing-garbage"), plain + "\xff");
        EXPECT_EQ(inside("wire/length-prefix").substr(2), plain);
    }
}

TEST(Mutation, WritesARetryWithTheSameBytes) {
    const auto mutation = mutation_of({"labels/unsorted,wire/value-twice,compression/trailing-bytes,head/put"});
    Sending sending(mutation, kV2,
                    {testing_support::answer(503), testing_support::answer(204, testing_support::written(1))});
    (void)sending.sink(rich_batch(sending.clock.wall_ms()));
    ASSERT_EQ(sending.sent.size(), 2U);
    EXPECT_EQ(sending.sent[0].body, sending.sent[1].body);
}

TEST(FallbackMutant, KeepsHeadersOfTheNewVersionTowardsAReceiverOfTheOld) {
    for (const auto& [id, rule] : {std::pair{"fallback/version-stays", "headers/version-1x-receiver"},
                                   {"fallback/content-type-parameter", "negotiation/content-type-1x-receiver"}}) {
        Sending sending(mutation_of({id}), kV2, {testing_support::answer(415), testing_support::answer(204)});
        (void)sending.sink(rich_batch(sending.clock.wall_ms()));
        ASSERT_EQ(sending.sent.size(), 2U) << id;
        auto options = options_at(sending.clock.wall_ms());
        options.peer_is_1x = true;
        Words fired;
        for (const auto& finding : rules::check(sending.sent[1].head, sending.sent[1].body, options).findings)
            fired.insert(finding.rule);
        EXPECT_EQ(fired, Words{rule});
    }
}

}  // namespace
}  // namespace prw::mutants
