// The fast walk over io.prometheus.write.v2.Request. See fast.cc for what it guarantees.
#include "fast_impl.h"
#include "hash.h"
#include "message_util.h"

namespace prw::rules::fast {

namespace {

constexpr Byte kSymbols = 0x22, kTimeSeries = 0x2a;
constexpr Byte kLabelsRefs = 0x0a, kSample = 0x12, kMetadata = 0x2a;
constexpr Byte kSampleValue = 0x09, kTimestamp = 0x10, kStartTimestamp = 0x18;
constexpr Byte kType = 0x08, kHelpRef = 0x18, kUnitRef = 0x20;

/// Odd factors, for a hash whose terms do not wait for one another.
constexpr auto kMix = [] {
    std::array<std::uint64_t, kMaxLabels> mix{};
    std::uint64_t value = 0x9e3779b97f4a7c15ULL;
    for (auto& m : mix) {
        m = value | 1U;
        value = value * 0xd1342543de82ef95ULL + 0x2545f4914f6cdd1dULL;
    }
    return mix;
}();

/// Series that have neither type nor help at their source: of the scrape itself, of recording rules.
bool made_by_sender(const Byte* name, std::size_t size) {
    if (equals(name, size, "up") || equals(name, size, "ALERTS") || equals(name, size, "ALERTS_FOR_STATE")) return true;
    if (size >= 7 && std::memcmp(name, "scrape_", 7) == 0) return true;
    return std::memchr(name, ':', size) != nullptr;
}

}  // namespace

WalkV2::WalkV2(const Secret& secret) : secret_(secret) {}

bool WalkV2::read_symbols(const Byte*& p, const Message& message) {
    const Byte* const begin = p;
    Symbol* symbols = symbol_scratch_.data();
    Item* items = symbol_items_.data();
    std::size_t count = 0;
    long_symbols_ = false;
    while (p < message.end && *p == kSymbols) {
        ++p;
        std::uint32_t size = 0;
        if (!read_size(p, message.end, size) || size > static_cast<std::size_t>(message.end - p)) return false;
        // The first symbol is empty, and only the first.
        if ((size == 0) != (count == 0)) return false;
        if (count == symbol_scratch_.capacity()) symbols = symbol_scratch_.grow(count);
        if (count == symbol_items_.capacity()) items = symbol_items_.grow(count);
        const auto offset = static_cast<std::uint32_t>(p - message.begin);
        symbols[count] = {offset, size, size > kMaxValueSize ? kLong : 0U, 0, 0, 0};
        long_symbols_ |= size > kMaxValueSize;
        items[count] = {XXH3_64bits_withSecret(p, size, secret_.bytes.data(), secret_.bytes.size()), offset, size};
        ++count;
        p += size;
    }
    if (count == 0 || count >= (std::size_t{1} << 21U)) return false;
    symbols_ = symbols;
    symbol_count_ = static_cast<std::uint32_t>(count);
    if (!all_ascii(begin, static_cast<std::size_t>(p - begin))) {
        for (std::size_t i = 1; i < count; ++i) {
            if (!all_ascii(text(symbols[i]), symbols[i].size) &&
                !proto::valid_utf8({reinterpret_cast<const char*>(text(symbols[i])), symbols[i].size})) {
                return false;
            }
        }
    }
    return distinct_.check(message.begin, items, count, [](std::size_t, std::size_t) { return false; });
}

bool WalkV2::name_ok(std::uint32_t ref) {
    Symbol& symbol = symbols_[ref];
    if ((symbol.flags & kNameKnown) == 0)
        symbol.flags |= kNameKnown | (plain_label_name(text(symbol), symbol.size) ? kNameOk : 0U);
    return (symbol.flags & kNameOk) != 0;
}

inline bool WalkV2::value_ok(LabelKind kind, std::uint32_t ref) {
    Symbol& symbol = symbols_[ref];
    switch (kind) {
        case LabelKind::kMetricName:
            if ((symbol.flags & kMetricKnown) == 0) {
                symbol.flags |= kMetricKnown | (plain_label_value(kind, text(symbol), symbol.size) ? kMetricOk : 0U) |
                                (counting_name(text(symbol), symbol.size) ? kCounts : 0U) |
                                (ends_with(text(symbol), symbol.size, "_total") ? kTotal : 0U) |
                                (ends_with(text(symbol), symbol.size, "_bucket") ? kBucket : 0U) |
                                (made_by_sender(text(symbol), symbol.size) ? kMadeBySender : 0U);
            }
            return (symbol.flags & kMetricOk) != 0;
        case LabelKind::kLe:
            if ((symbol.flags & kLeKnown) == 0)
                symbol.flags |= kLeKnown | (plain_label_value(kind, text(symbol), symbol.size) ? kLeOk : 0U);
            return (symbol.flags & kLeOk) != 0;
        case LabelKind::kQuantile:
            if ((symbol.flags & kQuantileKnown) == 0) {
                symbol.flags |=
                    kQuantileKnown | (plain_label_value(kind, text(symbol), symbol.size) ? kQuantileOk : 0U);
            }
            return (symbol.flags & kQuantileOk) != 0;
        case LabelKind::kOrdinary:
            break;
    }
    return (symbol.flags & kLong) == 0;
}

/// Names as the series before may have had them: then they are known to be fine, and which label is the metric name.
const WalkV2::Names* WalkV2::find_names(const std::uint32_t* refs, std::uint32_t labels) {
    std::uint64_t hash = labels;
    for (std::uint32_t i = 0; i < labels; ++i) hash += refs[2 * i] * kMix[i];
    Names& names = names_[(hash * kMix[0]) >> 58U];
    bool equal = names.labels == labels;
    for (std::uint32_t i = 0; equal && i < labels; ++i) equal = names.refs[i] == refs[2 * i];
    if (equal) return &names;

    names.labels = 0;
    names.metric = names.checked = kNowhere;
    for (std::uint32_t i = 0; i < labels; ++i) {
        const std::uint32_t ref = refs[2 * i];
        if (!name_ok(ref)) return nullptr;
        const Symbol& symbol = symbols_[ref];
        if (i != 0) {
            const Symbol& before = symbols_[refs[2 * i - 2]];
            if (!sorts_before(text(before), before.size, text(symbol), symbol.size)) return nullptr;
        }
        const LabelKind kind = label_kind(text(symbol), symbol.size);
        if (kind == LabelKind::kMetricName) {
            names.metric = i;
        } else if (kind != LabelKind::kOrdinary) {
            if (names.checked != kNowhere) return nullptr;  // no series has both le and quantile
            names.checked = i;
            names.kind = kind;
        }
        names.refs[i] = ref;
    }
    if (names.metric == kNowhere) return nullptr;
    names.labels = labels;
    return &names;
}

/// Reads the references. With `shape`, also notes how the next series may be compared with this one. `continued` has
/// the continuation bits of up to 64 bytes.
bool WalkV2::decode_refs(const Byte* const begin, std::uint32_t size, std::uint64_t continued, Shape* shape,
                         Refs& out) {
    std::array<std::uint32_t, 2 * kMaxLabels> refs;
    std::array<std::uint32_t, 2 * kMaxLabels + 1> at;
    const std::uint32_t last = symbol_count_ - 1;
    std::uint32_t count = 0;
    bool bad = false;
    if (size <= kShapeBytes) {
        // Every byte without continuation bit ends a reference.
        const std::uint64_t all = size == 64 ? ~std::uint64_t{0} : (std::uint64_t{1} << size) - 1;
        std::uint32_t start = 0;
        for (std::uint64_t ends = ~continued & all; ends != 0; ends &= ends - 1) {
            const std::uint32_t end = static_cast<std::uint32_t>(std::countr_zero(ends)) + 1, used = end - start;
            if (count == refs.size() || used > 3) return false;
            const std::uint64_t raw = load64(begin + start) & ((std::uint64_t{1} << (8 * used)) - 1);
            const auto ref =
                static_cast<std::uint32_t>((raw & 0x7fU) | ((raw >> 1U) & 0x3f80U) | ((raw >> 2U) & 0x1fc000U));
            bad |= ref - 1 >= last || (raw >> (8 * used - 8)) == 0;
            at[count] = start;
            refs[count++] = ref;
            start = end;
        }
        if (start != size) return false;
    } else {
        for (const Byte* p = begin; p < begin + size;) {
            if (count == refs.size()) return false;
            at[count] = static_cast<std::uint32_t>(p - begin);
            if (!read_size(p, begin + size, refs[count])) return false;
            bad |= refs[count] - 1 >= last;
            ++count;
        }
    }
    at[count] = size;
    if (bad || count == 0 || count % 2 != 0) return false;
    const Names* const names = find_names(refs.data(), count / 2);
    if (names == nullptr) return false;
    out.metric = refs[2 * names->metric + 1];
    const auto part = [&](std::uint32_t label) { return Part{at[2 * label], at[2 * label + 2] - at[2 * label]}; };
    out.metric_part = part(names->metric);
    out.checked_part = names->checked == kNowhere ? Part{} : part(names->checked);
    out.labels = count / 2;
    out.checked = names->checked == kNowhere ? LabelKind::kOrdinary : names->kind;
    if (!value_ok(LabelKind::kMetricName, out.metric)) return false;
    if (names->checked != kNowhere) {
        out.value = refs[2 * names->checked + 1];
        if (!value_ok(names->kind, out.value)) return false;
    }
    if (long_symbols_) {
        for (std::uint32_t i = 1; i < count; i += 2) {
            if ((symbols_[refs[i]].flags & kLong) != 0) return false;
        }
    }
    if (shape != nullptr) describe(begin, size, at.data(), count, *names, *shape);
    return true;
}

void WalkV2::describe(const Byte* begin, std::uint32_t size, const std::uint32_t* at, std::uint32_t count,
                      const Names& names, Shape& shape) const {
    const std::uint32_t last = symbol_count_ - 1, high = last >> 7U;
    std::memcpy(shape.bytes.data(), begin, kShapeBytes);
    shape.fixed.fill(0);
    shape.limit.fill(0x7f);
    shape.edge.fill(0);
    for (std::uint32_t i = 0; i < count; ++i) {
        const std::uint32_t used = at[i + 1] - at[i], end = at[i + 1] - 1;
        std::memset(&shape.fixed[at[i]], i % 2 == 0 ? 0xff : 0x80, used);
        if (i % 2 == 0) continue;
        if (used == 1) {
            shape.limit[end] = static_cast<Byte>(last < 0x7f ? last : 0x7f);
        } else if (used == 2) {
            shape.limit[end] = static_cast<Byte>(high < 0x7f ? high : 0x7f);
            shape.edge[end] = static_cast<Byte>(high < 0x7f ? high : 0);
        } else {
            shape.key = 0;  // three bytes are more than the comparison can judge
        }
    }
    shape.size = size;
    shape.metric_at = at[2 * names.metric + 1];
    shape.checked_at = names.checked == kNowhere ? kNowhere : at[2 * names.checked + 1];
    shape.checked = names.checked == kNowhere ? LabelKind::kOrdinary : names.kind;
    shape.labels = count / 2;
    const auto part = [&](std::uint32_t label) { return Part{at[2 * label], at[2 * label + 2] - at[2 * label]}; };
    shape.metric_part = part(names.metric);
    shape.checked_part = names.checked == kNowhere ? Part{} : part(names.checked);
}

/// True when the references at `p` have the shape's names in the shape's places, and every value is a symbol and not
/// the empty one.
[[gnu::always_inline]] inline bool WalkV2::fits(const Shape& shape, const Byte* p) const {
    const auto low = static_cast<Byte>(0x80U | ((symbol_count_ - 1) & 0x7fU));
#if defined(PRW_FAST_SSE2)
    const Block zero = _mm_setzero_si128(), lows = _mm_set1_epi8(static_cast<char>(low));
    Block bad = zero;
    for (std::uint32_t i = 0; i < shape.size; i += 16) {
        const Block x = load_block(p + i), before = load_block(p + i - 1);
        const Block fixed = load_block(&shape.fixed[i]), limit = load_block(&shape.limit[i]),
                    edge = load_block(&shape.edge[i]);
        bad = _mm_or_si128(bad, _mm_and_si128(_mm_xor_si128(x, load_block(&shape.bytes[i])), fixed));
        // A zero byte is the reference 0 or the end of a varint that is longer than need be.
        bad = _mm_or_si128(bad, _mm_and_si128(_mm_cmpeq_epi8(x, zero), fixed));
        // Bytes with a continuation bit are negative here, and so never above the limit.
        bad = _mm_or_si128(bad, _mm_cmpgt_epi8(x, limit));
        const Block on_edge = _mm_andnot_si128(_mm_cmpeq_epi8(edge, zero), _mm_cmpeq_epi8(x, edge));
        bad = _mm_or_si128(bad, _mm_and_si128(on_edge, _mm_cmpgt_epi8(before, lows)));
    }
    return _mm_movemask_epi8(_mm_cmpeq_epi8(bad, zero)) == 0xffff;
#else
    for (std::uint32_t i = 0; i < shape.size; ++i) {
        const Byte x = p[i];
        if (((x ^ shape.bytes[i]) & shape.fixed[i]) != 0 || x == 0) return false;
        if (x < 0x80 && x > shape.limit[i]) return false;
        if (shape.edge[i] != 0 && x == shape.edge[i] && p[static_cast<std::ptrdiff_t>(i) - 1] > low) return false;
    }
    return true;
#endif
}

bool WalkV2::walk_refs(const Byte* p, std::uint32_t size, Refs& out) {
    if (size > kShapeBytes) return decode_refs(p, size, 0, nullptr, out);
    std::uint64_t continued = high_bits16(p);
    if (size > 16) continued |= static_cast<std::uint64_t>(high_bits16(p + 16)) << 16U;
    if (size > 32) continued |= static_cast<std::uint64_t>(high_bits16(p + 32)) << 32U;
    if (size > 48) continued |= static_cast<std::uint64_t>(high_bits16(p + 48)) << 48U;
    if (size < 64) continued &= (std::uint64_t{1} << size) - 1;
    // Over-long values are seen symbol by symbol only.
    if (long_symbols_) return decode_refs(p, size, continued, nullptr, out);
    const std::uint64_t key = (continued ^ (std::uint64_t{size} << 56U)) | 1U;
    const std::size_t place = ((key * 0x9e3779b97f4a7c15ULL) >> 60U) * 2;
    for (std::size_t way = place; way < place + 2; ++way) {
        const Shape& shape = shapes_[way];
        if (shape.key == key && shape.size == size && fits(shape, p)) [[likely]] {
            const auto value_at = [&](std::uint32_t at) -> std::uint32_t {
                return p[at] < 0x80U ? p[at] : (p[at] & 0x7fU) | static_cast<std::uint32_t>(p[at + 1]) << 7U;
            };
            out.metric = value_at(shape.metric_at);
            out.labels = shape.labels;
            out.checked = shape.checked;
            out.metric_part = shape.metric_part;
            out.checked_part = shape.checked_part;
            if (shape.checked_at != kNowhere) out.value = value_at(shape.checked_at);
            return value_ok(LabelKind::kMetricName, out.metric) &&
                   (shape.checked_at == kNowhere || value_ok(shape.checked, out.value));
        }
    }
    // What comes once is not worth describing.
    std::uint64_t& before = candidates_[place / 2];
    if (before != key) {
        before = key;
        return decode_refs(p, size, continued, nullptr, out);
    }
    Shape& shape = shapes_[place + (next_shape_++ & 1U)];
    shape.key = key;
    return decode_refs(p, size, continued, &shape, out);
}

bool WalkV2::walk_series(const Byte* p, const Byte* const end, Item& item, FastCounts& counts) {
    std::uint32_t size = 0;
    if (p == end || *p++ != kLabelsRefs || !read_size(p, end, size) || size > static_cast<std::size_t>(end - p))
        return false;
    Refs refs;
    if (!walk_refs(p, size, refs)) return false;
    item.offset = static_cast<std::uint32_t>(p - base_);
    item.size = size;
    item.hash = XXH3_64bits_withSecret(p, size, secret_.bytes.data(), secret_.bytes.size());
    p += size;

    if (p == end || *p != kSample) return false;
    std::int64_t previous = 0;
    bool counter_values = true, counter_fits = true;
    std::uint64_t samples = 0, markers = 0, starts = 0;
    std::int64_t previous_start = 0;
    Symbol& metric = symbols_[refs.metric];
    auto& seen = counts.subjects;
    const bool bucket = refs.checked == LabelKind::kLe && (metric.flags & kBucket) != 0;
    // On other series it may be the buckets of a histogram that are called otherwise.
    if (refs.checked == LabelKind::kLe && !bucket) return false;
    count_series(seen, refs.labels, bucket, refs.checked == LabelKind::kQuantile);
    std::uint64_t value = 0;
    do {
        const std::uint32_t sample_size = p[1];
        const Byte* const next = p + 2 + sample_size;
        const Byte* at = p + 2;
        value = 0;
        if (sample_size == 16 || sample_size == 23) {
            if (*at != kSampleValue) return false;
            value = load64(at + 1);
            at += 9;
        } else if (sample_size != 7 && sample_size != 14) {
            return false;
        }
        std::int64_t timestamp = 0, start = 0;
        if (*at != kTimestamp || !timestamps_.read(at + 1, timestamp) || timestamp <= previous) return false;
        at += 7;
        if (at != next && (*at != kStartTimestamp || !starts_.read(at + 1, start) || start >= timestamp)) return false;
        previous = timestamp;
        if (!ordinary(value)) [[unlikely]] {
            if (!unusual_value_ok(value, (metric.flags & kCounts) != 0)) return false;
            counter_values &= unusual_value_ok(value, true);
            count_unusual(seen, value);
        }
        const bool marker = value == proto::kStaleNanBits;
        counter_fits &= start != 0 || marker;
        markers += marker ? 1U : 0U;
        if (start != 0) {
            if (start < previous_start) return false;
            if (previous_start != 0) ++seen[Subject::kNextStart];
            previous_start = start;
            ++starts;
        }
        ++samples;
        p = next;
    } while (p < end && *p == kSample);
    counts.samples += samples;
    const auto classic = [&] {
        return Classic::Series{
            base_ + item.offset, item.size, refs.metric_part, bucket ? refs.checked_part : Part{}, text(metric),
            metric.size,         value};
    };
    if (bucket) {
        const Symbol& le = symbols_[refs.value];
        if (!classic_.bucket(classic(), text(le), le.size)) return false;
    } else if ((metric.flags & kCounts) != 0 && ends_with(text(metric), metric.size, "_count")) {
        if (!classic_.count(classic())) return false;
    } else {
        classic_.other();
    }
    seen[Subject::kStartTimestamp] += starts;
    const bool only_markers = markers == samples, made_by_sender = (metric.flags & kMadeBySender) != 0;
    if (!only_markers && !made_by_sender) ++seen[Subject::kTypableSeries];

    Metadata metadata;
    const auto metadata_size = static_cast<std::size_t>(end - p);
    if (p < end) {
        // Series of one metric follow one another, with the same metadata.
        if (metadata_size == last_metadata_size_ && std::memcmp(p, last_metadata_bytes_.data(), metadata_size) == 0) {
            metadata = last_metadata_;
        } else {
            const Byte* const start = p;
            if (!read_metadata(p, end, metadata) || p != end) return false;
            last_metadata_size_ = metadata_size <= last_metadata_bytes_.size() ? metadata_size : 0;
            std::memcpy(last_metadata_bytes_.data(), start, last_metadata_bytes_.size());
            last_metadata_ = metadata;
        }
        ++counts.metadata;
        if (!only_markers) {
            ++seen[Subject::kDescribedSeries];
            if (metadata.help != 0) ++seen[Subject::kHelp];
        }
    } else if (p != end) {
        return false;
    }
    if (metadata.type == 0) {
        // Nothing to expect of series that senders make themselves, nor where a series ends.
        if (metadata.help != 0 || metadata.unit != 0) return false;
        return only_markers || made_by_sender;
    }
    if (metadata.type == static_cast<std::uint32_t>(proto::MetricType::kCounter) && (!counter_fits || !counter_values))
        return false;
    if (!only_markers) {
        count_typed(seen, metric, metadata.type, bucket, samples - markers);
        if ((metric.flags & kDescribed) != 0) ++seen[Subject::kNextDescription];
        metric.flags |= kDescribed;
    }
    if (!only_markers && !made_by_sender) {
        typed_ = true;
        helped_ |= metadata.help != 0;
    }
    if ((metric.flags & kMetadataKnown) != 0) {
        return metric.type == metadata.type && metric.help == metadata.help && metric.unit == metadata.unit;
    }
    metric.flags |= kMetadataKnown;
    metric.type = metadata.type;
    metric.help = metadata.help;
    metric.unit = metadata.unit;
    return metadata.help != refs.metric && type_fits(metric) && unit_ok(symbols_[metadata.unit]);
}

/// A series whose request says its type, and that has `values` samples that are no markers.
void WalkV2::count_typed(SubjectCounts& seen, const Symbol& metric, std::uint32_t type, bool bucket,
                         std::uint64_t values) const {
    if ((metric.flags & kTotal) != 0 || bucket) ++seen[Subject::kTypedName];
    if (type == static_cast<std::uint32_t>(proto::MetricType::kHistogram) ||
        type == static_cast<std::uint32_t>(proto::MetricType::kGaugeHistogram))
        ++seen[Subject::kHistogramSeries];
    const bool counter = type == static_cast<std::uint32_t>(proto::MetricType::kCounter);
    const bool counts = (metric.flags & kCounts) != 0 || counter;  // most series are neither
    if (!counts || !is_cumulative(static_cast<proto::MetricType>(type),
                                  {reinterpret_cast<const char*>(text(metric)), metric.size}))
        return;
    seen[Subject::kCounterSample] += values;
    if (counter) seen[Subject::kStartableSample] += values;
}

/// The canonical message: fields in order, at most once, not written when they have their default value.
bool WalkV2::read_metadata(const Byte*& p, const Byte* const end, Metadata& out) const {
    if (p[0] != kMetadata || p[1] != static_cast<std::size_t>(end - p) - 2) return false;
    p += 2;
    if (p < end && *p == kType) {
        out.type = p[1];
        p += 2;
        if (out.type == 0 || out.type > static_cast<std::uint32_t>(proto::MetricType::kStateset)) return false;
    }
    if (p < end && *p == kHelpRef && (!read_size(++p, end, out.help) || out.help == 0)) return false;
    if (p < end && *p == kUnitRef && (!read_size(++p, end, out.unit) || out.unit == 0)) return false;
    return out.help < symbol_count_ && out.unit < symbol_count_;
}

bool WalkV2::type_fits(const Symbol& metric) const {
    const auto type = static_cast<proto::MetricType>(metric.type);
    if (ends_with(text(metric), metric.size, "_total")) return type == proto::MetricType::kCounter;
    if (ends_with(text(metric), metric.size, "_bucket"))
        return type == proto::MetricType::kHistogram || type == proto::MetricType::kGaugeHistogram;
    if (type == proto::MetricType::kHistogram || type == proto::MetricType::kGaugeHistogram)
        return series_of_histogram({reinterpret_cast<const char*>(text(metric)), metric.size});
    return true;
}

/// No unit, or a word that is none of the placeholders for "no unit" (none, null, n/a, unknown, 1, -, …).
bool WalkV2::unit_ok(const Symbol& unit) const {
    if (unit.size == 0) return true;
    const Byte initial = text(unit)[0];
    return unit.size > 2 && initial >= 'a' && initial <= 'z' && initial != 'n' && initial != 'u';
}

bool WalkV2::accept(const Message& message, FastCounts& counts) {
    base_ = message.begin;
    timestamps_ = Timestamps(limits::kFirstTimestamp, message.now_ms + limits::kFuture);
    starts_ = timestamps_;
    // Shapes and names hold references, which mean something within one request only.
    for (Shape& shape : shapes_) shape.key = 0;
    for (Names& names : names_) names.labels = 0;
    candidates_.fill(0);
    typed_ = helped_ = false;
    classic_.begin();
    last_metadata_size_ = 0;
    const Byte* p = message.begin;
    if (!read_symbols(p, message)) return false;
    Item* items = items_.data();
    std::size_t series = 0;
    while (p < message.end) {
        if (*p++ != kTimeSeries) return false;
        std::uint32_t size = 0;
        if (!read_size(p, message.end, size) || size > static_cast<std::size_t>(message.end - p)) return false;
        if (series == items_.capacity()) items = items_.grow(series);
        if (!walk_series(p, p + size, items[series], counts)) return false;
        p += size;
        if (++series > limits::kSeries) return false;
    }
    counts.series = series;
    count_message(counts, 0);
    counts.subjects[Subject::kString] = counts.subjects[Subject::kSymbol] = symbol_count_;
    if (series == 0 || (typed_ && !helped_)) return false;
    return distinct_.check(message.begin, items, series, [](std::size_t, std::size_t) { return false; });
}

}  // namespace prw::rules::fast
