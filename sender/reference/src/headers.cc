#include <algorithm>
#include <array>

#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/sender/remote_write.h"
#include "token_file.h"

namespace prw::sender {

namespace header = proto::header;

Result<void> check_header(std::string_view name, std::string_view value) {
    static constexpr std::array<std::string_view, 9> kReserved{
        header::kContentEncoding,  header::kContentType,   header::kVersion,
        header::kUserAgent,        header::kContentLength, header::kHost,
        header::kTransferEncoding, header::kConnection,    header::kRetryAttempt};
    const std::string shown(name.substr(0, 80));
    if (!proto::is_token(name))
        return fail(ErrorCode::kInvalidArgument, "the header name \"" + shown + "\" is not an HTTP token");
    const bool reserved = std::any_of(kReserved.begin(), kReserved.end(),
                                      [&](std::string_view each) { return base::iequals(each, name); });
    if (reserved)
        return fail(
            ErrorCode::kInvalidArgument,
            "the header " + shown + " is reserved: the sender sets it itself, and the protocol forbids to override it");
    const bool clean = std::all_of(value.begin(), value.end(), [](char c) {
        const auto byte = static_cast<unsigned char>(c);
        return byte == '\t' || (byte >= 0x20 && byte < 0x7f);
    });
    if (!clean)
        return fail(ErrorCode::kInvalidArgument,
                    "the value of header " + shown + " contains control characters or non-ASCII bytes");
    return {};
}

Result<void> check_options(const RemoteWriteOptions& options) {
    bool custom_authorization = false;
    for (auto each = options.headers.begin(); each != options.headers.end(); ++each) {
        if (auto checked = check_header(each->first, each->second); !checked) return checked;
        const bool repeated = std::any_of(options.headers.begin(), each,
                                          [&](const auto& other) { return base::iequals(other.first, each->first); });
        if (repeated) return fail(ErrorCode::kInvalidArgument, "the header " + each->first + " is given twice");
        custom_authorization = custom_authorization || base::iequals(each->first, header::kAuthorization);
    }
    const bool basic = !options.url.user.empty() || !options.url.password.empty();
    const bool bearer = !options.bearer_token_file.empty();
    if (int{basic} + int{bearer} + int{custom_authorization} > 1)
        return fail(ErrorCode::kInvalidArgument,
                    "credentials are given twice: use one of user and password in the URL, a bearer token file, an "
                    "Authorization header");
    if (bearer) {
        if (const auto token = read_token_file(options.bearer_token_file); !token)
            return tl::unexpected<Error>(token.error());
    }
    if (options.min_backoff < Milliseconds(1))
        return fail(ErrorCode::kInvalidArgument, "the minimum backoff must be at least 1ms");
    if (options.max_backoff < options.min_backoff)
        return fail(ErrorCode::kInvalidArgument, "the maximum backoff is shorter than the minimum");
    return {};
}

std::string default_user_agent() { return "prw/" PRW_VERSION; }

}  // namespace prw::sender
