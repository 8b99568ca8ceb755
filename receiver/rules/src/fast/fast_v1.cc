// The fast walk over prometheus.WriteRequest. See fast.cc for what it guarantees.
#include "fast_impl.h"
#include "hash.h"

namespace prw::rules::fast {

namespace {

constexpr Byte kTimeSeries = 0x0a, kLabel = 0x0a, kSample = 0x12, kName = 0x0a, kValue = 0x12, kSampleValue = 0x09,
               kTimestamp = 0x10;
constexpr std::uint32_t kNeverExpected = 0xff;  // larger than the labels that are compared with their column

}  // namespace

WalkV1::WalkV1(const Secret& secret) : secret_(secret) {
    for (Column& column : columns_) column = {{}, 0, kNeverExpected, LabelKind::kOrdinary, false};
}

/// The canonical label message: name, then value, both present, nothing else.
bool WalkV1::read_label(const Byte*& p, const Byte* end, Label& out) {
    std::uint32_t size = 0;
    ++p;
    if (!read_size(p, end, size) || size > static_cast<std::size_t>(end - p)) return false;
    const Byte* const label_end = p + size;
    if (size == 0 || *p++ != kName || !read_size(p, label_end, out.name_size)) return false;
    if (out.name_size == 0 || out.name_size >= static_cast<std::size_t>(label_end - p)) return false;
    out.name = p;
    p += out.name_size;
    if (*p++ != kValue || !read_size(p, label_end, out.value_size)) return false;
    if (out.value_size == 0 || out.value_size != static_cast<std::size_t>(label_end - p)) return false;
    out.value = p;
    p = label_end;
    return true;
}

/// Checks a label that is not the one expected in its column, and expects it from now on.
bool WalkV1::learn(unsigned index, const Label& label, const Label& before) {
    if (label.value_size > kMaxValueSize || !plain_label_name(label.name, label.name_size)) return false;
    if (index != 0 && !sorts_before(before.name, before.name_size, label.name, label.name_size)) return false;
    const LabelKind kind = label_kind(label.name, label.name_size);
    if (!plain_label_value(kind, label.value, label.value_size)) return false;
    Column& column = columns_[index];
    column.kind = kind;
    column.linked = true;
    columns_[index + 1].linked = false;
    column.size = label.name_size + 3;
    if (column.size > column.head.size()) {  // too long to be compared at once
        column.size = kNeverExpected;
        return true;
    }
    column.mask = column.size == 32 ? ~0U : (1U << column.size) - 1;
    column.head[0] = kName;
    column.head[1] = static_cast<Byte>(label.name_size);
    std::memcpy(&column.head[2], label.name, label.name_size);
    column.head[column.size - 1] = kValue;
    return true;
}

bool WalkV1::utf8_values(const Byte* p, const Byte* end) {
    while (p < end) {
        Label label;
        if (!read_label(p, end, label)) return false;
        if (!all_ascii(label.value, label.value_size) &&
            !proto::valid_utf8({reinterpret_cast<const char*>(label.value), label.value_size})) {
            return false;
        }
    }
    return true;
}

/// Prometheus sends one TimeSeries per sample, so that a label set occurs more than once when it catches up. That is
/// fine while its samples are in the order of time. Both series have been walked; samples are what follows the labels.
bool WalkV1::in_order(const Message& message, const Item& earlier, const Item& later) {
    const auto time_at = [](const Byte* sample) {
        std::uint64_t value = 0;
        const Byte* const p = sample + 2 + sample[1] - 6;
        for (unsigned i = 0; i < 6; ++i) value |= static_cast<std::uint64_t>(p[i] & 0x7fU) << (7 * i);
        return value;
    };
    const Byte* last = message.begin + earlier.offset + earlier.size;
    for (const Byte* next = last; next < message.end && *next == kSample; next += 2 + next[1]) last = next;
    return time_at(last) < time_at(message.begin + later.offset + later.size);
}

bool WalkV1::walk_series(const Byte* const begin, const Byte* const end, Timestamps& timestamps, Item& item,
                         FastCounts& counts) {
    const Byte* p = begin;
    unsigned index = 0;
    Label label = {};
    const Byte* metric = nullptr;
    std::size_t metric_size = 0;
    bool quantile = false;
    const Byte* le = nullptr;
    std::size_t le_size = 0;
    Part name_part, le_part;
    for (; p < end && *p == kLabel; ++index) {
        if (index == kMaxLabels) return false;
        const Byte* const entry = p;
        Column& column = columns_[index];
        const std::uint32_t size = p[1], head = column.size;
        LabelKind kind = LabelKind::kOrdinary;
        if ((equal_mask32(p + 2, column.head.data()) & column.mask) == column.mask && size < 0x80 && size > head + 1 &&
            p[2 + head] == size - head - 1) [[likely]] {
            const Byte* const next = p + 2 + size;
            if (next > end) return false;
            const Label before = label;
            label = {p + 4, p + 3 + head, head - 3, size - head - 1};
            if (!column.linked) [[unlikely]] {
                if (!sorts_before(before.name, before.name_size, label.name, label.name_size)) return false;
                column.linked = true;
            }
            kind = column.kind;
            if (kind != LabelKind::kOrdinary && !plain_label_value(kind, label.value, label.value_size)) return false;
            p = next;
        } else {
            const Label before = label;
            if (!read_label(p, end, label) || !learn(index, label, before)) return false;
            kind = columns_[index].kind;
        }
        if (kind == LabelKind::kOrdinary) continue;
        const Part part{static_cast<std::uint32_t>(entry - begin), static_cast<std::uint32_t>(p - entry)};
        if (kind == LabelKind::kMetricName) {
            metric = label.value;
            metric_size = label.value_size;
            name_part = part;
        } else if (kind == LabelKind::kLe) {
            le = label.value;
            le_size = label.value_size;
            le_part = part;
        } else {
            quantile = true;
        }
    }
    if (metric == nullptr) return false;
    // On other series it may be the buckets of a histogram that are called otherwise.
    if (le != nullptr && !ends_with(metric, metric_size, "_bucket")) return false;
    count_series(counts.subjects, index, le != nullptr, quantile);
    const auto labels_size = static_cast<std::uint32_t>(p - begin);
    // Tags and sizes below 128 are ASCII as well, so that one scan settles UTF-8 for most series.
    if (!all_ascii(begin, labels_size) && !utf8_values(begin, p)) return false;
    item.size = labels_size;
    item.hash = XXH3_64bits_withSecret(begin, labels_size, secret_.bytes.data(), secret_.bytes.size());

    if (p == end) return false;
    std::int64_t previous = 0;
    std::uint64_t value = 0;
    do {
        if (p[0] != kSample) return false;
        const std::uint32_t size = p[1];
        value = 0;
        const Byte* time = p + 2;
        if (size == 16) {
            if (p[2] != kSampleValue) return false;
            value = load64(p + 3);
            time = p + 11;
        } else if (size != 7) {
            return false;
        }
        std::int64_t timestamp = 0;
        if (*time != kTimestamp || !timestamps.read(time + 1, timestamp) || timestamp <= previous) return false;
        previous = timestamp;
        if (!ordinary(value)) [[unlikely]] {
            if (!unusual_value_ok(value, counting_name(metric, metric_size))) return false;
            count_unusual(counts.subjects, value);
        }
        p += 2 + size;
        ++counts.samples;
    } while (p < end);
    if (p != end) return false;
    const auto classic = [&] {
        return Classic::Series{begin, labels_size, name_part, le_part, metric, static_cast<std::uint32_t>(metric_size),
                               value};
    };
    if (le != nullptr) return classic_.bucket(classic(), le, le_size);
    if (ends_with(metric, metric_size, "_count")) return classic_.count(classic());
    classic_.other();
    return true;
}

bool WalkV1::accept(const Message& message, FastCounts& counts) {
    const Byte* p = message.begin;
    const Byte* const end = message.end;
    Timestamps timestamps(limits::kFirstTimestamp, message.now_ms + limits::kFuture);
    Item* items = items_.data();
    std::size_t series = 0;
    classic_.begin();
    while (p < end) {
        if (*p++ != kTimeSeries) return false;
        std::uint32_t size = 0;
        if (!read_size(p, end, size) || size > static_cast<std::size_t>(end - p)) return false;
        if (series == items_.capacity()) items = items_.grow(series);
        items[series].offset = static_cast<std::uint32_t>(p - message.begin);
        if (!walk_series(p, p + size, timestamps, items[series], counts)) return false;
        p += size;
        if (++series > limits::kSeries) return false;
    }
    counts.series = series;
    if (series == 0) return false;
    std::uint64_t repeated = 0;
    const bool fine = distinct_.check(message.begin, items, series, [&](std::size_t earlier, std::size_t later) {
        ++repeated;
        return in_order(message, items[earlier], items[later]);
    });
    count_message(counts, repeated);
    counts.subjects[Subject::kString] = 2 * counts.subjects[Subject::kLabel];
    return fine;
}

}  // namespace prw::rules::fast
