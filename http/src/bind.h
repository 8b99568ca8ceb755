/// Binding to ports. Internal to http.
#pragma once

#include <sys/socket.h>

#include <cstdint>
#include <string>

#include "prw/base/error.h"
#include "socket.h"

namespace prw::http {

/// Binds, without listening yet. `bound` gets the address with the port that was given. kIo with address and errno
/// text.
[[nodiscard]] Result<base::Descriptor> bind_to(const std::string& host, std::uint16_t port, sockaddr_storage& bound);
/// 0 for an address of no known family.
[[nodiscard]] std::uint16_t port_of(const sockaddr_storage& address);

}  // namespace prw::http
