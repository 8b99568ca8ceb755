// Values with units.
#include <gtest/gtest.h>

#include "prw/proto/units.h"

namespace prw::proto {
namespace {

TEST(HttpDate, IsTheFixedFormOfRfc9110InUtc) {
    EXPECT_EQ(http_date(784111777'000), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(784111777'999), "Sun, 06 Nov 1994 08:49:37 GMT");
    EXPECT_EQ(http_date(0), "Thu, 01 Jan 1970 00:00:00 GMT");
    EXPECT_EQ(http_date(1709164800'000), "Thu, 29 Feb 2024 00:00:00 GMT");
}

}  // namespace
}  // namespace prw::proto
