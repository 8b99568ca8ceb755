/// Version, tables and identity of a capture file; docs/capture-format.md says the same in prose. Internal.
#pragma once

#include <string>

#include "sqlite.h"

namespace prw::exchange {

inline constexpr std::int64_t kApplicationId = 0x50525743;  ///< "PRWC", at byte 68 of the file, big-endian
/// In user_version. 2 added the table capsule, one row with a column for each text; in 3 it has a row for each.
inline constexpr std::int64_t kVersion = 3;
inline constexpr std::int64_t kOldestReadable = 1;

extern const char* const kCreate;

/// Columns of `exchange` in the order of kInsertExchange and kSelectExchange.
extern const char* const kInsertExchange;
extern const char* const kSelectExchange;  ///< without WHERE and ORDER BY
extern const char* const kInsertFinding;
extern const char* const kSelectFindings;  ///< WHERE exchange_id = ?1, in order

/// What a path holds, without opening it through SQLite.
enum class FileKind { kMissing, kEmpty, kCapture, kOtherSqlite, kForeign, kUnreadable };
[[nodiscard]] FileKind file_kind(const std::string& path);

/// Checks application_id and user_version of an open database: foreign, too old and too new are different errors.
[[nodiscard]] Result<void> check_identity(Database& db, const std::string& path);

}  // namespace prw::exchange
