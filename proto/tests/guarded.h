/// Input that ends right before an unreadable page: reading one byte too many is a crash, not luck.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace prw::testing {

/// Holds one input at a time, of up to `capacity` bytes.
class GuardedBuffer {
public:
    explicit GuardedBuffer(std::size_t capacity) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        readable_ = (capacity / page + 1) * page;
        size_ = readable_ + page;
        base_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (base_ == MAP_FAILED) throw std::runtime_error("mmap");
        if (mprotect(base_ + readable_, page, PROT_NONE) != 0) throw std::runtime_error("mprotect");
    }
    ~GuardedBuffer() { munmap(base_, size_); }
    GuardedBuffer(const GuardedBuffer&) = delete;
    GuardedBuffer& operator=(const GuardedBuffer&) = delete;

    /// A copy of `bytes` at the very end; valid until the next call.
    std::string_view place(std::string_view bytes) {
        if (bytes.size() > readable_) throw std::length_error("input is larger than the guarded buffer");
        char* start = base_ + readable_ - bytes.size();
        if (!bytes.empty()) std::memcpy(start, bytes.data(), bytes.size());
        return {start, bytes.size()};
    }

private:
    char* base_ = nullptr;
    std::size_t readable_ = 0;
    std::size_t size_ = 0;
};

/// A single input.
class GuardedInput {
public:
    explicit GuardedInput(std::string_view bytes) : buffer_(bytes.size()), view_(buffer_.place(bytes)) {}
    [[nodiscard]] std::string_view view() const { return view_; }

private:
    GuardedBuffer buffer_;
    std::string_view view_;
};

}  // namespace prw::testing
