#include "message_cases.h"

namespace prw::testing {

namespace {

proto::Labels with(std::string name, std::string value) {
    return {{"__name__", "m"}, {std::move(name), std::move(value)}};
}

/// One series METRIC{LABEL="VALUE"} of that type, in 1.0 with a metadata entry for FAMILY.
Change typed(std::string metric, std::string label, std::string value, proto::MetricType type, std::string family) {
    return [=](proto::WriteRequest& r) {
        r.series.resize(1);
        r.series[0].labels = {{"__name__", metric}, {label, value}};
        r.series[0].metadata.type = type;
        r.metadata = {{type, family, "Help.", ""}};
    };
}

Change many_labels(std::size_t count) {
    return [=](proto::WriteRequest& r) {
        auto& labels = r.series[0].labels;
        labels = {{"__name__", "m"}};
        for (std::size_t i = 1; i < count; ++i) labels.emplace_back("l" + std::to_string(100 + i), "v");
    };
}

}  // namespace

std::vector<MessageCase> label_cases() {
    using enum Severity;
    using proto::MetricType;
    Cases c;
    const auto exemplar_only_later = [](proto::WriteRequest& r) { r.series[0].labels = {{"job", "x"}}; };

    c.both("labels/set-not-empty", "a series without labels", kFail, labels({}), labels({{"__name__", "m"}}))
        .field("timeseries[0]");
    c.both("labels/metric-name-present", "the name in a label called name", kWarn, labels({{"name", "m"}}),
           labels({{"__name__", "m"}}));
    c.both("labels/metric-name-present", "only target labels", kWarn, exemplar_only_later,
           labels({{"__name__", "m"}, {"job", "x"}}));

    c.both("labels/no-repeated-names", "the same pair twice", kFail,
           labels({{"__name__", "m"}, {"job", "x"}, {"job", "x"}}),
           labels({{"__name__", "m"}, {"job", "x"}, {"job_", "x"}}));
    c.both("labels/no-repeated-names", "one name with two values", kFail,
           labels({{"__name__", "m"}, {"job", "x"}, {"job", "y"}}),
           labels({{"__name__", "m"}, {"job", "x"}, {"jobs", "y"}}));
    c.both("labels/no-repeated-names", "repeated names apart", kFail,
           labels({{"__name__", "m"}, {"job", "x"}, {"b", "y"}, {"job", "z"}}),
           labels({{"__name__", "m"}, {"b", "y"}, {"job", "x"}}))
        .also({"labels/sorted"});
    // Two symbols with one text: strings decide, not indices.
    c.raw("labels/no-repeated-names", "two references to equal strings", ProtobufMessage::kV2, kFail,
          V2Bytes()
              .symbols({"", "__name__", "m", "job", "x", "job"})
              .series(Wire().packed(1, {1, 2, 3, 4, 5, 4}).bytes(2, sample_wire()))
              .str(),
          V2Bytes()
              .symbols({"", "__name__", "m", "job", "x", "jobs"})
              .series(Wire().packed(1, {1, 2, 3, 4, 5, 4}).bytes(2, sample_wire()))
              .str())
        .also({"symbols/deduplicated", "metadata/type-provided"});

    c.both("labels/sorted", "upper-case after __name__", kFail, labels({{"__name__", "m"}, {"Zone", "z"}}),
           labels({{"Zone", "z"}, {"__name__", "m"}}));
    c.both("labels/sorted", "two labels exchanged", kFail, labels({{"__name__", "m"}, {"b", "1"}, {"a", "1"}}),
           labels({{"__name__", "m"}, {"a", "1"}, {"b", "1"}}));
    c.both("labels/sorted", "case-insensitive order", kFail, labels({{"__name__", "m"}, {"a", "1"}, {"B", "1"}}),
           labels({{"B", "1"}, {"__name__", "m"}, {"a", "1"}}));
    c.both("labels/sorted", "a longer name before its prefix", kFail,
           labels({{"__name__", "m"}, {"job_name", "1"}, {"job", "1"}}),
           labels({{"__name__", "m"}, {"job", "1"}, {"job_name", "1"}}));
    // UTF-8 bytes are unsigned: "é" sorts after "z".
    c.v2("labels/sorted", "signed bytes", kFail, labels({{"__name__", "m"}, {"\xc3\xa9", "1"}, {"z", "1"}}),
         labels({{"__name__", "m"}, {"z", "1"}, {"\xc3\xa9", "1"}}))
        .also({"labels/label-name-pattern"});

    c.both("labels/no-empty-name", "an empty name", kFail, labels({{"", "x"}, {"__name__", "m"}}),
           labels({{"_", "x"}, {"__name__", "m"}}))
        .also({"labels/sorted"});
    c.raw("labels/no-empty-name", "an absent name field", ProtobufMessage::kV1, kFail,
          Wire()
              .bytes(1, Wire()
                            .bytes(1, Wire().bytes(1, "__name__").bytes(2, "m"))
                            .bytes(1, Wire().bytes(2, "x"))
                            .bytes(2, sample_wire()))
              .str(),
          Wire()
              .bytes(1, Wire()
                            .bytes(1, Wire().bytes(1, "__name__").bytes(2, "m"))
                            .bytes(1, Wire().bytes(1, "a").bytes(2, "x"))
                            .bytes(2, sample_wire()))
              .str());
    c.both("labels/no-empty-value", "an empty value", kFail, labels(with("env", "")), labels(with("env", " ")))
        .field("");
    c.raw("labels/no-empty-value", "an absent value field", ProtobufMessage::kV1, kFail,
          Wire()
              .bytes(1, Wire()
                            .bytes(1, Wire().bytes(1, "__name__").bytes(2, "m"))
                            .bytes(1, Wire().bytes(1, "x"))
                            .bytes(2, sample_wire()))
              .str(),
          Wire()
              .bytes(1, Wire()
                            .bytes(1, Wire().bytes(1, "__name__").bytes(2, "m"))
                            .bytes(1, Wire().bytes(1, "x").bytes(2, "0"))
                            .bytes(2, sample_wire()))
              .str());
    c.both("labels/no-empty-value", "an empty metric name", kFail, labels({{"__name__", ""}}),
           labels({{"__name__", "_"}}));

    for (const auto& [bad, good] :
         std::initializer_list<std::pair<std::string, std::string>>{{"http.server.duration", "http_server_duration"},
                                                                    {"9lives", "_9lives"},
                                                                    {"a-b", "a:b"},
                                                                    {"caf\xc3\xa9", "cafe"},
                                                                    {"m ", "m"},
                                                                    {"m\n", "m_"}}) {
        c.v1("labels/metric-name-pattern", "metric name " + bad, kFail, labels({{"__name__", bad}}),
             labels({{"__name__", good}}));
        c.v2("labels/metric-name-pattern", "metric name " + bad, kWarn, labels({{"__name__", bad}}),
             labels({{"__name__", good}}));
    }
    for (const auto& [bad, good] : std::initializer_list<std::pair<std::string, std::string>>{
             {"service.name", "service_name"}, {"a:b", "a_b"}, {"k\xc3\xb6ln", "koeln"}, {"a ", "a"}}) {
        c.v1("labels/label-name-pattern", "label name " + bad, kFail, labels(with(bad, "x")), labels(with(good, "x")));
        c.v2("labels/label-name-pattern", "label name " + bad, kWarn, labels(with(bad, "x")), labels(with(good, "x")));
    }
    c.v1("labels/label-name-pattern", "a digit first", kFail, labels({{"0a", "x"}, {"__name__", "m"}}),
         labels({{"A0", "x"}, {"__name__", "m"}}));

    // Latin-1, surrogate, overlong; libprotobuf does not encode these, so the bytes are written by hand.
    for (const auto& [bad, good] :
         std::initializer_list<std::pair<std::string, std::string>>{{"caf\xe9", "caf\xc3\xa9"},
                                                                    {"\xed\xa0\x80", "\xed\x9f\xbf"},
                                                                    {"\xc0\x80", std::string(1, '\0')},
                                                                    {"\xf4\x90\x80\x80", "\xf4\x8f\xbf\xbf"}}) {
        const auto v1 = [](const std::string& value) {
            return Wire()
                .bytes(1, Wire()
                              .bytes(1, Wire().bytes(1, "__name__").bytes(2, "m"))
                              .bytes(1, Wire().bytes(1, "x").bytes(2, value))
                              .bytes(2, sample_wire()))
                .str();
        };
        const auto v2 = [](const std::string& value) {
            return V2Bytes()
                .symbols({"", "__name__", "m", "x", value})
                .series(Wire().packed(1, {1, 2, 3, 4}).bytes(2, sample_wire()))
                .str();
        };
        c.raw("labels/valid-utf8", "broken UTF-8 in a value", ProtobufMessage::kV1, kFail, v1(bad), v1(good))
            .also({});  // one cause, one finding
        c.raw("labels/valid-utf8", "broken UTF-8 in a value", ProtobufMessage::kV2, kFail, v2(bad), v2(good))
            .also({"metadata/type-provided"});
    }
    {
        const auto v2 = [](const std::string& name) {
            return V2Bytes()
                .symbols({"", "__name__", "m", name, "x"})
                .series(Wire().packed(1, {1, 2, 3, 4}).bytes(2, sample_wire()))
                .str();
        };
        c.raw("labels/valid-utf8", "broken UTF-8 in a label name", ProtobufMessage::kV2, kFail, v2("k\xf6ln"),
              v2("k\xc3\xb6ln"))
            .also({"metadata/type-provided"});
    }

    c.both("labels/no-reserved-prefix", "a discovery label", kWarn, labels({{"__address__", "a:1"}, {"__name__", "m"}}),
           labels({{"__name__", "m"}, {"_address__", "a:1"}}));
    c.both("labels/no-reserved-prefix", "another label beside the system's", kWarn,
           labels({{"__name__", "m"}, {"__typed__", "x"}}),
           labels({{"__name__", "m"}, {"__type__", "gauge"}, {"__unit__", "s"}}));
    c.both("labels/no-reserved-prefix", "the replica label", kInfo, labels({{"__name__", "m"}, {"__replica__", "a"}}),
           labels({{"__name__", "m"}, {"_replica", "a"}}));

    for (const std::string bad : {"0,5", "<=1", "NaN", "", "1_0"}) {
        if (bad.empty()) continue;
        c.both("labels/le-float", "le " + bad + " of a known histogram", kFail,
               typed("m_bucket", "le", bad, MetricType::kHistogram, "m"),
               typed("m_bucket", "le", "0.5", MetricType::kHistogram, "m"));
    }
    for (const std::string good : {"+Inf", "Inf", "1", "1.0", "1e-05", "-Inf", ".5", "0x1p-2"}) {
        c.both("labels/le-float", "le " + good + " is a number", kFail,
               typed("m_bucket", "le", "x" + good, MetricType::kHistogram, "m"),
               typed("m_bucket", "le", good, MetricType::kHistogram, "m"));
    }
    c.v1("labels/le-float", "a _bucket series of unknown type", kWarn,
         labels({{"__name__", "water_bucket"}, {"le", "left"}}),
         labels({{"__name__", "water_buckets"}, {"le", "left"}}));
    c.v2("labels/le-float", "a _bucket series of unknown type", kWarn,
         typed("water_bucket", "le", "left", MetricType::kUnspecified, ""),
         typed("water_bucket", "le", "left", MetricType::kGauge, ""))
        .also({"metadata/type-provided"});
    c.v1(
        "labels/le-float", "a _bucket series beside its _count", kFail,
        [](proto::WriteRequest& r) {
            r.series = {valid_series({{"__name__", "m_bucket"}, {"le", "x"}}), valid_series({{"__name__", "m_count"}})};
        },
        [](proto::WriteRequest& r) {
            r.series = {valid_series({{"__name__", "m_bucket"}, {"le", "1"}}), valid_series({{"__name__", "m_count"}})};
        });
    c.both("labels/quantile-float", "quantile p99 of a summary", kFail,
           typed("m", "quantile", "p99", MetricType::kSummary, "m"),
           typed("m", "quantile", "0.99", MetricType::kSummary, "m"));
    c.both("labels/quantile-float", "a quantile above 1", kFail,
           typed("m", "quantile", "1.01", MetricType::kSummary, "m"),
           typed("m", "quantile", "1", MetricType::kSummary, "m"));
    c.both("labels/quantile-float", "a negative quantile", kFail,
           typed("m", "quantile", "-0.1", MetricType::kSummary, "m"),
           typed("m", "quantile", "0", MetricType::kSummary, "m"));
    c.v1("labels/quantile-float", "a quantile of unknown type", kWarn, labels(with("quantile", "upper")),
         labels(with("quantiles", "upper")));
    c.v2("labels/quantile-float", "a quantile of unknown type", kWarn,
         typed("m", "quantile", "upper", MetricType::kUnspecified, ""),
         typed("m", "quantile", "upper", MetricType::kGauge, ""))
        .also({"metadata/type-provided"});

    c.both("labels/size-sane", "a value of 4097 bytes", kWarn, labels(with("sql", std::string(4097, 'x'))),
           labels(with("sql", std::string(2048, 'x'))));
    c.both("labels/size-sane", "a value of 2049 bytes", kInfo, labels(with("sql", std::string(2049, 'x'))),
           labels(with("sql", std::string(2048, 'x'))));
    c.both("labels/size-sane", "a name of 1025 bytes", kWarn, labels(with(std::string(1025, 'a'), "x")),
           labels(with(std::string(1024, 'a'), "x")));
    c.both("labels/size-sane", "41 labels", kWarn, many_labels(41), many_labels(30));
    c.both("labels/size-sane", "31 labels", kInfo, many_labels(31), many_labels(30));
    const auto beside = [](std::string name, std::string sibling, std::string le = "0.5") {
        return [=](proto::WriteRequest& r) {
            r.series[0].labels = {{"__name__", name}, {"le", le}};
            r.series[1].labels = {{"__name__", sibling}};
            for (auto& each : r.series) each.metadata.type = proto::MetricType::kUnspecified;
            r.series.push_back(valid_series());
        };
    };
    for (const auto* sibling : {"m_count", "m_sum"}) {
        c.v1("labels/le-on-bucket", std::string("NAME{le} beside ") + sibling, kWarn, beside("m", sibling),
             beside("m_bucket", sibling))
            .field("timeseries[0].labels[0].value");
        c.v2("labels/le-on-bucket", std::string("NAME{le} beside ") + sibling, kWarn, beside("m", sibling),
             beside("m", "n"))
            .also({"metadata/type-provided"})
            .field("timeseries[0].labels_refs[1]");
    }
    c.v1("labels/le-on-bucket", "le that is no bound", kWarn, beside("m", "m_count"), beside("m", "m_count", "left"));
    return c.take();
}

}  // namespace prw::testing
