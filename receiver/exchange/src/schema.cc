#include "schema.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <string_view>

#include <sys/stat.h>

namespace prw::exchange {

const char* const kCreate = R"sql(
CREATE TABLE meta (key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE exchange (
    id                  INTEGER PRIMARY KEY,
    received_unix_ms    INTEGER NOT NULL,
    peer                TEXT    NOT NULL,
    connection          INTEGER NOT NULL,
    index_on_connection INTEGER NOT NULL,
    first_byte_us       INTEGER NOT NULL,
    last_byte_us        INTEGER NOT NULL,
    request_head        BLOB    NOT NULL,
    request_body        BLOB    NOT NULL,
    chunked             INTEGER NOT NULL,
    read_status         INTEGER NOT NULL,
    problem             TEXT    NOT NULL,
    status              INTEGER NOT NULL,
    response_headers    TEXT    NOT NULL,
    response_body       BLOB    NOT NULL,
    response_start_us   INTEGER NOT NULL,
    response_end_us     INTEGER NOT NULL,
    response_sent       INTEGER NOT NULL,
    fault               TEXT    NOT NULL,
    scripted            TEXT    NOT NULL,
    kind                INTEGER NOT NULL,
    declared            INTEGER,
    actual              INTEGER,
    decoded             INTEGER NOT NULL,
    series              INTEGER NOT NULL,
    samples             INTEGER NOT NULL,
    histograms          INTEGER NOT NULL,
    exemplars           INTEGER NOT NULL,
    metadata            INTEGER NOT NULL,
    rejected_series     INTEGER NOT NULL,
    uncompressed_size   INTEGER NOT NULL,
    judged_status       INTEGER NOT NULL
);
CREATE TABLE finding (
    exchange_id     INTEGER NOT NULL,
    n               INTEGER NOT NULL,
    rule            TEXT    NOT NULL,
    clauses         TEXT    NOT NULL,
    level           INTEGER NOT NULL,
    severity        INTEGER NOT NULL,
    extension       INTEGER NOT NULL,
    message         TEXT    NOT NULL,
    series          TEXT    NOT NULL,
    field           TEXT    NOT NULL,
    protobuf_offset INTEGER,
    protobuf_size   INTEGER,
    body_offset     INTEGER,
    body_size       INTEGER,
    head_offset     INTEGER,
    head_size       INTEGER,
    evidence        TEXT    NOT NULL,
    fix             TEXT    NOT NULL,
    count           INTEGER NOT NULL,
    PRIMARY KEY (exchange_id, n)
) WITHOUT ROWID;
CREATE TABLE capsule (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
)sql";

const char* const kInsertExchange =
    "INSERT INTO exchange VALUES "
    "(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19,?20,?21,?22,?23,?24,?25,?26,?27,?28,?29,?30,"
    "?31,?32)";

const char* const kSelectExchange =
    "SELECT id, received_unix_ms, peer, connection, index_on_connection, first_byte_us, last_byte_us, request_head, "
    "request_body, chunked, "
    "read_status, problem, status, response_headers, response_body, response_start_us, response_end_us, response_sent, "
    "fault, scripted, kind, "
    "declared, actual, decoded, series, samples, histograms, exemplars, metadata, rejected_series, uncompressed_size, "
    "judged_status FROM exchange";

const char* const kInsertFinding =
    "INSERT INTO finding VALUES (?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18,?19)";

const char* const kSelectFindings =
    "SELECT rule, clauses, level, severity, extension, message, series, field, protobuf_offset, protobuf_size, "
    "body_offset, body_size, head_offset, "
    "head_size, evidence, fix, count FROM finding WHERE exchange_id = ?1 ORDER BY n";

FileKind file_kind(const std::string& path) {
    struct stat info {};
    if (stat(path.c_str(), &info) != 0) return errno == ENOENT ? FileKind::kMissing : FileKind::kUnreadable;
    if (!S_ISREG(info.st_mode)) return FileKind::kForeign;
    if (info.st_size == 0) return FileKind::kEmpty;
    std::ifstream in(path, std::ios::binary);
    char header[100] = {};
    if (!in) return FileKind::kUnreadable;
    in.read(header, sizeof header);
    constexpr std::string_view kMagic("SQLite format 3\0", 16);
    if (in.gcount() < static_cast<std::streamsize>(sizeof header) || std::string_view(header, kMagic.size()) != kMagic)
        return FileKind::kForeign;
    std::uint32_t id = 0;
    for (int i = 68; i < 72; ++i) id = id << 8U | static_cast<unsigned char>(header[i]);
    return id == kApplicationId ? FileKind::kCapture : FileKind::kOtherSqlite;
}

Result<void> check_identity(Database& db, const std::string& path) {
    const auto id = db.integer("PRAGMA application_id");
    if (!id) return tl::unexpected(id.error());
    if (*id != kApplicationId)
        return fail(ErrorCode::kInvalidArgument, "not a capture: an SQLite database of another program", path);
    const auto version = db.integer("PRAGMA user_version");
    if (!version) return tl::unexpected(version.error());
    const auto both = fmt::format("format {}, this prw reads {} to {}", *version, kOldestReadable, kVersion);
    if (*version > kVersion) return fail(ErrorCode::kUnsupported, "the capture was written by a newer prw", path, both);
    if (*version < kOldestReadable)
        return fail(ErrorCode::kUnsupported, "the capture is of a format too old to read", path, both);
    return {};
}

}  // namespace prw::exchange
