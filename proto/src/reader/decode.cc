#include <array>
#include <limits>

#include "prw/proto/view.h"
#include "reader/walker.h"

namespace prw::proto {

using namespace std::string_view_literals;

std::string_view name_of(WireIssue::Kind kind) {
    static constexpr std::array kNames{
        "truncated"sv,       "overlong varint"sv, "field number zero"sv, "bad wire type"sv,   "group"sv,
        "wrong wire type"sv, "unknown field"sv,   "reserved field"sv,    "duplicate field"sv, "invalid UTF-8"sv,
    };
    const auto i = static_cast<std::size_t>(kind);
    return i < kNames.size() ? kNames[i] : "unknown issue"sv;
}

void RequestView::clear() {
    bytes = {};
    series.clear();
    labels.clear();
    samples.clear();
    histograms.clear();
    exemplars.clear();
    metadata.clear();
    symbols.clear();
    spans.clear();
    deltas.clear();
    doubles.clear();
    issues.clear();
    issues_dropped = 0;
    malformed = over_limit = false;
}

void decode(std::string_view bytes, ProtobufMessage message, RequestView& out, const DecodeLimits& limits) {
    out.clear();
    out.message = message;
    out.bytes = bytes;
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max())) {  // protobuf's own limit
        out.malformed = true;
        out.issues.push_back({WireIssue::Kind::kTruncated, "", 0, 0, {}, kNoRef});
        return;
    }
    reader::Walker walker(bytes, out, limits);
    // A walk that stopped early has said why; what it read is resolved all the same.
    [[maybe_unused]] const bool whole =
        message == ProtobufMessage::kV1 ? reader::walk_v1(walker, bytes) : reader::walk_v2(walker, bytes);
    if (message == ProtobufMessage::kV2) reader::resolve_references(out);
}

}  // namespace prw::proto
