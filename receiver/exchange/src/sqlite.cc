#include "sqlite.h"

namespace prw::exchange {

Statement& Statement::put(std::int64_t value) {
    sqlite3_bind_int64(stmt_.get(), ++bound_, value);
    return *this;
}

Statement& Statement::put_text(std::string_view text) {
    sqlite3_bind_text64(stmt_.get(), ++bound_, text.data() == nullptr ? "" : text.data(), text.size(), SQLITE_STATIC,
                        SQLITE_UTF8);
    return *this;
}

Statement& Statement::put_blob(std::string_view bytes) {
    // A null pointer would store NULL where an empty blob is meant.
    sqlite3_bind_blob64(stmt_.get(), ++bound_, bytes.data() == nullptr ? "" : bytes.data(), bytes.size(),
                        SQLITE_STATIC);
    return *this;
}

Statement& Statement::put_null() {
    sqlite3_bind_null(stmt_.get(), ++bound_);
    return *this;
}

std::string_view Statement::bytes(int column) const {
    const auto* data = static_cast<const char*>(sqlite3_column_blob(stmt_.get(), column));
    const auto size = sqlite3_column_bytes(stmt_.get(), column);
    return data == nullptr ? std::string_view{} : std::string_view(data, static_cast<std::size_t>(size));
}

Result<Database> Database::open(const std::string& path, int flags) {
    Database out;
    out.path_ = path;
    sqlite3* raw = nullptr;
    const int code = sqlite3_open_v2(path.c_str(), &raw, flags | SQLITE_OPEN_NOMUTEX, nullptr);
    out.db_.reset(raw);
    if (code != SQLITE_OK) return tl::unexpected(out.error("cannot open the capture"));
    sqlite3_busy_timeout(raw, 5000);
    sqlite3_extended_result_codes(raw, 1);
    return out;
}

Result<void> Database::execute(const char* sql) {
    if (sqlite3_exec(db_.get(), sql, nullptr, nullptr, nullptr) != SQLITE_OK)
        return tl::unexpected(error("cannot write the capture"));
    return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
    sqlite3_stmt* raw = nullptr;
    if (sqlite3_prepare_v2(db_.get(), sql.data(), static_cast<int>(sql.size()), &raw, nullptr) != SQLITE_OK)
        return tl::unexpected(error("cannot use the capture"));
    return Statement(raw);
}

Result<std::int64_t> Database::integer(std::string_view sql) {
    auto statement = prepare(sql);
    if (!statement) return tl::unexpected(statement.error());
    const int code = statement->step();
    if (code == SQLITE_ROW) return statement->integer(0);
    if (code == SQLITE_DONE) return 0;
    return tl::unexpected(error("cannot read the capture"));
}

Error Database::error(std::string what) const {
    const int code = db_ ? sqlite3_errcode(db_.get()) : SQLITE_NOMEM;
    std::string cause = db_ ? sqlite3_errmsg(db_.get()) : "out of memory";
    switch (code & 0xff) {
        case SQLITE_NOTADB:
            return {ErrorCode::kInvalidArgument, "not a capture: the file is not an SQLite database", path_, cause};
        case SQLITE_CORRUPT:
            return {ErrorCode::kMalformed, "the capture is corrupt", path_, cause};
        case SQLITE_FULL:
            return {ErrorCode::kIo, "no space left for the capture", path_, cause};
        case SQLITE_BUSY:
            return {ErrorCode::kIo, "the capture is locked by another process", path_, cause};
        default:
            return {ErrorCode::kIo, std::move(what), path_, std::move(cause)};
    }
}

}  // namespace prw::exchange
