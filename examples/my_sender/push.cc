#include "push.h"

#include <netdb.h>
#include <snappy.h>
#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <thread>

namespace {

std::string varint(std::uint64_t number) {
    std::string out;
    for (; number > 0x7f; number >>= 7) out += static_cast<char>((number & 0x7f) | 0x80);
    return out + static_cast<char>(number);
}

/// A length-delimited protobuf field.
std::string field(int number, const std::string& value) {
    return varint(static_cast<std::uint64_t>(number) << 3 | 2) + varint(value.size()) + value;
}

/// One request on a connection of its own. The response's status; 0 when there was none.
int post(const std::string& url, const std::string& body) {
    // http://HOST:PORT/PATH
    const auto start = url.find("://") + 3;
    const auto slash = std::min(url.find('/', start), url.size());
    const auto authority = url.substr(start, slash - start);
    const auto colon = authority.find(':');
    const auto host = authority.substr(0, colon),
               port = colon == std::string::npos ? "80" : authority.substr(colon + 1);
    addrinfo hints{}, *address = nullptr;
    hints.ai_socktype = SOCK_STREAM;
    if (getaddrinfo(host.c_str(), port.c_str(), &hints, &address) != 0) return 0;
    const int fd = socket(address->ai_family, SOCK_STREAM, 0);
    const bool connected = connect(fd, address->ai_addr, address->ai_addrlen) == 0;
    freeaddrinfo(address);
    std::string response;
    if (connected) {
        const std::string request = "POST " + (slash < url.size() ? url.substr(slash) : "/") +
                                    " HTTP/1.1\r\nHost: " + authority +
                                    "\r\nUser-Agent: my-sender/1.0\r\nContent-Type: application/x-protobuf\r\n"
                                    "Content-Encoding: snappy\r\nX-Prometheus-Remote-Write-Version: 0.1.0\r\n"
                                    "Connection: close\r\nContent-Length: " +
                                    std::to_string(body.size()) + "\r\n\r\n" + body;
        std::size_t sent = 0;
        for (ssize_t n = 0; sent < request.size(); sent += static_cast<std::size_t>(n)) {
            n = send(fd, request.data() + sent, request.size() - sent, MSG_NOSIGNAL);
            if (n <= 0) break;
        }
        char buffer[4096];
        for (ssize_t n = 0; (n = recv(fd, buffer, sizeof buffer, 0)) > 0;)
            response.append(buffer, static_cast<std::size_t>(n));
    }
    close(fd);
    return response.rfind("HTTP/1.1 ", 0) == 0 ? std::atoi(response.c_str() + 9) : 0;
}

}  // namespace

std::string encode(const std::vector<Point>& points) {
    std::string message;
    for (const auto& point : points) {
        std::string series;
        for (const auto& [name, value] : point.labels) series += field(1, field(1, name) + field(2, value));
        char bits[8];
        std::memcpy(bits, &point.value, sizeof bits);  // little-endian, as protobuf
        series += field(2, varint(1 << 3 | 1) + std::string(bits, sizeof bits) + varint(2 << 3 | 0) +
                               varint(static_cast<std::uint64_t>(point.timestamp_ms)));
        message += field(1, series);
    }
    std::string body;
    snappy::Compress(message.data(), message.size(), &body);
    return body;
}

bool push(const std::string& url, const std::vector<Point>& points, int attempts) {
    const auto body = encode(points);
    auto backoff = std::chrono::milliseconds(30);
    for (int attempt = 0; attempt < attempts; ++attempt) {
        const int status = post(url, body);
        if (status / 100 == 2) return true;
        if (status / 100 == 4) return false;  // refused: the same bytes would be refused again
        std::this_thread::sleep_for(backoff);
        backoff *= 2;
    }
    return false;
}
