#include <filesystem>

#include "prw/exchange/capture.h"
#include "schema.h"

namespace prw::exchange {

struct CaptureReader::Impl {
    Database db;
    CaptureInfo info;
    explicit Impl(Database d) : db(std::move(d)) {}
};

namespace {

constexpr std::string_view kResetOnPurpose = "the connection was reset on purpose";

std::vector<std::pair<std::string, std::string>> split_headers(std::string_view lines) {
    std::vector<std::pair<std::string, std::string>> out;
    while (!lines.empty()) {
        const auto end = lines.find("\r\n");
        const auto line = lines.substr(0, end);
        const auto colon = line.find(": ");
        if (colon != std::string_view::npos) out.emplace_back(line.substr(0, colon), line.substr(colon + 2));
        if (end == std::string_view::npos) break;
        lines.remove_prefix(end + 2);
    }
    return out;
}

std::optional<proto::ProtobufMessage> message_at(const Statement& s, int column) {
    if (s.is_null(column)) return std::nullopt;
    return s.integer(column) == 2 ? proto::ProtobufMessage::kV2 : proto::ProtobufMessage::kV1;
}

std::optional<proto::ByteRange> range_at(const Statement& s, int column) {
    if (s.is_null(column)) return std::nullopt;
    return proto::ByteRange{static_cast<std::uint32_t>(s.integer(column)),
                            static_cast<std::uint32_t>(s.integer(column + 1))};
}

Exchange exchange_at(const Statement& s) {
    Exchange e;
    const auto u64 = [&](int column) { return static_cast<std::uint64_t>(s.integer(column)); };
    int n = 0;
    e.id = u64(n++);
    e.received_unix_ms = s.integer(n++);
    e.peer = s.string(n++);
    e.connection = u64(n++);
    e.index_on_connection = u64(n++);
    e.first_byte_us = s.integer(n++);
    e.last_byte_us = s.integer(n++);
    e.raw_head = s.string(n++);
    e.raw_body = s.string(n++);
    e.chunked = s.integer(n++) != 0;
    e.read_status = static_cast<proto::ReadStatus>(s.integer(n++));
    e.problem = s.string(n++);
    // Before version 3 a reset on purpose had the number of a client that vanished.
    if (e.read_status == proto::ReadStatus::kClosedInBody && e.problem.starts_with(kResetOnPurpose))
        e.read_status = proto::ReadStatus::kResetOnPurpose;
    e.status = static_cast<int>(s.integer(n++));
    e.response_headers = split_headers(s.bytes(n++));
    e.response_body = s.string(n++);
    e.response_start_us = s.integer(n++);
    e.response_end_us = s.integer(n++);
    e.response_sent = s.integer(n++) != 0;
    e.fault = s.string(n++);
    e.scripted = s.string(n++);
    e.check.kind = static_cast<rules::RequestKind>(s.integer(n++));
    e.check.declared = message_at(s, n++);
    e.check.actual = message_at(s, n++);
    e.check.decoded = s.integer(n++) != 0;
    e.check.series = u64(n++);
    e.check.samples = u64(n++);
    e.check.histograms = u64(n++);
    e.check.exemplars = u64(n++);
    e.check.metadata = u64(n++);
    e.check.rejected_series = u64(n++);
    e.check.uncompressed_size = u64(n++);
    e.check.status = static_cast<int>(s.integer(n++));
    return e;
}

std::vector<std::string> words_in(std::string_view text) {
    std::vector<std::string> out;
    while (!text.empty()) {
        const auto end = text.find(' ');
        out.emplace_back(text.substr(0, end));
        text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
    }
    return out;
}

rules::Finding finding_at(const Statement& s) {
    rules::Finding f;
    f.rule = s.string(0);
    f.clauses = words_in(s.bytes(1));
    f.level = static_cast<proto::Level>(s.integer(2));
    f.severity = static_cast<rules::Severity>(s.integer(3));
    f.extension = s.integer(4) != 0;
    f.message = s.string(5);
    f.series = s.string(6);
    f.field = s.string(7);
    f.protobuf_bytes = range_at(s, 8);
    f.body_bytes = range_at(s, 10);
    f.head_bytes = range_at(s, 12);
    f.evidence = s.string(14);
    f.fix = s.string(15);
    f.count = static_cast<std::uint64_t>(s.integer(16));
    return f;
}

/// The texts of the table capsule, whatever they are; none for an ordinary capture and for files of version 1, which
/// have no such table. In version 2 each has a column of its own.
Result<CapsuleTexts> load_capsule(Database& db, std::int64_t version) {
    CapsuleTexts out;
    if (version < 2) return out;
    auto row = db.prepare("SELECT * FROM capsule");
    if (!row) return tl::unexpected(row.error());
    int code = 0;
    while ((code = row->step()) == SQLITE_ROW) {
        if (version > 2) {
            out[row->string(0)] = row->string(1);
        } else {
            for (int i = 0; i < row->columns(); ++i) out[row->name(i)] = row->string(i);
        }
    }
    if (code != SQLITE_DONE) return tl::unexpected(db.error("cannot read the capture"));
    return out;
}

Result<void> load_findings(Database& db, Statement& statement, Exchange& exchange) {
    statement.put(exchange.id);
    int code = 0;
    while ((code = statement.step()) == SQLITE_ROW) exchange.check.findings.push_back(finding_at(statement));
    const auto error = db.error("cannot read the capture");
    statement.reset();
    if (code != SQLITE_DONE) return tl::unexpected(error);
    return {};
}

/// SQLite wants to write a shared-memory file beside a WAL database even to read it. A capture that nobody has open has
/// no WAL beside it; then the file alone is the whole truth, and reading it leaves nothing behind, in a read-only
/// folder too.
Result<Database> open_read_only(const std::string& path) {
    std::error_code ignored;
    if (std::filesystem::exists(path + "-wal", ignored)) return Database::open(path, SQLITE_OPEN_READONLY);
    std::string uri = "file:";
    for (const char c : path) {
        constexpr std::string_view kSpecial = "?#%";
        static constexpr const char* kEscaped[] = {"%3f", "%23", "%25"};
        const auto at = kSpecial.find(c);
        if (at == std::string_view::npos) {
            uri += c;
        } else {
            uri += kEscaped[at];
        }
    }
    return Database::open(uri + "?immutable=1", SQLITE_OPEN_READONLY | SQLITE_OPEN_URI);
}

}  // namespace

CaptureReader::CaptureReader() = default;
CaptureReader::~CaptureReader() = default;

Result<std::unique_ptr<CaptureReader>> CaptureReader::open(const std::string& path) {
    switch (file_kind(path)) {
        case FileKind::kMissing:
            return fail(ErrorCode::kInvalidArgument, "no such file", path);
        case FileKind::kUnreadable:
            return fail(ErrorCode::kIo, "cannot read the file", path);
        case FileKind::kEmpty:
        case FileKind::kForeign:
            return fail(ErrorCode::kInvalidArgument, "not a capture: the file is not an SQLite database", path);
        case FileKind::kOtherSqlite:
            return fail(ErrorCode::kInvalidArgument, "not a capture: an SQLite database of another program", path);
        case FileKind::kCapture:
            break;
    }
    auto db = open_read_only(path);
    if (!db) return tl::unexpected(db.error());
    if (auto identity = check_identity(*db, path); !identity) return tl::unexpected(identity.error());

    std::unique_ptr<CaptureReader> reader(new CaptureReader);
    reader->impl_ = std::make_unique<Impl>(std::move(*db));
    auto& s = *reader->impl_;
    const auto version = s.db.integer("PRAGMA user_version");
    const auto count = s.db.integer("SELECT count(*) FROM exchange");
    const auto pruned = s.db.integer("SELECT CAST(value AS INTEGER) FROM meta WHERE key = 'pruned'");
    auto meta = s.db.prepare("SELECT value FROM meta WHERE key = ?1");
    for (const auto* number : {&version, &count, &pruned})
        if (!*number) return tl::unexpected(number->error());
    if (!meta) return tl::unexpected(meta.error());
    s.info.version = *version;
    s.info.exchanges = static_cast<std::uint64_t>(*count);
    s.info.pruned = static_cast<std::uint64_t>(*pruned);
    for (const auto& [key, target] :
         {std::pair{"tool_version", &s.info.tool_version}, std::pair{"created", &s.info.created}}) {
        meta->put_text(key);
        if (meta->step() == SQLITE_ROW) *target = meta->string(0);
        meta->reset();
    }
    auto capsule = load_capsule(s.db, s.info.version);
    if (!capsule) return tl::unexpected(capsule.error());
    s.info.capsule = std::move(*capsule);
    return reader;
}

const CaptureInfo& CaptureReader::info() const { return impl_->info; }

Result<void> CaptureReader::for_each(const std::function<bool(const Exchange&)>& visit) {
    auto rows = impl_->db.prepare(std::string(kSelectExchange) + " ORDER BY id");
    auto findings = impl_->db.prepare(kSelectFindings);
    for (const auto* statement : {&rows, &findings})
        if (!*statement) return tl::unexpected(statement->error());
    int code = 0;
    while ((code = rows->step()) == SQLITE_ROW) {
        auto exchange = exchange_at(*rows);
        if (auto loaded = load_findings(impl_->db, *findings, exchange); !loaded) return loaded;
        if (!visit(exchange)) return {};
    }
    if (code != SQLITE_DONE) return tl::unexpected(impl_->db.error("cannot read the capture"));
    return {};
}

Result<Exchange> CaptureReader::get(std::uint64_t id) {
    auto row = impl_->db.prepare(std::string(kSelectExchange) + " WHERE id = ?1");
    auto findings = impl_->db.prepare(kSelectFindings);
    for (const auto* statement : {&row, &findings})
        if (!*statement) return tl::unexpected(statement->error());
    row->put(id);
    const int code = row->step();
    if (code == SQLITE_DONE)
        return fail(ErrorCode::kInvalidArgument, "the capture has no exchange with this id", std::to_string(id));
    if (code != SQLITE_ROW) return tl::unexpected(impl_->db.error("cannot read the capture"));
    auto exchange = exchange_at(*row);
    if (auto loaded = load_findings(impl_->db, *findings, exchange); !loaded) return tl::unexpected(loaded.error());
    return exchange;
}

bool looks_like_capture(const std::string& path) { return file_kind(path) == FileKind::kCapture; }

}  // namespace prw::exchange
