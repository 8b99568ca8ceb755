/// Observations made by hand, request by request: what judges see of a run.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/proto/model.h"
#include "prw/sender_suite/checks.h"

namespace prw::sender_suite::testing_support {

struct Datum {
    const char* metric;
    std::int64_t timestamp;
};
using Data = std::vector<Datum>;

/// Writes a record request by request; time goes on by 50 ms each.
class Story {
public:
    explicit Story(std::string scenario, suite::Input input = suite::Input::kNone) {
        record_.scenario = std::move(scenario);
        record_.target.input = input;
        record_.started = true;
        record_.observation = Observation({{.metric = "generation", .labels = {}, .unique_values = true},
                                           {.metric = "up_since", .labels = {}, .explicit_timestamp = true}});
    }
    Story& request(int status, std::string_view step, const Data& data, std::int64_t lasts_us = 100) {
        return add(status, std::string(step), data, lasts_us, "/api/v1/write", {});
    }
    /// The requests from here on are in this message, and perhaps say another.
    Story& in(proto::ProtobufMessage message, std::optional<proto::ProtobufMessage> declared = std::nullopt) {
        message_ = message;
        declared_ = declared;
        return *this;
    }
    /// The sender is asked for 2.0.
    Story& asked_for_2() {
        record_.asked = proto::ProtobufMessage::kV2;
        return in(proto::ProtobufMessage::kV2);
    }
    /// The next request comes so long after the last one ended.
    Story& after(std::int64_t gap_us) {
        gap_us_ = gap_us;
        return *this;
    }
    /// The requests from here on come over this connection.
    Story& on(std::uint64_t connection) {
        connection_ = connection;
        return *this;
    }
    /// To another place, with a head.
    Story& sent(int status, std::string target, std::string head = {}, const Data& data = {{"m", 1}}) {
        return add(status, "", data, 100, std::move(target), std::move(head));
    }
    Story& probe(int status, std::string target) {
        record_.observation.add(ObservedProbe{++id_, status, std::move(target)});
        return *this;
    }
    /// A scrape whose one sample says which it was.
    Story& scrape(std::uint64_t number) {
        Generation generation;
        generation.number = number;
        generation.complete = true;
        generation.samples.push_back({0, proto::to_bits(static_cast<double>(number)), false});
        record_.generations.push_back(std::move(generation));
        return *this;
    }
    Story& arrived(std::uint64_t number, int status = 204) {
        Delivery delivery = next(status, "", 100);
        const auto series = record_.observation.intern("generation", {});
        delivery.samples.push_back(
            {series, static_cast<std::int64_t>(number) * 1000, proto::to_bits(static_cast<double>(number)), false});
        record_.observation.add(std::move(delivery));
        return *this;
    }
    Story& ended(const char* how, bool cleanly) {
        record_.exited = how;
        record_.exited_cleanly = cleanly;
        return *this;
    }
    ScenarioRecord& record() { return record_; }
    [[nodiscard]] std::string verdict(const std::string& id) const {
        for (auto& check : judge(record_)) {
            if (check.id == id) return std::string(name_of(check.verdict)) + ": " + check.reason;
        }
        return "no check " + id;
    }

private:
    Delivery next(int status, std::string_view step, std::int64_t lasts_us) {
        Delivery delivery;
        delivery.message = message_;
        delivery.declared = declared_.value_or(message_);
        delivery.id = ++id_;
        delivery.decoded = true;
        delivery.status = status;
        delivery.step = std::string(step);
        delivery.connection = connection_;
        time_us_ += std::exchange(gap_us_, 50'000);
        delivery.first_byte_us = time_us_;
        delivery.response_start_us = delivery.response_end_us = time_us_ += lasts_us;
        return delivery;
    }
    Story& add(int status, std::string_view step, const Data& data, std::int64_t lasts_us, std::string target,
               std::string head) {
        Delivery delivery = next(status, step, lasts_us);
        delivery.target = std::move(target);
        delivery.head = std::move(head);
        for (const auto& datum : data) {
            const auto series = record_.observation.intern(datum.metric, {});
            delivery.samples.push_back({series, datum.timestamp, proto::to_bits(1), false});
        }
        record_.observation.add(std::move(delivery));
        return *this;
    }

    ScenarioRecord record_;
    proto::ProtobufMessage message_ = proto::ProtobufMessage::kV1;
    std::optional<proto::ProtobufMessage> declared_;
    std::uint64_t id_ = 0, connection_ = 1;
    std::int64_t time_us_ = 0, gap_us_ = 50'000;
};

}  // namespace prw::sender_suite::testing_support
