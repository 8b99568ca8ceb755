// Judges one raw HTTP request, read from a file: `check_bytes request.http`. Exit code 1 when a MUST is broken.
#include <prw/check.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <string>

int main(int argc, char** argv) {
    if (argc != 2) return 2;
    std::ifstream file(argv[1], std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(file), {}};
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string::npos) return 2;
    const auto raw_head = bytes.substr(0, end + 4), body = bytes.substr(end + 4);

    const auto result = prw::rules::check(raw_head, body);  // no server, no runner
    for (const auto& finding : result.findings) std::puts(finding.message.c_str());
    return result.conforming() ? 0 : 1;
}
