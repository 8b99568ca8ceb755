// The example at the top of <prw/check.h>, compiled as it stands there.
// [example]
#include <prw/check.h>
// [/example]

#include <iostream>
#include <sstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/model.h"
#include "prw/proto/snappy_block.h"
#include "support.h"

namespace {

// [example]
/// True when a receiver has to take the body that an encoder wrote; prints what is wrong with it, and where.
bool conforms(const std::string& body) {
    const auto result = prw::rules::check_body(body, prw::proto::ProtobufMessage::kV1);
    for (const auto& finding : result.findings) std::cerr << prw::rules::finding_text(finding);
    return result.conforming();
}
// [/example]

TEST(CheckExample, IsWhatTheHeaderShows) {
    std::istringstream file(
        prw::testing::read_file(prw::testing::source_dir() / "receiver/rules/tests/check_example_test.cc"));
    const auto header = prw::testing::read_file(prw::testing::source_dir() / "receiver/rules/include/prw/check.h");
    std::string line, shown;
    bool in = false;
    while (std::getline(file, line)) {
        if (line == "// [example]") {
            if (!shown.empty()) shown += "///\n";
            in = true;
        } else if (line == "// [/example]") {
            in = false;
        } else if (in) {
            shown += "///     " + line + "\n";
        }
    }
    EXPECT_THAT(header, ::testing::HasSubstr(shown));
}

TEST(CheckExample, Judges) {
    prw::proto::WriteRequest request;
    request.series.push_back(
        {{{"__name__", "up"}, {"job", "a"}}, {{prw::proto::to_bits(1.0), 1767225600000, 0}}, {}, {}, {}});
    const auto block = [&] {
        return prw::proto::compress_snappy(prw::proto::encode(request, prw::proto::ProtobufMessage::kV1));
    };
    EXPECT_TRUE(conforms(block()));
    std::swap(request.series[0].labels[0], request.series[0].labels[1]);
    ::testing::internal::CaptureStderr();
    EXPECT_FALSE(conforms(block()));
    EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::HasSubstr("x labels/sorted"));
}

}  // namespace
