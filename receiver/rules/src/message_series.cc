/// The shape of a 2.0 TimeSeries: what it has to hold, and what not together. Clauses prw2.timeseries.*.
#include "message_util.h"

#include "prw/base/text.h"

namespace prw::rules {
namespace {

constexpr Rule kContent{
    .id = rule_id::kHasSampleOrHistogram,
    .clauses = {"prw2.timeseries.has-sample-or-histogram"},
    .subject = Subject::kSeries,
    .severity = Severity::kFail,
    .summary = "Every TimeSeries holds at least one sample or one histogram.",
    .fix = "Do not send a TimeSeries without samples and histograms, not even to announce metadata.",
};
// A rule of its own, so that the many entries of a Prometheus with exemplars never hide one with nothing at all.
constexpr Rule kExemplarsOnly{
    .id = "series/not-exemplars-only",
    .clauses = {"prw2.timeseries.has-sample-or-histogram"},
    .subject = Subject::kExemplarSeries,
    .severity = Severity::kWarn,
    .summary = "A TimeSeries with exemplars also holds a sample or a histogram (known deviation of Prometheus).",
    .fix = "Attach exemplars to the TimeSeries that carries the sample; receivers answer 400 to exemplars alone.",
};

constexpr Rule kNotBoth{
    .id = rule_id::kNotSamplesAndHistograms,
    .clauses = {"prw2.timeseries.not-both", "prw2.timeseries.mixed-needs-separate"},
    .subject = Subject::kSeries,
    .severity = Severity::kFail,
    .summary = "A TimeSeries holds samples or histograms, not both.",
    .fix = "Send the float samples and the histograms of one series as two TimeSeries with the same labels.",
};

constexpr const Rule* kRules[] = {&kContent, &kExemplarsOnly, &kNotBoth};

void run_series(const Context& c) {
    if (!c.v2()) return;
    const auto& view = *c.view;
    for (std::uint32_t i = 0; i < view.series.size(); ++i) {
        const auto& series = view.series[i];
        if (series.exemplars.count != 0) c.saw(Subject::kExemplarSeries);
        if (series.samples.count != 0 && series.histograms.count != 0) {
            report(c, kNotBoth, i, [&] {
                return Draft{
                    .message = cat({series_path(i), " holds ", base::count_text(series.samples.count, "sample"),
                                    " and ", base::count_text(series.histograms.count, "histogram"),
                                    "; wanted one kind in one TimeSeries"}),
                    .field = series_path(i),
                    .protobuf = view.histograms_of(series).front().range};
            });
        }
        if (series.samples.count != 0 || series.histograms.count != 0) continue;
        if (series.exemplars.count != 0) {
            report(c, kExemplarsOnly, i, [&] {
                return Draft{
                    .message = cat(
                        {series_path(i), " holds ", base::count_text(series.exemplars.count, "exemplar"),
                         " but neither a sample nor a histogram; Prometheus sends this, and refuses it as a receiver"}),
                    .field = series_path(i),
                    .protobuf = series.range};
            });
        } else {
            report(c, kContent, i, [&] {
                return Draft{
                    .message = cat({series_path(i), " holds neither a sample nor a histogram; wanted at least one"}),
                    .field = series_path(i),
                    .protobuf = series.range};
            });
        }
    }
}

}  // namespace

constinit const Family kSeries{"series", kRules, {}, run_series};

}  // namespace prw::rules
