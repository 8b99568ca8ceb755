#include "token_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "prw/proto/http_head.h"

namespace prw::sender {

Result<std::string> read_token_file(const std::string& path) {
    constexpr std::size_t kMaxToken = 64U << 10U;
    std::ifstream in(path, std::ios::binary);
    if (!in) return fail(ErrorCode::kInvalidArgument, "cannot read the token file", path, std::strerror(errno));
    std::string text(kMaxToken + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMaxToken) return fail(ErrorCode::kInvalidArgument, "the token file is larger than 64 KiB", path);
    while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
    std::string token(proto::trim_ows(text));
    const bool clean = std::all_of(token.begin(), token.end(), [](char c) { return c > 0x20 && c < 0x7f; });
    if (token.empty() || !clean)
        return fail(ErrorCode::kInvalidArgument, "the token file does not hold one token", path);
    return token;
}

}  // namespace prw::sender
