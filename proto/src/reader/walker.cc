#include "reader/walker.h"

#include <algorithm>

namespace prw::proto::reader {

namespace {

std::string_view name_in(Schema schema, std::uint32_t number) {
    const auto found =
        std::find_if(schema.begin(), schema.end(), [&](const FieldName& f) { return f.number == number; });
    return found == schema.end() ? std::string_view{} : found->name;
}

void append_field(std::string& path, const Scope& scope) {
    if (scope.tag == 0) return;
    const auto number = scope.tag >> 3U;
    if (!path.empty()) path += '.';
    if (const auto name = name_in(scope.schema, number); !name.empty()) {
        path += name;
    } else {
        path += "field " + std::to_string(number);
    }
    if (scope.element != kNoRef) path += "[" + std::to_string(scope.element) + "]";
}

std::string path_of(const Scope& scope) {
    std::string path = scope.parent == nullptr ? std::string() : path_of(*scope.parent);
    append_field(path, scope);
    return path;
}

}  // namespace

Walker::Walker(std::string_view bytes, RequestView& out, const DecodeLimits& limits)
    : base_(bytes.data()), out_(out), max_issues_(limits.max_issues), elements_left_(limits.max_elements) {}

void Walker::issue(WireIssue::Kind kind, const Scope& scope, const char* end) {
    auto& issues = out_.issues;
    const bool fatal = kind <= WireIssue::Kind::kBadWireType;
    out_.malformed |= fatal;
    if (issues.size() >= max_issues_) {
        ++out_.issues_dropped;
        if (!fatal || issues.empty()) return;
        issues.pop_back();  // the fault that ends the walk is the one issue that must not be dropped
    }
    issues.push_back({kind, path_of(scope), scope.tag >> 3U, static_cast<std::uint8_t>(scope.tag & 7U),
                      range(scope.field, end), series_});
}

bool Walker::fault(wire::Fault fault, const Scope& scope, const char* end) {
    switch (fault) {
        case wire::Fault::kNone:
            break;
        case wire::Fault::kTruncated:
            issue(WireIssue::Kind::kTruncated, scope, end);
            break;
        case wire::Fault::kOverlong:
            issue(WireIssue::Kind::kOverlongVarint, scope, end);
            break;
        case wire::Fault::kFieldZero:
            issue(WireIssue::Kind::kFieldNumberZero, scope, end);
            break;
        case wire::Fault::kBadType:
            issue(WireIssue::Kind::kBadWireType, scope, end);
            break;
    }
    return false;
}

bool Walker::next(Scope& scope) {
    scope.field = scope.at;
    scope.tag = 0;
    scope.element = kNoRef;
    std::uint32_t tag = 0;
    if (const auto bad = wire::read_tag(scope.at, scope.end, tag); bad != wire::Fault::kNone)
        return fault(bad, scope, bad == wire::Fault::kOverlong ? scope.at + 5 : scope.end);
    if (tag >> 3U == 0) return fault(wire::Fault::kFieldZero, scope, scope.at);
    scope.tag = tag;
    if ((tag & 7U) == wire::kEndGroup || (tag & 7U) > wire::kFixed32)
        return fault(wire::Fault::kBadType, scope, scope.at);
    return true;
}

bool Walker::varint(Scope& scope, std::uint64_t& value, ByteRange& where) {
    const char* first = scope.at;
    if (const auto bad = wire::read_varint(scope.at, scope.end, value); bad != wire::Fault::kNone)
        return fault(bad, scope, bad == wire::Fault::kOverlong ? first + 10 : scope.end);
    where = range(first, scope.at);
    return true;
}

bool Walker::fixed64(Scope& scope, std::uint64_t& bits, ByteRange& where) {
    if (scope.end - scope.at < 8) return fault(wire::Fault::kTruncated, scope, scope.end);
    bits = wire::load<std::uint64_t>(scope.at);
    where = range(scope.at, scope.at + 8);
    scope.at += 8;
    return true;
}

bool Walker::bytes(Scope& scope, std::string_view& payload) {
    std::uint32_t length = 0;
    if (const auto bad = wire::read_length(scope.at, scope.end, length); bad != wire::Fault::kNone) {
        const auto* stop = bad == wire::Fault::kOverlong ? std::min(scope.at + 5, scope.end) : scope.end;
        return fault(bad, scope, stop);
    }
    payload = {scope.at, length};
    scope.at += length;
    return true;
}

bool Walker::text(Scope& scope, std::string_view& payload) {
    if (!bytes(scope, payload)) return false;
    if (!valid_utf8(payload)) issue(WireIssue::Kind::kInvalidUtf8, scope, scope.at);
    return true;
}

bool Walker::unexpected(Scope& scope) {
    const auto number = scope.tag >> 3U;
    const auto type = scope.tag & 7U;
    if (const auto bad = wire::skip(scope.at, scope.end, scope.tag, wire::kMaxDepth - scope.depth);
        bad != wire::Fault::kNone)
        return fault(bad, scope, scope.end);
    const auto found =
        std::find_if(scope.schema.begin(), scope.schema.end(), [&](const FieldName& f) { return f.number == number; });
    auto kind = type == wire::kGroup ? WireIssue::Kind::kGroup : WireIssue::Kind::kUnknownField;
    if (found != scope.schema.end())
        kind = found->name.empty() ? WireIssue::Kind::kReservedField : WireIssue::Kind::kWrongWireType;
    issue(kind, scope, scope.at);
    return true;
}

void Walker::once(Scope& scope, std::uint32_t bit) {
    const auto mask = 1U << bit;
    if ((scope.seen & mask) != 0) issue(WireIssue::Kind::kDuplicateField, scope, scope.at);
    scope.seen |= mask;
}

bool Walker::charge(std::size_t n) {
    if (n > elements_left_) {
        out_.over_limit = true;
        return false;
    }
    elements_left_ -= n;
    return true;
}

void finish_labels(LabelGrouper& labels, RequestView& out, SeriesView& series) {
    const bool moved = labels.finish();
    series.labels = labels.slice(kOfSeries);
    if (!moved) return;
    auto first = labels.slice(kOfExemplars).first;
    for (std::uint32_t i = 0; i < series.exemplars.count; ++i) {
        auto& exemplar = out.exemplars[series.exemplars.first + i];
        exemplar.labels.first = first;
        first += exemplar.labels.count;
    }
}

}  // namespace prw::proto::reader
