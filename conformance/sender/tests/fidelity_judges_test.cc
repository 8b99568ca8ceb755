// The judges of what was scraped, on requests made by hand: a sender that copies a scrape faithfully, and what becomes
// of the verdict when it deviates in one thing, or in one that is its own affair.
#include <algorithm>
#include <cmath>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "checks/fidelity.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "prw/sender_suite/checks.h"

namespace prw::sender_suite {
namespace {

using proto::ProtobufMessage;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

std::string label_of(const proto::Series& series, std::string_view name) {
    for (const auto& [key, value] : series.labels)
        if (key == name) return value;
    return {};
}
std::string name_of(const proto::Series& series) { return label_of(series, "__name__"); }

/// Scrapes the real table and sends what it got, request by request, through the bytes.
class Scraper {
public:
    using Spoil = std::function<void(proto::WriteRequest&, std::uint64_t scrape)>;

    explicit Scraper(Exposition format, ProtobufMessage message = kV2, const char* scenario = "steady",
                     std::vector<SourceFamily> families = default_families())
        : format_(format), message_(message), target_(std::move(families)) {
        record_.scenario = scenario;
        record_.asked = message;
        record_.target.input = suite::Input::kScrape;
        record_.started = true;
        record_.notes<FidelityNotes>().window = 5;
        record_.observation = Observation(target_.identities());
        record_.families = target_.families();
    }

    Scraper& scrapes(int count, const Spoil& spoil = {}, int status = 204) {
        for (int i = 0; i < count; ++i) {
            (void)target_.take(format_);
            const auto generation = target_.generations().back();
            if (generation.number == 1) began_ms_ = generation.unix_ms;
            const auto time = began_ms_ + static_cast<std::int64_t>(generation.number) * 1000;
            auto request = faithful(generation, time);
            if (spoil) spoil(request, generation.number);
            send(request, status);
        }
        return *this;
    }
    void send(const proto::WriteRequest& request, int status = 204) {
        exchange::Exchange e;
        e.id = ++id_;
        e.raw_body = proto::compress_snappy(proto::encode(request, message_));
        e.raw_head = "POST /api/v1/write HTTP/1.1\r\nHost: a\r\nContent-Encoding: snappy\r\nContent-Type: " +
                     std::string(message_ == kV1 ? proto::kContentTypeV1 : proto::kContentTypeV2) +
                     "\r\nContent-Length: " + std::to_string(e.raw_body.size()) + "\r\n\r\n";
        e.first_byte_us = time_us_ += 1000;
        e.response_end_us = time_us_ += 100;
        e.status = status;
        e.response_sent = status != 0;
        e.check = rules::check(e.raw_head, e.payload(), {});
        record_.observation.add(e);
    }

    ScrapeTarget& target() { return target_; }
    ScenarioRecord& record() { return record_; }
    [[nodiscard]] std::string verdict(const std::string& id) {
        record_.generations = target_.generations();
        for (auto& check : judge(record_)) {
            if (check.id != id) continue;
            std::string out = std::string(suite::name_of(check.verdict)) + ": " + check.reason;
            for (const auto& finding : check.findings) {
                EXPECT_FALSE(finding.fix.empty()) << id;
                out += "\n" + finding.series + ": " + finding.message;
            }
            return out;
        }
        return "no check " + id;
    }

private:
    proto::WriteRequest faithful(const Generation& generation, std::int64_t time) {
        proto::WriteRequest out;
        std::map<std::uint32_t, std::size_t> at;
        const auto series_of = [&](std::uint32_t source) -> proto::Series& {
            const auto [found, added] = at.try_emplace(source, out.series.size());
            if (!added) return out.series[found->second];
            const auto& identity = target_.identities()[source];
            auto& series = out.series.emplace_back();
            series.labels = identity.labels;
            series.labels.emplace_back("__name__", identity.metric);
            std::sort(series.labels.begin(), series.labels.end());
            series.metadata = metadata_of(identity.family);
            return series;
        };
        for (const auto& served : generation.samples)
            series_of(served.series)
                .samples.push_back(
                    {served.bits, served.timestamp_ms != 0 ? served.timestamp_ms : time, served.start_timestamp_ms});
        for (const auto& [source, value] : generation.histograms) {
            auto& histograms = series_of(source).histograms;
            histograms.push_back(value);
            histograms.back().timestamp = time;
        }
        for (const auto& [source, exemplar] : generation.exemplars)
            series_of(source).exemplars.push_back(
                {exemplar.labels, exemplar.value_bits, exemplar.timestamp_ms.value_or(time)});
        if (message_ == kV1) {
            for (std::uint32_t i = 0; i < target_.families().size(); ++i) out.metadata.push_back(metadata_of(i));
        }
        // What has gone gets its marker.
        std::set<proto::Labels> live;
        for (const auto& series : out.series) live.insert(series.labels);
        for (const auto& labels : std::exchange(live_, {})) {
            if (live.contains(labels)) continue;
            auto& marker = out.series.emplace_back();
            marker.labels = labels;
            marker.samples.push_back({proto::kStaleNanBits, time, 0});
        }
        for (const auto& [source, index] : at)
            if (!target_.identities()[source].explicit_timestamp) live_.insert(out.series[index].labels);
        return out;
    }

    proto::Metadata metadata_of(std::uint32_t index) const {
        const auto& family = target_.families()[index];
        proto::Metadata out{proto::MetricType::kUnspecified, family.name, family.help, family.unit};
        if (format_ == Exposition::kText) out.unit.clear();
        std::string type = family.type;
        const bool gauge = format_ != Exposition::kOpenMetrics && (type == "info" || type == "stateset");
        if (gauge) type = "gauge";
        for (std::uint32_t i = 1; i <= 7; ++i)
            if (proto::name_of(static_cast<proto::MetricType>(i)) == type) out.type = static_cast<proto::MetricType>(i);
        if (format_ != Exposition::kOpenMetrics && family.type == "counter") out.family += "_total";
        if (format_ != Exposition::kOpenMetrics && family.type == "info") out.family += "_info";
        return out;
    }

    Exposition format_;
    ProtobufMessage message_;
    ScrapeTarget target_;
    ScenarioRecord record_;
    std::set<proto::Labels> live_;
    std::int64_t began_ms_ = 0, time_us_ = 0;
    std::uint64_t id_ = 0;
};

/// Changes each series of that name.
template <typename Change>
Scraper::Spoil each(std::string name, Change change) {
    return [name = std::move(name), change](proto::WriteRequest& request, std::uint64_t) {
        for (auto& series : request.series)
            if (name.empty() || name_of(series) == name) change(series);
    };
}
/// Changes the first histogram of that name.
template <typename Change>
Scraper::Spoil histogram(std::string name, Change change) {
    return each(std::move(name), [change](proto::Series& series) {
        if (!series.histograms.empty()) change(series.histograms.front());
    });
}

struct Row {
    const char* deviation;
    Scraper::Spoil spoil;
    const char* verdict;
    const char* text = "";
};

void expect(const char* check, Exposition format, ProtobufMessage message, const std::vector<Row>& rows,
            const std::map<std::string, suite::Target::Support>& features = {}) {
    for (const auto& row : rows) {
        SCOPED_TRACE(row.deviation);
        Scraper scraper(format, message);
        scraper.record().target.features = features;
        const auto said = scraper.scrapes(7, row.spoil).verdict(check);
        EXPECT_THAT(said, StartsWith(std::string(row.verdict) + ":"));
        EXPECT_THAT(said, HasSubstr(row.text));
    }
}

const char* const kNative = "prw_native_seconds";
const char* const kFloat = "prw_native_difference";

TEST(Faithful, PassesEveryCheckInEveryFormat) {
    for (const auto format : {Exposition::kText, Exposition::kOpenMetrics, Exposition::kProtobuf}) {
        for (const auto message : {kV1, kV2}) {
            Scraper scraper(format, message);
            scraper.scrapes(7);
            scraper.record().generations = scraper.target().generations();
            for (const auto& check : judge(scraper.record())) {
                if (!check.id.starts_with("sender/fidelity/")) continue;
                EXPECT_LT(check.verdict, suite::Verdict::kWarn)
                    << check.id << " " << name_of(format) << ": " << check.reason;
                if (format == Exposition::kProtobuf && message == kV2 && check.id != "sender/fidelity/custom-buckets") {
                    EXPECT_EQ(suite::name_of(check.verdict), "pass") << check.id << ": " << check.reason;
                }
            }
        }
    }
}

/// The table has a label value of 10 kB: a rule on one request cannot know whose it is.
TEST(Faithful, IsNotBlamedForALongLabelThatWasExposed) {
    const auto said = [](const Scraper::Spoil& spoil) {
        Scraper scraper(Exposition::kText);
        scraper.scrapes(2, spoil);
        const ScenarioRecord* const records[] = {&scraper.record()};
        for (const auto& check : judge_rules(records, kV2))
            if (check.id == "sender/labels/size-sane")
                return std::string(suite::name_of(check.verdict)) + ": " + check.reason;
        return std::string("no check");
    };
    EXPECT_THAT(said({}), StartsWith("pass"));
    const auto longer =
        each("prw_empty_label", [](auto& series) { series.labels.emplace_back("z", std::string(5000, 'z')); });
    EXPECT_THAT(said(longer), StartsWith("warn: The value of label \"z\" is 5000 bytes long"));
}

TEST(NativeFidelity, IsBrokenByEachFieldAndByNothingElse) {
    expect("sender/fidelity/native-histograms", Exposition::kProtobuf, kV2,
           {
               {"the sum is off by one bit", histogram(kNative, [](auto& h) { ++h.sum_bits; }), "fail", "the sum"},
               {"another schema", histogram(kNative, [](auto& h) { --h.schema; }), "fail", "schema 3 was served, 2"},
               {"another zero threshold", histogram(kNative, [](auto& h) { h.zero_threshold *= 2; }), "fail",
                "the zero threshold"},
               {"another count", histogram(kNative, [](auto& h) { ++std::get<std::uint64_t>(h.count); }), "fail",
                "the count"},
               {"another zero bucket", histogram(kNative, [](auto& h) { h.zero_count = std::uint64_t{0}; }), "fail",
                "the zero bucket"},
               {"one bucket counts one more", histogram(kNative, [](auto& h) { ++h.positive_deltas.back(); }), "fail",
                "in the positive bucket"},
               {"all buckets one further", histogram(kNative, [](auto& h) { ++h.positive_spans.front().offset; }),
                "fail", "in the positive bucket -24"},
               {"no negative buckets", histogram(kFloat, [](auto& h) { h.negative_spans.clear(); }), "fail",
                "in the negative bucket"},
               {"integer counts as floats",
                histogram(kNative,
                          [](auto& h) {
                              double count = 0;
                              for (const auto delta : std::exchange(h.positive_deltas, {}))
                                  h.positive_counts.push_back(count += static_cast<double>(delta));
                              h.count = static_cast<double>(std::get<std::uint64_t>(h.count));
                              h.zero_count = static_cast<double>(std::get<std::uint64_t>(h.zero_count));
                          }),
                "fail", "integer counts was served, one with float"},
               {"one histogram is missing",
                [](auto& request, auto scrape) {
                    if (scrape == 3) std::erase_if(request.series, [](const auto& s) { return name_of(s) == kFloat; });
                },
                "fail", "scrape 3: no histogram arrived"},
               {"a sample in its place",
                each(kNative,
                     [](auto& series) {
                         series.samples.push_back({0, series.histograms.front().timestamp, 0});
                         series.histograms.clear();
                     }),
                "fail", "a sample in the place"},
               {"spans cut up",
                histogram(kNative,
                          [](auto& h) {
                              if (h.positive_deltas.size() != 3) return;
                              h.positive_spans = {{-24, 1}, {0, 1}, {1, 0}, {2, 1}};
                          }),
                "pass"},
               {"an empty bucket between the others",
                histogram(kNative,
                          [](auto& h) {
                              if (h.positive_deltas.size() != 3) return;
                              h.positive_spans = {{-24, 3}, {2, 1}};
                              auto& d = h.positive_deltas;  // a, b, c become a, b, 0, c
                              const auto second = d[0] + d[1], third = second + d[2];
                              d = {d[0], d[1], -second, third};
                          }),
                "pass"},
               {"another reset hint", histogram(kNative, [](auto& h) { h.reset_hint = 1; }), "pass"},
           });
}

TEST(NativeFidelity, IsJudgedWhereTheyWereScrapedAndAreSent) {
    const auto none = each("", [](auto& series) { series.histograms.clear(); });
    const char* check = "sender/fidelity/native-histograms";
    expect(check, Exposition::kProtobuf, kV2, {{"none is sent", none, "info", "none was sent"}});
    expect(check, Exposition::kProtobuf, kV2, {{"none is sent though promised", none, "fail", "none arrived"}},
           {{"native_histograms", {false, true}}});
    expect(check, Exposition::kProtobuf, kV1, {{"none is sent in 1.0", none, "not-applicable"}},
           {{"native_histograms", {false, true}}});
    expect(check, Exposition::kOpenMetrics, kV2, {{"text was scraped", {}, "inconclusive", "scraped text"}},
           {{"native_histograms", {true, true}}});
    expect(check, Exposition::kProtobuf, kV1, {{"1.0 has them, too", {}, "pass"}});
}

/// After each reset, whatever the family says.
Scraper::Spoil hints(std::uint32_t at_reset, std::uint32_t otherwise, std::uint32_t gauge = 3) {
    return [=](proto::WriteRequest& request, std::uint64_t scrape) {
        for (auto& series : request.series) {
            for (auto& h : series.histograms) {
                const bool reset = label_of(series, "path") == "/restarts" && scrape % 3 == 0;
                h.reset_hint = h.reset_hint == 3 ? gauge : reset ? at_reset : otherwise;
            }
        }
    };
}

TEST(ResetHints, MustNotLie) {
    expect("sender/fidelity/reset-hints", Exposition::kProtobuf, kV2,
           {
               {"none but for gauges", {}, "pass"},
               {"NO where nothing fell", hints(0, 2), "pass"},
               {"YES after a reset", hints(1, 2), "pass"},
               {"NO after a reset", hints(2, 2), "warn", "the hint NO, though counts are lower"},
               {"YES on all", hints(1, 1), "warn", "the hint YES on each of "},
               {"GAUGE on all", hints(3, 3), "warn", "the hint GAUGE on a histogram that counts"},
               {"nothing on a gauge", hints(0, 0, 0), "warn", "without the hint GAUGE"},
               {"NO on a gauge", hints(0, 0, 2), "warn", "without the hint GAUGE"},
           });
}

TEST(ResetHints, NeedAResetOrAGauge) {
    const auto idle = [](proto::WriteRequest& request, std::uint64_t) {
        std::erase_if(request.series,
                      [](const auto& s) { return !s.histograms.empty() && name_of(s) != "prw_native_idle_seconds"; });
    };
    expect("sender/fidelity/reset-hints", Exposition::kProtobuf, kV2, {{"idle", idle, "inconclusive", "was reset"}});
    expect("sender/fidelity/reset-hints", Exposition::kText, kV2,
           {{"none", {}, "inconclusive", "no native histogram"}});
}

/// The classic histograms of a request as custom buckets; `spoil` changes each.
Scraper::Spoil converted(std::function<void(proto::Histogram&, std::uint64_t)> spoil = {}) {
    return [spoil](proto::WriteRequest& request, std::uint64_t scrape) {
        std::map<std::string, std::map<double, double>> buckets;
        std::map<std::string, proto::Series> made;
        for (const auto& series : request.series) {
            const auto name = name_of(series);
            for (const char* family : {"prw_request_duration_seconds", "prw_vanishing_seconds"}) {
                if (!name.starts_with(family)) continue;
                auto& out = made[family];
                out.labels = {{"__name__", family}};
                if (out.histograms.empty()) out.histograms.emplace_back().schema = -53;
                auto& h = out.histograms.front();
                h.timestamp = series.samples.front().timestamp;
                const double value = proto::from_bits(series.samples.front().value_bits);
                if (name.ends_with("_sum")) h.sum_bits = series.samples.front().value_bits;
                if (name.ends_with("_count")) h.count = static_cast<std::uint64_t>(value);
                const auto le = label_of(series, "le");
                if (!le.empty()) buckets[family][le == "+Inf" ? HUGE_VAL : std::stod(le)] = value;
            }
        }
        std::erase_if(request.series, [](const auto& series) {
            return name_of(series).starts_with("prw_request_duration_seconds") ||
                   name_of(series).starts_with("prw_vanishing_seconds");
        });
        for (auto& [family, series] : made) {
            auto& h = series.histograms.front();
            double below = 0, last = 0;
            for (const auto& [bound, cumulative] : buckets[family]) {
                if (!std::isinf(bound)) h.custom_values.push_back(bound);
                h.positive_deltas.push_back(static_cast<std::int64_t>(cumulative - below - last));
                last = cumulative - below;
                below = cumulative;
            }
            h.positive_spans = {{0, static_cast<std::uint32_t>(h.positive_deltas.size())}};
            if (spoil) spoil(h, scrape);
            if (!h.positive_spans.empty()) request.series.push_back(series);
        }
    };
}

TEST(CustomBuckets, AreTheClassicOnes) {
    const char* check = "sender/fidelity/custom-buckets";
    expect(check, Exposition::kOpenMetrics, kV2,
           {
               {"as they are", converted(), "pass"},
               {"none are made", {}, "not-applicable"},
               {"cumulative counts", converted([](auto& h, auto) { h.positive_deltas[1] += h.positive_deltas[0]; }),
                "fail", "in the positive bucket 1"},
               {"another bound", converted([](auto& h, auto) { h.custom_values[1] = 0.75; }), "fail",
                "the bound 0.5 was served, 0.75 arrived"},
               {"a bound fewer", converted([](auto& h, auto) { h.custom_values.pop_back(); }), "fail",
                "3 bounds were served, 2 arrived"},
               {"an exponential schema", converted([](auto& h, auto) { h.schema = 0; }), "fail", "schema -53"},
               {"one is missing", converted([](auto& h, auto scrape) {
                    if (scrape == 3) h.positive_spans.clear();
                }),
                "fail", "scrape 3: no histogram arrived"},
           });
    // Then the classic series are nobody's loss.
    expect("sender/fidelity/every-sample-bit-exact", Exposition::kOpenMetrics, kV2,
           {{"as they are", converted(), "pass"},
            {"one bucket is missing",
             [](auto& request, auto) {
                 std::erase_if(request.series, [](const auto& s) { return label_of(s, "le") == "0.5"; });
             },
             "fail"}});
}

Scraper::Spoil exemplar(std::function<void(proto::Exemplar&)> change, std::uint64_t only = 0) {
    return [=](proto::WriteRequest& request, std::uint64_t scrape) {
        if (only != 0 && scrape != only) return;
        for (auto& series : request.series)
            for (auto& each : series.exemplars) change(each);
    };
}

TEST(ExemplarFidelity, IsBrokenByValueLabelAndTimestamp) {
    const char* check = "sender/fidelity/exemplars";
    const auto none = each("", [](auto& series) { series.exemplars.clear(); });
    const auto none_of_scrape_3 = [=](proto::WriteRequest& request, std::uint64_t scrape) {
        if (scrape == 3) none(request, scrape);
    };
    const auto first_ones_only = [=](proto::WriteRequest& request, std::uint64_t scrape) {
        if (scrape > 1) none(request, scrape);
    };
    for (const auto format : {Exposition::kOpenMetrics, Exposition::kProtobuf}) {
        expect(check, format, kV2,
               {
                   {"no value", exemplar([](auto& e) { e.value_bits = 0; }), "fail", "was served"},
                   {"one bit of the value", exemplar([](auto& e) { e.value_bits += 1; }, 3), "fail"},
                   {"another label", exemplar([](auto& e) { e.labels[0].first = "traceID"; }), "fail",
                    "no exemplar with these labels"},
                   {"a second later", exemplar([](auto& e) { e.timestamp += 1000; }), "fail"},
                   {"one lost", none_of_scrape_3, "warn", "scrape 3 served"},
                   {"most lost", first_ones_only, "warn"},
                   {"none", none, "inconclusive", "no exemplar arrived"},
                   {"labels in another order and one more series",
                    [](auto& request, auto) {
                        // As Prometheus sends them in 2.0: in series of their own.
                        std::vector<proto::Series> alone;
                        for (auto& series : request.series) {
                            if (series.exemplars.empty()) continue;
                            auto& copy = alone.emplace_back();
                            copy.labels = series.labels;
                            copy.exemplars = std::exchange(series.exemplars, {});
                        }
                        for (auto& series : alone) request.series.push_back(std::move(series));
                    },
                    "pass"},
                   {"all on the first bucket",
                    [](auto& request, auto) {
                        proto::Series* first = nullptr;
                        for (auto& series : request.series) {
                            if (name_of(series) != "prw_request_duration_seconds_bucket") continue;
                            if (first == nullptr) {
                                first = &series;
                                continue;
                            }
                            for (auto& each : std::exchange(series.exemplars, {})) first->exemplars.push_back(each);
                        }
                    },
                    "pass"},
               });
    }
    expect(check, Exposition::kOpenMetrics, kV2,
           {{"the last millisecond, which seconds leave to rounding", exemplar([](auto& e) { e.timestamp -= 1; }),
             "pass"}});
    expect(check, Exposition::kText, kV2, {{"no exemplars in text", {}, "inconclusive", "text 0.0.4"}});
    expect(check, Exposition::kProtobuf, kV1,
           {{"as they are", {}, "pass"}, {"no value in 1.0", exemplar([](auto& e) { e.value_bits = 0; }), "fail"}});
    expect(check, Exposition::kProtobuf, kV2,
           {{"none of native histograms",
             [](auto& request, auto) {
                 for (auto& series : request.series)
                     if (name_of(series) == kNative) series.exemplars.clear();
             },
             "pass", "of native histograms none was sent"}});
    expect(check, Exposition::kProtobuf, kV2, {{"they have none", {}, "not-applicable"}},
           {{"exemplars", {true, false}}});
}

Scraper::Spoil starts(std::function<void(std::int64_t& start, std::int64_t timestamp)> change) {
    return [=](proto::WriteRequest& request, std::uint64_t) {
        for (auto& series : request.series) {
            for (auto& sample : series.samples)
                if (sample.start_timestamp != 0) change(sample.start_timestamp, sample.timestamp);
            for (auto& h : series.histograms)
                if (h.start_timestamp != 0) change(h.start_timestamp, h.timestamp);
        }
    };
}

TEST(StartFidelity, IsBrokenByAnotherStart) {
    const char* check = "sender/fidelity/start-timestamps";
    const auto gone = starts([](auto& start, auto) { start = 0; });
    for (const auto format : {Exposition::kOpenMetrics, Exposition::kProtobuf}) {
        expect(check, format, kV2,
               {
                   {"the sender's own", starts([](auto& start, auto timestamp) { start = timestamp - 5; }), "warn",
                    "exposed the start"},
                   {"a second off", starts([](auto& start, auto) { start -= 1000; }), "warn"},
                   {"none", gone, "info", "none was sent"},
                   {"none on counters", each("prw_restarts_total", [](auto& s) { s.samples[0].start_timestamp = 0; }),
                    "warn", "without the start"},
               });
        expect(check, format, kV2, {{"none, though promised", gone, "warn", "without the start"}},
               {{"start_timestamps", {false, true}}});
        expect(check, format, kV2, {{"none, as the profile says", gone, "not-applicable"}},
               {{"start_timestamps", {false, false}}});
    }
    expect(check, Exposition::kOpenMetrics, kV2,
           {{"the last millisecond, which seconds leave to rounding", starts([](auto& start, auto) { ++start; }),
             "pass"}});
    expect(check, Exposition::kProtobuf, kV2, {{"a millisecond", starts([](auto& start, auto) { ++start; }), "warn"}});
    expect(check, Exposition::kText, kV2, {{"no start timestamps in text", {}, "inconclusive"}});
    // 1.0 has none, so that nothing is said of them.
    Scraper scraper(Exposition::kProtobuf, kV1);
    EXPECT_EQ(scraper.scrapes(7).verdict(check), "no check " + std::string(check));
}

TEST(StartFidelity, IsBrokenByAStartThatSurvivesAReset) {
    Scraper scraper(Exposition::kProtobuf);
    std::int64_t first = 0;
    scraper.scrapes(7, [&](proto::WriteRequest& request, std::uint64_t scrape) {
        for (auto& series : request.series) {
            if (name_of(series) != "prw_restarts_total") continue;
            auto& start = series.samples[0].start_timestamp;
            if (scrape == 1) first = start;
            start = scrape < 3 ? first : first - 7;
        }
    });
    EXPECT_THAT(scraper.verdict("sender/fidelity/start-timestamps"), StartsWith("warn: 5 samples with another start"));
}

/// Of 1.0 by family, of 2.0 by series.
Scraper::Spoil metadata(std::string name, std::function<void(proto::Metadata&)> change) {
    return [=](proto::WriteRequest& request, std::uint64_t) {
        for (auto& series : request.series)
            if (series.metadata.family.starts_with(name)) change(series.metadata);
        for (auto& entry : request.metadata)
            if (entry.family.starts_with(name)) change(entry);
    };
}

TEST(MetadataFidelity, IsBrokenByTypeHelpAndUnit) {
    const char* check = "sender/fidelity/metadata";
    using proto::MetricType;
    for (const auto message : {kV1, kV2}) {
        expect(check, Exposition::kOpenMetrics, message,
               {
                   {"as it is", {}, "pass"},
                   {"the escapes of the format",
                    metadata("prw_bytes",
                             [](auto& m) {
                                 m.help =
                                     "A counter with large values and a help text with \\\"quotes\\\", a backslash "
                                     "\\\\ and\\na second line.";
                             }),
                    "warn", "arrived as"},
                   {"another type", metadata("prw_requests", [](auto& m) { m.type = MetricType::kGauge; }), "warn",
                    "is a counter, and arrived as a gauge"},
                   {"another unit", metadata("prw_temperature", [](auto& m) { m.unit = "kelvin"; }), "warn",
                    "the unit \"celsius\" arrived as \"kelvin\""},
                   {"info as a gauge", metadata("prw_build", [](auto& m) { m.type = MetricType::kGauge; }), "warn"},
                   {"a type for what has none", metadata("prw_untyped", [](auto& m) { m.type = MetricType::kGauge; }),
                    "pass"},
                   {"none at all", metadata("", [](auto& m) { m = {}; }), "inconclusive"},
               });
    }
    const auto no_unit = metadata("", [](auto& m) { m.unit.clear(); });
    const auto no_help = metadata("prw_mode", [](auto& m) { m.help.clear(); });
    const auto no_family = metadata("prw_mode", [](auto& m) { m = {}; });
    expect(check, Exposition::kOpenMetrics, kV2,
           {{"no units", no_unit, "warn", "arrived without: unit"},
            {"no help", no_help, "warn", "prw_mode: was exposed with and arrived without: help"},
            {"a family without", no_family, "warn", "arrived without: type, help"}});
    // 1.0 does not ask for it.
    expect(check, Exposition::kOpenMetrics, kV1,
           {{"no units", no_unit, "pass"}, {"no help", no_help, "pass"}, {"a family without", no_family, "pass"}});
    for (const auto format : {Exposition::kText, Exposition::kProtobuf}) {
        for (const auto message : {kV1, kV2}) {
            expect(check, format, message,
                   {{"info and stateset as gauges", {}, "pass"},
                    {"info as info", metadata("prw_build", [](auto& m) { m.type = MetricType::kInfo; }), "warn"}});
        }
    }
    expect(check, Exposition::kText, kV2,
           {{"a unit from the name", metadata("prw_temperature", [](auto& m) { m.unit = "celsius"; }), "pass"}});
}

TEST(ExplicitTimestamps, ArriveAsExposedOrAsTheScrapes) {
    const auto at = [](std::function<std::int64_t(std::int64_t)> change) {
        return each("prw_explicit_timestamp",
                    [=](auto& series) { series.samples[0].timestamp = change(series.samples[0].timestamp); });
    };
    const auto of_scrape = [](proto::WriteRequest& request, std::uint64_t) {
        std::int64_t time = 0;
        for (const auto& series : request.series)
            if (name_of(series) == "prw_scrape_generation") time = series.samples[0].timestamp;
        for (auto& series : request.series)
            if (name_of(series) == "prw_explicit_timestamp") series.samples[0].timestamp = time;
    };
    for (const auto format : {Exposition::kText, Exposition::kOpenMetrics, Exposition::kProtobuf}) {
        expect("sender/fidelity/every-sample-bit-exact", format, kV1,
               {{"as exposed", {}, "pass"},
                {"as the scrape", of_scrape, "pass"},
                {"in the wrong unit", at([](auto time) { return time / 1000; }), "fail"},
                {"an hour off", at([](auto time) { return time - 3'600'000; }), "fail", " at "},
                {"left out",
                 [](auto& request, auto) {
                     std::erase_if(request.series,
                                   [](const auto& s) { return name_of(s) == "prw_explicit_timestamp"; });
                 },
                 "fail", "nothing of 1 scrape arrived under this name"}});
    }
    expect("sender/fidelity/every-sample-bit-exact", Exposition::kOpenMetrics, kV1,
           {{"the last millisecond, which seconds leave to rounding", at([](auto time) { return time - 1; }), "pass"}});
    expect("sender/fidelity/every-sample-bit-exact", Exposition::kText, kV1,
           {{"a millisecond", at([](auto time) { return time - 1; }), "fail"}});
}

/// Two scrapes, three without the vanishing series, two with them.
std::string disappearance(const char* check, const Scraper::Spoil& gone = {}, const Scraper::Spoil& back = {},
                          Exposition format = Exposition::kProtobuf, const Scraper::Spoil& before = {}) {
    Scraper scraper(format, kV2, "series-disappears");
    scraper.scrapes(2, before);
    scraper.target().set_vanished(true);
    scraper.scrapes(3, gone);
    scraper.target().set_vanished(false);
    return scraper.scrapes(2, back).verdict(check);
}

bool is_marker(const proto::Series& series) {
    return series.samples.size() == 1 && series.samples[0].value_bits == proto::kStaleNanBits;
}

TEST(NativeHistograms, EndWithAMarkerOfEitherForm) {
    const char* check = "sender/stale/marker-on-disappearance";
    const char* native = "prw_vanishing_native_seconds";
    EXPECT_THAT(disappearance(check), StartsWith("pass: each of 9 series"));
    EXPECT_THAT(disappearance(check, each(native,
                                          [](auto& series) {
                                              proto::Histogram marker;
                                              marker.sum_bits = proto::kStaleNanBits;
                                              marker.timestamp = series.samples.at(0).timestamp;
                                              series.samples.clear();
                                              series.histograms.push_back(marker);
                                          })),
                StartsWith("pass: each of 9 series"));
    const auto none = [=](proto::WriteRequest& request, std::uint64_t) {
        std::erase_if(request.series, [=](const auto& s) { return name_of(s) == native; });
    };
    EXPECT_THAT(disappearance(check, none), StartsWith("fail: 8 of 9 series"));
    EXPECT_THAT(disappearance(check, {}, {}, Exposition::kText), StartsWith("pass: each of 8 series"));
}

TEST(NativeHistograms, ThatLiveGetNoMarker) {
    const auto marked = histogram(kFloat, [](auto& h) {
        const auto time = h.timestamp;
        h = {};
        h.sum_bits = proto::kStaleNanBits;
        h.timestamp = time;
    });
    EXPECT_THAT(disappearance("sender/stale/none-for-live-series", marked), StartsWith("fail: 6 markers"));
    EXPECT_THAT(disappearance("sender/stale/none-for-live-series"), StartsWith("pass"));
}

TEST(ExplicitTimestamps, EndWithoutAMarker) {
    const char* check = "sender/stale/none-for-explicit-timestamps";
    const auto marker = [](proto::WriteRequest& request, std::uint64_t) {
        auto& series = request.series.emplace_back();
        series.labels = {{"__name__", "prw_explicit_timestamp"}, {"n", "vanishes"}};
        series.samples.push_back({proto::kStaleNanBits, request.series.front().samples.at(0).timestamp, 0});
    };
    const auto left_out = [](proto::WriteRequest& request, std::uint64_t) {
        std::erase_if(request.series, [](const auto& s) { return name_of(s) == "prw_explicit_timestamp"; });
    };
    const auto own_time = [](proto::WriteRequest& request, std::uint64_t) {
        for (auto& series : request.series)
            if (name_of(series) == "prw_explicit_timestamp")
                series.samples[0].timestamp = request.series.front().samples.at(0).timestamp;
    };
    const auto own_time_and_marker = [=](proto::WriteRequest& request, std::uint64_t scrape) {
        own_time(request, scrape);
        marker(request, scrape);
    };
    for (const auto format : {Exposition::kText, Exposition::kOpenMetrics, Exposition::kProtobuf}) {
        EXPECT_THAT(disappearance(check, {}, {}, format), StartsWith("pass: series with explicit timestamps vanished"));
        EXPECT_THAT(disappearance(check, marker, {}, format), StartsWith("warn: 3 markers for such series"));
        // A sender that gives every sample its own time has a series like all others.
        EXPECT_THAT(disappearance(check, own_time_and_marker, own_time, format, own_time),
                    StartsWith("not-applicable"));
        EXPECT_THAT(disappearance(check, left_out, left_out, format, left_out), StartsWith("inconclusive"));
    }
    Scraper early(Exposition::kText, kV2, "series-disappears");
    EXPECT_THAT(early.scrapes(2).verdict(check), StartsWith("inconclusive: the run ended before"));
}

TEST(BackAfterMarker, HasSamplesAgain) {
    const char* check = "sender/stale/back-after-marker";
    const auto away = [](proto::WriteRequest& request, std::uint64_t) {
        std::erase_if(request.series,
                      [](const auto& s) { return name_of(s) == "prw_vanishing" && label_of(s, "n") == "2"; });
    };
    const auto late = [=](proto::WriteRequest& request, std::uint64_t scrape) {
        if (scrape == 6) away(request, scrape);
    };
    const auto unmarked = [](proto::WriteRequest& request, std::uint64_t) { std::erase_if(request.series, is_marker); };
    const auto only_markers = [](proto::WriteRequest& request, std::uint64_t) {
        for (auto& series : request.series)
            if (name_of(series) == "prw_vanishing" && label_of(series, "n") == "2")
                series.samples[0].value_bits = proto::kStaleNanBits;
    };
    EXPECT_THAT(disappearance(check), StartsWith("pass: each of 9 series"));
    EXPECT_THAT(disappearance(check, {}, away), StartsWith("fail: 1 of 9 series stayed away"));
    EXPECT_THAT(disappearance(check, {}, only_markers), StartsWith("fail: 1 of 9 series stayed away"));
    EXPECT_THAT(disappearance(check, {}, late), StartsWith("pass")) << "one scrape later is late, not never";
    EXPECT_THAT(disappearance(check, unmarked), StartsWith("inconclusive: no marker arrived"));
    Scraper not_yet(Exposition::kText, kV2, "series-disappears");
    not_yet.scrapes(2);
    not_yet.target().set_vanished(true);
    EXPECT_THAT(not_yet.scrapes(3).verdict(check),
                StartsWith("inconclusive: the run ended before the series were back"));
    not_yet.target().set_vanished(false);
    EXPECT_THAT(not_yet.scrapes(1).verdict(check), StartsWith("inconclusive: nothing of a scrape after the return"));
}

std::string large(const std::function<void(Scraper&, const proto::WriteRequest&)>& deliver) {
    Scraper scraper(Exposition::kText, kV1, "large-scrape", large_families());
    scraper.record().notes<FidelityNotes>().window = 1;
    proto::WriteRequest kept;
    scraper.scrapes(1, [&](proto::WriteRequest& request, std::uint64_t) {
        kept = request;
        request = {};
    });
    deliver(scraper, kept);
    scraper.scrapes(1);
    return scraper.verdict("sender/fidelity/large-scrape");
}

/// The first or the second half of it.
proto::WriteRequest half(const proto::WriteRequest& request, bool second) {
    const auto middle = static_cast<std::ptrdiff_t>(request.series.size() / 2);
    proto::WriteRequest out;
    out.series.assign(second ? request.series.begin() + middle : request.series.begin(),
                      second ? request.series.end() : request.series.begin() + middle);
    return out;
}

TEST(LargeScrape, ArrivesOnce) {
    EXPECT_THAT(large([](auto& scraper, const auto& all) { scraper.send(all); }),
                StartsWith("pass: all 10001 samples of one scrape arrived once, in 1 request"));
    EXPECT_THAT(large([](auto& scraper, const auto& all) {
                    scraper.send(half(all, true));
                    scraper.send(half(all, false));
                }),
                StartsWith("pass: all 10001 samples of one scrape arrived once, in 2 requests"));
    EXPECT_THAT(large([](auto& scraper, const auto& all) {
                    scraper.send(all, 503);
                    scraper.send(half(all, false));
                    scraper.send(half(all, true), 0);
                    scraper.send(half(all, true));
                }),
                StartsWith("pass"))
        << "a retry is no repetition";
    EXPECT_THAT(large([](auto& scraper, const auto& all) {
                    auto short_of_one = all;
                    short_of_one.series.pop_back();
                    scraper.send(short_of_one);
                }),
                StartsWith("fail: 1 of 10001 samples did not arrive"));
    EXPECT_THAT(large([](auto& scraper, const auto& all) {
                    scraper.send(all);
                    proto::WriteRequest one;
                    one.series = {all.series.back()};
                    scraper.send(one);
                }),
                StartsWith("fail: 1 sample came again after a 2xx"));
}

TEST(LargeScrape, ThatWasStillComingWhenTheScenarioEndedIsNotLost) {
    const auto verdict = [](std::int64_t before_the_end_us) {
        return large([=](auto& scraper, const auto& all) {
            auto short_of_one = all;
            short_of_one.series.pop_back();
            scraper.send(short_of_one);
            auto& record = scraper.record();
            record.stop_us = record.deliveries().back().first_byte_us + before_the_end_us;
        });
    };
    EXPECT_THAT(verdict(999'999), StartsWith("inconclusive: 1 of 10001 samples"));
    EXPECT_THAT(verdict(1'000'000), StartsWith("fail: 1 of 10001 samples did not arrive"));
}

TEST(LargeScrape, OfWhichNothingCameSaysWhatBecameOfTheScrapes) {
    const auto reason = [](std::size_t cut, std::size_t whole) {
        ScenarioRecord record;
        record.scenario = "large-scrape";
        record.asked = proto::ProtobufMessage::kV2;
        record.target.input = suite::Input::kScrape;
        record.started = true;
        Delivery delivery;
        delivery.id = 1;
        delivery.message = proto::ProtobufMessage::kV2;
        delivery.decoded = true;
        delivery.status = 204;
        delivery.samples.push_back({record.observation.intern("up", {}), 1, 0, false});
        record.observation.add(std::move(delivery));
        for (std::size_t i = 0; i < cut + whole; ++i)
            record.generations.push_back({.number = i + 1, .complete = i >= cut, .samples = {}});
        for (const auto& check : judge(record))
            if (check.id == "sender/fidelity/large-scrape")
                return std::string(name_of(check.verdict)) + ": " + check.reason;
        return std::string("none");
    };
    EXPECT_EQ(reason(3, 0),
              "inconclusive: no scraped series arrived under its name: none of 3 scrapes was read to its end; is the "
              "time allowed for one too short?");
    EXPECT_EQ(reason(3, 1), "inconclusive: no scraped series arrived under its name");
    EXPECT_EQ(reason(0, 0), "inconclusive: the target never scraped what we offered");
}

TEST(SamplesBeforeExemplars, TheSampleMayComeInTheSameRequest) {
    const auto verdict = [](bool exemplar_first, bool sample_with_it) {
        ScenarioRecord record;
        record.scenario = "steady";
        record.asked = proto::ProtobufMessage::kV2;
        record.target.input = suite::Input::kNone;
        record.started = true;
        const auto series = record.observation.intern("m", {});
        const auto other = record.observation.intern("n", {});
        for (std::uint64_t id = 1; id <= 2; ++id) {
            Delivery delivery;
            delivery.id = id;
            delivery.message = proto::ProtobufMessage::kV2;
            delivery.decoded = true;
            delivery.status = 204;
            delivery.samples.push_back({other, static_cast<std::int64_t>(id), 0, false});
            if (id == (exemplar_first ? 1U : 2U))
                delivery.exemplar_list.push_back({series, {{"trace_id", "a"}}, proto::to_bits(1), 1});
            if (sample_with_it ? !delivery.exemplar_list.empty() : id == (exemplar_first ? 2U : 1U))
                delivery.samples.push_back({series, static_cast<std::int64_t>(id), 0, false});
            record.observation.add(std::move(delivery));
        }
        for (const auto& check : judge(record))
            if (check.id == "sender/ordering/samples-before-exemplars") return std::string(name_of(check.verdict));
        return std::string("none");
    };
    EXPECT_EQ(verdict(true, true), "pass");
    EXPECT_EQ(verdict(false, false), "pass");
    EXPECT_EQ(verdict(true, false), "warn");
}

}  // namespace
}  // namespace prw::sender_suite
