/// A request with nothing wrong costs the rules no allocation per series. A binary of its own: it counts every
/// allocation of the process.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "request_builder.h"

namespace {
std::atomic<std::uint64_t> allocations{0};

void* allocate(std::size_t size) {
    allocations.fetch_add(1, std::memory_order_relaxed);
    if (void* memory = std::malloc(size == 0 ? 1 : size)) return memory;
    throw std::bad_alloc();
}
}  // namespace

void* operator new(std::size_t size) { return allocate(size); }
void* operator new[](std::size_t size) { return allocate(size); }
void* operator new(std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void* operator new[](std::size_t size, const std::nothrow_t&) noexcept { return std::malloc(size == 0 ? 1 : size); }
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete[](void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }
void operator delete[](void* memory, std::size_t) noexcept { std::free(memory); }

namespace prw::testing {

namespace {

std::string request_of(std::size_t series, proto::ProtobufMessage message) {
    proto::WriteRequest request;
    for (std::size_t i = 0; i < series; ++i) {
        request.series.push_back(valid_series(
            {{"__name__", "shop_requests_seconds_bucket"}, {"instance", "a:" + std::to_string(i)}, {"le", "0.5"}}));
        request.series.back().metadata.type = proto::MetricType::kHistogram;
        request.series.back().exemplars = {{{{"trace_id", "a"}}, proto::to_bits(0.4), kNowMs}};
    }
    // In 1.0 the types come from here.
    request.metadata = {{proto::MetricType::kHistogram, "shop_requests_seconds", "Help.", ""}};
    return proto::encode(request, message);
}

std::uint64_t allocations_of(rules::Checker& checker, const std::string& bytes, proto::ProtobufMessage message) {
    (void)checker.check_message(bytes, message);  // warm
    const auto before = allocations.load();
    const auto result = checker.check_message(bytes, message);
    const auto spent = allocations.load() - before;
    EXPECT_TRUE(result.conforming());
    EXPECT_EQ(result.worst(), rules::Severity::kInfo);
    return spent;
}

}  // namespace

TEST(MessageAllocations, DoNotGrowWithTheNumberOfSeries) {
    for (const auto message : {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2}) {
        rules::Checker checker(test_options());
        const auto large = request_of(5000, message), small = request_of(50, message);
        const auto many = allocations_of(checker, large, message);
        const auto few = allocations_of(checker, small, message);
        EXPECT_LE(many, few + 8) << short_name(message);
        EXPECT_LT(many, 64U) << short_name(message);
    }
}

}  // namespace prw::testing
