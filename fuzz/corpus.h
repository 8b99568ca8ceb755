/// Inputs: seeds from real requests and random models, and mutations that know the format well enough to stay
/// interesting. Everything follows from the seed of the generator.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/types.h"

namespace prw::fuzz {

/// splitmix64: small, fast, the same everywhere.
class Random {
public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
        z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
        z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
        return z ^ (z >> 31U);
    }
    std::size_t below(std::size_t n) { return static_cast<std::size_t>(next() % n); }  ///< REQUIRES: n > 0
    bool one_in(std::size_t n) { return below(n) == 0; }
    template <typename T>
    const T& pick(const std::vector<T>& from) {
        return from[below(from.size())];
    }

private:
    std::uint64_t state_;
};

/// A random request, encoded by libprotobuf.
[[nodiscard]] std::string random_request(Random& random, proto::ProtobufMessage message);
/// A few top-level fields of a message; the whole message if it is small already.
[[nodiscard]] std::string excerpt(Random& random, std::string_view message);
/// Field-wise (insert, duplicate, remove, swap, retag, at any depth, lengths kept right) or byte-wise (flip, truncate,
/// splice, length edit).
[[nodiscard]] std::string mutate_protobuf(Random& random, std::string_view message, std::string_view other);

/// Delimited metric families that are well-formed, though they say odd things.
[[nodiscard]] std::string random_families(Random& random);
/// The first message field-wise, as mutate_protobuf does, its length kept right; or bytes of any.
[[nodiscard]] std::string mutate_families(Random& random, std::string_view families, std::string_view other);

/// Snappy elements that mostly fit together.
[[nodiscard]] std::string random_snappy(Random& random);
/// Bytes changed, cut, doubled, spliced; knows nothing of any format.
[[nodiscard]] std::string mutate_bytes(Random& random, std::string_view bytes, std::string_view other);

}  // namespace prw::fuzz
