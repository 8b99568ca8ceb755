/// The state of FastAccept and the limits that both walks share. Internal to fast*.cc.
#pragma once

#include <array>
#include <bit>
#include <charconv>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string_view>

#include "context.h"
#include "fast_distinct.h"
#include "fast_util.h"
#include "prw/rules/limits.h"

namespace prw::rules::fast {

/// What the walks accept without asking the rules: the rules' own limits, where they say nothing.
inline constexpr unsigned kMaxLabels = limits::kUsualLabels;
inline constexpr std::uint32_t kMaxNameSize = 128;  ///< bytes, label and metric names; the rules allow more
static_assert(kMaxNameSize <= limits::kLabelName);
inline constexpr std::uint32_t kMaxValueSize = limits::kUsualLabelValue;  ///< bytes

/// Finite and not negative, nor the stale marker in the wrong byte order. Other values are judged with the series' name
/// and type.
[[nodiscard]] inline bool ordinary(std::uint64_t value_bits) {
    return value_bits < 0x7ff0000000000000ULL && value_bits != 0x020000000000f07fULL;
}
/// The NaNs that no rule has anything to say about: what C, Go, Java and Prometheus itself send.
[[nodiscard]] inline bool plain_nan(std::uint64_t value_bits) {
    return value_bits == 0x7ff8000000000000ULL || value_bits == proto::kNormalNanBits;
}
[[nodiscard]] inline bool is_nan(std::uint64_t value_bits) {
    return (value_bits & 0x7fffffffffffffffULL) > 0x7ff0000000000000ULL;
}

/// A value that is not ordinary(): +Inf and the stale marker always pass, negative values and plain NaNs unless the
/// series counts something.
[[nodiscard]] inline bool unusual_value_ok(std::uint64_t value_bits, bool counts) {
    if (value_bits < 0x7ff0000000000000ULL) return false;
    if (value_bits == proto::kStaleNanBits || value_bits == 0x7ff0000000000000ULL) return true;
    if (is_nan(value_bits)) return !counts && plain_nan(value_bits);
    return !counts || value_bits == 0x8000000000000000ULL;
}

/// By its name, does a series count something? As ext.samples.counter-not-negative sees it: _sum may go down.
[[nodiscard]] inline bool counting_name(const Byte* name, std::size_t size) {
    return ends_with(name, size, "_total") || ends_with(name, size, "_count") || ends_with(name, size, "_bucket");
}

enum class LabelKind : std::uint8_t { kOrdinary, kMetricName, kLe, kQuantile };

/// What a series whose metric name and singled out labels are these is a subject of.
inline void count_series(SubjectCounts& seen, std::uint32_t labels, bool bucket, bool quantile) {
    seen[Subject::kLabel] += labels;
    seen[Subject::kLongLabelSet] += labels > 1 ? 1U : 0U;
    seen[Subject::kClassicBucket] += bucket ? 1U : 0U;
    seen[Subject::kLeSeries] += bucket ? 1U : 0U;
    seen[Subject::kQuantile] += quantile ? 1U : 0U;
}

/// A value that is not ordinary() and was let through.
inline void count_unusual(SubjectCounts& seen, std::uint64_t value_bits) {
    if (!is_nan(value_bits)) return;
    ++seen[Subject::kNan];
    if (value_bits != proto::kStaleNanBits) ++seen[Subject::kOrdinaryNan];
}

/// What follows from the others: every series has labels and a metric name, and is distinct but for `repeated` ones.
inline void count_message(FastCounts& counts, std::uint64_t repeated) {
    auto& seen = counts.subjects;
    seen[Subject::kMessage] = 1;
    seen[Subject::kSeries] = seen[Subject::kLabelSet] = seen[Subject::kMetricName] = counts.series;
    seen[Subject::kSample] = seen[Subject::kPoint] = seen[Subject::kTimestamp] = counts.samples;
    seen[Subject::kNextPoint] = counts.samples - (counts.series - repeated);
    seen[Subject::kEnumValue] = seen[Subject::kMetadata] = counts.metadata;
}

/// The label names that rules single out. kOrdinary otherwise.
[[nodiscard]] inline LabelKind label_kind(const Byte* name, std::size_t size) {
    if (equals(name, size, "__name__")) return LabelKind::kMetricName;
    if (equals(name, size, "le")) return LabelKind::kLe;
    if (equals(name, size, "quantile")) return LabelKind::kQuantile;
    return LabelKind::kOrdinary;
}

/// A label name that needs no comment: the classic pattern, no leading "__" but in __name__, of sane length.
[[nodiscard]] inline bool plain_label_name(const Byte* name, std::size_t size) {
    if (size > kMaxNameSize || !legacy_name<false>(name, size)) return false;
    return size < 2 || name[0] != '_' || name[1] != '_' || equals(name, size, "__name__");
}

/// A value that a label of that kind may have, without comment.
[[nodiscard]] inline bool plain_label_value(LabelKind kind, const Byte* value, std::size_t size) {
    switch (kind) {
        case LabelKind::kMetricName:
            return size <= kMaxNameSize && legacy_name<true>(value, size);
        case LabelKind::kLe:
            return plain_number(value, size);
        case LabelKind::kQuantile:
            return plain_quantile(value, size);
        case LabelKind::kOrdinary:
            break;
    }
    return true;
}

struct Message {
    const Byte* begin;
    const Byte* end;
    std::int64_t now_ms;
};

/// Keyed hashing, so that nobody outside can prepare collisions.
struct Secret {
    std::array<Byte, 192> bytes;
};

/// A part of a series' labels on the wire.
struct Part {
    std::uint32_t offset = 0, size = 0;
};

/// Buckets and counts of classic histograms, compared as samples/classic-cumulative does, but for timestamps: what is
/// wrong at different times is left to the rule. Labels are looked at only where the values give cause.
class Classic {
public:
    /// Labels on the wire, with the metric's name and, of a bucket, le as parts of them.
    struct Series {
        const Byte* labels = nullptr;
        std::uint32_t size = 0;
        Part name, le;
        const Byte* metric = nullptr;
        std::uint32_t metric_size = 0;
        std::uint64_t value_bits = 0;  ///< of its last sample
    };

    void begin() { bucket_ = inf_ = count_ = {}; }
    /// A series that is none of these stands between two others.
    void other() { bucket_.base = 0; }
    /// NAME_bucket with a plain `le`.
    [[nodiscard]] bool bucket(const Series& series, const Byte* le, std::size_t le_size) {
        const Seen before = bucket_;
        bucket_ = {};
        const Seen now{series, series.metric_size - kBucketSuffix, bound_of(le, le_size),
                       std::bit_cast<double>(series.value_bits)};
        if (std::isnan(now.value)) return true;
        bucket_ = now;
        if (same_name(before, now) &&
            (before.bound < now.bound ? now.value < before.value : now.value > before.value) &&
            same_labels(before.series, series))
            return false;
        return now.bound != std::numeric_limits<double>::infinity() || pair(now, count_, inf_);
    }
    /// NAME_count.
    [[nodiscard]] bool count(const Series& series) {
        other();
        const Seen now{series, series.metric_size - kCountSuffix, 0, std::bit_cast<double>(series.value_bits)};
        return std::isnan(now.value) || pair(now, inf_, count_);
    }

private:
    struct Seen {
        Series series;
        std::uint32_t base = 0;  ///< bytes of the name without its suffix; 0: none
        double bound = 0, value = 0;
    };
    static constexpr std::uint32_t kBucketSuffix = 7, kCountSuffix = 6;

    static double bound_of(const Byte* le, std::size_t size) {
        double out = std::numeric_limits<double>::infinity();
        if (le[0] == '+') return out;
        const auto* const text = reinterpret_cast<const char*>(le);
        if (std::from_chars(text, text + size, out).ec != std::errc{}) return -std::numeric_limits<double>::infinity();
        return out;
    }
    static bool same_name(const Seen& a, const Seen& b) {
        return a.base == b.base && std::memcmp(a.series.metric, b.series.metric, a.base) == 0;
    }
    /// The bytes that follow one another when name and le are left out.
    static bool same_labels(const Series& a, const Series& b) {
        std::uint32_t i = 0, j = 0;
        const auto skip = [](const Series& s, std::uint32_t at) {
            for (bool moved = true; moved;) {
                moved = false;
                for (const Part& part : {s.name, s.le}) {
                    if (part.size == 0 || at != part.offset) continue;
                    at += part.size;
                    moved = true;
                }
            }
            return at;
        };
        for (i = skip(a, 0), j = skip(b, 0); i < a.size && j < b.size; i = skip(a, i + 1), j = skip(b, j + 1))
            if (a.labels[i] != b.labels[j]) return false;
        return i == a.size && j == b.size;
    }
    /// Both have come, and are done with: true when they are equal, or of two histograms. One has come: it waits for
    /// the other.
    static bool pair(const Seen& now, Seen& other, Seen& own) {
        if (other.base == 0 || !same_name(other, now)) {
            own = now;
            return true;
        }
        const Seen waited = other;
        other = own = {};
        return waited.value == now.value || !same_labels(waited.series, now.series);
    }

    Seen bucket_, inf_, count_;
};

class WalkV1 {
public:
    explicit WalkV1(const Secret& secret);
    [[nodiscard]] bool accept(const Message& message, FastCounts& counts);

private:
    /// A label as the previous series had it in the same place. Its name is known to be fine; when the next series
    /// repeats it, one comparison tells. `head` is the label's start: tag, size and bytes of the name, tag of the
    /// value.
    struct Column {
        std::array<Byte, 32> head;
        std::uint32_t mask;  ///< which bytes of `head` count
        std::uint32_t size;  ///< of the head
        LabelKind kind;
        bool linked;  ///< the name is known to sort after the column's to the left
    };
    struct Label {
        const Byte* name;
        const Byte* value;
        std::uint32_t name_size, value_size;
    };

    [[nodiscard]] static bool read_label(const Byte*& p, const Byte* end, Label& out);
    [[nodiscard]] bool learn(unsigned column, const Label& label, const Label& before);
    [[nodiscard]] static bool utf8_values(const Byte* p, const Byte* end);
    [[nodiscard]] static bool in_order(const Message& message, const Item& earlier, const Item& later);
    [[nodiscard]] bool walk_series(const Byte* p, const Byte* end, Timestamps& timestamps, Item& item,
                                   FastCounts& counts);

    const Secret& secret_;
    std::array<Column, kMaxLabels + 1> columns_;
    Classic classic_;
    Scratch<Item> items_;
    Distinct distinct_;
};

class WalkV2 {
public:
    explicit WalkV2(const Secret& secret);
    [[nodiscard]] bool accept(const Message& message, FastCounts& counts);

private:
    struct Symbol {
        std::uint32_t offset, size;
        std::uint32_t flags;             ///< kName…: filled when the symbol is first used so
        std::uint32_t type, help, unit;  ///< metadata of the series that have this metric name
    };
    enum : std::uint32_t {
        kNameKnown = 1,
        kNameOk = 2,
        kMetricKnown = 4,
        kMetricOk = 8,
        kCounts = 16,
        kLeKnown = 32,
        kLeOk = 64,
        kQuantileKnown = 128,
        kQuantileOk = 256,
        kMetadataKnown = 512,
        kLong = 1024,
        kMadeBySender = 2048,
        kDescribed = 4096,  ///< a series that is no mere marker had metadata with a type
        kTotal = 8192,
        kBucket = 16384,
    };
    static constexpr std::size_t kShapeBytes = 64;
    static constexpr std::uint32_t kNowhere = 0xffffffffU;
    /// References as an earlier series of this request had them: the same names in the same places, values of the same
    /// size on the wire. A series that fits needs no decoding.
    struct Shape {
        std::array<Byte, kShapeBytes> bytes;  ///< the references
        std::array<Byte, kShapeBytes>
            fixed;  ///< which bits must be equal: all of a name, the continuation bit of a value
        std::array<Byte, kShapeBytes> limit;  ///< largest value of a reference's last byte
        std::array<Byte, kShapeBytes> edge;   ///< the same where the byte before it decides, else 0
        std::uint64_t key;                    ///< continuation bits and size; 0: unused
        std::uint32_t size;
        std::uint32_t metric_at;   ///< where the reference to the metric name starts
        std::uint32_t checked_at;  ///< where the reference to the value of `le` or `quantile` starts; kNowhere
        LabelKind checked;
        std::uint32_t labels;
        Part metric_part, checked_part;  ///< both references of these labels
    };
    /// Label names of an earlier series of this request.
    struct Names {
        std::uint32_t labels;   ///< 0: unused
        std::uint32_t metric;   ///< which label is __name__
        std::uint32_t checked;  ///< which label is `le` or `quantile`; kNowhere
        LabelKind kind;         ///< of that one
        std::array<std::uint32_t, kMaxLabels> refs;
    };
    struct Refs {
        std::uint32_t metric = 0, labels = 0;
        LabelKind checked = LabelKind::kOrdinary;  ///< kLe, kQuantile: there is such a label
        std::uint32_t value = 0;                   ///< of that one
        Part metric_part, checked_part;            ///< both references of these labels
    };
    struct Metadata {
        std::uint32_t type = 0, help = 0, unit = 0;
    };

    [[nodiscard]] bool read_symbols(const Byte*& p, const Message& message);
    [[nodiscard]] bool walk_refs(const Byte* p, std::uint32_t size, Refs& out);
    [[nodiscard]] bool decode_refs(const Byte* p, std::uint32_t size, std::uint64_t continued, Shape* shape, Refs& out);
    [[nodiscard]] const Names* find_names(const std::uint32_t* refs, std::uint32_t labels);
    void describe(const Byte* begin, std::uint32_t size, const std::uint32_t* at, std::uint32_t count,
                  const Names& names, Shape& shape) const;
    [[nodiscard]] bool fits(const Shape& shape, const Byte* p) const;
    [[nodiscard]] bool name_ok(std::uint32_t ref);
    [[nodiscard]] bool value_ok(LabelKind kind, std::uint32_t ref);
    [[nodiscard]] bool walk_series(const Byte* p, const Byte* end, Item& item, FastCounts& counts);
    [[nodiscard]] bool read_metadata(const Byte*& p, const Byte* end, Metadata& out) const;
    [[nodiscard]] bool type_fits(const Symbol& metric) const;
    void count_typed(SubjectCounts& seen, const Symbol& metric, std::uint32_t type, bool bucket,
                     std::uint64_t values) const;
    [[nodiscard]] bool unit_ok(const Symbol& unit) const;
    [[nodiscard]] const Byte* text(const Symbol& symbol) const { return base_ + symbol.offset; }

    const Secret& secret_;
    const Byte* base_ = nullptr;
    Symbol* symbols_ = nullptr;
    Classic classic_;
    std::uint32_t symbol_count_ = 0;
    bool long_symbols_ = false;
    std::size_t last_metadata_size_ = 0;  ///< of the metadata field as it was on the wire; 0: none yet
    std::array<Byte, 16> last_metadata_bytes_{};
    Metadata last_metadata_;
    bool typed_ = false, helped_ = false;  ///< any series of the request has a type, a help text
    Timestamps timestamps_{0, 0}, starts_{0, 0};
    static constexpr std::size_t kShapes = 32;  ///< pairs of neighbours share a place
    std::array<Shape, kShapes> shapes_;
    std::array<std::uint64_t, kShapes / 2> candidates_{};
    std::array<Names, 64> names_;
    std::uint32_t next_shape_ = 0;
    Scratch<Symbol> symbol_scratch_;
    Scratch<Item> items_, symbol_items_;
    Distinct distinct_;
};

}  // namespace prw::rules::fast
