#include "prw/base/enum_table.h"

#include <gtest/gtest.h>

namespace prw::base {
namespace {

enum class Flavour { kSweet, kSour, kBitter };
constexpr auto kFlavours = enum_table<Flavour>("flavour", {{Flavour::kSweet, "sweet"}, {Flavour::kSour, "sour"}});

TEST(EnumTable, IsReadBothWays) {
    static_assert(kFlavours.name_of(Flavour::kSour) == "sour");
    static_assert(kFlavours.find("sweet") == Flavour::kSweet);
    EXPECT_EQ(kFlavours.name_of(Flavour::kBitter), "unknown");
    EXPECT_EQ(kFlavours.name_of(Flavour::kBitter, ""), "");
    EXPECT_EQ(kFlavours.find("Sweet"), std::nullopt);
    EXPECT_EQ(kFlavours.parse("sour"), Flavour::kSour);
    EXPECT_EQ(kFlavours.at("sour"), Flavour::kSour);
}

TEST(EnumTable, ErrorsNameTheNearestAndAll) {
    const auto near = kFlavours.parse("swet");
    ASSERT_FALSE(near);
    EXPECT_EQ(near.error().code, ErrorCode::kInvalidArgument);
    EXPECT_EQ(near.error().text(), "unknown flavour \"swet\"; did you mean \"sweet\"? known: sweet, sour");
    EXPECT_EQ(kFlavours.parse("umami").error().text(), "unknown flavour \"umami\"; known: sweet, sour");
    EXPECT_THROW((void)kFlavours.at("umami"), std::invalid_argument);
}

}  // namespace
}  // namespace prw::base
