/// Captures and capsules made by hand, for the tests of `prw replay`.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prw/exchange/capture.h"
#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "prw/suite/capsule.h"

namespace prw::testing {

inline constexpr std::int64_t kCapturedAt = 1'760'000'000'000;

inline exchange::Exchange exchange_of(std::uint64_t id, const std::string& head, const std::string& body, int status) {
    exchange::Exchange e;
    e.id = id;
    e.raw_head = head;
    e.raw_body = body;
    e.peer = "127.0.0.1:4711";
    e.connection = 1;
    e.index_on_connection = id - 1;
    e.received_unix_ms = kCapturedAt + static_cast<std::int64_t>(id) * 10;
    e.status = status;
    e.response_sent = status != 0;
    rules::CheckOptions options;
    options.now_ms = e.received_unix_ms;
    e.check = rules::check(e.raw_head, e.payload(), options);
    return e;
}

inline std::string head_of(std::size_t size, const std::string& more = {}) {
    return "POST /api/v1/write?a=b HTTP/1.1\r\nhost:old.example:9\r\nUser-Agent: made/1.0\r\nContent-Encoding: "
           "snappy\r\nContent-Type: application/x-protobuf\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n" +
           more + "Content-Length:  " + std::to_string(size) + " \r\n\r\n";
}

/// One series with one sample, taken when it was captured.
inline exchange::Exchange simple_exchange(std::uint64_t id, bool sorted, int status, const std::string& more = {}) {
    proto::Series series;
    series.labels = {{"__name__", "up"}, {"instance", "a\"\\b?\?/"}, {"job", "b"}};
    if (!sorted) std::swap(series.labels[1], series.labels[2]);
    series.samples = {{proto::to_bits(1), kCapturedAt + static_cast<std::int64_t>(id) * 10 - 5, 0}};
    const auto body = proto::compress_snappy(proto::encode({{series}, {}}, proto::ProtobufMessage::kV1));
    return exchange_of(id, head_of(body.size(), more), body, status);
}

inline Result<void> write_capture(const std::string& path, const std::vector<exchange::Exchange>& exchanges,
                                  const std::optional<suite::Capsule>& capsule = {}) {
    auto writer = exchange::CaptureWriter::open(
        path, {.commit_interval_ms = 0, .capsule = capsule ? suite::texts_of(*capsule) : exchange::CapsuleTexts{}});
    if (!writer) return tl::unexpected<Error>(writer.error());
    for (const auto& exchange : exchanges)
        if (auto done = (*writer)->append(exchange); !done) return done;
    return (*writer)->close();
}

inline suite::Capsule capsule_of(const std::string& check, const std::string& scenario) {
    suite::Capsule out;
    out.check = check;
    out.scenario = scenario;
    out.level = "MUST";
    out.verdict = "fail";
    out.clauses = {"prw1.labels.sorted"};
    out.summary = "Labels are sorted by name.";
    out.want = "labels sorted by name";
    out.got = "\"job\" before \"instance\"";
    out.reason = out.got;
    out.fix = "Sort the labels.";
    out.target = "made-by-hand";
    out.rejudges = true;
    out.context = R"({"format":1,"scenario":")" + scenario +
                  R"(","asked":"1.0","expected_target":"/api/v1/write","target":{"name":"made-by-hand","input":"none",)"
                  R"("features":{}},"started":true,"sources":[],"generations":[]})";
    return out;
}

inline Result<void> write_unsorted_capsule(const std::string& path) {
    auto capsule = capsule_of("sender/labels/sorted", "steady");
    capsule.exchanges = {2};
    capsule.left_out = 5;
    return write_capture(path, {simple_exchange(2, false, 204, "Authorization: Bearer xxxx\r\n")}, capsule);
}

/// The same sample twice, though its first refusal was final.
inline Result<void> write_retry_capsule(const std::string& path) {
    auto capsule = capsule_of("sender/retry/not-on-4xx", "4xx");
    capsule.exchanges = {1, 2};
    auto again = simple_exchange(1, true, 400);
    again.id = 2;
    std::vector<exchange::Exchange> list = {simple_exchange(1, true, 400), again, simple_exchange(3, true, 204)};
    for (auto& each : list) {
        each.scripted = each.status == 400 ? "step 1" : "";
        each.first_byte_us = each.last_byte_us = static_cast<std::int64_t>(each.id) * 50'000;
        each.response_start_us = each.response_end_us = each.first_byte_us + 100;
    }
    return write_capture(path, list, capsule);
}

}  // namespace prw::testing
