#include "prw/proto/remote_read.h"

#include <algorithm>
#include <limits>

#include "prw/proto/view.h"
#include "remote_read.pb.h"

namespace prw::proto {

namespace {

bool parse(std::string_view bytes, google::protobuf::MessageLite& to) {
    return bytes.size() <= static_cast<std::size_t>(std::numeric_limits<int>::max()) &&
           to.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

}  // namespace

std::string encode_read_request(const ReadRequest& request) {
    prometheus::ReadRequest out;
    for (const auto& from : request.queries) {
        auto& query = *out.add_queries();
        query.set_start_timestamp_ms(from.start_ms);
        query.set_end_timestamp_ms(from.end_ms);
        for (const auto& each : from.matchers) {
            auto& matcher = *query.add_matchers();
            matcher.set_type(static_cast<prometheus::LabelMatcher::Type>(each.type));
            matcher.set_name(each.name);
            matcher.set_value(each.value);
        }
    }
    out.add_accepted_response_types(request.takes_samples ? prometheus::ReadRequest::SAMPLES
                                                          : prometheus::ReadRequest::STREAMED_XOR_CHUNKS);
    return out.SerializeAsString();
}

Result<ReadRequest> decode_read_request(std::string_view bytes) {
    prometheus::ReadRequest in;
    if (!parse(bytes, in))
        return fail(ErrorCode::kMalformed,
                    "the " + std::to_string(bytes.size()) + " bytes are no prometheus.ReadRequest");
    ReadRequest out;
    const auto& types = in.accepted_response_types();
    out.takes_samples =
        types.empty() || std::find(types.begin(), types.end(), prometheus::ReadRequest::SAMPLES) != types.end();
    out.queries.reserve(static_cast<std::size_t>(in.queries_size()));
    for (const auto& from : in.queries()) {
        auto& query = out.queries.emplace_back();
        query.start_ms = from.start_timestamp_ms();
        query.end_ms = from.end_timestamp_ms();
        query.matchers.reserve(static_cast<std::size_t>(from.matchers_size()));
        for (const auto& each : from.matchers()) {
            if (!prometheus::LabelMatcher::Type_IsValid(each.type()))
                return fail(ErrorCode::kMalformed,
                            "a matcher has the type " + std::to_string(each.type()) + "; known are 0 to 3");
            query.matchers.push_back({static_cast<LabelMatcher::Type>(each.type()), each.name(), each.value()});
        }
    }
    return out;
}

std::string encode_read_response(const ReadResults& results) {
    prometheus::ReadResponse out;
    for (const auto& series : results)
        out.add_results(encode({.series = series, .metadata = {}}, ProtobufMessage::kV1));
    return out.SerializeAsString();
}

Result<ReadResults> decode_read_response(std::string_view bytes) {
    const auto refuse = [&] {
        return fail(ErrorCode::kMalformed,
                    "the " + std::to_string(bytes.size()) + " bytes are no prometheus.ReadResponse");
    };
    prometheus::ReadResponse in;
    if (!parse(bytes, in)) return refuse();
    ReadResults out;
    out.reserve(static_cast<std::size_t>(in.results_size()));
    RequestView view;
    for (const auto& result : in.results()) {
        decode(result, ProtobufMessage::kV1, view);
        if (view.over_limit) return fail(ErrorCode::kTooLarge, "a result of the ReadResponse has too many elements");
        if (view.malformed) return refuse();
        out.push_back(to_model(view).series);
    }
    return out;
}

}  // namespace prw::proto
