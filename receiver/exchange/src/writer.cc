#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>

#include "prw/base/units.h"
#include "prw/exchange/capture.h"
#include "schema.h"

namespace prw::exchange {

namespace {

/// What may wait for the disk before append() waits too. Small enough that one transaction takes far less than the
/// second after which an acknowledged exchange has to survive, on a busy machine too.
constexpr std::size_t kMaxQueued = 4U << 20U;
constexpr std::size_t kMaxQueuedExchanges = 1000;
/// Pruning goes this far below the bound, so that it does not run for every row.
constexpr double kPruneTo = 0.9;

std::string header_lines(const std::vector<std::pair<std::string, std::string>>& headers) {
    std::string out;
    for (const auto& [name, value] : headers) out += name + ": " + value + "\r\n";
    return out;
}

std::string words(const std::vector<std::string>& list) {
    std::string out;
    for (const auto& each : list) {
        if (!out.empty()) out += ' ';
        out += each;
    }
    return out;
}

Result<void> insert_capsule(Database& db, const CapsuleTexts& texts) {
    auto row = db.prepare("INSERT INTO capsule VALUES (?1, ?2)");
    if (!row) return tl::unexpected(row.error());
    for (const auto& [name, value] : texts) {
        row->put_text(name).put_text(value);
        if (row->step() != SQLITE_DONE) return tl::unexpected(db.error("cannot write the capture"));
        row->reset();
    }
    return {};
}

std::size_t footprint(const Exchange& e) {
    std::size_t size = sizeof e + e.raw_head.size() + e.raw_body.size() + e.response_body.size() + e.problem.size();
    for (const auto& f : e.check.findings)
        size += sizeof f + f.message.size() + f.series.size() + f.evidence.size() + f.fix.size();
    return size;
}

void put_range(Statement& s, const std::optional<proto::ByteRange>& range) {
    if (range) {
        s.put(std::int64_t{range->offset}).put(std::int64_t{range->size});
    } else {
        s.put_null().put_null();
    }
}

void put_message(Statement& s, const std::optional<proto::ProtobufMessage>& message) {
    if (message) {
        s.put(static_cast<int>(*message) + 1);  // 1 and 2, as in "1.0" and "2.0"
    } else {
        s.put_null();
    }
}

}  // namespace

struct CaptureWriter::Impl {
    CaptureOptions options;
    Database db;
    Statement insert_exchange, insert_finding, delete_exchange, delete_finding;
    std::uint64_t base_id = 0;  ///< of an existing capture that is appended to
    std::int64_t page_size = 4096;

    std::mutex mutex;
    std::condition_variable changed;
    std::deque<Exchange> queue;
    std::size_t queued_bytes = 0;
    std::uint64_t appended = 0, committed = 0, pruned = 0;
    bool closing = false, flush_wanted = false, closed = false;
    std::optional<Error> failure;
    std::jthread thread;

    explicit Impl(CaptureOptions o, Database d) : options(std::move(o)), db(std::move(d)) {}

    Result<void> prepare() {
        const std::pair<Statement*, const char*> statements[] = {
            {&insert_exchange, kInsertExchange},
            {&insert_finding, kInsertFinding},
            {&delete_exchange, "DELETE FROM exchange WHERE id = (SELECT min(id) FROM exchange)"},
            {&delete_finding, "DELETE FROM finding WHERE exchange_id = (SELECT min(id) FROM exchange)"}};
        for (const auto& [statement, sql] : statements) {
            auto prepared = db.prepare(sql);
            if (!prepared) return tl::unexpected(prepared.error());
            *statement = std::move(*prepared);
        }
        const auto last = db.integer("SELECT max(id) FROM exchange");
        if (!last) return tl::unexpected(last.error());
        base_id = static_cast<std::uint64_t>(*last);
        const auto page = db.integer("PRAGMA page_size");
        if (!page) return tl::unexpected(page.error());
        page_size = *page;
        return {};
    }

    Result<void> run(Statement& statement) {
        const int code = statement.step();
        const auto failed =
            code != SQLITE_DONE ? std::optional<Error>(db.error("cannot write the capture")) : std::nullopt;
        statement.reset();
        if (failed) return tl::unexpected(*failed);
        return {};
    }

    Result<void> insert(const Exchange& e) {
        const std::string headers = header_lines(e.response_headers);
        const auto id = static_cast<std::int64_t>(base_id + e.id);
        auto& s = insert_exchange;
        s.put(id).put(e.received_unix_ms).put_text(e.peer).put(e.connection).put(e.index_on_connection);
        s.put(e.first_byte_us).put(e.last_byte_us).put_blob(e.raw_head).put_blob(e.raw_body).put(int{e.chunked});
        s.put(static_cast<int>(e.read_status)).put_text(e.problem).put(e.status).put_text(headers);
        s.put_blob(e.response_body).put(e.response_start_us).put(e.response_end_us).put(int{e.response_sent});
        s.put_text(e.fault).put_text(e.scripted).put(static_cast<int>(e.check.kind));
        put_message(s, e.check.declared);
        put_message(s, e.check.actual);
        s.put(int{e.check.decoded}).put(e.check.series).put(e.check.samples).put(e.check.histograms);
        s.put(e.check.exemplars).put(e.check.metadata).put(e.check.rejected_series).put(e.check.uncompressed_size);
        s.put(e.check.status);
        if (auto done = run(s); !done) return done;

        std::int64_t number = 0;
        for (const auto& f : e.check.findings) {
            const std::string clauses = words(f.clauses);
            auto& row = insert_finding;
            row.put(id).put(++number).put_text(f.rule).put_text(clauses).put(static_cast<int>(f.level));
            row.put(static_cast<int>(f.severity))
                .put(int{f.extension})
                .put_text(f.message)
                .put_text(f.series)
                .put_text(f.field);
            put_range(row, f.protobuf_bytes);
            put_range(row, f.body_bytes);
            put_range(row, f.head_bytes);
            row.put_text(f.evidence).put_text(f.fix).put(f.count);
            if (auto done = run(row); !done) return done;
        }
        return {};
    }

    /// Deletes the oldest exchanges while the pages in use exceed the bound; the freed pages are used again, so the
    /// file stops growing.
    Result<void> prune() {
        if (options.max_bytes == 0) return {};
        const auto used = [&]() -> Result<std::uint64_t> {
            const auto pages = db.integer("PRAGMA page_count");
            const auto free_pages = db.integer("PRAGMA freelist_count");
            if (!pages || !free_pages) return tl::unexpected(db.error("cannot read the capture's size"));
            return static_cast<std::uint64_t>((*pages - *free_pages) * page_size);
        };
        auto size = used();
        if (!size) return tl::unexpected(size.error());
        if (*size <= options.max_bytes) return {};
        const auto goal = static_cast<std::uint64_t>(static_cast<double>(options.max_bytes) * kPruneTo);
        std::uint64_t removed = 0;
        while (*size > goal) {
            const auto left = db.integer("SELECT count(*) FROM (SELECT 1 FROM exchange LIMIT 2)");
            if (!left) return tl::unexpected(left.error());
            if (*left < 2) break;  // the newest one stays, however large
            if (auto done = run(delete_finding); !done) return done;
            if (auto done = run(delete_exchange); !done) return done;
            ++removed;
            size = used();
            if (!size) return tl::unexpected(size.error());
        }
        if (removed == 0) return {};
        const std::lock_guard lock(mutex);
        pruned += removed;
        return db.execute(
            ("UPDATE meta SET value = CAST(value AS INTEGER) + " + std::to_string(removed) + " WHERE key = 'pruned'")
                .c_str());
    }

    Result<void> commit(const std::deque<Exchange>& batch) {
        if (auto begun = db.execute("BEGIN IMMEDIATE"); !begun) return begun;
        auto written = [&]() -> Result<void> {
            for (const auto& exchange : batch)
                if (auto done = insert(exchange); !done) return done;
            return prune();
        }();
        if (!written) {
            (void)db.execute("ROLLBACK");
            return written;
        }
        return db.execute("COMMIT");
    }

    void work() {
        std::unique_lock lock(mutex);
        for (;;) {
            changed.wait(lock, [&] { return !queue.empty() || closing; });
            if (queue.empty()) return;
            // Lets more exchanges gather for one transaction, within the promised interval.
            changed.wait_for(lock, std::chrono::milliseconds(options.commit_interval_ms), [&] {
                return closing || flush_wanted || queued_bytes > kMaxQueued / 2 ||
                       queue.size() > kMaxQueuedExchanges / 2;
            });
            std::deque<Exchange> batch;
            batch.swap(queue);
            queued_bytes = 0;
            flush_wanted = false;
            lock.unlock();
            changed.notify_all();
            const auto done = commit(batch);
            lock.lock();
            committed += batch.size();
            if (!done && !failure) failure = done.error();
            changed.notify_all();
        }
    }
};

CaptureWriter::CaptureWriter() = default;

CaptureWriter::~CaptureWriter() {
    if (impl_) (void)close();
}

Result<std::unique_ptr<CaptureWriter>> CaptureWriter::open(const std::string& path, CaptureOptions options) {
    const auto kind = file_kind(path);
    switch (kind) {
        case FileKind::kForeign:
            return fail(ErrorCode::kInvalidArgument, "not a capture; it is left as it is", path);
        case FileKind::kOtherSqlite:
            return fail(ErrorCode::kInvalidArgument,
                        "not a capture but another program's SQLite database; it is left as it is", path);
        case FileKind::kUnreadable:
            return fail(ErrorCode::kIo, "cannot read the file", path);
        case FileKind::kMissing:
        case FileKind::kEmpty:
        case FileKind::kCapture:
            break;
    }
    auto db = Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    if (!db) return tl::unexpected(db.error());
    if (kind == FileKind::kCapture) {
        if (auto identity = check_identity(*db, path); !identity) return tl::unexpected(identity.error());
    } else {
        // Created under the rollback journal, so that the file's first page says what it is before WAL takes over.
        const std::string sql = "BEGIN EXCLUSIVE;" + std::string(kCreate) +
                                "PRAGMA application_id = " + std::to_string(kApplicationId) +
                                "; PRAGMA user_version = " + std::to_string(kVersion) + "; COMMIT;";
        if (auto created = db->execute(sql.c_str()); !created) return tl::unexpected(created.error());
        auto meta = db->prepare("INSERT INTO meta VALUES ('tool_version', ?1), ('created', ?2), ('pruned', '0')");
        if (!meta) return tl::unexpected(meta.error());
        const std::string now = base::utc_now();
        meta->put_text(options.tool_version).put_text(now);
        if (meta->step() != SQLITE_DONE) return tl::unexpected(db->error("cannot write the capture"));
        if (auto done = insert_capsule(*db, options.capsule); !done) return tl::unexpected(done.error());
    }
    // WAL with synchronous=NORMAL: what is committed survives the process being killed; readers do not wait for the
    // writer.
    if (auto wal = db->execute(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA journal_size_limit = 16777216;");
        !wal)
        return tl::unexpected(wal.error());

    std::unique_ptr<CaptureWriter> writer(new CaptureWriter);
    writer->impl_ = std::make_unique<Impl>(std::move(options), std::move(*db));
    if (auto prepared = writer->impl_->prepare(); !prepared) return tl::unexpected(prepared.error());
    writer->impl_->thread = std::jthread([impl = writer->impl_.get()] { impl->work(); });
    return writer;
}

Result<void> CaptureWriter::append(const Exchange& exchange) {
    auto& s = *impl_;
    const auto size = footprint(exchange);
    std::unique_lock lock(s.mutex);
    s.changed.wait(lock, [&] {
        return s.queue.empty() || (s.queued_bytes + size <= kMaxQueued && s.queue.size() < kMaxQueuedExchanges) ||
               s.failure || s.closing;
    });
    if (s.failure) return tl::unexpected(*s.failure);
    if (s.closing) return fail(ErrorCode::kInternal, "the capture is closed");
    s.queue.push_back(exchange);
    s.queued_bytes += size;
    ++s.appended;
    if (exchange.id == 0) s.queue.back().id = s.appended;
    s.changed.notify_all();
    return {};
}

Result<void> CaptureWriter::flush() {
    auto& s = *impl_;
    std::unique_lock lock(s.mutex);
    const auto goal = s.appended;
    s.flush_wanted = true;
    s.changed.notify_all();
    s.changed.wait(lock, [&] { return s.committed >= goal; });
    if (s.failure) return tl::unexpected(*s.failure);
    return {};
}

Result<void> CaptureWriter::close() {
    auto& s = *impl_;
    {
        const std::lock_guard lock(s.mutex);
        if (s.closed) return {};
        s.closing = true;
        s.closed = true;
    }
    s.changed.notify_all();
    if (s.thread.joinable()) s.thread.join();
    // Leaves one file behind rather than three.
    if (auto checkpoint = s.db.execute("PRAGMA wal_checkpoint(TRUNCATE)"); !checkpoint && !s.failure)
        s.failure = checkpoint.error();
    if (s.failure) return tl::unexpected(*s.failure);
    return {};
}

std::uint64_t CaptureWriter::pruned() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->pruned;
}

}  // namespace prw::exchange
