/// The names of an enumeration's values, stated once and read both ways.
///
///     inline constexpr base::EnumTable kFlavours = base::enum_table<Flavour>(
///         "flavour", {{Flavour::kSweet, "sweet"}, {Flavour::kSour, "sour"}});
///     kFlavours.name_of(Flavour::kSour)   // "sour"
///     kFlavours.parse("swet")             // unknown flavour "swet"; did you mean "sweet"? known: sweet, sour
#pragma once

#include <array>
#include <cstddef>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "prw/base/error.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"

namespace prw::base {

template <typename Enum>
struct EnumName {
    Enum value;
    std::string_view name;
};

template <typename Enum, std::size_t N>
struct EnumTable {
    std::string_view what;  ///< the enumeration, for errors: "report format"
    std::array<EnumName<Enum>, N> rows;

    /// `otherwise` for a value without a row: one that came out of a file, say.
    [[nodiscard]] constexpr std::string_view name_of(Enum value, std::string_view otherwise = "unknown") const {
        for (const auto& row : rows)
            if (row.value == value) return row.name;
        return otherwise;
    }
    [[nodiscard]] constexpr std::optional<Enum> find(std::string_view name) const {
        for (const auto& row : rows)
            if (row.name == name) return row.value;
        return std::nullopt;
    }
    /// As find(), or kInvalidArgument that names the nearest and all.
    [[nodiscard]] Result<Enum> parse(std::string_view name) const {
        if (const auto found = find(name)) return *found;
        return fail(ErrorCode::kInvalidArgument, "unknown " + std::string(what) + " \"" + std::string(name) + "\"" +
                                                     did_you_mean(name, names(), Quotes::kDouble, ";") +
                                                     " known: " + joined(names()));
    }
    /// As parse(), for where the reading of a document throws anyway.
    [[nodiscard]] Enum at(std::string_view name) const {
        const auto found = parse(name);
        if (!found) throw std::invalid_argument(found.error().what);
        return *found;
    }
    [[nodiscard]] constexpr std::array<std::string_view, N> names() const {
        std::array<std::string_view, N> out{};
        for (std::size_t i = 0; i < N; ++i) out[i] = rows[i].name;
        return out;
    }
};

template <typename Enum, std::size_t N>
[[nodiscard]] constexpr EnumTable<Enum, N> enum_table(std::string_view what, const EnumName<Enum> (&rows)[N]) {
    EnumTable<Enum, N> out{what, {}};
    for (std::size_t i = 0; i < N; ++i) out.rows[i] = rows[i];
    return out;
}

}  // namespace prw::base
