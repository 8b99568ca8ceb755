#include "fate.h"

#include <algorithm>
#include <map>

#include "ledger.h"
#include "table.h"

namespace prw::sender_suite {
namespace {

struct Seen {
    bool again = false, acknowledged = false;
};

}  // namespace

Fate fate_of(const Observation& observation, std::string_view step) {
    Fate out;
    std::map<ObservedSample, Seen> data;
    for (const auto& delivery : observation.deliveries()) {
        if (!out.hit && delivery.step == step) {
            for (const auto& sample : delivery.samples) {
                if (!dictated(observation, sample)) data.try_emplace(sample);
            }
            if (data.empty()) continue;
            out.hit = true;
            out.exchange = delivery.id;
            out.first_byte_us = delivery.first_byte_us;
            out.start_us = delivery.response_start_us;
            out.end_us = delivery.response_end_us;
            out.samples = data.size();
        }
    }
    if (!out.hit) return out;
    // Ids are in the order of answers; a request may have come before one with a lower id was answered.
    for (const auto& delivery : observation.deliveries()) {
        // An attempt that met the same fault is no more than the HTTP client's own repeat may be.
        if (delivery.id == out.exchange || delivery.step == step) continue;
        bool other = false;
        for (const auto& sample : delivery.samples) {
            const auto found = data.find(sample);
            if (found == data.end()) {
                other = true;
                continue;
            }
            found->second.acknowledged = found->second.acknowledged || delivery.acknowledged();
            if (delivery.first_byte_us < out.end_us) continue;
            found->second.again = true;
            if (out.again_exchange == 0) {
                out.again_exchange = delivery.id;
                out.again_us = delivery.first_byte_us;
            }
        }
        if (other && delivery.acknowledged() && delivery.first_byte_us >= out.end_us) ++out.later;
    }
    out.series = data.begin()->first.series;
    for (const auto& [sample, seen] : data) {
        out.again += seen.again ? 1U : 0U;
        out.survived += seen.again || seen.acknowledged ? 1U : 0U;
        out.acknowledged += seen.acknowledged ? 1U : 0U;
        if (!seen.again && !seen.acknowledged) out.series = sample.series;
    }
    if (!out.mostly() && out.later > 0) {
        std::map<ObservedSample, std::uint64_t> missing;
        for (const auto& [sample, seen] : data)
            if (!seen.again && !seen.acknowledged) missing[sample] = out.exchange;
        out.changed = changed_later(observation, missing).size();
    }
    return out;
}

}  // namespace prw::sender_suite
