#include "prw/base/descriptor.h"

#include <unistd.h>

#include <gtest/gtest.h>

namespace prw::base {
namespace {

/// What read() says of the other end: 0 when it is closed.
ssize_t next_byte(const Descriptor& end) {
    char byte = 0;
    return ::read(end.get(), &byte, 1);
}

TEST(Descriptor, ClosesWhenItsScopeEnds) {
    Pipe pipe;
    ASSERT_TRUE(pipe.open());
    { const Descriptor moved = std::move(pipe.write); }
    EXPECT_FALSE(pipe.write.valid());
    EXPECT_EQ(next_byte(pipe.read), 0);
}

TEST(Descriptor, ClosesWhatItHeldBefore) {
    Pipe first, second;
    ASSERT_TRUE(first.open());
    ASSERT_TRUE(second.open());
    first.write = std::move(second.write);
    EXPECT_EQ(next_byte(first.read), 0);
    ASSERT_EQ(::write(first.write.get(), "x", 1), 1);
    EXPECT_EQ(next_byte(second.read), 1);
    first.write.reset();
    EXPECT_FALSE(first.write.valid());
    EXPECT_EQ(next_byte(second.read), 0);
}

}  // namespace
}  // namespace prw::base
