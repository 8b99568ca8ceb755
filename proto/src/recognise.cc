// What is this body, if it is not what it should be? Judged by magic numbers where a format has one and by structure
// where not: a name is given only when the bytes bear it out, so that a random body stays "unknown".
#include <algorithm>
#include <array>
#include <optional>

#include "prw/proto/snappy_block.h"
#include "prw/proto/view.h"
#include "wire.h"

namespace prw::proto {

namespace {

using namespace std::string_view_literals;

constexpr std::size_t kProbe = 4096;  ///< bytes of text that are looked at
constexpr std::size_t kAnySize = 0xffffffffU;
constexpr std::size_t kMaxEntries = 64;  ///< top-level entries of a protobuf message that are looked at

unsigned byte_at(std::string_view bytes, std::size_t i) { return static_cast<unsigned char>(bytes[i]); }

std::uint32_t load_be(std::string_view bytes, std::size_t at) {
    return byte_at(bytes, at) << 24U | byte_at(bytes, at + 1) << 16U | byte_at(bytes, at + 2) << 8U |
           byte_at(bytes, at + 3);
}

// --- protobuf shapes ---

struct Field {
    std::uint32_t number = 0;
    std::uint8_t type = 0;
    std::string_view payload;  ///< of a length-delimited field
};

/// Calls visit(field) for every field until it returns false; false if that happened or the bytes are not protobuf.
template <typename Visit>
bool each_field(std::string_view bytes, Visit&& visit) {
    const char* at = bytes.data();
    const char* end = at + bytes.size();
    while (at != end) {
        std::uint32_t tag = 0;
        if (wire::read_tag(at, end, tag) != wire::Fault::kNone || tag >> 3U == 0) return false;
        Field field{tag >> 3U, static_cast<std::uint8_t>(tag & 7U), {}};
        if (field.type == wire::kBytes) {
            std::uint32_t length = 0;
            if (wire::read_length(at, end, length) != wire::Fault::kNone) return false;
            field.payload = {at, length};
            at += length;
        } else if (wire::skip(at, end, tag, 8) != wire::Fault::kNone) {
            return false;
        }
        if (!visit(field)) return false;
    }
    return true;
}

/// A string that a person wrote: UTF-8 without control characters, so that no nested message passes for one.
bool plain(std::string_view text) {
    return valid_utf8(text) &&
           std::none_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20; });
}

bool label(std::string_view bytes, bool& seen) {
    return each_field(bytes, [&](const Field& f) {
        if (f.number > 2) return true;
        if (f.type != wire::kBytes || !(f.number == 1 ? plain(f.payload) : valid_utf8(f.payload))) return false;
        seen |= f.number == 1 && !f.payload.empty();
        return true;
    });
}

bool sample(std::string_view bytes) {
    return each_field(bytes, [](const Field& f) {
        return f.number == 1 ? f.type == wire::kFixed64 : f.number > 3 || f.type == wire::kVarint;
    });
}

bool series_v1(std::string_view bytes, bool& seen) {
    return each_field(bytes, [&](const Field& f) {
        switch (f.number) {
            case 1:
                return f.type == wire::kBytes && label(f.payload, seen);
            case 2:
                return f.type == wire::kBytes && sample(f.payload);
            case 3:
            case 4:
                return f.type == wire::kBytes && each_field(f.payload, [](const Field&) { return true; });
            default:
                return true;
        }
    });
}

bool metadata_v1(std::string_view bytes, bool& seen) {
    return each_field(bytes, [&](const Field& f) {
        if (f.number == 1) return f.type == wire::kVarint;
        if (f.number > 5 || f.number == 3) return true;
        seen |= f.number == 2 && f.type == wire::kBytes && !f.payload.empty();
        return f.type == wire::kBytes && valid_utf8(f.payload) && (f.number != 2 || plain(f.payload));
    });
}

/// Runs `entry` over the first top-level fields; what lies beyond them must still be protobuf.
template <typename Entry>
bool message_of(std::string_view bytes, Entry&& entry) {
    std::size_t entries = 0;
    return each_field(bytes, [&](const Field& f) { return ++entries > kMaxEntries || entry(f); });
}

bool looks_v1(std::string_view bytes) {
    bool seen = false;
    return message_of(bytes,
                      [&](const Field& f) {
                          if (f.number == 1) return f.type == wire::kBytes && series_v1(f.payload, seen);
                          if (f.number == 3) return f.type == wire::kBytes && metadata_v1(f.payload, seen);
                          return f.number > 3;
                      }) &&
           seen;
}

bool looks_v2(std::string_view bytes) {
    bool text = false;
    return message_of(bytes,
                      [&](const Field& f) {
                          if (f.number == 4) {
                              text |= !f.payload.empty();
                              return f.type == wire::kBytes && valid_utf8(f.payload);
                          }
                          if (f.number != 5) return f.number > 5;
                          return f.type == wire::kBytes && each_field(f.payload, [](const Field& in) {
                                     switch (in.number) {
                                         case 1:
                                             return in.type == wire::kBytes || in.type == wire::kVarint;
                                         case 2:
                                             return in.type == wire::kBytes && sample(in.payload);
                                         case 3:
                                         case 4:
                                         case 5:
                                             return in.type == wire::kBytes &&
                                                    each_field(in.payload, [](const Field&) { return true; });
                                         default:
                                             return true;
                                     }
                                 });
                      }) &&
           text;
}

/// ExportMetricsServiceRequest: resource_metrics = 1 {resource = 1 {attributes = 1 {key = 1, value = 2}}, scope_metrics
/// = 2 {scope = 1, metrics = 2 {name = 1, …}}, schema_url = 3}. A metric with a name, or an attribute with key and
/// value message, is the proof.
bool looks_otlp(std::string_view bytes) {
    bool seen = false;
    const auto attribute = [&](const Field& f) {
        if (f.number != 1) return f.type == wire::kVarint || f.number > 2;
        bool key = false;
        return f.type == wire::kBytes && each_field(f.payload, [&](const Field& in) {
                   if (in.number == 1) key = in.type == wire::kBytes && !in.payload.empty() && plain(in.payload);
                   // AnyValue is a message: string 1, bool 2, int 3, double 4, array 5, map 6, bytes 7.
                   if (in.number == 2) {
                       seen |= key && in.type == wire::kBytes && !in.payload.empty();
                       return in.type == wire::kBytes &&
                              each_field(in.payload, [](const Field& v) { return v.number <= 7; });
                   }
                   return in.number == 1 && key;
               });
    };
    const auto metric = [&](const Field& f) {
        if (f.type != wire::kBytes) return false;
        if (f.number == 1) seen |= !f.payload.empty() && plain(f.payload);
        return f.number <= 12 && (f.number > 3 || plain(f.payload));
    };
    const auto scope_metrics = [&](const Field& f) {
        if (f.number > 3 || f.type != wire::kBytes) return false;
        return f.number != 2 || each_field(f.payload, metric);
    };
    const auto resource_metrics = [&](const Field& f) {
        if (f.type != wire::kBytes) return false;
        switch (f.number) {
            case 1:
                return each_field(f.payload, attribute);
            case 2:
                return each_field(f.payload, scope_metrics);
            case 3:
                return plain(f.payload);
            default:
                return f.number == 1000;  // deprecated instrumentation_library_metrics
        }
    };
    return message_of(bytes,
                      [&](const Field& f) {
                          return f.number == 1 && f.type == wire::kBytes && each_field(f.payload, resource_metrics);
                      }) &&
           seen;
}

/// ReadRequest: queries = 1 {start_timestamp_ms = 1, end_timestamp_ms = 2, matchers = 3 {type = 1, name = 2, value =
/// 3}, hints = 4}, accepted_response_types = 2.
bool looks_remote_read(std::string_view bytes) {
    bool seen = false;
    const auto matcher = [&](const Field& f) {
        if (f.number == 1) return f.type == wire::kVarint;
        seen |= f.number == 2 && f.type == wire::kBytes && !f.payload.empty();
        return f.number <= 3 && f.type == wire::kBytes && plain(f.payload);
    };
    const auto query = [&](const Field& f) {
        if (f.number <= 2) return f.type == wire::kVarint;
        return f.number <= 4 && f.type == wire::kBytes && (f.number == 4 || each_field(f.payload, matcher));
    };
    return message_of(bytes,
                      [&](const Field& f) {
                          if (f.number == 2) return f.type == wire::kVarint || f.type == wire::kBytes;
                          return f.number == 1 && f.type == wire::kBytes && each_field(f.payload, query);
                      }) &&
           seen;
}

std::optional<BodyKind> protobuf_kind(std::string_view bytes) {
    if (bytes.empty()) return std::nullopt;
    if (looks_remote_read(bytes)) return BodyKind::kRemoteRead;
    if (looks_v1(bytes)) return BodyKind::kRawProtobufV1;
    if (looks_v2(bytes)) return BodyKind::kRawProtobufV2;
    if (looks_otlp(bytes)) return BodyKind::kOtlp;
    return std::nullopt;
}

// --- compressed formats ---

bool zlib(std::string_view body) {
    // 32 KiB window, deflate, no preset dictionary, header checksum; then a deflate block type that exists.
    return body.size() >= 8 && byte_at(body, 0) == 0x78 && (byte_at(body, 1) & 0x20U) == 0 &&
           (0x7800U + byte_at(body, 1)) % 31 == 0 && (byte_at(body, 2) & 6U) != 6;
}

bool zstd(std::string_view body) {
    return body.starts_with("\x28\xb5\x2f\xfd"sv) ||
           (body.size() >= 8 && (byte_at(body, 0) & 0xf0U) == 0x50 && body.substr(1, 3) == "\x2a\x4d\x18"sv);
}

/// Hadoop's SnappyCodec: big-endian lengths (whole block, then each chunk) before snappy blocks.
bool hadoop(std::string_view body) {
    if (body.size() < 9) return false;
    const auto total = load_be(body, 0);
    const auto chunk = load_be(body, 4);
    if (total == 0 || chunk == 0 || chunk > body.size() - 8) return false;
    const auto inner = diagnose_snappy(body.substr(8, chunk));
    return inner.error == SnappyError::kNone && inner.claimed <= total;
}

/// Walks an S2 block to its end: snappy's elements, where a copy with offset 0 repeats the last offset and may have a
/// long length.
bool s2_block(std::string_view body) {
    const char* p = body.data();
    std::uint64_t claimed = 0;
    if (wire::read_varint(p, body.data() + body.size(), claimed, 5) != wire::Fault::kNone) return false;
    std::size_t at = static_cast<std::size_t>(p - body.data());
    std::uint64_t produced = 0;
    std::uint64_t offset = 0;
    bool repeats = false;
    const auto little = [&](std::size_t from, std::size_t count) {
        std::uint64_t value = 0;
        for (std::size_t i = 0; i < count; ++i) value |= std::uint64_t{byte_at(body, from + i)} << (8 * i);
        return value;
    };
    while (at < body.size()) {
        const auto tag = byte_at(body, at++);
        const auto left = body.size() - at;
        std::uint64_t length = tag >> 2U;
        if ((tag & 3U) == 0) {
            if (length >= 60) {
                const auto extra = length - 59;
                if (left < extra) return false;
                length = little(at, extra);
                at += extra;
            }
            if (++length > body.size() - at) return false;
            at += length;
        } else {
            static constexpr std::array<std::size_t, 4> kExtra{0, 1, 2, 4};
            const auto extra = kExtra[tag & 3U];
            if (left < extra) return false;
            auto next = little(at, extra);
            at += extra;
            if (extra == 1) {
                next |= std::uint64_t{tag & 0xe0U} << 3U;
                length &= 7U;
                if (next == 0) {
                    repeats = true;
                    if (length >= 5) {
                        static constexpr std::array<std::uint64_t, 3> kBase{4, 1U << 8U, 1U << 16U};
                        const auto bytes = length - 4;
                        if (body.size() - at < bytes) return false;
                        length = little(at, bytes) + kBase[bytes - 1];
                        at += bytes;
                    }
                    next = offset;
                }
                length += 4;
            } else {
                ++length;
            }
            offset = next;
            if (offset == 0 || offset > produced) return false;
        }
        produced += length;
        if (produced > claimed) return false;
    }
    return repeats && produced == claimed;
}

// --- text ---

bool printable(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte >= 0x20 ? byte != 0x7f : c == '\n' || c == '\r' || c == '\t';
    });
}

/// Calls visit(line) for the lines of `text`, without blank ones; false as soon as visit is. `cut`: the last line may
/// go on, and is left out.
template <typename Visit>
bool each_line(std::string_view text, bool cut, Visit&& visit) {
    while (!text.empty()) {
        const auto end = text.find('\n');
        if (end == std::string_view::npos && cut) return true;
        auto line = text.substr(0, end);
        if (line.ends_with('\r')) line.remove_suffix(1);
        if (!line.empty() && !visit(line)) return false;
        if (end == std::string_view::npos) return true;
        text.remove_prefix(end + 1);
    }
    return true;
}

/// What stands before the next `mark` that is neither escaped nor, where `quotes`, within double quotes; `text` keeps
/// what is behind the mark.
std::string_view take_until(std::string_view& text, char mark, bool quotes) {
    bool quoted = false;
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (text[at] == '\\') {
            ++at;
        } else if (quotes && text[at] == '"') {
            quoted = !quoted;
        } else if (text[at] == mark && !quoted) {
            break;
        }
    }
    at = std::min(at, text.size());
    const auto taken = text.substr(0, at);
    text.remove_prefix(std::min(at + 1, text.size()));
    return taken;
}

bool integer(std::string_view text) {
    if (text.starts_with('-')) text.remove_prefix(1);
    return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

/// "measurement[,tag=value…] field=value[,…] [timestamp]"
bool influx_line(std::string_view line) {
    const auto series = take_until(line, ' ', false), fields = take_until(line, ' ', true);
    const auto pairs = [](std::string_view list, bool quotes, auto&& value_ok) {
        while (!list.empty()) {
            auto pair = take_until(list, ',', quotes);
            const auto key = take_until(pair, '=', false);
            if (key.empty() || pair.empty() || !value_ok(pair.front())) return false;
        }
        return true;
    };
    auto tags = series;
    if (take_until(tags, ',', false).empty() || fields.empty() || !(line.empty() || integer(line))) return false;
    return pairs(tags, false, [](char) { return true; }) && pairs(fields, true, [](char first) {
               return "+-.0123456789tTfF\""sv.find(first) != std::string_view::npos;
           });
}

/// "name[{…}] value [timestamp]"
bool exposition_line(std::string_view line) {
    const auto name = line.substr(0, line.find_first_of("{ "));
    if (!legacy_metric_name(name)) return false;
    line.remove_prefix(name.size());
    if (line.starts_with('{')) {
        const auto size = line.size();
        if (take_until(line, '}', true).size() == size) return false;
    }
    while (line.starts_with(' ')) line.remove_prefix(1);
    const auto value = take_until(line, ' ', false);
    constexpr std::array kWords{"NaN"sv, "Inf"sv, "+Inf"sv, "-Inf"sv};
    const bool number = !value.empty() && value.find_first_not_of("+-.0123456789eE") == std::string_view::npos &&
                        value.find_first_of("0123456789") != std::string_view::npos;
    if (!number && std::find(kWords.begin(), kWords.end(), value) == kWords.end()) return false;
    return line.empty() || line.front() == '#' || line.find_first_not_of("-.0123456789") == std::string_view::npos;
}

BodyKind lines_kind(std::string_view probe, bool cut) {
    std::size_t lines = 0;
    const auto all = [&](auto&& one) {
        lines = 0;
        return each_line(probe, cut, [&](std::string_view line) {
            lines += line.front() == '#' ? 0U : 1U;
            return line.front() == '#' || one(line);
        });
    };
    bool described = false;
    (void)each_line(probe, cut, [&](std::string_view line) {
        described = line.starts_with("# TYPE ") || line.starts_with("# HELP ");
        return !described;
    });
    if (all(exposition_line) && (described || lines > 0)) return BodyKind::kExposition;
    if (all(influx_line) && lines > 0) return BodyKind::kInflux;
    return BodyKind::kText;
}

/// A field of one of the messages as a key: that of 1.0 and 2.0 in common, or 2.0's table.
bool names_message_field(std::string_view json) {
    return json.find("\"timeseries\"") != std::string_view::npos || json.find("\"symbols\"") != std::string_view::npos;
}

std::optional<BodyKind> text_kind(std::string_view body) {
    auto probe = body.substr(0, kProbe);
    if (body.size() > kProbe) {
        // Do not cut a character in two: drop a trailing lead byte with its continuation.
        while (!probe.empty() && (byte_at(probe, probe.size() - 1) & 0xc0U) == 0x80) probe.remove_suffix(1);
        if (!probe.empty() && byte_at(probe, probe.size() - 1) >= 0xc0) probe.remove_suffix(1);
    }
    if (probe.starts_with("\xef\xbb\xbf"sv)) probe.remove_prefix(3);
    if (probe.empty() || !printable(probe) || !valid_utf8(probe)) return std::nullopt;
    const auto first = probe.find_first_not_of(" \t\r\n");
    if (first == std::string_view::npos) return BodyKind::kText;
    const auto next_at = probe.find_first_not_of(" \t\r\n", first + 1);
    const char next = next_at == std::string_view::npos ? '\0' : probe[next_at];
    if (probe[first] == '{' && (next == '"' || next == '}'))
        return names_message_field(probe) ? BodyKind::kJsonMapping : BodyKind::kJson;
    if (probe[first] == '[' && next != '\0' && "[{\"]-0123456789tfn"sv.find(next) != std::string_view::npos)
        return BodyKind::kJson;
    return lines_kind(probe, body.size() > kProbe);
}

// --- frames ---

/// Length-prefixed messages of gRPC, one behind the other to the end of the body, the first of which holds protobuf or
/// what is marked as compressed.
bool grpc(std::string_view body) {
    for (std::size_t at = 0; at < body.size();) {
        if (body.size() - at < 5 || byte_at(body, at) > 1) return false;
        const bool compressed = byte_at(body, at) == 1;
        const auto size = load_be(body, at + 1);
        if (size > body.size() - at - 5) return false;
        const auto payload = body.substr(at + 5, size);
        if (at == 0 && (payload.empty() || (!compressed && !each_field(payload, [](const Field&) { return true; }) &&
                                            diagnose_snappy(payload, kAnySize).error != SnappyError::kNone)))
            return false;
        at += 5 + size;
    }
    return true;
}

/// A block that is one: does it hold what it should?
BodyKind inside(std::string_view body) {
    PaddedBuffer once;
    if (!uncompress_snappy(body, kDefaultMaxUncompressed, once)) return BodyKind::kSnappyBlock;
    const auto kind = protobuf_kind(once.view());
    if (kind == BodyKind::kOtlp || kind == BodyKind::kRemoteRead) return *kind;
    if (kind || once.size() == 0 || diagnose_snappy(once.view()).error != SnappyError::kNone)
        return BodyKind::kSnappyBlock;
    PaddedBuffer twice;
    if (!uncompress_snappy(once.view(), kDefaultMaxUncompressed, twice)) return BodyKind::kSnappyBlock;
    return twice.size() == 0 || protobuf_kind(twice.view()) ? BodyKind::kSnappyTwice : BodyKind::kSnappyBlock;
}

}  // namespace

std::string_view name_of(BodyKind kind) {
    static constexpr std::array kNames{
        "snappy block format"sv,
        "empty body"sv,
        "snappy framed format"sv,
        "snappy-java stream"sv,
        "Hadoop snappy stream"sv,
        "snappy block compressed twice"sv,
        "S2"sv,
        "gzip"sv,
        "zlib"sv,
        "zstd"sv,
        "brotli"sv,
        "LZ4"sv,
        "uncompressed protobuf (prometheus.WriteRequest)"sv,
        "uncompressed protobuf (io.prometheus.write.v2.Request)"sv,
        "JSON"sv,
        "JSON (protobuf's JSON mapping of the message)"sv,
        "Influx line protocol"sv,
        "Prometheus' text exposition format"sv,
        "plain text"sv,
        "gRPC frame"sv,
        "OTLP metrics"sv,
        "remote read request"sv,
        "unknown"sv,
    };
    const auto i = static_cast<std::size_t>(kind);
    return i < kNames.size() ? kNames[i] : "unknown"sv;
}

bool is_text(BodyKind kind) {
    switch (kind) {
        case BodyKind::kJson:
        case BodyKind::kJsonMapping:
        case BodyKind::kInflux:
        case BodyKind::kExposition:
        case BodyKind::kText:
            return true;
        default:
            return false;
    }
}

bool is_other_compression(BodyKind kind) {
    switch (kind) {
        case BodyKind::kGzip:
        case BodyKind::kZlib:
        case BodyKind::kZstd:
        case BodyKind::kBrotli:
        case BodyKind::kLz4:
            return true;
        default:
            return false;
    }
}

// Brotli has no magic number and nearly any bytes start a plausible stream, so it is never named from the body alone.
BodyKind recognise_body(std::string_view body) {
    if (body.empty()) return BodyKind::kEmpty;
    if (diagnose_snappy(body, kAnySize).error == SnappyError::kNone) return inside(body);
    if (body.starts_with("\xff\x06\x00\x00sNaPpY"sv)) return BodyKind::kSnappyFramed;
    if (body.starts_with("\xff\x06\x00\x00S2sTwO"sv)) return BodyKind::kS2;
    if (body.starts_with("\x82SNAPPY\x00"sv)) return BodyKind::kSnappyJava;
    if (body.starts_with("\x1f\x8b\x08"sv)) return BodyKind::kGzip;
    if (zstd(body)) return BodyKind::kZstd;
    if (body.starts_with("\x04\x22\x4d\x18"sv) || body.starts_with("\x02\x21\x4c\x18"sv)) return BodyKind::kLz4;
    if (grpc(body)) return BodyKind::kGrpc;
    if (hadoop(body)) return BodyKind::kSnappyHadoop;
    if (s2_block(body)) return BodyKind::kS2;
    if (const auto kind = protobuf_kind(body)) return *kind;
    if (zlib(body)) return BodyKind::kZlib;
    return text_kind(body).value_or(BodyKind::kUnknown);
}

}  // namespace prw::proto
