/// The little of SQLite that captures need, with RAII and errors as values. Internal.
#pragma once

#include <sqlite3.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "prw/base/error.h"

namespace prw::exchange {

class Statement {
public:
    Statement() = default;
    explicit Statement(sqlite3_stmt* raw) : stmt_(raw) {}

    // Each call binds the next parameter, from ?1 on. Values given by view must live until reset().
    Statement& put(std::int64_t value);
    Statement& put(std::uint64_t value) { return put(static_cast<std::int64_t>(value)); }
    Statement& put(int value) { return put(static_cast<std::int64_t>(value)); }
    Statement& put_text(std::string_view text);
    Statement& put_blob(std::string_view bytes);
    Statement& put_null();

    [[nodiscard]] int step() { return sqlite3_step(stmt_.get()); }
    void reset() {
        sqlite3_reset(stmt_.get());
        sqlite3_clear_bindings(stmt_.get());
        bound_ = 0;
    }

    [[nodiscard]] std::int64_t integer(int column) const { return sqlite3_column_int64(stmt_.get(), column); }
    [[nodiscard]] bool is_null(int column) const { return sqlite3_column_type(stmt_.get(), column) == SQLITE_NULL; }
    /// Text or blob; valid until the next step.
    [[nodiscard]] std::string_view bytes(int column) const;
    [[nodiscard]] std::string string(int column) const { return std::string(bytes(column)); }
    [[nodiscard]] int columns() const { return sqlite3_column_count(stmt_.get()); }
    [[nodiscard]] const char* name(int column) const { return sqlite3_column_name(stmt_.get(), column); }

private:
    struct Finalize {
        void operator()(sqlite3_stmt* s) const { sqlite3_finalize(s); }
    };
    std::unique_ptr<sqlite3_stmt, Finalize> stmt_;
    int bound_ = 0;
};

class Database {
public:
    /// `flags` are SQLITE_OPEN_*; `path` may be a file: URI when SQLITE_OPEN_URI is among them.
    [[nodiscard]] static Result<Database> open(const std::string& path, int flags);

    [[nodiscard]] Result<void> execute(const char* sql);
    [[nodiscard]] Result<Statement> prepare(std::string_view sql);
    /// First column of the first row; 0 when there is none.
    [[nodiscard]] Result<std::int64_t> integer(std::string_view sql);
    /// The connection's last error as an Error of ours: corrupt, full, busy and not-a-database are told apart by text
    /// and code.
    [[nodiscard]] Error error(std::string what) const;
    [[nodiscard]] std::int64_t changes() const { return sqlite3_changes64(db_.get()); }

private:
    struct Close {
        void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
    };
    std::unique_ptr<sqlite3, Close> db_;
    std::string path_;
};

}  // namespace prw::exchange
