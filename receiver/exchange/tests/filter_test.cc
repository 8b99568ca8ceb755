#include "prw/exchange/filter.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"

namespace prw::exchange {
namespace {

using ::testing::HasSubstr;

Exchange sample_exchange(rules::Checker& checker, rules::CheckResult& check) {
    proto::WriteRequest request;
    request.series.push_back({{{"__name__", "http_requests_total"}, {"job", "node"}},
                              {{proto::to_bits(1.0), 1767225600000, 0}, {proto::to_bits(2.0), 1767225601000, 0}},
                              {},
                              {},
                              {}});
    request.series.push_back(
        {{{"__name__", "up"}, {"job", "café"}, {"a", "z"}}, {{proto::to_bits(1.0), 1767225600000, 0}}, {}, {}, {}});
    Exchange e;
    e.id = 7;
    e.raw_body = proto::compress_snappy(proto::encode(request, proto::ProtobufMessage::kV1));
    e.raw_head =
        "POST /api/v1/write?token=abc HTTP/1.1\r\nHost: h\r\nUser-Agent: acme/1.0\r\nContent-Encoding: snappy\r\n"
        "Content-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\nContent-Length: " +
        std::to_string(e.raw_body.size()) + "\r\n\r\n";
    e.peer = "127.0.0.1:4711";
    e.connection = 3;
    e.status = 400;
    e.scripted = "refuse";
    e.received_unix_ms = 1767225600500;  // 2026-01-01T00:00:00.500Z
    checker.options().now_ms = e.received_unix_ms;
    check = checker.check(e.raw_head, e.raw_body);
    return e;
}

bool holds(const std::string& text, bool with_view = true) {
    rules::Checker checker;
    rules::CheckResult check;
    const auto exchange = sample_exchange(checker, check);
    const auto filter = Filter::parse(text);
    EXPECT_TRUE(filter) << text << "\n" << (filter ? "" : filter.error().text());
    return filter && filter->matches({exchange, check, with_view ? &checker.view() : nullptr});
}

TEST(Filter, ComparesEveryColumn) {
    for (const char* text : {"id==7",
                             "id != 8",
                             "id<8",
                             "id<=7",
                             "id>6",
                             "id>=7",
                             "status>=400 && message==1.0 && metric=~\"up|down\"",
                             "sender==acme/1.0",
                             "sender=~\"acme/.*\"",
                             "sender!~\"acme\"",
                             "message!=2.0",
                             "series==2",
                             "samples==3",
                             "bytes>10",
                             "decoded>50",
                             "histograms==0",
                             "exemplars==0",
                             "metadata==0",
                             "worst==fail",
                             "worst>=warn",
                             "worst>info",
                             "finding==labels/sorted",
                             "finding=~\"labels/.*\"",
                             "finding!=series/nothing",
                             "metric==up",
                             "metric==http_requests_total",
                             "metric!=down",
                             "metric!~\"dow.\"",
                             "method==POST",
                             "path==/api/v1/write",
                             "peer=~\"127[.].*\"",
                             "connection==3",
                             "scripted==refuse",
                             "fault==\"\"",
                             "label.job==node",
                             "label.job==\"café\"",
                             "label.job!~\"x.*\"",
                             "label.nothing!=a",
                             "time>=\"2026-01-01T00:00:00Z\"",
                             "time<\"2026-01-01 00:00:00.501Z\"",
                             "time==1767225600500",
                             "time>=\"2026-01-01\"",
                             "time==\"2026-01-01T00:00:00.5Z\""}) {
        EXPECT_TRUE(holds(text)) << text;
    }
    for (const char* text :
         {"id!=7", "status<400", "sender==acme", "sender=~\"acme\"", "message==2.0", "worst==warn", "worst<fail",
          "finding==labels/unique", "finding!=labels/sorted", "metric==down", "metric!=up", "metric!~\"u.\"",
          "label.job==web", "label.nothing==a", "label.nothing==\"\"", "path=~\".*token.*\"",
          "time<\"2026-01-01T00:00:00Z\"", "fault!=\"\""})
        EXPECT_FALSE(holds(text)) << text;
}

TEST(Filter, BindsAsPeopleReadIt) {
    EXPECT_TRUE(holds("id==7 || id==8 && id==9"));
    EXPECT_FALSE(holds("(id==7 || id==8) && id==9"));
    EXPECT_FALSE(holds("!id==7"));
    EXPECT_TRUE(holds("!(id==7 && id==8)"));
    EXPECT_TRUE(holds("!!id==7"));
    EXPECT_TRUE(holds("  id  ==  7&&status==400  "));
}

TEST(Filter, ReadsQuotedText) {
    EXPECT_TRUE(holds("sender=='acme/1.0'"));
    EXPECT_TRUE(holds("sender=~\"acme/1\\.0\""));    // \. reaches the expression
    EXPECT_TRUE(holds("sender=~\"acme/1\\\\.0\""));  // and \\. as PromQL wants it
    EXPECT_FALSE(holds("sender==\"a\\\"b\""));
}

TEST(Filter, SaysWhetherSeriesAreAskedFor) {
    for (const auto& [text, wanted] : {std::pair{"id==1", false},
                                       {"metric==up", true},
                                       {"label.job==a", true},
                                       {"id==1 || !(status==2 && metric==up)", true},
                                       {"finding==labels/sorted", false}})
        EXPECT_EQ(Filter::parse(text)->needs_view(), wanted) << text;
    EXPECT_FALSE(holds("metric==up", false)) << "what does not decode has no series";
    EXPECT_TRUE(holds("metric!=up", false));
}

TEST(Filter, SaysWhatIsWrongAndWhere) {
    const std::pair<const char*, const char*> rows[] = {
        {"", "wanted a column at the end\n  \n  ^"},
        {"statsu>=400", "there is no column \"statsu\"; did you mean status?\n  statsu>=400\n  ^^^^^^"},
        {"status", "wanted a comparison behind status: == != < <= > >=\n  status\n        ^"},
        {"status=400", "equality is written ==\n  status=400\n        ^"},
        {"status=~\"4..\"", "status is a number, which takes == != < <= > >=\n  status=~\"4..\"\n        ^^"},
        {"metric>up", "metric is text, which takes == != =~ !~\n  metric>up\n        ^"},
        {"status==abc", "status is compared with a number\n  status==abc\n          ^^^"},
        {"status==4x", "status is compared with a number\n  status==4x\n          ^^"},
        {"status==nan", "status is compared with a number"},
        {"worst==bad", "worst is compared with none, info, warn or fail\n  worst==bad\n         ^^^"},
        {"worst==fial", "did you mean fail?"},
        {"message==3.0", "message is compared with 1.0, 2.0 or none\n  message==3.0\n           ^^^"},
        {"time>=yesterday", "time is compared with a time such as \"2026-01-02T03:04:05Z\""},
        {"time>=\"2026-02-30\"", "time is compared with a time"},
        {"time>=\"2026-01-01T25:00:00Z\"", "time is compared with a time"},
        {"metric=~\"(\"", "not a regular expression"},
        {"metric==\"up", "this quote is never closed\n  metric==\"up\n          ^"},
        {"(id==1", "this parenthesis is never closed\n  (id==1\n  ^"},
        {"id==1)", "a parenthesis that was never opened\n  id==1)\n       ^"},
        {"id==1 id==2", "wanted && or ||\n  id==1 id==2\n        ^"},
        {"id==1 &&", "wanted a column at the end"},
        {"id==", "wanted a value at the end"},
        {"label.==a", "label. wants the name of a label behind it"},
        {"sender==\"é\" && x==1", "there is no column \"x\"\n  sender==\"é\" && x==1\n                 ^"},
    };
    for (const auto& [text, says] : rows) {
        const auto filter = Filter::parse(text);
        ASSERT_FALSE(filter) << text;
        EXPECT_EQ(filter.error().code, ErrorCode::kInvalidArgument);
        EXPECT_THAT(filter.error().what, HasSubstr(says)) << text;
    }
    EXPECT_FALSE(Filter::parse(std::string(100000, '(') + "id==1"));
    EXPECT_FALSE(Filter::parse(std::string(100000, '!') + "id==1"));
}

TEST(Filter, EndsOnLongTexts) {
    rules::Checker checker;
    rules::CheckResult check;
    auto exchange = sample_exchange(checker, check);
    exchange.peer = std::string(4U << 20U, 'a');
    EXPECT_TRUE(Filter::parse("peer=~\"a*\"")->matches({exchange, check, nullptr}));
    EXPECT_FALSE(Filter::parse("peer=~\"(a|b)*c\"")->matches({exchange, check, nullptr}));
}

TEST(Filter, NamesItsColumns) {
    for (const auto& column : filter_columns()) {
        EXPECT_FALSE(column.summary.empty()) << column.name;
        const bool text = column.kind == FilterColumn::Kind::kText || column.kind == FilterColumn::Kind::kSet;
        const auto value = column.name == "message" || column.name == "status" ? "1.0" : text ? "a" : "1";
        if (column.kind == FilterColumn::Kind::kWord) continue;
        EXPECT_TRUE(Filter::parse(std::string(column.name) + "==" + value)) << column.name;
    }
}

}  // namespace
}  // namespace prw::exchange
