#include "ledger.h"

#include <algorithm>
#include <set>
#include <string_view>
#include <utility>

#include "table.h"

namespace prw::sender_suite {

bool RefusedDatum::acknowledged() const {
    return std::any_of(attempts.begin(), attempts.end(),
                       [](const Attempt& a) { return a.status >= 200 && a.status < 300; });
}

std::map<std::uint64_t, Retry> retries_of(const std::vector<RefusedDatum>& data, int lowest, int highest) {
    std::map<std::uint64_t, Retry> out;
    for (const auto& datum : data) {
        for (std::size_t i = 0; i + 1 < datum.attempts.size(); ++i) {
            const auto& from = datum.attempts[i];
            const auto& to = datum.attempts[i + 1];
            if (from.status < lowest || from.status > highest || to.first_byte_us < from.response_end_us) continue;
            const auto [entry, added] = out.try_emplace(from.exchange, Retry{from, to});
            if (!added && to.first_byte_us < entry->second.to.first_byte_us) entry->second.to = to;
        }
    }
    return out;
}

std::uint64_t Acknowledged::before(const ObservedSample& sample, const Delivery& delivery) const {
    const auto found = first_.find(sample);
    const bool known = found != first_.end() && found->second.exchange != delivery.id &&
                       delivery.first_byte_us >= found->second.end_us;
    return known ? found->second.exchange : 0;
}

void Acknowledged::add(const Delivery& delivery) {
    if (!delivery.acknowledged()) return;
    for (const auto& sample : delivery.samples)
        first_.try_emplace(sample, First{delivery.id, delivery.response_end_us});
}

bool repeats_accepted(const Observation& observation) { return observation.habits().repeats_all; }

std::map<ObservedSample, Changed> changed_later(const Observation& observation,
                                                const std::map<ObservedSample, std::uint64_t>& missing) {
    std::map<ObservedSample, Changed> out;
    if (missing.empty()) return out;
    const auto& series = observation.series();
    struct Value {
        std::string_view metric;
        std::int64_t timestamp;
        std::uint64_t bits;
        bool histogram;
        auto operator<=>(const Value&) const = default;
    };
    const auto value_of = [&](const ObservedSample& sample) {
        return Value{series[sample.series].metric, sample.timestamp, sample.bits, sample.histogram};
    };
    std::map<std::pair<std::uint32_t, std::int64_t>, const ObservedSample*> by_time;
    std::multimap<Value, const ObservedSample*> by_value;
    for (const auto& [sample, exchange] : missing) {
        by_time.try_emplace({sample.series, sample.timestamp}, &sample);
        by_value.emplace(value_of(sample), &sample);
    }
    // Labels of a scraped series tell which it is. What has no source was changed beyond recognition; where the sample
    // has none either, any series of that name might be its own.
    const auto may_be = [&](std::uint32_t was, std::uint32_t is) {
        return series[was].source != kNoSource &&
               (series[is].source == kNoSource || series[is].source == series[was].source);
    };
    std::set<ObservedSample> seen;  // of those that have the value of one that is missing
    for (const auto& delivery : observation.deliveries()) {
        for (const auto& sample : delivery.samples) {
            if (const auto found = by_time.find({sample.series, sample.timestamp}); found != by_time.end()) {
                const auto& was = *found->second;
                if (was != sample && delivery.id > missing.at(was))
                    out.try_emplace(was, Changed{delivery.id, sample, false});
            }
            auto [it, end] = by_value.equal_range(value_of(sample));
            if (it == end || !seen.insert(sample).second) continue;
            for (; it != end; ++it) {
                const auto& was = *it->second;
                if (was.series == sample.series || delivery.id <= missing.at(was) ||
                    !may_be(was.series, sample.series) ||
                    !out.try_emplace(was, Changed{delivery.id, sample, true}).second)
                    continue;
                break;  // one sample stands for one
            }
        }
    }
    return out;
}

std::vector<RefusedDatum> refused_data(const Observation& observation, int lowest, int highest) {
    std::map<ObservedSample, std::size_t> index;
    // Values that only one scrape can have had: series and value → datum.
    std::map<std::pair<std::uint32_t, std::uint64_t>, std::size_t> by_value;
    std::vector<RefusedDatum> out;
    std::map<ObservedSample, std::uint64_t> accepted_before;
    for (const auto& delivery : observation.deliveries()) {
        const bool refused = delivery.status >= lowest && delivery.status <= highest;
        for (const auto& sample : delivery.samples) {
            if (dictated(observation, sample)) continue;
            const Attempt attempt{delivery.id,      delivery.status, delivery.first_byte_us, delivery.response_end_us,
                                  delivery.message, delivery.step};
            if (const auto found = index.find(sample); found != index.end()) {
                auto& attempts = out[found->second].attempts;
                if (attempts.back().exchange != delivery.id) attempts.push_back(attempt);
                continue;
            }
            const auto source = observation.series()[sample.series].source;
            const bool unique = source != kNoSource && observation.sources()[source].unique_values && !sample.histogram;
            if (unique) {
                const auto same = by_value.find({sample.series, sample.bits});
                if (same != by_value.end() && out[same->second].restamped_us == 0) {
                    out[same->second].restamped_us = delivery.first_byte_us;
                    out[same->second].restamped_exchange = delivery.id;
                }
            }
            // Refused only now, but acknowledged before: its refusal loses nothing.
            if (!refused || accepted_before.contains(sample)) {
                if (delivery.acknowledged()) accepted_before.emplace(sample, delivery.id);
                continue;
            }
            index[sample] = out.size();
            if (unique) by_value[{sample.series, sample.bits}] = out.size();
            RefusedDatum datum;
            datum.sample = sample;
            datum.attempts.push_back(attempt);
            out.push_back(std::move(datum));
        }
    }
    // Values that do not tell their scrape went the way of the others in their request.
    std::map<std::uint64_t, const RefusedDatum*> restamped;
    for (const auto& datum : out) {
        if (datum.restamped_us != 0 && !datum.retried()) restamped.try_emplace(datum.attempts.front().exchange, &datum);
    }
    for (auto& datum : out) {
        if (datum.restamped_us != 0 || datum.retried()) continue;
        const auto found = restamped.find(datum.attempts.front().exchange);
        if (found == restamped.end()) continue;
        datum.restamped_us = found->second->restamped_us;
        datum.restamped_exchange = found->second->restamped_exchange;
    }
    return out;
}

void find_changed(const Observation& observation, std::vector<RefusedDatum>& data) {
    std::map<ObservedSample, std::uint64_t> missing;
    for (const auto& datum : data)
        if (!datum.retried() && datum.restamped_us == 0) missing[datum.sample] = datum.attempts.front().exchange;
    const auto changed = changed_later(observation, missing);
    for (auto& datum : data)
        if (const auto found = changed.find(datum.sample); found != changed.end()) datum.changed = found->second;
}

}  // namespace prw::sender_suite
