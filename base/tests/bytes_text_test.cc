#include "prw/base/bytes_text.h"

#include <gtest/gtest.h>

namespace prw::base {
namespace {

const std::optional<std::string> kNone;

TEST(HexText, IsReadAsProgramsWriteIt) {
    const std::pair<const char*, std::optional<std::string>> rows[] = {
        {"6162", "ab"}, {"61 62\n63\r\n", "abc"}, {"0x61, 0x62", "ab"}, {"\\x61\\x6A", "aj"}, {"61:62", "ab"},
        {"", ""},       {"616", kNone},           {"6 162", kNone},     {"61 6g", kNone},
    };
    for (const auto& [text, bytes] : rows) EXPECT_EQ(decode_hex(text), bytes) << text;
}

TEST(HexDump, IsReadFromXxdAndHexdump) {
    const std::pair<const char*, std::optional<std::string>> rows[] = {
        {"00000000: 6162 6364 6566 6768 696a 6b6c 6d6e 6f70  abcdefghijklmnop\n00000010: 71                  q\n",
         "abcdefghijklmnopq"},
        {"00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  |abcdefghijklmnop|\n00000010  71        |q|\n"
         "00000011\n",
         "abcdefghijklmnopq"},
        {"  00000000  61 62 63 64 65 66 67 68  69 6a 6b 6c 6d 6e 6f 70  abcdefghijklmnop\n"
         "  00000010  71                                                ab\n",
         "abcdefghijklmnopq"},
        {"00000000: 6162 6364 6566 6768                      abcdefgh", "abcdefgh"},
        {"00000000  61 62 63 64 65 66 67 68  |abcdefgh|", "abcdefgh"},
        {"00000000: 6162\n00000003: 63", kNone},  // a byte is missing
        {"abcd", kNone},
        {"no dump", kNone},
    };
    for (const auto& [text, bytes] : rows) EXPECT_EQ(decode_hex_dump(text), bytes) << text;
}

TEST(Base64Text, IsReadInEitherAlphabet) {
    const std::pair<const char*, std::optional<std::string>> rows[] = {
        {"YWI=", "ab"},       {"YWI", "ab"},        {"YW\nJj\n", "abc"},
        {"_-8=", "\xff\xef"}, {"/+8=", "\xff\xef"}, {"Y", kNone},
        {"YW=I", kNone},      {"YW!i", kNone},      {"", ""},
    };
    for (const auto& [text, bytes] : rows) EXPECT_EQ(decode_base64(text), bytes) << text;
}

}  // namespace
}  // namespace prw::base
