#include "prw/sender_suite/observation.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <system_error>

#include "checks/habits.h"
#include "prw/proto/http_head.h"
#include "prw/proto/model.h"
#include "prw/proto/protocol.h"
#include "prw/proto/view.h"
#include "prw/rules/limits.h"
#include "prw/rules/rule_ids.h"

namespace prw::sender_suite {
namespace {

constexpr std::size_t kFindingsPerRule = 20;

std::string key_of(const std::string& metric, const LabelPairs& labels) {
    std::string key = metric;
    for (const auto& [name, value] : labels) {
        key += '\xff';
        key += name;
        key += '\xfe';
        key += value;
    }
    return key;
}

/// FNV-1a over the message's bytes: enough to tell whether two histograms are the same.
std::uint64_t digest(std::string_view bytes) {
    std::uint64_t hash = 0xcbf29ce484222325ULL;
    for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

const std::string* value_of(const LabelPairs& labels, std::string_view name) {
    for (const auto& [label, value] : labels) {
        if (label == name) return &value;
    }
    return nullptr;
}

std::optional<double> number_of(std::string_view text) {
    if (text.starts_with('+')) text.remove_prefix(1);
    double value = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
    return value;
}

/// `le` and `quantile` are numbers, which a sender may write in its own way.
bool same_label(const std::string& name, const std::string& wanted, const std::string& got) {
    if (wanted == got) return true;
    if (name != "le" && name != "quantile") return false;
    const auto one = number_of(wanted), other = number_of(got);
    return one && other && *one == *other;
}

}  // namespace

Observation::Observation(std::vector<SourceIdentity> sources) : sources_(std::move(sources)) {
    for (std::uint32_t i = 0; i < sources_.size(); ++i) sources_by_metric_[sources_[i].metric].push_back(i);
}

std::uint32_t Observation::source_of(const std::string& metric, const LabelPairs& labels) const {
    const auto found = sources_by_metric_.find(metric);
    if (found == sources_by_metric_.end()) return kNoSource;
    std::uint32_t best = kNoSource;
    std::size_t most = 0;
    for (const auto candidate : found->second) {
        const auto& wanted = sources_[candidate].labels;
        const bool all = std::all_of(wanted.begin(), wanted.end(), [&](const auto& label) {
            // A scraping sender moves labels that it sets itself out of the way.
            const auto* moved = value_of(labels, "exported_" + label.first);
            if (moved != nullptr) return *moved == label.second;
            const auto* kept = value_of(labels, label.first);
            return kept != nullptr && same_label(label.first, label.second, *kept);
        });
        if (all && (best == kNoSource || wanted.size() > most)) {
            best = candidate;
            most = wanted.size();
        }
    }
    return best;
}

bool Observation::exposed_so(const rules::Finding& finding) const {
    if (finding.rule != rules::rule_id::kLabelSize) return false;
    const auto found = sources_by_metric_.find(finding.series.substr(0, finding.series.find('{')));
    if (found == sources_by_metric_.end()) return false;
    return std::any_of(found->second.begin(), found->second.end(), [&](std::uint32_t source) {
        const auto& labels = sources_[source].labels;
        return std::any_of(labels.begin(), labels.end(),
                           [](const auto& label) { return label.second.size() > rules::limits::kUsualLabelValue; });
    });
}

bool Observation::provoked(std::string_view target) const {
    const auto path = target.substr(0, target.find('?'));
    return std::any_of(left_to_trials_.begin(), left_to_trials_.end(), [&](const std::string& trial) {
        return path.starts_with(trial) && (path.size() == trial.size() || path[trial.size()] == '/');
    });
}

std::uint32_t Observation::intern(const std::string& metric, LabelPairs labels) {
    std::sort(labels.begin(), labels.end());
    auto [entry, added] = index_.try_emplace(key_of(metric, labels), static_cast<std::uint32_t>(series_.size()));
    if (added) {
        ObservedSeries series;
        series.metric = metric;
        series.source = source_of(metric, labels);
        std::vector<proto::LabelView> views;
        if (!metric.empty()) views.push_back({.name = "__name__", .value = metric});
        for (const auto& [name, value] : labels) views.push_back({.name = name, .value = value});
        series.text = proto::series_text(views);
        series.labels = std::move(labels);
        series_.push_back(std::move(series));
    }
    return entry->second;
}

ObservedSample Observation::sample_of(std::uint32_t series, const proto::Histogram& histogram) {
    if (histogram.sum_bits == proto::kStaleNanBits) return {series, histogram.timestamp, proto::kStaleNanBits, true};
    proto::WriteRequest request;
    request.series.emplace_back().histograms.push_back(histogram);
    const auto bits = digest(proto::encode(request, proto::ProtobufMessage::kV2));
    histograms_.try_emplace(bits, histogram);
    return {series, histogram.timestamp, bits, true};
}

const proto::Histogram* Observation::histogram(const ObservedSample& sample) const {
    const auto found = sample.histogram ? histograms_.find(sample.bits) : histograms_.end();
    return found == histograms_.end() ? nullptr : &found->second;
}

void Observation::add(ObservedMetadata metadata) {
    constexpr std::size_t kKept = 100'000;
    if (metadata.type == 0 && metadata.help.empty() && metadata.unit.empty()) return;  // says nothing
    const auto [last, first] = last_metadata_.try_emplace({metadata.family, metadata.series}, metadata_.size());
    if (!first) {
        const auto& known = metadata_[last->second];
        if (known.type == metadata.type && known.help == metadata.help && known.unit == metadata.unit) return;
    }
    if (metadata_.size() >= kKept) return;
    last->second = metadata_.size();
    metadata_.push_back(std::move(metadata));
}

void Observation::add(Delivery delivery) {
    if (full()) return;
    samples_ += delivery.samples.size();
    exemplars_ += delivery.exemplar_list.size();
    habits_.reset();
    deliveries_.push_back(std::move(delivery));
}

void Observation::know(Baseline baseline) {
    known_ = std::move(baseline);
    habits_.reset();
}

const Habits& Observation::habits() const {
    if (!habits_) habits_ = habits_of(*this);
    return *habits_;
}

std::string Observation::name_of_habit(std::uint32_t series) const {
    const auto source = series_[series].source;
    return source == kNoSource ? series_[series].text : sources_[source].text();
}

void Observation::add(ObservedProbe probe) {
    if (probes_.size() < 1000) probes_.push_back(std::move(probe));
}

void Observation::note_types(const proto::RequestView& view) {
    const auto typed = [](const proto::MetadataView& metadata) { return metadata.type != 0; };
    metric_types_.described =
        metric_types_.described || std::any_of(view.metadata.begin(), view.metadata.end(),
                                               [](const auto& m) { return !m.help.empty() || !m.unit.empty(); });
    const bool any = std::any_of(view.metadata.begin(), view.metadata.end(), typed);
    for (const auto& series : view.series) {
        const auto samples = view.samples_of(series);
        // A stale marker may outlive the metadata.
        const bool marker = series.histograms.count == 0 &&
                            std::all_of(samples.begin(), samples.end(),
                                        [](const auto& s) { return s.value_bits == proto::kStaleNanBits; });
        const bool own = series.metadata != proto::kNoRef && typed(view.metadata[series.metadata]);
        if (marker || (any && !own)) continue;
        auto& names = own ? metric_types_.typed : metric_types_.untyped;
        for (const auto& label : view.labels_of(series)) {
            if (label.name == "__name__" && names.find(label.value) == names.end()) names.emplace(label.value);
        }
    }
}

void Observation::note_subjects(const exchange::Exchange& exchange, const Delivery& delivery) {
    auto& seen = subjects_[static_cast<std::size_t>(delivery.message)];
    seen += exchange.check.subjects;
    // The same body after a refusal is a retry, whether its head says so or not.
    const bool refused = delivery.status == 0 || delivery.status == 429 || delivery.status >= 500;
    if (!refused && refused_.empty()) return;
    const auto bits = digest(exchange.payload());
    if (refused_.contains(bits) && exchange.check.subjects[rules::Subject::kRetry] == 0) ++seen[rules::Subject::kRetry];
    if (refused) refused_.insert(bits);
}

void Observation::add(const exchange::Exchange& exchange) {
    if (full()) return;
    const auto head = proto::parse_request_head(exchange.raw_head);
    if (exchange.check.kind == rules::RequestKind::kProbe)
        return add(ObservedProbe{exchange.id, exchange.response_sent ? exchange.status : 0,
                                 head ? std::string(head->target) : std::string()});
    Delivery delivery;
    delivery.id = exchange.id;
    delivery.message = exchange.check.message();
    delivery.declared = exchange.check.declared;
    delivery.status = exchange.response_sent ? exchange.status : 0;
    delivery.connection = exchange.connection;
    delivery.first_byte_us = exchange.first_byte_us;
    delivery.response_start_us = exchange.response_start_us;
    delivery.response_end_us = exchange.response_end_us;
    if (head) {
        delivery.user_agent = std::string(head->value(proto::header::kUserAgent));
        delivery.target = std::string(head->target);
    }
    delivery.step =
        exchange.read_status == proto::ReadStatus::kResetOnPurpose ? std::string(kResetInBody) : exchange.scripted;
    if (keep_heads_) delivery.head = exchange.raw_head;
    delivery.provoked = provoked(delivery.target);

    if (const auto body = exchange.body()) {
        const auto& view = body->view();
        delivery.decoded = !view.malformed;
        delivery.series = view.series.size();
        delivery.exemplars = view.exemplars.size();
        delivery.metadata = view.metadata.size();
        delivery.histograms = view.histograms.size();
        if (delivery.message == proto::ProtobufMessage::kV2) note_types(view);
        // The model is an allocation for each series: only where there is something that is kept as a whole.
        const bool whole = !view.histograms.empty() || !view.exemplars.empty();
        const auto model = whole ? proto::to_model(view) : proto::WriteRequest();
        bool any_start = false;
        for (std::size_t i = 0; i < view.series.size(); ++i) {
            const auto& series = view.series[i];
            std::string metric;
            LabelPairs labels;
            for (const auto& label : view.labels_of(series)) {
                if (label.name == "__name__")
                    metric = label.value;
                else
                    labels.emplace_back(label.name, label.value);
            }
            if (series.samples.count + series.histograms.count + series.exemplars.count == 0) continue;
            const auto index = intern(metric, std::move(labels));
            for (const auto& sample : view.samples_of(series)) {
                delivery.samples.push_back({index, sample.timestamp, sample.value_bits, false});
                delivery.start_timestamps.push_back(sample.start_timestamp);
                any_start = any_start || sample.start_timestamp != 0;
            }
            const auto histograms = view.histograms_of(series);
            for (std::size_t h = 0; h < histograms.size(); ++h) {
                const auto& histogram = histograms[h];
                const bool stale = histogram.sum_bits == proto::kStaleNanBits;
                const auto bits = stale ? proto::kStaleNanBits
                                        : digest(view.bytes.substr(histogram.range.offset, histogram.range.size));
                if (!stale) histograms_.try_emplace(bits, model.series[i].histograms[h]);
                delivery.samples.push_back({index, histogram.timestamp, bits, true});
                delivery.start_timestamps.push_back(histogram.start_timestamp);
                any_start = any_start || histogram.start_timestamp != 0;
            }
            if (series.exemplars.count > 0) {
                for (const auto& exemplar : model.series[i].exemplars)
                    delivery.exemplar_list.push_back({index, exemplar.labels, exemplar.value_bits, exemplar.timestamp});
            }
            if (series.metadata != proto::kNoRef) {
                const auto& metadata = view.metadata[series.metadata];
                add(ObservedMetadata{exchange.id,
                                     delivery.message,
                                     index,
                                     {},
                                     metadata.type,
                                     std::string(metadata.help),
                                     std::string(metadata.unit)});
            }
        }
        if (!any_start) delivery.start_timestamps.clear();
        if (delivery.message == proto::ProtobufMessage::kV1) {
            for (const auto& metadata : view.metadata)
                add(ObservedMetadata{exchange.id, delivery.message, 0, std::string(metadata.family), metadata.type,
                                     std::string(metadata.help), std::string(metadata.unit)});
        }
    }
    // What was provoked to deviate is judged by the trial alone, and is no evidence of the rules either.
    if (!delivery.provoked) note_subjects(exchange, delivery);
    std::vector<std::string_view> seen;
    for (const auto& finding : exchange.check.findings) {
        if (delivery.provoked || exposed_so(finding)) continue;
        auto& count = rule_counts_[{finding.rule, delivery.message}];
        count.findings += finding.count;
        if (std::find(seen.begin(), seen.end(), finding.rule) == seen.end()) {
            seen.push_back(finding.rule);
            ++count.requests;
        }
        const auto kept = std::count_if(findings_.begin(), findings_.end(), [&](const SeenFinding& f) {
            return f.finding.rule == finding.rule && f.message == delivery.message &&
                   f.finding.severity >= finding.severity;
        });
        if (static_cast<std::size_t>(kept) < kFindingsPerRule)
            findings_.push_back({exchange.id, delivery.message, finding});
    }
    add(std::move(delivery));
}

std::map<std::uint64_t, std::int64_t> generation_times(const Observation& observation,
                                                       const std::vector<Generation>& generations) {
    // (source, bits) tells the generation for series whose value changes with each scrape.
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::uint64_t> generation_of;
    for (const auto& generation : generations) {
        for (const auto& sample : generation.samples) {
            if (observation.sources()[sample.series].unique_values)
                generation_of[{sample.series, sample.bits}] = generation.number;
        }
    }
    std::map<std::uint64_t, std::map<std::int64_t, std::size_t>> votes;
    for (const auto& delivery : observation.deliveries()) {
        for (const auto& sample : delivery.samples) {
            const auto source = observation.series()[sample.series].source;
            if (source == kNoSource || sample.histogram) continue;
            const auto found = generation_of.find({source, sample.bits});
            if (found != generation_of.end()) ++votes[found->second][sample.timestamp];
        }
    }
    std::map<std::uint64_t, std::int64_t> out;
    for (const auto& [number, times] : votes) {
        out[number] = std::max_element(times.begin(), times.end(), [](const auto& a, const auto& b) {
                          return a.second < b.second;
                      })->first;
    }
    return out;
}

}  // namespace prw::sender_suite
