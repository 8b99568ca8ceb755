// Values with units.
#include <limits>

#include <gtest/gtest.h>

#include "prw/base/units.h"

namespace prw::base {
namespace {

TEST(HttpDate, IsTheFixedFormOfRfc9110InUtc) {
    EXPECT_EQ(http_date(784111777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(784111777'999), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(1709164800'000), "Thu, 29 Feb 2024 00:00:00 GMT");
}

TEST(Units, TimestampsHaveTheirDateBesideThem) {
    struct Row {
        std::int64_t ms;
        const char *text, *with_date;
    };
    for (const Row& row : {
             Row{1767323045678, "2026-01-02T03:04:05.678Z", "1767323045678 (2026-01-02T03:04:05.678Z)"},
             Row{100'000'000'000, "1973-03-03T09:46:40.000Z", "100000000000 (1973-03-03T09:46:40.000Z)"},
             Row{99'999'999'999, "1973-03-03T09:46:39.999Z", "99999999999"},
             Row{0, "1970-01-01T00:00:00.000Z", "0"},
             Row{-1, "-1 ms", "-1"},
             Row{253402300799999, "9999-12-31T23:59:59.999Z", "253402300799999 (9999-12-31T23:59:59.999Z)"},
             Row{253402300800000, "253402300800000 ms", "253402300800000"},
             Row{std::numeric_limits<std::int64_t>::min(), "-9223372036854775808 ms", "-9223372036854775808"},
             Row{std::numeric_limits<std::int64_t>::max(), "9223372036854775807 ms", "9223372036854775807"},
         }) {
        EXPECT_EQ(timestamp_text(row.ms), row.text);
        EXPECT_EQ(dated(row.ms), row.with_date);
    }
}

}  // namespace
}  // namespace prw::base
