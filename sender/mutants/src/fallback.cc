// The choice of the message, and what a sender of 2.0 makes of receivers that know only 1.0.
#include <optional>

#include "prw/proto/protocol.h"
#include "transports.h"

namespace prw::mutants {

namespace {

namespace header = proto::header;

constexpr auto kV1 = ProtobufMessage::kV1;
constexpr auto kV2 = ProtobufMessage::kV2;

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

void set_header(Outgoing& request, std::string_view name, std::string value) {
    for (auto& header : request.headers)
        if (header.first == name) header.second = value;
}

/// The same data as the other message, with all that belongs to it.
void convert(Outgoing& request) {
    const bool to_v1 = request.message() == kV2;
    const auto data = decode_body(request.body, request.message());
    request.body = encode_body(data, to_v1 ? kV1 : kV2);
    set_header(request, header::kContentType,
               proto::content_type_of(to_v1 ? ProtobufMessage::kV1 : ProtobufMessage::kV2));
    set_header(request, header::kVersion, proto::version_of(to_v1 ? ProtobufMessage::kV1 : ProtobufMessage::kV2));
}

void fall_back(const Tuning& tuning) { tuning.remote.fallback = true; }

/// 1.0 was not asked for here, so that a request of 1.0 is one after a fallback.
class EverySecondInV2 final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (request.message() == kV1 && ++fallen_ % 2 == 0) {
            convert(request);
            Answer answer = pass(request);
            if (status_of(answer) != 415) return answer;
            convert(request);
        }
        return pass(request);
    }
    unsigned fallen_ = 0;
};

/// Changes to the version that a 2xx names, or whose headers it has.
class InfersVersion final : public Between {
    using Between::Between;
    Answer send(Outgoing request) override {
        if (wanted_ && *wanted_ != request.message()) convert(request);
        Answer answer = pass(request);
        if (status_of(answer) / 100 != 2) return answer;
        const auto* version = answer->header(header::kVersion);
        if (version != nullptr) {
            wanted_ = version->starts_with("2") ? kV2 : kV1;
        } else if (answer->header(header::kSamplesWritten) != nullptr) {
            wanted_ = kV2;
        }
        return accepted(request);
    }
    std::optional<ProtobufMessage> wanted_;
};

// clang-format off
constexpr Row kRows[] = {
    {only_v2("fallback/always-v1", "Sends 1.0 although it was told to send 2.0.",
      "sender/negotiation/message-as-asked"),
     {.tune = [](const Tuning& t) { t.remote.message = kV1; }}},
    {{.id = "fallback/always-v2",
      .summary = "Sends 2.0 although it was told to send 1.0.",
      .check = "sender/negotiation/message-as-asked",
      .v2 = false},
     {.tune = [](const Tuning& t) { t.remote.message = kV2; }}},
    {only_v2("fallback/version-stays", "Falls back to 1.0 and still says version 2.0.0.",
      "sender/headers/version-1x-receiver"),
     {.wrap = requests<[](Outgoing& request, sender::Clock&) {
          if (request.message() == kV1) set_header(request, header::kVersion, proto::kVersionV2);
      }>,
      .tune = fall_back}},
    {only_v2("fallback/content-type-parameter", "Falls back to 1.0 and names the message in Content-Type.",
      "sender/negotiation/content-type-1x-receiver"),
     {.wrap = requests<[](Outgoing& request, sender::Clock&) {
          if (request.message() == kV1)
              set_header(request, header::kContentType, "application/x-protobuf;proto=prometheus.WriteRequest");
      }>,
      .tune = fall_back}},
    {only_v2("fallback/headers-only", "Falls back to 1.0 in the headers, and goes on with the 2.0 message.",
      "sender/negotiation/fallback-complete"),
     {.wrap = requests<[](Outgoing& request, sender::Clock&) {
          if (request.message() == kV1) request.body = encode_body(decode_body(request.body, kV1), kV2);
      }>,
      .tune = fall_back}},
    {only_v2("fallback/flaps", "Falls back to 1.0 and tries every second request in 2.0 again.",
      "sender/negotiation/fallback-complete"),
     {.wrap = wrapped<EverySecondInV2>, .tune = fall_back}},
    {only_v2("fallback/loses-data", "Falls back to 1.0 with half of the series.",
      "sender/negotiation/fallback-same-data"),
     {.wrap = requests<[](Outgoing& request, sender::Clock&) {
          if (request.message() != kV1) return;
          auto data = decode_body(request.body, kV1);
          data.series.resize((data.series.size() + 1) / 2);
          request.body = encode_body(data, kV1);
      }>,
      .tune = fall_back}},
    {only_v2("fallback/wants-written", "Falls back to 1.0 and repeats what has no Written headers in its answer.",
      "sender/written/none-needed-for-v1"),
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (request.message() == kV1 && request.retry() == 0 && status_of(answer) / 100 == 2 &&
              answer->header(header::kSamplesWritten) == nullptr)
              take_for(answer, 503);
      }>,
      .tune = fall_back}},
    {only_v2("fallback/repeats-415", "Sends what was answered 415 again as it was.",
      "sender/negotiation/415-not-repeated"),
     {.wrap = answers<[](const Outgoing&, Answer& answer) {
          if (status_of(answer) == 415) take_for(answer, 503);
      }>}},
    {only_v2("fallback/after-any-4xx", "Falls back to 1.0 after any 4xx.", "sender/negotiation/stays-after-4xx"),
     {.wrap = answers<[](const Outgoing& request, Answer& answer) {
          if (status_of(answer) / 100 == 4 && request.message() == kV2) take_for(answer, 415);
      }>,
      .tune = fall_back}},
    {only_v2("fallback/infers-version", "Changes to the version that the headers of a 2xx name.",
      "sender/negotiation/no-version-inference"),
     {.wrap = wrapped<InfersVersion>}},
};
// clang-format on

}  // namespace

std::span<const Row> fallback_rows() { return kRows; }

}  // namespace prw::mutants
