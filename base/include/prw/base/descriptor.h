/// File descriptors that close themselves.
#pragma once

#include <utility>

namespace prw::base {

/// Owns a file descriptor.
class Descriptor {
public:
    Descriptor() = default;
    explicit Descriptor(int fd) : fd_(fd) {}
    ~Descriptor() { reset(); }
    Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        if (this != &other) {
            reset();
            fd_ = std::exchange(other.fd_, -1);
        }
        return *this;
    }
    void reset();
    [[nodiscard]] int get() const { return fd_; }
    [[nodiscard]] bool valid() const { return fd_ >= 0; }

private:
    int fd_ = -1;
};

/// Both ends of a pipe, closed in programs that are started.
struct Pipe {
    Descriptor read, write;
    /// False, with errno set, where the system has no more descriptors.
    [[nodiscard]] bool open();
};

}  // namespace prw::base
