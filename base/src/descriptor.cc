#include "prw/base/descriptor.h"

#include <fcntl.h>
#include <unistd.h>

namespace prw::base {

void Descriptor::reset() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

bool Pipe::open() {
    int ends[2] = {-1, -1};
    if (::pipe2(ends, O_CLOEXEC) != 0) return false;
    read = Descriptor(ends[0]);
    write = Descriptor(ends[1]);
    return true;
}

}  // namespace prw::base
