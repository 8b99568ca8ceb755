/// Input that ends right before an unreadable page: reading one byte too many is a crash, not luck.
#pragma once

#include <cstring>
#include <stdexcept>
#include <string_view>

#include <sys/mman.h>
#include <unistd.h>

namespace prw::testing {

class GuardedInput {
public:
    explicit GuardedInput(std::string_view bytes) {
        const auto page = static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
        const auto readable = (bytes.size() / page + 1) * page;
        size_ = readable + page;
        base_ = static_cast<char*>(mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
        if (base_ == MAP_FAILED) throw std::runtime_error("mmap");
        if (mprotect(base_ + readable, page, PROT_NONE) != 0) throw std::runtime_error("mprotect");
        char* start = base_ + readable - bytes.size();
        if (!bytes.empty()) std::memcpy(start, bytes.data(), bytes.size());
        view_ = {start, bytes.size()};
    }
    ~GuardedInput() { munmap(base_, size_); }
    GuardedInput(const GuardedInput&) = delete;
    GuardedInput& operator=(const GuardedInput&) = delete;
    [[nodiscard]] std::string_view view() const { return view_; }

private:
    char* base_ = nullptr;
    std::size_t size_ = 0;
    std::string_view view_;
};

}  // namespace prw::testing
