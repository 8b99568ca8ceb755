#include "prw/mutants/wire_edit.h"

#include <algorithm>
#include <cstring>

namespace prw::mutants::wire {

namespace {

std::string take_varint(std::string_view& in) {
    std::size_t size = 0;
    while (size < in.size() && (static_cast<unsigned char>(in[size]) & 0x80U) != 0) ++size;
    size = std::min(size + 1, in.size());
    std::string out(in.substr(0, size));
    in.remove_prefix(size);
    return out;
}

std::string take(std::string_view& in, std::size_t size) {
    std::string out(in.substr(0, size));
    in.remove_prefix(std::min(size, in.size()));
    return out;
}

bool edit_at(std::string& bytes, const std::uint32_t* path, std::size_t depth,
             const std::function<bool(Message&)>& change) {
    Message message(bytes);
    bool done = false;
    if (depth == 0) {
        done = change(message);
    } else {
        for (Field& field : message.fields) {
            if (field.number != *path || field.type != kBytes) continue;
            done = edit_at(field.data, path + 1, depth - 1, change);
            if (done) break;
        }
    }
    bytes = message.bytes();
    return done;
}

}  // namespace

Message::Message(std::string_view in) {
    while (!in.empty()) {
        const std::uint64_t tag = value_of(take_varint(in));
        Field field{static_cast<std::uint32_t>(tag >> 3U), static_cast<std::uint8_t>(tag & 7U), {}};
        if (field.type == kVarint) field.data = take_varint(in);
        if (field.type == kFixed64) field.data = take(in, 8);
        if (field.type == kFixed32) field.data = take(in, 4);
        if (field.type == kBytes) field.data = take(in, value_of(take_varint(in)));
        fields.push_back(std::move(field));
    }
}

std::string Message::bytes() const {
    std::string out;
    for (const Field& field : fields) {
        out += varint(std::uint64_t{field.number} << 3U | field.type);
        if (field.type == kBytes) out += varint(field.data.size());
        out += field.data;
    }
    return out;
}

Field* Message::find(std::uint32_t number) {
    const auto found = std::find_if(fields.begin(), fields.end(), [&](const Field& f) { return f.number == number; });
    return found != fields.end() ? &*found : nullptr;
}

void Message::remove(std::uint32_t number) {
    std::erase_if(fields, [&](const Field& f) { return f.number == number; });
}

Field& Message::add(std::uint32_t number, std::uint8_t type, std::string data) {
    return fields.emplace_back(Field{number, type, std::move(data)});
}

std::string varint(std::uint64_t value) {
    std::string out;
    for (; value >= 0x80U; value >>= 7U) out += static_cast<char>(static_cast<unsigned char>(value | 0x80U));
    return out += static_cast<char>(value);
}

std::uint64_t value_of(std::string_view varint) {
    std::uint64_t value = 0;
    unsigned shift = 0;
    for (const char byte : varint) {
        if (shift < 64) value |= static_cast<std::uint64_t>(static_cast<unsigned char>(byte) & 0x7fU) << shift;
        shift += 7;
    }
    return value;
}

std::string fixed64(std::uint64_t bits) {
    std::string out(8, '\0');
    std::memcpy(out.data(), &bits, 8);
    return out;
}

std::string fixed32(std::uint32_t bits) {
    std::string out(4, '\0');
    std::memcpy(out.data(), &bits, 4);
    return out;
}

std::string packed(const std::vector<std::uint64_t>& values) {
    std::string out;
    for (const auto value : values) out += varint(value);
    return out;
}

std::vector<std::uint64_t> unpacked(std::string_view data) {
    std::vector<std::uint64_t> out;
    while (!data.empty()) out.push_back(value_of(take_varint(data)));
    return out;
}

bool edit(std::string& bytes, std::initializer_list<std::uint32_t> path, const std::function<bool(Message&)>& change) {
    return edit_at(bytes, path.begin(), path.size(), change);
}

}  // namespace prw::mutants::wire
