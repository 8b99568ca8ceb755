/// A user's own series, from a file in any format that the reference sender reads.
#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <utility>

#include "exposition.h"
#include "prw/sender/exposition.h"

namespace prw::sender_suite {
namespace {

constexpr std::size_t kMaxSourceBytes = 16U << 20U;

/// Takes what all of the formats can serve.
class Table {
public:
    Table() {
        for (const auto& family : default_families()) taken_.insert(family.name);
    }

    /// Empty, or why the family cannot be served.
    std::string add(const sender::Family& from) {
        SourceFamily family{from.name, std::string(proto::name_of(from.type)), from.help, {}, from.unit};
        if (family.type == "unknown") family.type = "untyped";
        // The text format and JSON have the suffix in the family's name.
        if (family.type == "counter") strip(family.name, "_total");
        if (family.type == "info") strip(family.name, "_info");
        if (taken_.contains(family.name)) return "the built-in table has a metric " + family.name + " already";
        // Those of one histogram or summary one after the other.
        std::map<LabelPairs, std::size_t> index;
        std::vector<std::vector<SourceSeries>> groups;
        std::set<std::pair<std::string, LabelPairs>> seen;
        for (const auto& point : from.points) {
            auto series = series_of(point);
            if (!seen.emplace(series.metric, series.labels).second)
                return sender::series_name(point.labels) + ": a scrape holds one sample of a series";
            if (auto problem = problem_of(family, point, series); !problem.empty())
                return sender::series_name(point.labels) + ": " + problem;
            const auto [group, added] = index.try_emplace(group_of(family, series), groups.size());
            if (added) groups.emplace_back();
            groups[group->second].push_back(std::move(series));
        }
        for (auto& group : groups) {
            if (auto problem = incomplete(family, group); !problem.empty()) return problem;
            std::move(group.begin(), group.end(), std::back_inserter(family.series));
        }
        families_.push_back(std::move(family));
        return {};
    }

    std::vector<SourceFamily> take() { return std::move(families_); }

private:
    static void strip(std::string& name, std::string_view suffix) {
        if (name.ends_with(suffix)) name.resize(name.size() - suffix.size());
    }

    static SourceSeries series_of(const sender::Point& point) {
        SourceSeries out;
        for (const auto& [name, value] : point.labels) {
            if (name == "__name__")
                out.metric = value;
            else
                out.labels.emplace_back(name, value);
        }
        out.constant = point.histogram ? std::string() : proto::value_text(point.value_bits);
        out.explicit_timestamp = point.timestamp_ms.has_value();
        out.timestamp_ms = point.timestamp_ms.value_or(0);
        out.start_timestamp_ms = point.start_timestamp_ms;
        for (const auto& each : point.exemplars)
            out.constant_exemplars.push_back({each.labels, each.value_bits, each.timestamp_ms});
        if (point.histogram) {
            out.native = point.histogram;
            out.native->timestamp = out.native->start_timestamp = 0;
        }
        return out;
    }

    static std::string problem_of(const SourceFamily& family, const sender::Point& point, const SourceSeries& series) {
        if (point.value_bits == proto::kStaleNanBits && !point.histogram)
            return "a stale marker cannot be scraped: formats have no word for it";
        if (point.timestamp_ms == 0) return "the explicit timestamp 0 stands for none";
        if (series.native) return problem_of_native(family, series);
        if (family.type == "gaugehistogram")
            return "a gauge histogram with classic buckets has no place in the text format; give it native ones";
        if (!member(family, series))
            return "is no series of the " + family.type + " " + family.name + " that OpenMetrics and protobuf can hold";
        const bool bucket = series.metric == family.name + "_bucket";
        if (!series.constant_exemplars.empty() && family.type != "counter" && !bucket)
            return "only counters, buckets and native histograms have exemplars";
        return series.constant_exemplars.size() > 1 ? "a counter or a bucket has one exemplar" : std::string();
    }

    static std::string problem_of_native(const SourceFamily& family, const SourceSeries& series) {
        if (series.metric != family.name || (family.type != "histogram" && family.type != "gaugehistogram"))
            return "a native histogram needs the type histogram or gaugehistogram, and its name";
        if (!series.native->custom_values.empty() || series.native->schema < -4)
            return "custom buckets have no place in an exposition: senders make them of classic ones";
        const bool gauge = family.type == "gaugehistogram";
        if (series.native->reset_hint != (gauge ? series.native->reset_hint & 3U : 0U))
            return "a reset hint has no place in an exposition; the type gaugehistogram stands for gauge";
        const bool timed = std::all_of(series.constant_exemplars.begin(), series.constant_exemplars.end(),
                                       [](const auto& exemplar) { return exemplar.timestamp_ms.has_value(); });
        return timed ? std::string() : "an exemplar of a native histogram needs a timestamp";
    }

    static bool member(const SourceFamily& family, const SourceSeries& series) {
        const auto label = [&](std::string_view name) -> std::optional<double> {
            for (const auto& [key, value] : series.labels)
                if (key == name) return number_of(value);
            return std::nullopt;
        };
        if (family.type == "counter") return series.metric == family.name + "_total";
        if (family.type == "info") return series.metric == family.name + "_info";
        if (family.type != "histogram" && family.type != "summary") return series.metric == family.name;
        if (series.metric == family.name + "_sum" || series.metric == family.name + "_count") return true;
        return family.type == "histogram" ? series.metric == family.name + "_bucket" && label("le")
                                          : series.metric == family.name && label("quantile");
    }

    /// A histogram needs the bucket of all observations and their number.
    static std::string incomplete(const SourceFamily& family, const std::vector<SourceSeries>& group) {
        if (family.type != "histogram") return {};
        bool all = false, count = false, native = false;
        for (const auto& series : group) {
            native = native || series.native;
            count = count || series.metric == family.name + "_count";
            all = all || std::any_of(series.labels.begin(), series.labels.end(),
                                     [](const auto& label) { return label.first == "le" && label.second == "+Inf"; });
        }
        if (native && group.size() > 1) return "histogram " + family.name + " has classic and native buckets at once";
        if (!native && (!all || !count))
            return "histogram " + family.name + " lacks " + (all ? "_count" : "the bucket le=\"+Inf\"");
        return {};
    }

    std::set<std::string> taken_;
    std::vector<SourceFamily> families_;
};

/// FILE:LINE of the first line with that word in it.
std::string place_of(std::string_view text, const std::string& word, const std::string& file_name) {
    const auto at = text.find(word);
    if (at == std::string_view::npos) return file_name;
    const auto before = text.substr(0, at);
    return file_name + ":" + std::to_string(std::count(before.begin(), before.end(), '\n') + 1);
}

}  // namespace

Result<std::vector<SourceFamily>> parse_source(std::string_view text, const std::string& file_name) {
    sender::ParseOptions options;
    options.source = file_name;
    const auto parsed = sender::parse_exposition(text, sender::InputFormat::kAuto, options);
    if (!parsed) return tl::unexpected<Error>(parsed.error());
    if (!parsed->notes.empty()) return fail(ErrorCode::kInvalidArgument, parsed->notes.front());  // with its place
    if (parsed->points() == 0) return fail(ErrorCode::kInvalidArgument, "holds no series", file_name);
    Table table;
    for (const auto& family : parsed->families)
        if (auto problem = table.add(family); !problem.empty())
            return fail(ErrorCode::kInvalidArgument, std::move(problem), place_of(text, family.name, file_name));
    return table.take();
}

Result<std::vector<SourceFamily>> load_source(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kInvalidArgument, "cannot read the file of series", path);
    std::ostringstream text;
    text << file.rdbuf();
    if (text.view().size() > kMaxSourceBytes)
        return fail(ErrorCode::kInvalidArgument, "the file of series is larger than 16 MiB", path);
    return parse_source(text.view(), path);
}

}  // namespace prw::sender_suite
