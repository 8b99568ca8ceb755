/// Structs as JSON objects and back, by one list of members for each: members(visit, value) calls visit(key, member). A
/// new member is one line. What has its default value is left out, and what is not there keeps it, so that older
/// capsules stay readable. Internal to conformance.
#pragma once

#include <concepts>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>
#include <vector>

#include <nlohmann/json.hpp>

#include "prw/sender_suite/observation.h"

namespace prw::sender_suite {

/// A struct, to be read or to be written: its members() serves both.
template <typename Type, typename Struct>
concept MaybeConst = std::same_as<std::remove_const_t<Type>, Struct>;

template <typename T>
[[nodiscard]] nlohmann::ordered_json written(const T& value);
template <typename T>
[[nodiscard]] T read_as(const nlohmann::ordered_json& in);

template <typename T>
concept HasMembers = requires(MemberReader& in, T& value) {
    members(in, value);
};

class MemberWriter {
public:
    explicit MemberWriter(nlohmann::ordered_json& out) : out_(out) {}
    template <typename T>
    void operator()(const char* key, const T& value) {
        if (value != T{}) out_[key] = value;
    }
    void operator()(const char* key, const std::optional<std::string>& value) {
        if (value) out_[key] = *value;
    }
    template <HasMembers T>
    void operator()(const char* key, const std::vector<T>& values) {
        for (const auto& value : values) out_[key].push_back(written(value));
    }

private:
    nlohmann::ordered_json& out_;
};

/// Throws what nlohmann_json throws.
class MemberReader {
public:
    explicit MemberReader(const nlohmann::ordered_json& in) : in_(in) {}
    template <typename T>
    void operator()(const char* key, T& value) {
        if (const auto found = in_.find(key); found != in_.end()) found->get_to(value);
    }
    void operator()(const char* key, std::optional<std::string>& value) {
        if (const auto found = in_.find(key); found != in_.end()) value = found->get<std::string>();
    }
    template <HasMembers T>
    void operator()(const char* key, std::vector<T>& values) {
        const auto found = in_.find(key);
        if (found == in_.end()) return;
        values.clear();
        for (const auto& each : *found) values.push_back(read_as<T>(each));
    }

private:
    const nlohmann::ordered_json& in_;
};

template <typename T>
nlohmann::ordered_json written(const T& value) {
    auto out = nlohmann::ordered_json::object();
    members(MemberWriter(out), value);
    return out;
}

template <typename T>
T read_as(const nlohmann::ordered_json& in) {
    T out;
    members(MemberReader(in), out);
    return out;
}

/// Base of the notes of a scenario, a struct with members() beside it.
template <typename Own>
class NotesOf : public Notes {
public:
    [[nodiscard]] std::unique_ptr<Notes> clone() const override { return std::make_unique<Own>(own()); }
    void write(MemberWriter& out) const override { members(out, own()); }
    void read(MemberReader& in) override { members(in, static_cast<Own&>(*this)); }

private:
    [[nodiscard]] const Own& own() const { return static_cast<const Own&>(*this); }
};

/// For the row of a scenario.
template <typename Own>
[[nodiscard]] std::unique_ptr<Notes> make_notes() {
    return std::make_unique<Own>();
}

}  // namespace prw::sender_suite
