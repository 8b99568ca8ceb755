#include "prw/proto/snappy_block.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>

#include <snappy.h>

#include "prw/base/text.h"

namespace prw::proto {

namespace {

using namespace std::string_view_literals;

constexpr std::uint64_t kMaxBody = std::numeric_limits<std::uint32_t>::max();  // ByteRange counts in 32 bits
/// No element yields more than 64 bytes for 3.
constexpr std::uint64_t kMaxExpansion = 22;

ByteRange range(std::size_t first, std::size_t last) {
    return {static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last - first)};
}

std::uint32_t load_le(std::string_view bytes) {
    std::uint32_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * i);
    return value;
}

struct Preamble {
    SnappyError error = SnappyError::kNone;
    std::uint32_t claimed = 0;
    std::size_t size = 0;  ///< bytes of the varint, or of what there is of it
};

Preamble read_preamble(std::string_view body) {
    if (body.empty()) return {SnappyError::kEmptyBody};
    std::uint64_t claimed = 0;
    for (std::size_t i = 0; i < 5; ++i) {
        if (i == body.size()) return {SnappyError::kTruncatedPreamble, 0, i};
        const auto byte = static_cast<unsigned char>(body[i]);
        if (i == 4 && byte > 0x0f) return {SnappyError::kOversizedPreamble, 0, i + 1};
        claimed |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte < 0x80) return {SnappyError::kNone, static_cast<std::uint32_t>(claimed), i + 1};
    }
    return {SnappyError::kOversizedPreamble, 0, 5};
}

/// One step of the element walk, shared by the diagnosis and the map.
struct Step {
    SnappyError error = SnappyError::kNone;
    std::size_t begin = 0, payload = 0,
                end = 0;       ///< in the body: tag byte, literal bytes (= end for a copy), one past the element
    std::uint32_t length = 0;  ///< bytes produced
    std::uint32_t offset = 0;  ///< of a copy
    bool copy = false;
};

Step read_element(std::string_view body, std::size_t at, std::uint64_t produced, std::uint64_t claimed) {
    const auto tag = static_cast<unsigned char>(body[at]);
    Step step{.begin = at, .copy = (tag & 3U) != 0};
    const auto header = [&](std::size_t extra) { return body.size() - at - 1 >= extra; };
    const auto truncated = [&] {
        step.error = SnappyError::kTruncatedElement;
        step.end = body.size();
        return step;
    };
    if (!step.copy) {
        std::uint32_t length = tag >> 2U;
        std::size_t extra = 0;
        if (length >= 60) {
            extra = length - 59;
            if (!header(extra)) return truncated();
            length = load_le(body.substr(at + 1, extra));
        }
        // libsnappy adds the one in 32 bits, so that ff ff ff ff is an empty literal. We follow the referee.
        step.length = length + 1;
        step.payload = at + 1 + extra;
        if (step.length > body.size() - step.payload) return truncated();
        step.end = step.payload + step.length;
    } else {
        static constexpr std::array<std::size_t, 4> kExtra{0, 1, 2, 4};
        const auto extra = kExtra[tag & 3U];
        if (!header(extra)) return truncated();
        step.offset = load_le(body.substr(at + 1, extra));
        if (extra == 1) {
            step.length = ((tag >> 2U) & 7U) + 4;
            step.offset |= (tag >> 5U) << 8U;
        } else {
            step.length = (tag >> 2U) + 1U;
        }
        step.payload = step.end = at + 1 + extra;
        if (produced < claimed && (step.offset == 0 || step.offset > produced)) {
            step.error = SnappyError::kBadOffset;
            return step;
        }
    }
    if (step.length > claimed - produced) step.error = SnappyError::kTooMuchOutput;
    return step;
}

/// Walks all elements; `visit` sees each good one with the place of its output.
template <typename Visit>
SnappyFailure walk(std::string_view body, std::size_t limit, Visit&& visit) {
    SnappyFailure out;
    if (body.size() > kMaxBody) {
        out.error = SnappyError::kTooLarge;
        return out;
    }
    const auto preamble = read_preamble(body);
    out.error = preamble.error;
    out.claimed = preamble.claimed;
    out.where = range(0, preamble.size);
    if (out.error != SnappyError::kNone) return out;
    if (out.claimed > limit) {
        out.error = SnappyError::kTooLarge;
        return out;
    }
    for (std::size_t at = preamble.size; at < body.size();) {
        const auto step = read_element(body, at, out.produced, out.claimed);
        if (step.error != SnappyError::kNone) {
            out.error = step.error;
            out.where = range(step.begin, step.end);
            out.trailing = out.produced == out.claimed;
            out.s2_repeat = step.error == SnappyError::kBadOffset && step.offset == 0;
            return out;
        }
        if (step.length != 0) visit(step, out.produced);
        out.produced += step.length;
        at = step.end;
    }
    out.where = range(body.size(), body.size());
    if (out.produced < out.claimed) {
        out.error = SnappyError::kTooLittleOutput;
    } else {
        out.where = {};
    }
    return out;
}

std::string sentence(const SnappyFailure& failure, std::size_t limit) {
    const auto bytes = [](std::uint64_t n) { return base::count_text(n, "byte"); };
    switch (failure.error) {
        case SnappyError::kTooLarge:
            return "the body claims " + bytes(failure.claimed) + " uncompressed, the limit is " + bytes(limit);
        case SnappyError::kTooLittleOutput:
            return "the elements produce " + bytes(failure.produced) + ", the preamble says " + bytes(failure.claimed);
        case SnappyError::kTooMuchOutput:
            if (failure.trailing) return "data follows after the " + bytes(failure.claimed) + " that the preamble says";
            return "the element produces more than the " + bytes(failure.claimed) + " that the preamble says";
        case SnappyError::kBadOffset:
            if (failure.s2_repeat) return "a copy has offset 0, which only the S2 extension writes";
            return "a copy reaches before the start of the output (" + bytes(failure.produced) + " so far)";
        default:
            return std::string(name_of(failure.error));
    }
}

}  // namespace

char* PaddedBuffer::resize(std::size_t size) {
    if (data_ == nullptr || size > capacity_) {
        const auto capacity = std::max(size, capacity_ + capacity_ / 2);
        data_.reset();  // before the new one: the contents need not survive, the peak should not double
        size_ = capacity_ = 0;
        data_.reset(new char[capacity + kPadding]);
        capacity_ = capacity;
    }
    size_ = size;
    std::memset(data_.get() + size, 0, kPadding);
    return data_.get();
}

std::string_view name_of(SnappyError error) {
    static constexpr std::array kNames{
        "no error"sv,
        "the body is empty, not even a preamble"sv,
        "the body ends inside the preamble"sv,
        "the preamble has more than 32 bits"sv,
        "the claimed length is over the limit"sv,
        "an element runs past the end of the body"sv,
        "a copy reaches outside the output so far"sv,
        "the elements produce more than the preamble says"sv,
        "the elements produce less than the preamble says"sv,
    };
    const auto i = static_cast<std::size_t>(error);
    return i < kNames.size() ? kNames[i] : "unknown error"sv;
}

Result<void> uncompress_snappy(std::string_view body, std::size_t limit, PaddedBuffer& out) {
    const auto refuse = [&] {
        out.resize(0);
        const auto failure = diagnose_snappy(body, limit);
        const auto code = failure.error == SnappyError::kTooLarge ? ErrorCode::kTooLarge : ErrorCode::kMalformed;
        const auto* const what = code == ErrorCode::kTooLarge ? "too large: " : "not a valid snappy block: ";
        return fail(code, what + sentence(failure, limit),
                    "byte " + std::to_string(failure.where.offset) + " of the body");
    };
    const auto preamble = read_preamble(body);
    // A body that cannot possibly yield what it claims is not worth an allocation.
    if (preamble.error != SnappyError::kNone || body.size() > kMaxBody || preamble.claimed > limit ||
        preamble.claimed > body.size() * kMaxExpansion)
        return refuse();
    char* message = out.resize(preamble.claimed);
    if (!snappy::RawUncompress(body.data(), body.size(), message)) return refuse();
    return {};
}

SnappyFailure diagnose_snappy(std::string_view body, std::size_t limit) {
    return walk(body, limit, [](const Step&, std::uint64_t) {});
}

std::string compress_snappy(std::string_view message) {
    std::string out;
    snappy::Compress(message.data(), message.size(), &out);
    return out;
}

Result<SnappyMap> SnappyMap::build(std::string_view body) {
    SnappyMap map;
    const auto failure = walk(body, kMaxBody, [&](const Step& step, std::uint64_t produced) {
        const auto source = step.copy ? range(step.begin, step.end) : range(step.payload, step.end);
        map.elements_.push_back({{static_cast<std::uint32_t>(produced), step.length}, source, step.copy, step.offset});
    });
    if (failure.error != SnappyError::kNone)
        return fail(ErrorCode::kMalformed, "not a valid snappy block: " + sentence(failure, kMaxBody),
                    "byte " + std::to_string(failure.where.offset) + " of the body");
    return map;
}

ByteRange SnappyMap::body_range(ByteRange message_range) const {
    if (elements_.empty()) return {};
    const std::uint64_t total = elements_.back().message.end();
    const auto first = std::min<std::uint64_t>(message_range.offset, total);
    const auto last = std::min<std::uint64_t>(first + message_range.size, total);
    const auto at = [&](std::uint64_t position) {  // the element that produced the byte
        return *std::prev(std::upper_bound(elements_.begin(), elements_.end(), position,
                                           [](std::uint64_t p, const Element& e) { return p < e.message.offset; }));
    };
    const auto begin_of = [](const Element& e, std::uint64_t position) {
        return e.copy ? std::uint64_t{e.body.offset} : e.body.offset + (position - e.message.offset);
    };
    const auto front = at(first);
    const auto begin = first == total ? std::uint64_t{elements_.back().body.end()} : begin_of(front, first);
    if (first == last) return {static_cast<std::uint32_t>(begin), 0};
    const auto back = at(last - 1);
    const auto end = back.copy ? std::uint64_t{back.body.end()} : begin_of(back, last - 1) + 1;
    return range(begin, end);
}

}  // namespace prw::proto
