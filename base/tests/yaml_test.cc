#include "prw/base/yaml.h"

#include <gtest/gtest.h>

namespace prw::base {
namespace {

struct Cake {
    std::string name;
    std::uint64_t eggs = 0;
    std::chrono::milliseconds time{};
    bool sweet = false;
};

Result<Cake> read(std::string_view yaml) {
    return read_yaml(yaml, "cake.yaml", [](YamlReader& reader, const YAML::Node& root) {
        Cake out;
        if (!reader.mapping(root, "a cake", {"version", "name", "eggs", "time", "sweet"})) return out;
        reader.version(root, "a cake");
        if (const auto node = root["name"]) out.name = reader.text(node, "name");
        if (const auto node = root["eggs"]) out.eggs = reader.number(node, "eggs", 1, 6);
        if (const auto node = root["time"]) out.time = reader.duration(node, "time", std::chrono::hours(2));
        if (const auto node = root["sweet"]) out.sweet = reader.boolean(node, "sweet");
        return out;
    });
}

TEST(StrictYaml, IsRead) {
    const auto cake = read("version: 1\nname: plum\neggs: 3\ntime: 1h30m\nsweet: true\n");
    ASSERT_TRUE(cake) << cake.error().text();
    EXPECT_EQ(cake->name, "plum");
    EXPECT_EQ(cake->eggs, 3U);
    EXPECT_EQ(cake->time, std::chrono::minutes(90));
    EXPECT_TRUE(cake->sweet);
}

TEST(StrictYaml, FaultsNameFileLineAndWhatIsWanted) {
    const std::pair<const char*, const char*> rows[] = {
        {"- 1\n", "cake.yaml:1: a cake must be a mapping"},
        {"name: plum\n", "cake.yaml:1: a cake needs version: 1"},
        {"version: 2\n", "cake.yaml:1: version must be 1, not \"2\""},
        {"version: 1\negs: 2\n", "cake.yaml:2: unknown key \"egs\" in a cake; did you mean \"eggs\"?"},
        {"version: 1\nflour: 2\n",
         "cake.yaml:2: unknown key \"flour\" in a cake; known are version, name, eggs, time, sweet"},
        {"version: 1\neggs: 2\neggs: 3\n", "cake.yaml:3: key \"eggs\" is given twice in a cake"},
        {"version: 1\nname: [a]\n", "cake.yaml:2: name must be a text"},
        {"version: 1\neggs: 7\n", "cake.yaml:2: eggs must be a number from 1 to 6, not \"7\""},
        {"version: 1\neggs: 2 or 3\n", "cake.yaml:2: eggs must be a number from 1 to 6, not \"2 or 3\""},
        {"version: 1\ntime: 3h\n", "cake.yaml:2: time must be at most 2h"},
        {"version: 1\ntime: 5\n", "cake.yaml:2: time: not a duration: \"5\" (write 500ms, 1s, 1m30s)"},
        {"version: 1\nsweet: very\n", "cake.yaml:2: sweet must be true or false, not \"very\""},
        {"version: 1\nsweet: very\neggs: 0\n", "cake.yaml:3: eggs must be a number from 1 to 6, not \"0\""},
    };
    for (const auto& [yaml, wanted] : rows) {
        const auto cake = read(yaml);
        ASSERT_FALSE(cake) << yaml;
        EXPECT_EQ(cake.error().text(), wanted) << "the fault that is read first";
        EXPECT_EQ(cake.error().code, ErrorCode::kInvalidArgument);
    }
}

TEST(StrictYaml, WhatIsNoYamlIsAnErrorWithItsLine) {
    const auto cake = read("version: 1\nname: [}\n");
    ASSERT_FALSE(cake);
    EXPECT_EQ(cake.error().where, "cake.yaml:2");
    EXPECT_EQ(cake.error().what, "not readable as YAML");
    EXPECT_FALSE(read("name: " + std::string(100000, '[')));
}

}  // namespace
}  // namespace prw::base
