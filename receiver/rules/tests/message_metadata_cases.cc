#include "message_cases.h"

namespace prw::testing {

namespace {

using proto::MetricType;

/// One series of that name with that metadata.
Change series(std::string name, MetricType type, std::string help = "Help.", std::string unit = "") {
    return [=](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].labels = {{"__name__", name}, {"job", "shop"}};
        if (name.ends_with("_bucket")) r.series[0].labels.emplace_back("le", "1");
        r.series[0].samples[0].start_timestamp = kNowMs - 1000;
        r.series[0].metadata = {type, "", help, unit};
    };
}

/// Two series of one name, the second with this metadata.
Change second(MetricType type, std::string help, std::string unit) {
    return [=](proto::WriteRequest& r) { r.series[1].metadata = {type, "", help, unit}; };
}

Change families(std::vector<proto::Metadata> all) {
    return [=](proto::WriteRequest& r) { r.metadata = all; };
}

}  // namespace

std::vector<MessageCase> metadata_cases() {
    using enum Severity;
    Cases c;
    const auto stale = [](proto::WriteRequest& r) {
        series("m", MetricType::kUnspecified)(r);
        r.series[0].samples[0].value_bits = proto::kStaleNanBits;
    };
    for (const auto* good : {"up", "scrape_duration_seconds", "ALERTS", "ALERTS_FOR_STATE", "job:m:rate5m"}) {
        c.v2("metadata/type-provided", std::string("no type, unlike ") + good, kWarn,
             series("m", MetricType::kUnspecified, ""), series(good, MetricType::kUnspecified, ""))
            .field("timeseries[0].metadata.type");
    }
    c.v2("metadata/type-provided", "no type, unlike a stale marker", kWarn,
         series("uptime", MetricType::kUnspecified, ""), stale);
    c.v2("metadata/type-provided", "no type, yet a help text", kInfo,
         series("m", MetricType::kUnspecified, "What the source says."),
         series("m", MetricType::kGauge, "What the source says."));

    c.v2("metadata/help-provided", "no series has help", kInfo, series("m", MetricType::kGauge, ""),
         series("up", MetricType::kGauge, ""));
    c.v2("metadata/help-not-name", "the name as help", kInfo, series("m", MetricType::kGauge, "m"),
         series("m", MetricType::kGauge, "m."));
    c.v2("metadata/help-not-name", "the name as help, in another case", kInfo, series("m", MetricType::kGauge, "m"),
         series("m", MetricType::kGauge, "M"));
    for (const auto* bad : {"none", "1", "None", "N/A", "unspecified"}) {
        c.v2("metadata/unit-no-placeholder", std::string("unit ") + bad, kWarn,
             series("m", MetricType::kGauge, "Help.", bad), series("m", MetricType::kGauge, "Help.", "ratio"));
    }
    c.v2("metadata/type-guidelines", "_total as gauge, and as counter", kInfo, series("m_total", MetricType::kGauge),
         series("m_total", MetricType::kCounter));
    c.v2("metadata/type-guidelines", "_total as gauge", kInfo, series("m_total", MetricType::kGauge),
         series("m_totals", MetricType::kGauge));
    c.v2("metadata/type-guidelines", "_bucket as counter", kInfo, series("m_bucket", MetricType::kCounter),
         series("m_bucket", MetricType::kHistogram));

    const auto first = valid_series().metadata;
    c.v2("metadata/consistent-per-family", "two types", kWarn, second(MetricType::kStateset, first.help, first.unit),
         second(MetricType::kGauge, first.help, first.unit))
        .field("timeseries[1].metadata.type");
    c.v2("metadata/consistent-per-family", "two help texts", kInfo, second(first.type, "Other.", first.unit), nothing())
        .field("timeseries[1].metadata.help_ref");
    c.v2("metadata/consistent-per-family", "two units", kInfo, second(first.type, first.help, "kelvin"),
         [&](proto::WriteRequest& r) {
             second(first.type, first.help, "kelvin")(r);
             r.series[1].labels[0].second = "shop_temperature_kelvin";
         })
        .field("timeseries[1].metadata.unit_ref");

    c.v1("metadata/v1-family-name", "an entry without family", kWarn,
         families({{MetricType::kGauge, "m", "Help.", ""}, {MetricType::kGauge, "", "Help.", ""}}),
         families({{MetricType::kGauge, "m", "Help.", ""}}))
        .field("metadata[1].metric_family_name");
    for (const auto type : {MetricType::kHistogram, MetricType::kGaugeHistogram}) {
        for (const auto* suffix : {"_bucket", "_count", "_sum", "_created", "_gcount", "_gsum"})
            c.v2("metadata/histogram-series-name", std::string("a float of a histogram, unlike ") + suffix, kWarn,
                 series("m", type), series(std::string("m") + suffix, type))
                .field("timeseries[0].metadata.type");
    }
    c.v2("metadata/histogram-series-name", "a float that is no stale marker", kWarn,
         series("m", MetricType::kHistogram), [](proto::WriteRequest& r) {
             series("m", MetricType::kHistogram)(r);
             r.series[0].samples[0].value_bits = proto::kStaleNanBits;
         });
    const auto named = [](const std::string& name, const std::string& family, MetricType type) {
        return [=](proto::WriteRequest& r) {
            r.series.resize(1);
            r.series[0].labels = {{"__name__", name}, {"job", "shop"}};
            r.metadata = {{type, family, "Help.", ""}};
        };
    };
    for (const auto* suffix : {"_bucket", "_count", "_sum"}) {
        const auto name = std::string("m") + suffix;
        c.v1("metadata/v1-family-name", "a series' name as family: " + name, kWarn,
             named(name, name, MetricType::kHistogram), named(name, name, MetricType::kGauge))
            .field("metadata[0].metric_family_name");
        c.v1("metadata/v1-family-name", "a family that is called like a series, which is not there: " + name, kInfo,
             named("m", name, MetricType::kGaugeHistogram), named(name, "m", MetricType::kGaugeHistogram));
    }
    c.v1("metadata/v1-family-name", "the count of a summary as family", kWarn,
         named("m_count", "m_count", MetricType::kSummary), named("m_bucket", "m_bucket", MetricType::kSummary));

    c.v1("metadata/consistent-per-family", "two types for one family", kWarn,
         families({{MetricType::kGauge, "m", "Help.", ""}, {MetricType::kCounter, "m", "Help.", ""}}),
         families({{MetricType::kGauge, "m", "Help.", ""}, {MetricType::kCounter, "n", "Help.", ""}}))
        .field("metadata[1].type");
    c.v1("metadata/consistent-per-family", "two help texts for one family", kInfo,
         families({{MetricType::kGauge, "m", "Help.", ""}, {MetricType::kGauge, "m", "Other.", ""}}),
         families({{MetricType::kGauge, "m", "Help.", ""}, {MetricType::kGauge, "m", "Help.", ""}}))
        .field("metadata[1].help");
    return c.take();
}

}  // namespace prw::testing
