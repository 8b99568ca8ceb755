#include "prw/proto/rebase.h"

#include <algorithm>
#include <limits>
#include <span>

#include "wire.h"

namespace prw::proto {

namespace {

using protozero::pbf_wire_type;
constexpr std::uint32_t varint_tag(std::uint32_t n) { return protozero::tag_and_type(n, pbf_wire_type::varint); }
constexpr std::uint32_t bytes_tag(std::uint32_t n) {
    return protozero::tag_and_type(n, pbf_wire_type::length_delimited);
}

/// Where timestamps are: either a varint to shift, or a message that has some.
struct Field {
    std::uint32_t tag;
    std::span<const Field> inside;  ///< empty: the timestamp itself
};

constexpr Field kSampleV1[] = {{varint_tag(2), {}}};
constexpr Field kSampleV2[] = {{varint_tag(2), {}}, {varint_tag(3), {}}};
constexpr Field kExemplar[] = {{varint_tag(3), {}}};
constexpr Field kHistogramV1[] = {{varint_tag(15), {}}};
constexpr Field kHistogramV2[] = {{varint_tag(15), {}}, {varint_tag(17), {}}};
constexpr Field kSeriesV1[] = {{bytes_tag(2), kSampleV1}, {bytes_tag(3), kExemplar}, {bytes_tag(4), kHistogramV1}};
constexpr Field kSeriesV2[] = {{bytes_tag(2), kSampleV2}, {bytes_tag(3), kHistogramV2}, {bytes_tag(4), kExemplar}};
constexpr Field kRequestV1[] = {{bytes_tag(1), kSeriesV1}};
constexpr Field kRequestV2[] = {{bytes_tag(5), kSeriesV2}};

/// Appends `value` as `old` was written: as short as can be when that was, else as long as that was.
void put_varint(std::string& out, std::uint64_t value, std::uint64_t old, std::size_t old_size) {
    char bytes[10];
    std::size_t size = 0;
    for (auto rest = value; rest > 0x7fU; rest >>= 7U) bytes[size++] = static_cast<char>((rest & 0x7fU) | 0x80U);
    bytes[size] = static_cast<char>(value >> (7U * size));
    ++size;
    std::size_t shortest = 1;
    for (auto rest = old; rest > 0x7fU; rest >>= 7U) ++shortest;
    if (old_size > shortest && old_size > size) {
        bytes[size - 1] = static_cast<char>(static_cast<unsigned char>(bytes[size - 1]) | 0x80U);
        while (size + 1 < old_size) bytes[size++] = static_cast<char>(0x80U);
        bytes[size++] = 0;
    }
    out.append(bytes, size);
}

class Shift {
public:
    explicit Shift(std::int64_t by_ms) : by_(by_ms) {}

    /// Appends the message to `out`, shifted. False where the bytes are not well-formed.
    bool message(std::string_view bytes, std::span<const Field> fields, int depth, std::string& out) const {
        const char* at = bytes.data();
        const char* const end = at + bytes.size();
        const char* copied = at;  // up to here it is in `out`
        while (at != end) {
            std::uint32_t tag = 0;
            if (wire::read_tag(at, end, tag) != wire::Fault::kNone || tag >> 3U == 0) return false;
            const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.tag == tag; });
            if (found == fields.end()) {
                if (wire::skip(at, end, tag, wire::kMaxDepth - depth) != wire::Fault::kNone) return false;
                continue;
            }
            const char* const payload = at;
            if (found->inside.empty()) {
                std::uint64_t old = 0;
                if (wire::read_varint(at, end, old) != wire::Fault::kNone) return false;
                const auto moved = static_cast<std::uint64_t>(shift_timestamp(static_cast<std::int64_t>(old), by_));
                if (moved == old) continue;
                out.append(copied, payload);
                put_varint(out, moved, old, static_cast<std::size_t>(at - payload));
                copied = at;
                continue;
            }
            std::uint32_t length = 0;
            if (wire::read_length(at, end, length) != wire::Fault::kNone) return false;
            const char* const inner_begin = at;
            at += length;
            std::string inner;
            if (!message({inner_begin, length}, found->inside, depth + 1, inner)) return false;
            out.append(copied, payload);
            if (inner.size() == length) {
                out.append(payload, inner_begin);
            } else {
                put_varint(out, inner.size(), length, static_cast<std::size_t>(inner_begin - payload));
            }
            out += inner;
            copied = at;
        }
        out.append(copied, end);
        return true;
    }

private:
    std::int64_t by_;
};

}  // namespace

std::int64_t shift_timestamp(std::int64_t timestamp, std::int64_t by_ms) {
    std::int64_t moved = 0;
    return timestamp == 0 || __builtin_add_overflow(timestamp, by_ms, &moved) ? timestamp : moved;
}

std::optional<std::int64_t> newest_timestamp(const RequestView& view) {
    std::optional<std::int64_t> newest;
    const auto look = [&](const auto& all) {
        for (const auto& each : all)
            if (each.timestamp != 0 && (!newest || each.timestamp > *newest)) newest = each.timestamp;
    };
    look(view.samples);
    look(view.histograms);
    if (!newest) look(view.exemplars);
    return newest;
}

Result<std::string> shift_timestamps(std::string_view message, ProtobufMessage kind, std::int64_t by_ms) {
    RequestView view;
    decode(message, kind, view, {.max_issues = 0});
    std::string out;
    out.reserve(message.size() + 64);
    const bool v1 = kind == ProtobufMessage::kV1;
    if (view.malformed ||
        !Shift(by_ms).message(message, v1 ? std::span<const Field>(kRequestV1) : std::span<const Field>(kRequestV2), 0,
                              out))
        return fail(ErrorCode::kMalformed, "not well-formed " + std::string(full_name(kind)));
    if (out.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()))
        return fail(ErrorCode::kTooLarge, "the shifted message exceeds protobuf's limit of 2 GiB");
    return out;
}

}  // namespace prw::proto
