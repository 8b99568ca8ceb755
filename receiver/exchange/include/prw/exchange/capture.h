/// Captures: `.prwcap`, one SQLite file (WAL), one row an exchange with the bytes verbatim, one row a finding.
/// docs/capture-format.md.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "prw/base/error.h"
#include "prw/exchange/exchange.h"

namespace prw::exchange {

/// What makes a capture a capsule, the proof of a verdict: texts by name, which mean something to who wrote them; a
/// capture only keeps them. Empty: an ordinary capture.
using CapsuleTexts = std::map<std::string, std::string>;

struct CaptureOptions {
    std::uint64_t max_bytes = 1ULL << 30U;  ///< of the file; the oldest exchanges are pruned first. 0: unbounded
    std::uint32_t commit_interval_ms =
        200;  ///< what was appended is on disk at most this long after (kill -9 loses no older exchange)
    std::string tool_version;  ///< stored in the meta table
    CapsuleTexts capsule;      ///< for a new file
};

/// Appends from any thread; a writer thread groups rows into transactions, so that append() costs a copy into a bounded
/// queue (it waits when the disk cannot keep up, it never drops).
class CaptureWriter {
public:
    /// Creates the file, or opens an existing capture to append. A file that is not a capture is never touched:
    /// kInvalidArgument.
    [[nodiscard]] static Result<std::unique_ptr<CaptureWriter>> open(const std::string& path,
                                                                     CaptureOptions options = {});
    ~CaptureWriter();  ///< close()
    /// Takes effect even if the process is killed more than a second later. Errors of the disk come back from a later
    /// append() or close().
    [[nodiscard]] Result<void> append(const Exchange& exchange);
    /// Waits until everything appended is committed.
    [[nodiscard]] Result<void> flush();
    [[nodiscard]] Result<void> close();
    [[nodiscard]] std::uint64_t pruned() const;  ///< exchanges removed to stay within max_bytes

private:
    CaptureWriter();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

struct CaptureInfo {
    std::int64_t version = 0;
    std::uint64_t exchanges = 0, pruned = 0;
    std::string tool_version, created;  ///< ISO 8601 UTC
    CapsuleTexts capsule;
};

/// Read-only; works while a writer has the file open.
class CaptureReader {
public:
    /// Different errors for: not there, no capture at all (foreign file), too old, too new, corrupt.
    [[nodiscard]] static Result<std::unique_ptr<CaptureReader>> open(const std::string& path);
    ~CaptureReader();
    [[nodiscard]] const CaptureInfo& info() const;
    /// In id order, until the callback returns false.
    [[nodiscard]] Result<void> for_each(const std::function<bool(const Exchange&)>& visit);
    [[nodiscard]] Result<Exchange> get(std::uint64_t id);

private:
    CaptureReader();
    struct Impl;
    std::unique_ptr<Impl> impl_;
};

/// True if the file starts like an SQLite database with our application id.
[[nodiscard]] bool looks_like_capture(const std::string& path);

}  // namespace prw::exchange
