/// What every message of both schemas needs from the walk: fields with limits, paths, issues. Internal to the reader.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/view.h"
#include "wire.h"

namespace prw::proto::reader {

using protozero::pbf_wire_type;
constexpr std::uint32_t varint_tag(std::uint32_t n) { return protozero::tag_and_type(n, pbf_wire_type::varint); }
constexpr std::uint32_t fixed_tag(std::uint32_t n) { return protozero::tag_and_type(n, pbf_wire_type::fixed64); }
constexpr std::uint32_t bytes_tag(std::uint32_t n) {
    return protozero::tag_and_type(n, pbf_wire_type::length_delimited);
}

/// A field that the schema names; without a name it is reserved.
struct FieldName {
    std::uint32_t number;
    std::string_view name;
};
using Schema = std::span<const FieldName>;

/// A message that is being walked: cursor, current field and, through the parents, the path to it.
struct Scope {
    const Scope* parent;
    Schema schema;
    const char* begin;
    const char* at;
    const char* end;
    int depth;                       ///< 0 for the request
    std::uint32_t tag = 0;           ///< of the current field, 0 when it could not be read
    std::uint32_t element = kNoRef;  ///< index of the current field when it is repeated
    std::uint32_t seen = 0;          ///< bit n: singular field n has come
    const char* field = nullptr;     ///< where the current field's tag begins

    Scope(Schema names, std::string_view bytes, const Scope* outer = nullptr)
        : parent(outer),
          schema(names),
          begin(bytes.data()),
          at(begin),
          end(begin + bytes.size()),
          depth(outer == nullptr ? 0 : outer->depth + 1) {}
    [[nodiscard]] bool more() const { return at != end; }
};

/// Member functions that return false have recorded why; the walk stops.
class Walker {
public:
    Walker(std::string_view bytes, RequestView& out, const DecodeLimits& limits);

    /// Reads the next tag. REQUIRES: scope.more().
    [[nodiscard]] bool next(Scope& scope);
    [[nodiscard]] bool varint(Scope& scope, std::uint64_t& value, ByteRange& range);
    [[nodiscard]] bool fixed64(Scope& scope, std::uint64_t& bits, ByteRange& range);
    [[nodiscard]] bool bytes(Scope& scope, std::string_view& payload);
    [[nodiscard]] bool text(Scope& scope, std::string_view& payload);  ///< bytes() that should be UTF-8
    /// Skips a field that is unknown, reserved or has a foreign wire type, and says so.
    [[nodiscard]] bool unexpected(Scope& scope);
    /// Every varint of a packed field: visit(value, range), which returns false to stop.
    template <typename Visit>
    [[nodiscard]] bool packed_varints(Scope& scope, Visit&& visit);
    template <typename Visit>
    [[nodiscard]] bool packed_doubles(Scope& scope, Visit&& visit);
    /// Notes that the singular field `bit` has come, and that it came twice. Call it after its payload has been read.
    void once(Scope& scope, std::uint32_t bit);
    /// Counts `n` new elements against the limit.
    [[nodiscard]] bool charge(std::size_t n = 1);

    [[nodiscard]] ByteRange range(const char* first, const char* last) const {
        return {static_cast<std::uint32_t>(first - base_), static_cast<std::uint32_t>(last - first)};
    }
    [[nodiscard]] ByteRange range(std::string_view text) const { return range(text.data(), text.data() + text.size()); }
    [[nodiscard]] RequestView& out() { return out_; }
    void enter_series(std::uint32_t index) { series_ = index; }
    void leave_series() { series_ = kNoRef; }

private:
    void issue(WireIssue::Kind kind, const Scope& scope, const char* end);
    bool fault(wire::Fault fault, const Scope& scope, const char* end);

    const char* base_;
    RequestView& out_;
    std::size_t max_issues_;
    std::size_t elements_left_;
    std::uint32_t series_ = kNoRef;
};

template <typename Visit>
bool Walker::packed_varints(Scope& scope, Visit&& visit) {
    std::string_view payload;
    if (!bytes(scope, payload)) return false;
    const char* at = payload.data();
    const char* end = at + payload.size();
    while (at != end) {
        const char* first = at;
        std::uint64_t value = 0;
        if (const auto bad = wire::read_varint(at, end, value); bad != wire::Fault::kNone)
            return fault(bad, scope, end);
        if (!visit(value, range(first, at))) return false;
    }
    return true;
}

template <typename Visit>
bool Walker::packed_doubles(Scope& scope, Visit&& visit) {
    std::string_view payload;
    if (!bytes(scope, payload)) return false;
    if (payload.size() % 8 != 0) return fault(wire::Fault::kTruncated, scope, payload.data() + payload.size());
    for (std::size_t i = 0; i < payload.size(); i += 8)
        if (!visit(wire::load<std::uint64_t>(payload.data() + i))) return false;
    return true;
}

/// Appends to a flat array on behalf of up to N groups, each of which must end up contiguous though the wire may
/// interleave them. Costs nothing while it does not.
template <typename T, std::size_t N>
class Grouper {
public:
    explicit Grouper(std::vector<T>& all) : all_(all), base_(all.size()) {}

    void append(std::size_t group, const T& value) {
        const auto at = static_cast<std::uint32_t>(all_.size());
        auto& slice = slices_[group];
        if (runs_.empty()) {
            if (slice.count == 0) {
                slice.first = at;
            } else if (slice.first + slice.count != at) {
                split();
            }
        }
        if (!runs_.empty()) {
            if (runs_.back().group != group) runs_.push_back({group, {at, 0}});
            ++runs_.back().slice.count;
        }
        ++slice.count;
        last_[group] = at;
        all_.push_back(value);
    }
    /// The element that was appended last to the group.
    T& last(std::size_t group) { return all_[last_[group]]; }
    [[nodiscard]] std::uint32_t count(std::size_t group) const { return slices_[group].count; }

    /// Sorts what was interleaved. Returns true if elements moved.
    bool finish() {
        if (runs_.empty()) return false;
        std::vector<T> sorted;
        sorted.reserve(all_.size() - base_);
        for (std::size_t group = 0; group < N; ++group) {
            slices_[group].first = static_cast<std::uint32_t>(base_ + sorted.size());
            for (const auto& run : runs_) {
                if (run.group != group) continue;
                const auto from = all_.begin() + run.slice.first;
                sorted.insert(sorted.end(), from, from + run.slice.count);
            }
        }
        std::copy(sorted.begin(), sorted.end(), all_.begin() + static_cast<std::ptrdiff_t>(base_));
        return true;
    }
    [[nodiscard]] Slice slice(std::size_t group) const { return slices_[group]; }

private:
    struct Run {
        std::size_t group;
        Slice slice;
    };

    void split() {
        for (std::size_t group = 0; group < N; ++group)
            if (slices_[group].count != 0) runs_.push_back({group, slices_[group]});
        std::sort(runs_.begin(), runs_.end(), [](const Run& a, const Run& b) { return a.slice.first < b.slice.first; });
    }

    std::vector<T>& all_;
    std::size_t base_;
    std::array<Slice, N> slices_{};
    std::array<std::uint32_t, N> last_{};
    std::vector<Run> runs_;  ///< empty until the wire interleaves
};

/// Labels of a series (group kOfSeries) and of its exemplars (kOfExemplars).
using LabelGrouper = Grouper<LabelView, 2>;
inline constexpr std::size_t kOfSeries = 0, kOfExemplars = 1;
/// Moves the exemplars' slices along when labels were sorted.
void finish_labels(LabelGrouper& labels, RequestView& out, SeriesView& series);

/// The Histogram message; 2.0 adds start_timestamp.
[[nodiscard]] bool walk_histogram(Walker& walker, std::string_view payload, const Scope& parent,
                                  ProtobufMessage message);
/// The Sample message; 2.0 adds start_timestamp.
[[nodiscard]] bool walk_sample(Walker& walker, std::string_view payload, const Scope& parent, ProtobufMessage message);

[[nodiscard]] bool walk_v1(Walker& walker, std::string_view bytes);
[[nodiscard]] bool walk_v2(Walker& walker, std::string_view bytes);
/// Looks up all references of 2.0, once the symbols are known.
void resolve_references(RequestView& view);

}  // namespace prw::proto::reader
