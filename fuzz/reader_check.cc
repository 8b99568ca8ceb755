#include <bit>
#include <cstring>
#include <limits>
#include <unordered_map>

#include <google/protobuf/arena.h>
#include <google/protobuf/stubs/logging.h>

#include "checks.h"
#include "prw/proto/model.h"
#include "remote_write_v1.pb.h"
#include "remote_write_v2.pb.h"

namespace prw::fuzz {

namespace {

namespace v1 = prometheus;
namespace v2 = io::prometheus::write::v2;
using proto::ByteRange;
using proto::ProtobufMessage;

/// The model has no "absent" for the counts of a histogram: it says integer 0.
template <typename Histogram>
void canonical_histogram(Histogram& histogram) {
    if (histogram.count_case() == Histogram::COUNT_NOT_SET) histogram.set_count_int(0);
    if (histogram.zero_count_case() == Histogram::ZERO_COUNT_NOT_SET) histogram.set_zero_count_int(0);
}

std::string canonical(v1::WriteRequest& request) {
    request.DiscardUnknownFields();
    for (auto& series : *request.mutable_timeseries())
        for (auto& histogram : *series.mutable_histograms()) canonical_histogram(histogram);
    return request.SerializeAsString();
}

/// Rewrites references as the encoder interns them: "" first, then by first use.
std::string canonical(v2::Request& request) {
    request.DiscardUnknownFields();
    std::vector<std::string> old(request.symbols().begin(), request.symbols().end());
    std::unordered_map<std::string, std::uint32_t> refs;
    request.clear_symbols();
    const auto intern = [&](const std::string& text) {
        const auto [at, added] = refs.try_emplace(text, static_cast<std::uint32_t>(refs.size()));
        if (added) request.add_symbols(text);
        return at->second;
    };
    const auto renew = [&](std::uint32_t ref) { return intern(ref < old.size() ? old[ref] : std::string()); };
    const auto renew_all = [&](auto& list) {
        if (list.size() % 2 != 0)
            list.Add(std::numeric_limits<std::uint32_t>::max());  // the value that is not there reads as ""
        for (auto& ref : list) ref = renew(ref);
    };
    intern("");
    for (auto& series : *request.mutable_timeseries()) {
        renew_all(*series.mutable_labels_refs());
        for (auto& exemplar : *series.mutable_exemplars()) renew_all(*exemplar.mutable_labels_refs());
        for (auto& histogram : *series.mutable_histograms()) canonical_histogram(histogram);
        if (!series.has_metadata()) continue;
        auto& metadata = *series.mutable_metadata();
        const auto text = [&](std::uint32_t ref) { return ref < old.size() ? old[ref] : std::string(); };
        if (metadata.type() == 0 && text(metadata.help_ref()).empty() && text(metadata.unit_ref()).empty()) {
            series.clear_metadata();
            continue;
        }
        metadata.set_help_ref(renew(metadata.help_ref()));
        metadata.set_unit_ref(renew(metadata.unit_ref()));
    }
    return request.SerializeAsString();
}

/// What libprotobuf reads, in the encoder's form; nothing if it refuses.
template <typename Message>
std::optional<std::string> referee(std::string_view bytes) {
    const google::protobuf::LogSilencer quiet;
    google::protobuf::Arena arena;
    auto* parsed = google::protobuf::Arena::CreateMessage<Message>(&arena);
    if (!parsed->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return std::nullopt;
    return canonical(*parsed);
}

std::optional<std::uint64_t> read_varint(std::string_view bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes.size(); ++i) {
        const auto byte = static_cast<unsigned char>(bytes[i]);
        if (i < 10) value |= std::uint64_t{byte & 0x7fU} << (7 * i);
        if (byte < 0x80) return i + 1 == bytes.size() ? std::optional(value) : std::nullopt;
    }
    return std::nullopt;
}

}  // namespace

Verdict ReaderCheck::ranges() const {
    const auto bytes = view_.bytes;
    const auto inside = [&](ByteRange r) { return std::uint64_t{r.offset} + r.size <= bytes.size(); };
    const auto at = [&](ByteRange r) { return bytes.substr(r.offset, r.size); };
    const auto number = [&](ByteRange r, std::uint64_t value) {
        return inside(r) && (r.size == 0 ? value == 0 : read_varint(at(r)) == value);
    };
    const auto narrow = [&](ByteRange r, std::uint32_t value) {
        const auto read = inside(r) ? read_varint(at(r)) : std::nullopt;
        return read && static_cast<std::uint32_t>(*read) == value;
    };
    const auto real = [&](ByteRange r, std::uint64_t bits) {
        if (!inside(r) || (r.size != 0 && r.size != 8)) return false;
        std::uint64_t there = 0;
        if (r.size == 8) std::memcpy(&there, bytes.data() + r.offset, 8);
        return there == bits;
    };
    const auto slice = [](proto::Slice s, std::size_t size) {
        return std::uint64_t{s.first} + s.count <= size || s.count == 0;
    };
    const bool v2 = view_.message == ProtobufMessage::kV2;

    for (const auto& s : view_.series) {
        if (!inside(s.range)) return "a series lies outside the message";
        if (!slice(s.labels, view_.labels.size()) || !slice(s.samples, view_.samples.size()) ||
            !slice(s.histograms, view_.histograms.size()) || !slice(s.exemplars, view_.exemplars.size()))
            return "a slice of a series lies outside its array";
        if (s.metadata != proto::kNoRef && s.metadata >= view_.metadata.size())
            return "the metadata of a series lies outside its array";
    }
    for (const auto& s : view_.symbols)
        if (!inside(s.range) || at(s.range) != s.text) return "a symbol is not at its range";
    for (const auto& l : view_.labels) {
        if (!inside(l.range)) return "a label lies outside the message";
        if (v2) {
            if (!narrow(l.name_range, l.name_ref)) return "the reference of a name is not at its range";
            if (l.value_range.size != 0 && !narrow(l.value_range, l.value_ref))
                return "the reference of a value is not at its range";
            if (l.name_in_range != (l.name_ref < view_.symbols.size())) return "name_in_range is wrong";
        } else {
            if (!inside(l.name_range) || at(l.name_range) != l.name) return "a name is not at its range";
            if (!inside(l.value_range) || at(l.value_range) != l.value) return "a value is not at its range";
        }
    }
    for (const auto& s : view_.samples) {
        if (!inside(s.range)) return "a sample lies outside the message";
        if (!real(s.value_range, s.value_bits)) return "a value is not at its range";
        if (!number(s.timestamp_range, static_cast<std::uint64_t>(s.timestamp)))
            return "a timestamp is not at its range";
        if (!number(s.start_range, static_cast<std::uint64_t>(s.start_timestamp)))
            return "a start timestamp is not at its range";
    }
    for (const auto& h : view_.histograms) {
        if (!inside(h.range)) return "a histogram lies outside the message";
        if (!number(h.timestamp_range, static_cast<std::uint64_t>(h.timestamp)))
            return "a histogram's timestamp is not at its range";
        if (!number(h.start_range, static_cast<std::uint64_t>(h.start_timestamp)))
            return "a histogram's start timestamp is not at its range";
        using Count = proto::HistogramView::Count;
        if (h.count_kind == Count::kFloat ? !real(h.count_range, h.count) : !number(h.count_range, h.count))
            return "a count is not at its range";
        for (const auto s : {h.positive_spans, h.negative_spans})
            if (!slice(s, view_.spans.size())) return "spans lie outside their array";
        for (const auto s : {h.positive_deltas, h.negative_deltas})
            if (!slice(s, view_.deltas.size())) return "deltas lie outside their array";
        for (const auto s : {h.positive_counts, h.negative_counts, h.custom_values})
            if (!slice(s, view_.doubles.size())) return "counts lie outside their array";
    }
    for (const auto& e : view_.exemplars) {
        if (!inside(e.range) || !slice(e.labels, view_.labels.size()))
            return "an exemplar lies outside the message or its labels";
        if (!number(e.timestamp_range, static_cast<std::uint64_t>(e.timestamp)))
            return "an exemplar's timestamp is not at its range";
    }
    for (const auto& i : view_.issues)
        if (!inside(i.range) || (i.range.size == 0)) return "an issue lies outside the message: " + i.path;
    return std::nullopt;
}

Verdict ReaderCheck::operator()(std::string_view bytes, ProtobufMessage message) {
    proto::decode(bytes, message, view_, {.max_issues = 1U << 20U});
    const auto expected =
        message == ProtobufMessage::kV1 ? referee<v1::WriteRequest>(bytes) : referee<v2::Request>(bytes);
    accepted_ = expected.has_value();
    if (accepted_ != proto::libprotobuf_accepts(bytes, message))
        return "libprotobuf disagrees with libprotobuf_accepts()";

    bool fatal = false, invalid_text = false;
    for (const auto& issue : view_.issues) {
        fatal |= issue.malformed();
        invalid_text |= issue.kind == proto::WireIssue::Kind::kInvalidUtf8;
    }
    if (fatal != view_.malformed) return "malformed does not follow from the issues";
    if ((view_.malformed || invalid_text) == accepted_)
        return std::string("libprotobuf ") + (accepted_ ? "accepts" : "refuses") + ", the walk " +
               (view_.malformed ? "refuses" : "accepts") +
               (view_.issues.empty()
                    ? ""
                    : " (" + std::string(name_of(view_.issues.back().kind)) + " at " + view_.issues.back().path + ")");
    if (auto bad = ranges()) return bad;
    if (!accepted_) return std::nullopt;
    if (proto::encode(proto::to_model(view_), message) != *expected) return "the content differs from libprotobuf's";
    return std::nullopt;
}

}  // namespace prw::fuzz
