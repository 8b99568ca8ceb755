/// Errors are values. Nothing in the core libraries throws across a public function, prints or exits.
#pragma once

#include <string>
#include <utility>

#include <tl/expected.hpp>

namespace prw {

enum class ErrorCode {
    kInvalidArgument,  ///< the caller's input (flag, profile, script, file contents) is wrong; exit code 2
    kMalformed,        ///< bytes that do not decode
    kTooLarge,         ///< a limit was exceeded; the limit is named in `what`
    kUnsupported,      ///< understood, but not something that is served here
    kIo,               ///< file or socket operation failed
    kTimeout,          ///< a deadline passed
    kConnection,       ///< none came about: unknown host, TLS, cancelled
    kRefused,          ///< nobody listens at the address
    kReset,            ///< the peer reset or closed the connection before its answer
    kInUse,            ///< another program has the address
    kTarget,           ///< the target program did not start, crashed or never sent
    kInternal,         ///< a defect of prw itself
};

/// One shape for every error: code, what, where (offset, field path, file:line, peer) and cause (errno text, nested
/// error).
struct Error {
    ErrorCode code = ErrorCode::kInternal;
    std::string what;
    std::string where = {};
    std::string cause = {};

    /// "where: what (cause)"; parts that are empty are left out.
    [[nodiscard]] std::string text() const {
        std::string out;
        if (!where.empty()) out += where + ": ";
        out += what;
        if (!cause.empty()) out += " (" + cause + ")";
        return out;
    }
};

template <typename T>
using Result = tl::expected<T, Error>;

/// `return fail(ErrorCode::kIo, "cannot open", path, strerror)` from a function that returns Result<T>.
[[nodiscard]] inline tl::unexpected<Error> fail(ErrorCode code, std::string what, std::string where = {},
                                                std::string cause = {}) {
    return tl::unexpected<Error>(Error{code, std::move(what), std::move(where), std::move(cause)});
}

}  // namespace prw
