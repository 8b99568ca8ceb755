// Requests of real senders. The counts come from protoc --decode and a separate snappy decoder, not from this reader.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "printers.h"
#include "prw/proto/content_type.h"
#include "prw/proto/http_head.h"
#include "prw/proto/model.h"
#include "support.h"

namespace prw::proto {
namespace {

struct Expected {
    std::string_view name;
    std::size_t bytes, series, labels, samples, histograms, exemplars, exemplar_labels, metadata, symbols;
};

constexpr Expected kFixtures[] = {
    {"k6-2.2-1.0/000", 370, 6, 10, 6, 0, 0, 0, 0, 0},
    {"k6-2.2-1.0/001", 370, 6, 10, 6, 0, 0, 0, 0, 0},
    {"k6-2.2-1.0/002", 370, 6, 10, 6, 0, 0, 0, 0, 0},
    {"kube-eventer-1.3-1.0/000", 345, 2, 12, 2, 0, 0, 0, 0, 0},
    {"kube-eventer-1.3-1.0/001", 1725, 10, 60, 10, 0, 0, 0, 0, 0},
    {"kube-eventer-1.3-1.0/002", 1725, 10, 60, 10, 0, 0, 0, 0, 0},
    {"npm-prometheus-remote-write-0.5-1.0/000", 79, 1, 4, 1, 0, 0, 0, 0, 0},
    {"otel-python-0.66-1.0/000", 4684, 19, 131, 19, 0, 0, 0, 0, 0},
    {"otel-python-0.66-1.0/001", 4693, 19, 131, 19, 0, 0, 0, 0, 0},
    {"otelcol-0.159-1.0/000", 7084, 31, 156, 31, 0, 9, 9, 0, 0},
    {"otelcol-0.159-1.0/001", 693, 0, 0, 0, 0, 0, 0, 13, 0},
    {"otelcol-0.159-1.0/002", 7075, 31, 156, 31, 0, 9, 9, 0, 0},
    {"otelcol-0.159-2.0/000", 2421, 31, 156, 31, 0, 2, 2, 31, 67},
    {"otelcol-0.159-2.0/001", 2412, 31, 156, 31, 0, 2, 2, 31, 67},
    {"otelcol-0.159-2.0/002", 2412, 31, 156, 31, 0, 2, 2, 31, 67},
    {"prom-write-0.2-1.0/000", 59, 1, 2, 1, 0, 0, 0, 0, 0},
    {"prometheus-2.42-1.0/000", 335, 0, 0, 0, 0, 0, 0, 8, 0},
    {"prometheus-2.42-1.0/001", 4816, 33, 171, 22, 3, 8, 8, 0, 0},
    {"prometheus-2.42-1.0/002", 4861, 33, 172, 21, 3, 9, 9, 0, 0},
    {"prometheus-2.42-1.0/003", 335, 0, 0, 0, 0, 0, 0, 8, 0},
    {"prometheus-2.42-1.0/004", 4861, 33, 172, 21, 3, 9, 9, 0, 0},
    {"prometheus-3.14-1.0/000", 335, 0, 0, 0, 0, 0, 0, 8, 0},
    {"prometheus-3.14-1.0/001", 5400, 37, 191, 22, 3, 12, 12, 0, 0},
    {"prometheus-3.14-1.0/002", 5299, 36, 187, 21, 3, 12, 12, 0, 0},
    {"prometheus-3.14-1.0/003", 335, 0, 0, 0, 0, 0, 0, 8, 0},
    {"prometheus-3.14-1.0/004", 5299, 36, 187, 21, 3, 12, 12, 0, 0},
    {"prometheus-3.14-2.0/000", 2306, 36, 187, 21, 3, 12, 12, 36, 48},
    {"prometheus-3.14-2.0/001", 2306, 36, 187, 21, 3, 12, 12, 36, 48},
    {"prometheus-3.14-2.0/002", 2413, 38, 197, 22, 3, 13, 13, 38, 51},
    {"prometheus-3.14-2.0/003", 2328, 36, 187, 22, 3, 11, 11, 36, 51},
    {"prometheus-3.14-2.0/004", 2326, 36, 186, 22, 3, 11, 11, 36, 51},
    {"telegraf-1.39-1.0/000", 2832, 25, 81, 25, 0, 0, 0, 0, 0},
    {"telegraf-1.39-1.0/001", 2832, 25, 81, 25, 0, 0, 0, 0, 0},
    {"telegraf-1.39-1.0/002", 2832, 25, 81, 25, 0, 0, 0, 0, 0},
    {"tenzir-6.20-1.0/000", 109, 1, 3, 1, 0, 0, 0, 1, 0},
    {"tenzir-6.20-2.0/000", 96, 1, 3, 1, 0, 0, 0, 1, 8},
    {"vmagent-1.79-1.0/000", 3473, 31, 124, 31, 0, 0, 0, 0, 0},
    {"vmagent-1.79-1.0/001", 101, 1, 4, 1, 0, 0, 0, 0, 0},
    {"vmagent-1.79-1.0/002", 3473, 31, 124, 31, 0, 0, 0, 0, 0},
    {"vmagent-1.79-1.0/003", 3473, 31, 124, 31, 0, 0, 0, 0, 0},
};

struct Decoded {
    PaddedBuffer bytes;
    RequestView view;
};

void read(std::string_view name, Decoded& out) {
    const auto f = testing::fixture(name);
    const auto head = parse_request_head(f.head);
    ASSERT_TRUE(head) << head.error().text();
    const auto body = body_of(*head, f.body);
    ASSERT_TRUE(body) << body.error().text();
    const auto type = parse_content_type(head->value("Content-Type"));
    ASSERT_TRUE(type) << type.error().text();
    const auto message = declared_message(*type);
    ASSERT_TRUE(message);
    EXPECT_EQ(name.find("-2.0/") != std::string_view::npos, *message == ProtobufMessage::kV2);
    ASSERT_TRUE(uncompress_snappy(*body, kDefaultMaxUncompressed, out.bytes));
    decode(out.bytes.view(), *message, out.view);
}

TEST(Fixtures, TableIsComplete) {
    std::vector<std::string> on_disk, in_table;
    for (const auto& f : testing::all_fixtures()) on_disk.push_back(f.name);
    for (const auto& e : kFixtures) in_table.emplace_back(e.name);
    EXPECT_EQ(on_disk, in_table);
}

TEST(Fixtures, DecodeToTheCountsOfAnIndependentReader) {
    for (const auto& e : kFixtures) {
        SCOPED_TRACE(e.name);
        Decoded d;
        read(e.name, d);
        const auto& v = d.view;
        EXPECT_FALSE(v.malformed);
        EXPECT_TRUE(v.issues.empty());
        EXPECT_EQ(v.bytes.size(), e.bytes);
        EXPECT_EQ(v.series.size(), e.series);
        std::size_t labels = 0, exemplar_labels = 0;
        for (const auto& s : v.series) labels += s.labels.count;
        for (const auto& x : v.exemplars) exemplar_labels += x.labels.count;
        EXPECT_EQ(labels, e.labels);
        EXPECT_EQ(exemplar_labels, e.exemplar_labels);
        EXPECT_EQ(v.labels.size(), labels + exemplar_labels);
        EXPECT_EQ(v.samples.size(), e.samples);
        EXPECT_EQ(v.histograms.size(), e.histograms);
        EXPECT_EQ(v.exemplars.size(), e.exemplars);
        EXPECT_EQ(v.metadata.size(), e.metadata);
        EXPECT_EQ(v.symbols.size(), e.symbols);
        EXPECT_TRUE(libprotobuf_accepts(v.bytes, v.message));
        for (const auto& label : v.labels) {
            EXPECT_TRUE(label.name_in_range);
            EXPECT_TRUE(label.value_in_range);
        }
    }
}

TEST(Fixtures, SurviveTheModelAndBack) {
    for (const auto& e : kFixtures) {
        SCOPED_TRACE(e.name);
        Decoded d;
        read(e.name, d);
        const auto bytes = encode(to_model(d.view), d.view.message);
        if (d.view.message == ProtobufMessage::kV1) {
            EXPECT_EQ(bytes, d.view.bytes) << "1.0 has only one usual encoding";
            continue;
        }
        RequestView again;
        decode(bytes, d.view.message, again);
        ASSERT_EQ(again.series.size(), d.view.series.size());
        for (std::size_t i = 0; i < again.series.size(); ++i)
            EXPECT_EQ(series_text(again.labels_of(again.series[i]), 10000),
                      series_text(d.view.labels_of(d.view.series[i]), 10000));
        EXPECT_EQ(encode(to_model(again), d.view.message), bytes);
    }
}

TEST(Fixtures, HoldKnownSeries) {
    struct Case {
        std::string_view fixture;
        std::string_view series;
    };
    constexpr Case kCases[] = {
        {"kube-eventer-1.3-1.0/000", "event_warning_total{namespace=\"default\", type=\"Warning\", name=\"pod1\""},
        {"npm-prometheus-remote-write-0.5-1.0/000", "shop_clicks_total{job=\"npm\", z=\"1\", a=\"2\"}"},
        {"tenzir-6.20-2.0/000", "shop_logins_total{method=\"GET\", site=\"a\"}"},
        {"prometheus-3.14-2.0/000", "shop_stock_delta{cluster=\"demo\", instance=\"127.0.0.1:9110\", job=\"shop\"}"},
    };
    for (const auto& c : kCases) {
        Decoded d;
        read(c.fixture, d);
        bool found = false;
        for (const auto& s : d.view.series) found |= series_text(d.view.labels_of(s)).starts_with(c.series);
        EXPECT_TRUE(found) << c.fixture << ": " << c.series;
    }
}

}  // namespace
}  // namespace prw::proto
