/// Building blocks of the fast walk: unaligned loads, 16-byte comparisons, name classes. Internal to fast*.cc.
///
/// Functions that look at whole 16-byte blocks may load past what they judge (never past the padding of PaddedBuffer);
/// what they judge ends where their arguments say.
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>

// PRW_FAST_PORTABLE: the code for other machines, for its tests.
#if defined(__SSE2__) && !defined(PRW_FAST_PORTABLE)
#define PRW_FAST_SSE2 1
#include <emmintrin.h>
#endif

namespace prw::rules::fast {

using Byte = unsigned char;

/// Memory that keeps its capacity between requests and is not initialised. T is trivial.
template <typename T>
class Scratch {
public:
    /// Room for `count` elements; contents are lost when it grows.
    T* reserve(std::size_t count) {
        if (count > capacity_) {
            capacity_ = std::bit_ceil(count);
            data_ = std::make_unique_for_overwrite<T[]>(capacity_);
        }
        return data_.get();
    }
    /// Doubles the capacity, keeping the first `used` elements.
    T* grow(std::size_t used) {
        const std::size_t capacity = capacity_ == 0 ? 1024 : capacity_ * 2;
        auto data = std::make_unique_for_overwrite<T[]>(capacity);
        if (used != 0) std::memcpy(static_cast<void*>(data.get()), data_.get(), used * sizeof(T));
        data_ = std::move(data);
        capacity_ = capacity;
        return data_.get();
    }
    [[nodiscard]] T* data() { return data_.get(); }
    [[nodiscard]] std::size_t capacity() const { return capacity_; }

private:
    std::unique_ptr<T[]> data_;
    std::size_t capacity_ = 0;
};

[[nodiscard]] inline std::uint64_t load64(const Byte* p) {
    std::uint64_t value;
    std::memcpy(&value, p, sizeof value);
    if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap64(value);
    return value;
}

/// The first eight bytes of [p, p+size) as a number that orders like the bytes; zero-padded.
[[nodiscard]] inline std::uint64_t order_prefix(const Byte* p, std::size_t size) {
    const std::uint64_t big = __builtin_bswap64(load64(p));
    return size >= 8 ? big : big & ~(~std::uint64_t{0} >> (8 * size));
}

/// A minimal varint of at most four bytes. Advances `p`; false when it is anything else or runs past `end`.
[[nodiscard]] inline bool read_size(const Byte*& p, const Byte* end, std::uint32_t& out) {
    std::uint32_t value = p[0];
    std::size_t used = 1;
    if (value >= 0x80U) [[unlikely]] {
        value &= 0x7fU;
        std::uint32_t byte = 0;
        do {
            if (used == 4) return false;
            byte = p[used];
            value |= (byte & 0x7fU) << (7 * used);
            ++used;
        } while (byte >= 0x80U);
        if (byte == 0) return false;
    }
    p += used;
    out = value;
    return p <= end;
}

#if defined(PRW_FAST_SSE2)

using Block = __m128i;
[[nodiscard]] inline Block load_block(const Byte* p) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p)); }

/// Bit i says whether a[i] == b[i].
[[nodiscard]] inline std::uint32_t equal_mask32(const Byte* a, const Byte* b) {
    const int low = _mm_movemask_epi8(_mm_cmpeq_epi8(load_block(a), load_block(b)));
    const int high = _mm_movemask_epi8(_mm_cmpeq_epi8(load_block(a + 16), load_block(b + 16)));
    return static_cast<std::uint32_t>(low) | (static_cast<std::uint32_t>(high) << 16U);
}

/// Bit i says whether p[i] >= 0x80, for 16 bytes.
[[nodiscard]] inline std::uint32_t high_bits16(const Byte* p) {
    return static_cast<std::uint32_t>(_mm_movemask_epi8(load_block(p)));
}

/// True when no byte of [p, p+size) has its high bit set.
[[nodiscard]] inline bool all_ascii(const Byte* p, std::size_t size) {
    Block seen = _mm_setzero_si128();
    std::size_t i = 0;
    for (; i + 16 <= size; i += 16) seen = _mm_or_si128(seen, load_block(p + i));
    if (_mm_movemask_epi8(seen) != 0) return false;
    return i == size || (high_bits16(p + i) & ((1U << (size - i)) - 1)) == 0;
}

/// Bit i says whether p[i] is in [a-zA-Z0-9_], or ':' where kColon.
template <bool kColon>
[[nodiscard]] inline std::uint32_t name_mask16(const Byte* p) {
    const Block x = load_block(p);
    const Block letter = _mm_sub_epi8(_mm_or_si128(x, _mm_set1_epi8(0x20)), _mm_set1_epi8('a'));
    const Block digit = _mm_sub_epi8(x, _mm_set1_epi8('0'));
    // ':' follows '9'.
    const Block ok =
        _mm_or_si128(_mm_or_si128(_mm_cmpeq_epi8(_mm_min_epu8(letter, _mm_set1_epi8(25)), letter),
                                  _mm_cmpeq_epi8(_mm_min_epu8(digit, _mm_set1_epi8(kColon ? 10 : 9)), digit)),
                     _mm_cmpeq_epi8(x, _mm_set1_epi8('_')));
    return static_cast<std::uint32_t>(_mm_movemask_epi8(ok));
}

#else

[[nodiscard]] inline std::uint32_t equal_mask32(const Byte* a, const Byte* b) {
    std::uint32_t mask = 0;
    for (std::uint32_t i = 0; i < 32; ++i) mask |= static_cast<std::uint32_t>(a[i] == b[i]) << i;
    return mask;
}

[[nodiscard]] inline std::uint32_t high_bits16(const Byte* p) {
    std::uint32_t mask = 0;
    for (std::uint32_t i = 0; i < 16; ++i) mask |= static_cast<std::uint32_t>(p[i] >> 7U) << i;
    return mask;
}

[[nodiscard]] inline bool all_ascii(const Byte* p, std::size_t size) {
    std::uint64_t seen = 0;
    std::size_t i = 0;
    for (; i + 8 <= size; i += 8) seen |= load64(p + i);
    for (; i < size; ++i) seen |= p[i];
    return (seen & 0x8080808080808080ULL) == 0;
}

template <bool kColon>
[[nodiscard]] inline std::uint32_t name_mask16(const Byte* p) {
    std::uint32_t mask = 0;
    for (std::uint32_t i = 0; i < 16; ++i) {
        const unsigned c = p[i], letter = c | 0x20U;
        const bool ok = (letter >= 'a' && letter <= 'z') || (c >= '0' && c <= '9') || c == '_' || (kColon && c == ':');
        mask |= static_cast<std::uint32_t>(ok) << i;
    }
    return mask;
}

#endif

/// [a-zA-Z_][a-zA-Z0-9_]*, with ':' too where kColon.
template <bool kColon>
[[nodiscard]] inline bool legacy_name(const Byte* p, std::size_t size) {
    if (size == 0 || static_cast<unsigned>(p[0] - '0') <= 9) return false;
    for (; size > 16; p += 16, size -= 16) {
        if (name_mask16<kColon>(p) != 0xffffU) return false;
    }
    const std::uint32_t wanted = (1U << size) - 1;
    return (name_mask16<kColon>(p) & wanted) == wanted;
}

/// True when a sorts before b, strictly.
[[nodiscard]] inline bool sorts_before(const Byte* a, std::size_t a_size, const Byte* b, std::size_t b_size) {
    const std::uint64_t a_prefix = order_prefix(a, a_size), b_prefix = order_prefix(b, b_size);
    if (a_prefix != b_prefix) return a_prefix < b_prefix;
    const int order = std::memcmp(a, b, a_size < b_size ? a_size : b_size);
    return order != 0 ? order < 0 : a_size < b_size;
}

template <std::size_t kSize>
[[nodiscard]] inline bool equals(const Byte* p, std::size_t size, const char (&text)[kSize]) {
    return size == kSize - 1 && std::memcmp(p, text, kSize - 1) == 0;
}

template <std::size_t kSize>
[[nodiscard]] inline bool ends_with(const Byte* p, std::size_t size, const char (&text)[kSize]) {
    return size >= kSize - 1 && std::memcmp(p + size - (kSize - 1), text, kSize - 1) == 0;
}

/// Digits with at most one point and an exponent, signed or not, or ±Inf: the spellings of `le` that senders use.
/// Others are left to the slow path.
[[nodiscard]] inline bool plain_number(const Byte* p, std::size_t size) {
    const Byte* const end = p + size;
    const auto digits = [&] {
        const Byte* const start = p;
        while (p < end && static_cast<unsigned>(*p - '0') <= 9) ++p;
        return p != start;
    };
    if (equals(p, size, "+Inf") || equals(p, size, "-Inf")) return true;
    if (size > 32) return false;
    if (p < end && *p == '-') ++p;
    if (!digits()) return false;
    if (p < end && *p == '.') {
        ++p;
        if (!digits()) return false;
    }
    if (p < end && *p == 'e') {
        ++p;
        if (p < end && (*p == '+' || *p == '-')) ++p;
        const Byte* const exponent = p;
        if (!digits() || p - exponent > 2) return false;
    }
    return p == end;
}

/// "0", "1", "0.…", "1.0": within 0..1 without arithmetic.
[[nodiscard]] inline bool plain_quantile(const Byte* p, std::size_t size) {
    if (equals(p, size, "1") || equals(p, size, "1.0")) return true;
    if (size == 0 || size > 32 || p[0] != '0') return false;
    if (size == 1) return true;
    if (size == 2 || p[1] != '.') return false;
    for (std::size_t i = 2; i < size; ++i) {
        if (static_cast<unsigned>(p[i] - '0') > 9) return false;
    }
    return true;
}

/// What one timestamp varint of six bytes means; the last one is remembered, as a scrape's series share theirs.
class Timestamps {
public:
    Timestamps(std::int64_t first, std::int64_t last) : first_(first), last_(last) {}
    /// The varint at `p` must have exactly six bytes (2^35 ≤ ms < 2^42: 1971 to 2109) and lie in [first, last].
    [[nodiscard]] bool read(const Byte* p, std::int64_t& out) {
        const std::uint64_t raw = load64(p) & 0xffffffffffffULL;
        if (raw != raw_) [[unlikely]] {
            if ((raw & 0x808080808080ULL) != 0x008080808080ULL || (raw >> 40U) == 0) return false;
            std::uint64_t value = 0;
            for (unsigned i = 0; i < 6; ++i) value |= ((raw >> (8 * i)) & 0x7fU) << (7 * i);
            const auto time = static_cast<std::int64_t>(value);
            if (time < first_ || time > last_) return false;
            raw_ = raw;
            value_ = time;
        }
        out = value_;
        return true;
    }

private:
    std::int64_t first_, last_;
    std::uint64_t raw_ = ~std::uint64_t{0};
    std::int64_t value_ = 0;
};

}  // namespace prw::rules::fast
