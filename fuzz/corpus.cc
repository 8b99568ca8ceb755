#include "corpus.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "prw/proto/metric_family.h"
#include "prw/proto/model.h"

namespace prw::fuzz {

namespace {

using proto::ProtobufMessage;

std::string varint(std::uint64_t value, std::size_t padding = 0) {
    std::string out;
    for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>((value & 0x7fU) | 0x80U));
    out.push_back(static_cast<char>(value));
    while (padding-- > 0) {
        out.back() = static_cast<char>(static_cast<unsigned char>(out.back()) | 0x80U);
        out.push_back('\0');
    }
    return out;
}

std::string random_bytes(Random& random, std::size_t max) {
    std::string out(random.below(max + 1), '\0');
    for (auto& c : out) c = static_cast<char>(random.next());
    return out;
}

std::string random_text(Random& random) {
    static const std::vector<std::string> kTexts = {"",         "__name__", "up",   "job",        "instance",
                                                    "a",        "le",       "+Inf", "\xc3\xa4.b", "\xf0\x9f\x98\x80",
                                                    "trace_id", "x y"};
    // At the borders of UTF-8, and beyond: libprotobuf writes what it would not read.
    static const std::vector<std::string> kBorders = {
        "\x7f",         "\xc1\xbf",     "\xc2\x80",         "\xe0\x9f\xbf",     "\xe0\xa0\x80",     "\xed\x9f\xbf",
        "\xed\xa0\x80", "\xef\xbf\xbf", "\xf0\x8f\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf", "\xf4\x90\x80\x80"};
    if (random.one_in(30)) return std::string(random.below(9), 'x') + random.pick(kBorders);
    if (random.one_in(40)) return random_bytes(random, 6);
    if (random.one_in(12)) return std::string(random.below(300), static_cast<char>('a' + random.below(26)));
    return random.pick(kTexts);
}

std::uint64_t random_number(Random& random) {
    static const std::vector<std::uint64_t> kEdges = {0,
                                                      1,
                                                      2,
                                                      127,
                                                      128,
                                                      255,
                                                      16383,
                                                      16384,
                                                      0x7fffffff,
                                                      0x80000000,
                                                      0xffffffff,
                                                      0x100000000,
                                                      0x7fffffffffffffff,
                                                      0x8000000000000000,
                                                      0xffffffffffffffff,
                                                      1700000000000};
    return random.one_in(3) ? random.next() >> random.below(64) : random.pick(kEdges);
}

std::uint64_t random_value(Random& random) {
    static const std::vector<std::uint64_t> kEdges = {0,
                                                      0x8000000000000000,
                                                      proto::kStaleNanBits,
                                                      proto::kNormalNanBits,
                                                      proto::kMangledStaleNanBits,
                                                      0x7ff0000000000000,
                                                      0xfff0000000000000,
                                                      0x3ff0000000000000,
                                                      1};
    return random.one_in(2) ? random.next() : random.pick(kEdges);
}

proto::Labels random_labels(Random& random, std::size_t max) {
    proto::Labels out;
    for (auto n = random.below(max + 1); n > 0; --n) out.emplace_back(random_text(random), random_text(random));
    return out;
}

std::variant<std::uint64_t, double> random_count(Random& random) {
    if (random.one_in(2)) return random_number(random);
    return proto::from_bits(random_value(random));
}

proto::Histogram random_histogram(Random& random) {
    proto::Histogram h;
    h.count = random_count(random);
    h.zero_count = random_count(random);
    h.sum_bits = random_value(random);
    h.schema = static_cast<std::int32_t>(random_number(random));
    h.zero_threshold = proto::from_bits(random_value(random));
    h.reset_hint = static_cast<std::uint32_t>(random.one_in(5) ? random_number(random) : random.below(4));
    for (auto* spans : {&h.positive_spans, &h.negative_spans})
        for (auto n = random.below(3); n > 0; --n)
            spans->push_back(
                {static_cast<std::int32_t>(random_number(random)), static_cast<std::uint32_t>(random_number(random))});
    for (auto* deltas : {&h.positive_deltas, &h.negative_deltas})
        for (auto n = random.below(4); n > 0; --n) deltas->push_back(static_cast<std::int64_t>(random_number(random)));
    for (auto* counts : {&h.positive_counts, &h.negative_counts, &h.custom_values})
        for (auto n = random.below(3); n > 0; --n) counts->push_back(proto::from_bits(random_value(random)));
    h.timestamp = static_cast<std::int64_t>(random_number(random));
    h.start_timestamp = static_cast<std::int64_t>(random_number(random));
    return h;
}

proto::Metadata random_metadata(Random& random) {
    const auto type = random.one_in(6) ? random_number(random) : random.below(8);
    return {static_cast<proto::MetricType>(type), random_text(random), random_text(random), random_text(random)};
}

// --- protobuf as a list of fields ---

struct Field {
    std::uint32_t tag = 0;
    std::string payload;  ///< without length
};

std::optional<std::uint64_t> take_varint(std::string_view& bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < std::min<std::size_t>(bytes.size(), 10); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        value |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte >= 0x80) continue;
        bytes.remove_prefix(i + 1);
        return value;
    }
    return std::nullopt;
}

/// Nothing for what is no message without groups.
std::optional<std::vector<Field>> split(std::string_view bytes) {
    std::vector<Field> out;
    while (!bytes.empty()) {
        const auto tag = take_varint(bytes);
        if (!tag || *tag >> 3U == 0 || *tag > 0xffffffffU) return std::nullopt;
        std::uint64_t size = 0;
        switch (*tag & 7U) {
            case 0: {
                const auto* begin = bytes.data();
                if (!take_varint(bytes)) return std::nullopt;
                out.push_back({static_cast<std::uint32_t>(*tag), {begin, bytes.data()}});
                continue;
            }
            case 1:
                size = 8;
                break;
            case 5:
                size = 4;
                break;
            case 2: {
                const auto length = take_varint(bytes);
                if (!length) return std::nullopt;
                size = *length;
                break;
            }
            default:
                return std::nullopt;
        }
        if (size > bytes.size()) return std::nullopt;
        out.push_back({static_cast<std::uint32_t>(*tag), std::string(bytes.substr(0, size))});
        bytes.remove_prefix(size);
    }
    return out;
}

std::string join(const Field& field) {
    std::string out = varint(field.tag);
    if ((field.tag & 7U) == 2) out += varint(field.payload.size());
    return out + field.payload;
}

std::string join(const std::vector<Field>& fields) {
    std::string out;
    for (const auto& field : fields) out += join(field);
    return out;
}

/// An arbitrary field, mostly with a number near those of the schemas, with everything the wire format knows.
std::string random_field(Random& random, int depth = 0) {
    static const std::vector<std::uint32_t> kFar = {18, 100, 1000, 18999, 19000, 19999, 20000, 536870911};
    const auto number = random.one_in(4) ? random.pick(kFar) : static_cast<std::uint32_t>(1 + random.below(18));
    const auto tag = [&](std::uint32_t type) {
        return varint(std::uint64_t{number} << 3U | type, random.one_in(12) ? random.below(6) : 0);
    };
    if (random.one_in(30)) {  // around the limit of nesting
        std::string out;
        const auto groups = 90 + random.below(15);
        for (std::size_t i = 0; i < groups; ++i) out += varint(std::uint64_t{number} << 3U | 3U);
        for (std::size_t i = 0; i < groups; ++i) out += varint(std::uint64_t{number} << 3U | 4U);
        return out;
    }
    switch (random.below(depth < 6 ? 6 : 5)) {
        case 0:
            return tag(0) + varint(random_number(random), random.one_in(6) ? random.below(10) : 0);
        case 1:
            return tag(1) + std::string(8, static_cast<char>(random.next()));
        case 2: {
            const auto payload = random_bytes(random, 12);
            return tag(2) + varint(payload.size(), random.one_in(8) ? random.below(7) : 0) + payload;
        }
        case 3: {
            std::string inner;
            for (auto n = random.below(3); n > 0; --n) inner += random_field(random, depth + 2);
            return tag(2) + varint(inner.size()) + inner;
        }
        case 4:
            return tag(5) + std::string(4, static_cast<char>(random.next()));
        default: {
            std::string out = tag(3);
            for (auto n = random.below(3); n > 0; --n) out += random_field(random, depth + 1);
            return random.one_in(20) ? out : out + tag(4);
        }
    }
}

std::string mutate_fields(Random& random, std::string_view message, int depth) {
    auto parsed = split(message);
    if (!parsed || parsed->empty()) return std::string(message) + random_field(random);
    auto& fields = *parsed;
    auto& field = fields[random.below(fields.size())];
    if ((field.tag & 7U) == 2 && depth < 4 && !random.one_in(3)) {
        field.payload = mutate_fields(random, field.payload, depth + 1);
        return join(fields);
    }
    switch (random.below(7)) {
        case 0: {
            const auto at = random.below(fields.size() + 1);
            const auto here = static_cast<std::ptrdiff_t>(at);
            return join({fields.begin(), fields.begin() + here}) + random_field(random) +
                   join({fields.begin() + here, fields.end()});
        }
        case 1: {
            const Field copy = field;
            fields.insert(fields.begin() + static_cast<std::ptrdiff_t>(random.below(fields.size() + 1)), copy);
            break;
        }
        case 2:
            fields.erase(fields.begin() + (&field - fields.data()));
            break;
        case 3:
            std::swap(field, fields[random.below(fields.size())]);
            break;
        case 4:
            field.tag = static_cast<std::uint32_t>((1 + random.below(18)) << 3U | (field.tag & 7U));
            break;
        case 5:  // another value of the same type
            if ((field.tag & 7U) == 0)
                field.payload = varint(random_number(random), random.one_in(4) ? random.below(4) : 0);
            if ((field.tag & 7U) == 2)
                field.payload = random.one_in(2) ? random_text(random) : random_bytes(random, 20);
            break;
        default:  // one number as packed, or packed as one number
            if ((field.tag & 7U) == 0 || (field.tag & 7U) == 1) {
                field.tag = (field.tag & ~7U) | 2U;
            } else if ((field.tag & 7U) == 2) {
                field.tag &= ~7U;
                field.payload = varint(random_number(random));
            }
    }
    return join(fields);
}

}  // namespace

std::string random_request(Random& random, ProtobufMessage message) {
    proto::WriteRequest request;
    for (auto n = random.below(4); n > 0; --n) {
        auto& series = request.series.emplace_back();
        series.labels = random_labels(random, 4);
        for (auto k = random.below(3); k > 0; --k)
            series.samples.push_back({random_value(random), static_cast<std::int64_t>(random_number(random)),
                                      static_cast<std::int64_t>(random_number(random))});
        if (random.one_in(3)) series.histograms.push_back(random_histogram(random));
        if (random.one_in(3))
            series.exemplars.push_back(
                {random_labels(random, 2), random_value(random), static_cast<std::int64_t>(random_number(random))});
        if (random.one_in(2)) series.metadata = random_metadata(random);
    }
    for (auto n = random.below(3); n > 0; --n) request.metadata.push_back(random_metadata(random));
    return encode(request, message);
}

std::string excerpt(Random& random, std::string_view message) {
    const auto fields = split(message);
    if (!fields || fields->size() < 4) return std::string(message);
    std::string out;
    for (auto n = 1 + random.below(4); n > 0; --n) out += join(random.pick(*fields));
    return out;
}

std::string mutate_protobuf(Random& random, std::string_view message, std::string_view other) {
    std::string out(message);
    for (auto n = 1 + random.below(3); n > 0; --n) {
        if (random.one_in(3)) {
            out = mutate_bytes(random, out, other);
        } else {
            out = mutate_fields(random, out, 0);
        }
    }
    return out;
}

std::string mutate_bytes(Random& random, std::string_view bytes, std::string_view other) {
    std::string out(bytes);
    if (out.empty()) return random_bytes(random, 16);
    const auto at = random.below(out.size());
    const auto byte = static_cast<unsigned char>(out[at]);
    switch (random.below(8)) {
        case 0:
            out[at] = static_cast<char>(byte ^ (1U << random.below(8)));
            break;
        case 1:
            out[at] = static_cast<char>(random.next());
            break;
        case 2:
            out.resize(at);
            break;
        case 3:
            out.erase(at, 1 + random.below(8));
            break;
        case 4:
            out.insert(at, random_bytes(random, 8));
            break;
        case 5:
            out = out.substr(0, at) + std::string(other.substr(std::min(other.size(), random.below(other.size() + 1))));
            break;
        case 6:
            out[at] = static_cast<char>(byte + (random.one_in(2) ? 1 : -1));
            break;  // a length that is off by one
        default:
            out.insert(at, out.substr(at, random.below(16)));
            break;
    }
    if (out.size() > 4096) out.resize(4096);
    return out;
}

std::string random_families(Random& random) {
    const auto exemplar = [&] {
        proto::ExposedExemplar out{random_labels(random, 2), random_value(random), {}};
        if (random.one_in(2)) out.timestamp_ms = static_cast<std::int64_t>(random_number(random));
        return out;
    };
    const auto count = [&] { return proto::from_bits(random_value(random)); };
    std::vector<proto::ExposedFamily> families;
    for (auto n = random.below(4); n > 0; --n) {
        auto& family = families.emplace_back();
        family.name = random.one_in(30) ? random_text(random) : "name";
        family.help = random_text(random);
        family.unit = random_text(random);
        family.type = static_cast<proto::ExposedType>(random.below(6));
        for (auto k = random.below(3); k > 0; --k) {
            auto& metric = family.metrics.emplace_back();
            metric.labels = random_labels(random, 3);
            if (random.one_in(3)) metric.timestamp_ms = static_cast<std::int64_t>(random_number(random));
            if (random.one_in(2)) metric.start_timestamp_ms = static_cast<std::int64_t>(random_number(random));
            metric.value_bits = random_value(random);
            if (random.one_in(3)) metric.exemplar = exemplar();
            metric.count = random.one_in(2) ? static_cast<double>(random_number(random)) : count();
            metric.sum_bits = random_value(random);
            for (auto i = random.below(3); i > 0; --i)
                metric.quantiles.push_back({random_value(random), random_value(random)});
            for (auto i = random.below(3); i > 0; --i) {
                metric.buckets.push_back({random_value(random), count(), {}});
                if (random.one_in(3)) metric.buckets.back().exemplar = exemplar();
            }
            if (random.one_in(2)) metric.native = random_histogram(random);
            for (auto i = random.below(3); i > 0; --i) metric.exemplars.push_back(exemplar());
        }
    }
    return proto::encode_metric_families(families);
}

std::string mutate_families(Random& random, std::string_view families, std::string_view other) {
    std::string_view rest = families;
    const auto length = take_varint(rest);
    if (!length || *length > rest.size() || random.one_in(3)) return mutate_bytes(random, families, other);
    const std::string message = mutate_protobuf(random, rest.substr(0, *length), other);
    return varint(message.size(), random.one_in(20) ? random.below(10) : 0) + message +
           std::string(rest.substr(*length));
}

std::string random_snappy(Random& random) {
    std::string out;
    std::uint64_t produced = 0;
    for (auto n = random.below(12); n > 0; --n) {
        if (random.one_in(100)) out += "\xfc\xff\xff\xff\xff";  // empty to libsnappy
        const auto kind = produced == 0 ? 0 : random.below(4);
        if (kind == 0) {
            const auto length = random.one_in(6) ? 1 + random.below(400) : 1 + random.below(20);
            const auto width = length <= 60 && !random.one_in(6)
                                   ? 0
                                   : std::max<std::size_t>(length > 256 ? 2 : 1, 1 + random.below(4));
            if (width == 0) {
                out.push_back(static_cast<char>((length - 1) << 2U));
            } else {
                out.push_back(static_cast<char>((59 + width) << 2U));
                for (std::size_t i = 0; i < width; ++i)
                    out.push_back(static_cast<char>(((length - 1) >> (8 * i)) & 0xffU));
            }
            for (std::size_t i = 0; i < length; ++i) out.push_back(static_cast<char>('a' + random.below(4)));
            produced += length;
            continue;
        }
        auto offset = 1 + random.below(produced);
        if (random.one_in(60)) offset = random.one_in(2) ? 0 : produced + 1;
        if (kind == 1 && offset < 2048) {
            const auto length = 4 + random.below(8);
            out.push_back(static_cast<char>((offset >> 8U) << 5U | (length - 4) << 2U | 1U));
            out.push_back(static_cast<char>(offset & 0xffU));
            produced += length;
        } else {
            const auto length = 1 + random.below(64);
            const auto width = kind == 2 ? 2U : 4U;
            out.push_back(static_cast<char>((length - 1) << 2U | (kind == 2 ? 2U : 3U)));
            for (std::size_t i = 0; i < width; ++i) out.push_back(static_cast<char>((offset >> (8 * i)) & 0xffU));
            produced += length;
        }
    }
    if (random.one_in(20)) produced += random.below(3) - 1;
    return varint(produced & 0xffffffffU, random.one_in(20) ? random.below(3) : 0) + out;
}

}  // namespace prw::fuzz
