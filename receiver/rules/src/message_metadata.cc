/// Metadata: type, help and unit. What the specifications want here depends on the source, which a request does not
/// show: findings about it are milder unless the source is known.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "message_util.h"

namespace prw::rules {
namespace {

using proto::MetricType;

constexpr Rule kType{
    .id = rule_id::kTypeProvided,
    .clauses = {"prw2.timeseries.metadata-type-provided", "ext.metadata.type-unspecified"},
    .subject = Subject::kTypableSeries,
    .severity = Severity::kWarn,
    .summary = "Every series of a metric that can have a type carries it (a note where the request has metadata).",
    .fix = "Fill metadata.type from the source's TYPE; Prometheus needs --enable-feature=metadata-wal-records.",
};

constexpr Rule kHelp{
    .id = "metadata/help-provided",
    .clauses = {"prw2.timeseries.metadata-help-provided"},
    .subject = Subject::kTypableSeries,
    .severity = Severity::kWarn,
    .summary = "help_ref points to the help text if the source has one.",
    .fix = "Fill metadata.help_ref from the source's HELP.",
};

constexpr Rule kHelpName{
    .id = "metadata/help-not-name",
    .clauses = {"prw2.message.help-ref-empty-default", "prw2.metadata.help-guidelines"},
    .subject = Subject::kHelp,
    .severity = Severity::kWarn,
    .summary = "The help text is not the metric's name.",
    .fix = "Describe the metric in its help text; without one point help_ref at the empty string, index 0.",
};

constexpr Rule kUnit{
    .id = "metadata/unit-no-placeholder",
    .clauses = {"prw2.message.unit-ref-empty-default"},
    .subject = Subject::kDescribedSeries,
    .severity = Severity::kWarn,
    .summary = "A metric without unit has no placeholder for one.",
    .fix = "Point unit_ref at the empty string, index 0, for metrics without unit.",
};

constexpr Rule kGuidelines{
    .id = "metadata/type-guidelines",
    .clauses = {"prw2.metadata.type-guidelines"},
    .subject = Subject::kTypedName,
    .severity = Severity::kWarn,
    .summary = "The type fits the name: _total is a counter, _bucket with le a histogram.",
    .fix = "Send the type of the metric family: COUNTER for _total, HISTOGRAM for all series of a classic histogram.",
};

constexpr Rule kConsistent{
    .id = "metadata/consistent-per-family",
    .clauses = {"ext.metadata.consistent-per-family"},
    .subject = Subject::kNextDescription,
    .severity = Severity::kWarn,
    .summary =
        "All series of one metric name, or all entries of one family, in a request have the same type, help and unit "
        "(a "
        "note for help and unit).",
    .fix =
        "Look the metadata up for each series: a struct that is reused keeps that of the series before. Two targets "
        "may "
        "describe one metric differently.",
};

constexpr Rule kPayload{
    .id = "metadata/type-matches-payload",
    .clauses = {"ext.metadata.type-matches-payload"},
    .subject = Subject::kTypedHistogram,
    .severity = Severity::kWarn,
    .summary =
        "Native histograms are typed HISTOGRAM, or GAUGEHISTOGRAM with the reset hint GAUGE (a note "
        "where only the hint is missing).",
    .fix = "Type native histograms HISTOGRAM, those that can fall GAUGEHISTOGRAM with reset_hint GAUGE.",
};

constexpr Rule kFloats{
    .id = "metadata/histogram-series-name",
    .clauses = {"ext.metadata.type-matches-payload"},
    .subject = Subject::kHistogramSeries,
    .severity = Severity::kWarn,
    .summary = "Float samples typed HISTOGRAM are those of NAME_bucket, NAME_count, NAME_sum and their like.",
    .fix = "Send a native histogram where that was meant, or type the series as what it is, a gauge or a counter.",
};

constexpr Rule kFamily{
    .id = "metadata/v1-family-name",
    .clauses = {"ext.metadata.v1-family-name"},
    .subject = Subject::kMetadata,
    .severity = Severity::kWarn,
    .summary = "In 1.0, every metadata entry names its metric family, not one of the family's series.",
    .fix = "Fill metric_family_name with the name of the metric without suffixes such as _bucket.",
};

constexpr const Rule* kRules[] = {&kType,       &kHelp,    &kHelpName, &kUnit,  &kGuidelines,
                                  &kConsistent, &kPayload, &kFloats,   &kFamily};

constexpr UncoveredClause kUncovered[] = {
    {"prw2.timeseries.metadata-unit-provided",
     "most metrics have no unit: only a source that is known to state one shows that it is missing"},
    {"prw2.metadata.unit-openmetrics", "a permission: units may follow OpenMetrics, there is nothing to violate"},
};

/// Series that have no type at their source: made by the scraper or by rules.
bool made_by_sender(std::string_view name) {
    return name.empty() || name == "up" || name.starts_with("scrape_") || name == "ALERTS" ||
           name == "ALERTS_FOR_STATE" || name.find(':') != std::string_view::npos;
}

bool is_placeholder(std::string_view unit) {
    constexpr std::array<std::string_view, 12> kPlaceholders = {
        "1", "-", "none", "null", "nil", "n/a", "na", "unknown", "undefined", "unspecified", "unit", "no_unit"};
    // Most units start with another letter.
    if (unit.empty() || unit.size() > 11 || std::string_view("1-nuNU").find(unit.front()) == std::string_view::npos)
        return false;
    std::array<char, 11> lower{};
    std::transform(unit.begin(), unit.end(), lower.begin(),
                   [](char ch) { return ch >= 'A' && ch <= 'Z' ? static_cast<char>(ch + ('a' - 'A')) : ch; });
    return std::find(kPlaceholders.begin(), kPlaceholders.end(), std::string_view(lower.data(), unit.size())) !=
           kPlaceholders.end();
}

class MetadataRules {
public:
    explicit MetadataRules(const Context& c) : c_(c), view_(*c.view), types_(view_) {}

    void run() {
        if (c_.v1()) {
            families();
            return;
        }
        first_.assign(view_.symbols.size(), proto::kNoRef);
        // A sender that sends metadata passes on that a source states no type; one that sends none is missing them.
        if (std::any_of(view_.metadata.begin(), view_.metadata.end(),
                        [](const auto& m) { return m.type != 0 || !m.help.empty() || !m.unit.empty(); }))
            untyped_severity_ = Severity::kInfo;
        for (std::uint32_t i = 0; i < view_.series.size(); ++i) series(i, view_.series[i]);
        if (typed_ != 0 && helped_ == 0) {
            const auto draft = [&] {
                return Draft{.message = cat({typed_ == 1 ? std::string("The only typed series has no")
                                                         : cat({"None of the ", unum(typed_), " typed series has a"}),
                                             " help text; wanted help_ref to point at it where the source has one"}),
                             .field = cat({series_path(first_typed_), ".metadata.help_ref"}),
                             .protobuf = range_of(view_.series[first_typed_])};
            };
            report(c_, kHelp, first_typed_, draft, Severity::kInfo);
        }
    }

private:
    void families() {
        c_.saw(Subject::kMetadata, view_.metadata.size());
        std::unordered_map<std::string_view, std::uint32_t> first;
        for (std::uint32_t i = 0; i < view_.metadata.size(); ++i) {
            const auto& entry = view_.metadata[i];
            const auto field = [&](std::string_view name) { return cat({"metadata[", unum(i), "].", name}); };
            if (entry.family.empty()) {
                report(c_, kFamily, proto::kNoRef, [&] {
                    return Draft{
                        .message =
                            cat({"metadata[", unum(i), "] names no metric family", entry.help.empty() ? "" : " (help ",
                                 entry.help.empty() ? "" : quoted(entry.help), entry.help.empty() ? "" : ")"}),
                        .field = field("metric_family_name"),
                        .protobuf = entry.range};
                });
                continue;
            }
            if (const auto suffix = suffix_of_series(entry); !suffix.empty()) family_is_series(entry, suffix, field);
            const auto [known, fresh] = first.try_emplace(entry.family, i);
            if (fresh) continue;
            c_.saw(Subject::kNextDescription);
            differs(proto::kNoRef, entry, view_.metadata[known->second], entry.family,
                    cat({"metadata[", unum(known->second), "]"}), field);
        }
    }

    /// "_bucket" and the like, where the type says that a family has series of such names.
    [[nodiscard]] static std::string_view suffix_of_series(const proto::MetadataView& entry) {
        const auto type = static_cast<MetricType>(entry.type);
        const bool histogram = type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
        if (!histogram && type != MetricType::kSummary) return {};
        for (const std::string_view suffix : {"_bucket", "_count", "_sum"}) {
            if (suffix == "_bucket" && !histogram) continue;
            if (entry.family.size() > suffix.size() && entry.family.ends_with(suffix)) return suffix;
        }
        return {};
    }

    /// A family may be called so; a series of that very name in the request shows that it is not.
    void family_is_series(const proto::MetadataView& entry, std::string_view suffix, auto&& field) {
        const bool seen = std::any_of(view_.series.begin(), view_.series.end(),
                                      [&](const auto& s) { return metric_name(view_, s) == entry.family; });
        const auto draft = [&] {
            return Draft{.message = cat({"The family of a ", proto::name_of(static_cast<MetricType>(entry.type)),
                                         " is called ", quoted(entry.family), seen ? ", as a series of it is" : "",
                                         "; wanted the name without ", suffix}),
                         .field = field("metric_family_name"),
                         .protobuf = entry.range};
        };
        report(c_, kFamily, proto::kNoRef, draft, seen ? Severity::kWarn : Severity::kInfo);
    }

    [[nodiscard]] proto::ByteRange range_of(const proto::SeriesView& series) const {
        return series.metadata == proto::kNoRef ? series.range : view_.metadata[series.metadata].range;
    }

    void series(std::uint32_t index, const proto::SeriesView& series) {
        // Entries without samples are reported as such; a stale marker may outlive the metadata.
        if ((series.samples.count == 0 && series.histograms.count == 0) || only_markers(series)) return;
        const auto* metric = metric_label(view_, series);
        const auto name = metric == nullptr ? std::string_view{} : metric->value;
        const auto type = types_.of(series, name);
        const bool has_metadata = series.metadata != proto::kNoRef;
        static const proto::MetadataView kNone;
        const auto& metadata = has_metadata ? view_.metadata[series.metadata] : kNone;

        if (!made_by_sender(name)) {
            c_.saw(Subject::kTypableSeries);
            // Out-of-range numbers are a matter of ext.proto.enum-in-range.
            if (metadata.type == 0) no_type(index, series, name);
            if (type != MetricType::kUnspecified) {
                if (typed_++ == 0) first_typed_ = index;
                if (!metadata.help.empty()) ++helped_;
            }
        }
        if (!has_metadata) return;
        c_.saw(Subject::kDescribedSeries);
        if (!name.empty() && !metadata.help.empty()) c_.saw(Subject::kHelp);
        if (!name.empty() && metadata.help == name) help_is_name(index, metadata, name);
        if (is_placeholder(metadata.unit)) placeholder(index, metadata, name);
        if (metric != nullptr && type != MetricType::kUnspecified) {
            guidelines(index, series, metadata, name, type);
            if (metric->value_ref < first_.size()) consistent(index, metadata, name, metric->value_ref);
        }
        if (series.histograms.count != 0) payload(index, series, metadata, type);
        const bool histogram = type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
        if (histogram && metric != nullptr && series.samples.count != 0 && series.histograms.count == 0)
            floats(index, series, metadata, name, type);
    }

    [[nodiscard]] bool only_markers(const proto::SeriesView& series) const {
        const auto samples = view_.samples_of(series);
        const auto histograms = view_.histograms_of(series);
        return std::all_of(samples.begin(), samples.end(), [](const auto& s) { return is_stale(s.value_bits); }) &&
               std::all_of(histograms.begin(), histograms.end(), [](const auto& h) { return is_stale(h.sum_bits); });
    }

    void no_type(std::uint32_t index, const proto::SeriesView& series, std::string_view name) {
        type_.report(
            c_, kType, index,
            [&] {
                return Draft{.message = cat({"The type of ", quoted(name),
                                             " is METRIC_TYPE_UNSPECIFIED; wanted the source's type, if it has one"}),
                             .field = cat({series_path(index), ".metadata.type"}),
                             .protobuf = range_of(series)};
            },
            untyped_severity_);
    }

    void help_is_name(std::uint32_t index, const proto::MetadataView& metadata, std::string_view name) {
        const auto draft = [&] {
            return Draft{.message = cat({"The help text of ", quoted(name),
                                         " is its name; wanted a description, or help_ref 0 when there is none"}),
                         .field = cat({series_path(index), ".metadata.help_ref"}),
                         .protobuf = metadata.range};
        };
        report(c_, kHelpName, index, draft, Severity::kInfo);
    }

    void placeholder(std::uint32_t index, const proto::MetadataView& metadata, std::string_view name) {
        report(c_, kUnit, index, [&] {
            return Draft{.message = cat({"The unit of ", quoted(name), " is the placeholder ", quoted(metadata.unit),
                                         "; wanted unit_ref 0"}),
                         .field = cat({series_path(index), ".metadata.unit_ref"}),
                         .protobuf = metadata.range};
        });
    }

    void guidelines(std::uint32_t index, const proto::SeriesView& series, const proto::MetadataView& metadata,
                    std::string_view name, MetricType type) {
        std::string_view wanted;
        const auto labels = view_.labels_of(series);
        if (name.ends_with("_total")) {
            wanted = "counter";
        } else if (name.ends_with("_bucket") && std::any_of(labels.begin(), labels.end(), [](const auto& l) {
                       return l.name == "le" && parse_float(l.value);
                   })) {
            wanted = "histogram";
        }
        if (wanted.empty()) return;
        c_.saw(Subject::kTypedName);
        const bool fits = wanted == "counter" ? type == MetricType::kCounter
                                              : type == MetricType::kHistogram || type == MetricType::kGaugeHistogram;
        if (fits) return;
        const auto draft = [&] {
            return Draft{.message = cat({quoted(name), " is typed ", proto::name_of(type), "; its name says ", wanted}),
                         .field = cat({series_path(index), ".metadata.type"}),
                         .protobuf = metadata.range};
        };
        report(c_, kGuidelines, index, draft, Severity::kInfo);
    }

    void consistent(std::uint32_t index, const proto::MetadataView& metadata, std::string_view name,
                    std::uint32_t ref) {
        if (first_[ref] == proto::kNoRef) {
            first_[ref] = index;
            return;
        }
        c_.saw(Subject::kNextDescription);
        const auto& before = view_.metadata[view_.series[first_[ref]].metadata];
        differs(index, metadata, before, name, series_path(first_[ref]), [&](std::string_view field) {
            return cat({series_path(index), ".metadata.", field, field == "type" ? "" : "_ref"});
        });
    }

    /// Reports what two descriptions of one metric disagree about. `field` makes the path of "type", "help" and "unit".
    void differs(std::uint32_t index, const proto::MetadataView& metadata, const proto::MetadataView& before,
                 std::string_view name, const std::string& other, auto&& field) {
        if (before.type != metadata.type) {
            report(c_, kConsistent, index, [&] {
                return Draft{
                    .message = cat({quoted(name), " is typed ", proto::name_of(static_cast<MetricType>(metadata.type)),
                                    " here and ", proto::name_of(static_cast<MetricType>(before.type)), " in ", other,
                                    "; wanted one type for one metric"}),
                    .field = field("type"),
                    .protobuf = metadata.range};
            });
        }
        const bool help = before.help != metadata.help;
        if (!help && before.unit == metadata.unit) return;
        const auto draft = [&] {
            return Draft{.message = cat({"The ", help ? "help" : "unit", " of ", quoted(name), " is ",
                                         quoted(help ? metadata.help : metadata.unit), " here and ",
                                         quoted(help ? before.help : before.unit), " in ", other}),
                         .field = field(help ? "help" : "unit"),
                         .protobuf = metadata.range};
        };
        report(c_, kConsistent, index, draft, Severity::kInfo);
    }

    /// Float samples of a classic histogram's series have its type, and a name that ends in what they are.
    void floats(std::uint32_t index, const proto::SeriesView& series, const proto::MetadataView& metadata,
                std::string_view name, MetricType type) {
        c_.saw(Subject::kHistogramSeries);
        if (series_of_histogram(name) || name.ends_with("_total")) return;  // metadata/type-guidelines
        const auto labels = view_.labels_of(series);                        // labels/le-on-bucket
        if (std::any_of(labels.begin(), labels.end(), [](const auto& l) { return l.name == "le"; })) return;
        report(c_, kFloats, index, [&] {
            return Draft{.message = cat({"A float sample of ", quoted(name), " is typed ", proto::name_of(type),
                                         ", whose series are called ", quoted(cat({name, "_bucket"})),
                                         ", _count or _sum; wanted a native histogram or another type"}),
                         .field = cat({series_path(index), ".metadata.type"}),
                         .protobuf = metadata.range};
        });
    }

    void payload(std::uint32_t index, const proto::SeriesView& series, const proto::MetadataView& metadata,
                 MetricType type) {
        if (type == MetricType::kUnspecified) return;
        constexpr std::uint32_t kGauge = 3;
        const auto histograms = view_.histograms_of(series);
        const auto real_one =
            std::find_if(histograms.begin(), histograms.end(), [](const auto& h) { return !is_stale(h.sum_bits); });
        if (real_one == histograms.end()) return;
        c_.saw(Subject::kTypedHistogram);
        const auto field = [&] { return cat({series_path(index), ".metadata.type"}); };
        if (type == MetricType::kGaugeHistogram) {
            if (real_one->reset_hint == kGauge) return;
            const auto draft = [&] {
                return Draft{
                    .message = "A native histogram typed GAUGEHISTOGRAM does not have the reset hint GAUGE",
                    .field = element_path(index, "histograms", static_cast<std::size_t>(real_one - histograms.begin()),
                                          "reset_hint"),
                    .protobuf = real_one->range};
            };
            report(c_, kPayload, index, draft, Severity::kInfo);
        } else if (type != MetricType::kHistogram) {
            report(c_, kPayload, index, [&] {
                return Draft{.message = cat({"A native histogram is typed ", proto::name_of(type),
                                             "; wanted HISTOGRAM or GAUGEHISTOGRAM"}),
                             .field = field(),
                             .protobuf = metadata.range};
            });
        } else if (real_one->reset_hint == kGauge) {
            report(c_, kPayload, index, [&] {
                return Draft{
                    .message = "A native histogram with the reset hint GAUGE is typed HISTOGRAM; wanted GAUGEHISTOGRAM",
                    .field = field(),
                    .protobuf = metadata.range};
            });
        }
    }

    const Context& c_;
    const proto::RequestView& view_;
    Types types_;
    std::vector<std::uint32_t> first_;  ///< by symbol of the metric name: the first series that has it
    std::uint64_t typed_ = 0, helped_ = 0;
    std::uint32_t first_typed_ = 0;
    Aggregate type_;
    std::optional<Severity> untyped_severity_;  ///< of a series without type
};

void run_metadata(const Context& c) { MetadataRules(c).run(); }

}  // namespace

constinit const Family kMetadata{"metadata", kRules, kUncovered, run_metadata};

}  // namespace prw::rules
