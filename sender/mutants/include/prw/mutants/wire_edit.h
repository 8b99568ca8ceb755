/// A protobuf message as a list of fields that can be changed and written again, in every way that an encoder rightly
/// refuses, or another rightly writes. Reads what libprotobuf wrote.
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace prw::mutants::wire {

inline constexpr std::uint8_t kVarint = 0, kFixed64 = 1, kBytes = 2, kGroup = 3, kEndGroup = 4, kFixed32 = 5;

struct Field {
    std::uint32_t number = 0;
    std::uint8_t type = kVarint;
    std::string data;  ///< what follows the tag; of kBytes without its length
};

class Message {
public:
    Message() = default;
    explicit Message(std::string_view bytes);
    [[nodiscard]] std::string bytes() const;

    std::vector<Field> fields;
    /// The first of that number; nullptr when there is none.
    [[nodiscard]] Field* find(std::uint32_t number);
    void remove(std::uint32_t number);
    Field& add(std::uint32_t number, std::uint8_t type, std::string data);
};

[[nodiscard]] std::string varint(std::uint64_t value);
[[nodiscard]] std::uint64_t value_of(std::string_view varint);
[[nodiscard]] std::string fixed64(std::uint64_t bits);
[[nodiscard]] std::string fixed32(std::uint32_t bits);
/// A packed list of varints, and back.
[[nodiscard]] std::string packed(const std::vector<std::uint64_t>& values);
[[nodiscard]] std::vector<std::uint64_t> unpacked(std::string_view data);

/// Applies `change` to the submessages at the path of field numbers; an empty path is the message itself. Stops after
/// the first for which it returned true.
bool edit(std::string& bytes, std::initializer_list<std::uint32_t> path, const std::function<bool(Message&)>& change);

}  // namespace prw::mutants::wire
