#include <snappy.h>

#include "checks.h"

namespace prw::fuzz {

namespace {

constexpr std::size_t kLimit = 1U << 20U;

}  // namespace

Verdict SnappyCheck::operator()(std::string_view body) {
    using proto::SnappyError;
    std::size_t claimed = 0;
    const bool preamble = snappy::GetUncompressedLength(body.data(), body.size(), &claimed);
    const bool large = preamble && claimed > kLimit;
    valid_ = preamble && !large && snappy::IsValidCompressedBuffer(body.data(), body.size());

    const auto failure = proto::diagnose_snappy(body, kLimit);
    if (preamble != (failure.error != SnappyError::kEmptyBody && failure.error != SnappyError::kTruncatedPreamble &&
                     failure.error != SnappyError::kOversizedPreamble))
        return "the preamble is judged differently";
    if (preamble && failure.claimed != claimed) return "the claim is read differently";
    if (large != (failure.error == SnappyError::kTooLarge)) return "the limit is judged differently";
    if (valid_ != (failure.error == SnappyError::kNone))
        return "libsnappy " + std::string(valid_ ? "accepts" : "refuses") +
               ", the walk says: " + std::string(name_of(failure.error));
    if (std::uint64_t{failure.where.offset} + failure.where.size > body.size())
        return "the fault lies outside the body";
    if (failure.produced > failure.claimed) return "more was produced than claimed";

    const auto done = proto::uncompress_snappy(body, kLimit, out_);
    if (done.has_value() != valid_) return "uncompress_snappy disagrees with libsnappy";
    const auto kind = proto::recognise_body(body);
    using proto::BodyKind;
    const bool block = kind == BodyKind::kSnappyBlock || kind == BodyKind::kSnappyTwice ||
                       ((kind == BodyKind::kOtlp || kind == BodyKind::kRemoteRead) && valid_);
    if (!large && block != valid_) return "recognised as " + std::string(name_of(kind));
    if (large) return std::nullopt;

    const auto map = proto::SnappyMap::build(body);
    if (map.has_value() != valid_) return "the map disagrees with libsnappy";
    if (!valid_) return std::nullopt;
    const auto message = out_.view();
    std::uint32_t at = 0;
    for (const auto& e : map->elements()) {
        if (e.message.offset != at || e.message.size == 0) return "the map has a gap";
        at = e.message.end();
        if (at > message.size() || e.body.end() > body.size()) return "an element lies outside";
        if (e.copy) {
            for (auto i = e.message.offset; i < at; ++i)
                if (message[i] != message[i - e.copy_offset]) return "a copy is not a copy";
        } else if (message.substr(e.message.offset, e.message.size) != body.substr(e.body.offset, e.body.size)) {
            return "a literal is not the message's bytes";
        }
        const auto middle = e.message.offset + e.message.size / 2;
        const auto range = map->body_range({middle, 1});
        if (e.copy ? range != e.body : range != proto::ByteRange{e.body.offset + e.message.size / 2, 1})
            return "body_range is not exact";
    }
    if (at != message.size()) return "the map does not cover the message";
    return std::nullopt;
}

}  // namespace prw::fuzz
