/// The files that hold the exchanges of a failure: what a role hands over, cut to what is needed.
#include <algorithm>
#include <filesystem>
#include <map>
#include <set>

#include "excerpt.h"
#include "prw/proto/credentials.h"
#include "prw/suite/evidence.h"

namespace prw::suite {
namespace fs = std::filesystem;

namespace {

constexpr std::size_t kExcerpts = 2;  ///< exchanges of a failure that a report shows

bool failed(const CheckOutcome& check) { return check.verdict == Verdict::kFail || check.verdict == Verdict::kWarn; }

/// The exchanges of one capture, read once.
class Exchanges {
public:
    static Result<Exchanges> open(const Evidence& evidence) {
        auto reader = exchange::CaptureReader::open(evidence.capture);
        if (!reader) return tl::unexpected<Error>(reader.error());
        Exchanges out;
        out.reader_ = std::move(*reader);
        out.known_credentials_ = evidence.known_credentials;
        return out;
    }

    /// In order of id, as far as there is room. What was pruned from the capture is left out; the first one is kept
    /// however large it is.
    std::vector<exchange::Exchange> take(const Evidence::Choice& choice, const CapsuleLimits& limits) {
        std::vector<exchange::Exchange> out;
        std::set<std::uint64_t> taken;
        std::size_t bytes = 0;
        const auto add = [&](const exchange::Exchange& exchange) {
            const auto size = exchange.raw_head.size() + exchange.raw_body.size() + exchange.response_body.size();
            if (!out.empty() && bytes + size > limits.bytes) return;
            bytes += size;
            taken.insert(exchange.id);
            out.push_back(exchange);
        };
        for (const auto id : choice.exchanges) {
            if (out.size() >= limits.exchanges) break;
            if (const auto* exchange = get(id)) add(*exchange);
        }
        if (choice.and_others) {
            (void)reader_->for_each([&](const exchange::Exchange& exchange) {
                if (out.size() >= limits.exchanges || bytes >= limits.bytes) return false;
                if (taken.contains(exchange.id)) return true;
                auto copy = exchange;
                proto::redact_credentials(copy.raw_head, known_credentials_);
                add(copy);
                return true;
            });
        }
        std::sort(out.begin(), out.end(), [](const auto& a, const auto& b) { return a.id < b.id; });
        return out;
    }

    [[nodiscard]] std::uint64_t count() const { return reader_->info().exchanges; }

private:
    const exchange::Exchange* get(std::uint64_t id) {
        if (const auto found = known_.find(id); found != known_.end()) return found->second.get();
        auto exchange = reader_->get(id);
        if (!exchange) return nullptr;
        proto::redact_credentials(exchange->raw_head, known_credentials_);
        const auto [entry, added] = known_.emplace(id, std::make_unique<exchange::Exchange>(std::move(*exchange)));
        return entry->second.get();
    }

    std::unique_ptr<exchange::CaptureReader> reader_;
    std::vector<std::string> known_credentials_;
    std::map<std::uint64_t, std::unique_ptr<exchange::Exchange>> known_;
};

Capsule describe(const CheckOutcome& check, const Evidence& evidence) {
    Capsule out;
    out.check = check.id;
    out.message = check.message;
    out.scenario = check.scenario;
    out.level = proto::name_of(check.level);
    out.verdict = name_of(check.verdict);
    out.clauses = check.clauses;
    out.summary = check.summary;
    out.reason = check.reason;
    out.want = check.want;
    out.got = check.got;
    for (const auto& finding : check.findings)
        if (out.fix.empty()) out.fix = finding.fix;
    out.target = evidence.target;
    out.findings = check.findings;
    return out;
}

struct Content {
    Capsule capsule;
    std::vector<exchange::Exchange> exchanges;
};

/// The smallest content that is judged as the run was; else the fullest one, marked as such.
Content make_content(const Suite& suite, const CheckOutcome& check, const Evidence& evidence, Exchanges& source,
                     const CapsuleLimits& limits) {
    Content out;
    for (const auto& context : evidence.contexts) {
        std::size_t before = 0;
        for (const auto& choice : evidence.choices) {
            const bool fullest = &choice == &evidence.choices.back();
            auto exchanges = source.take(choice, limits);
            const bool no_more = exchanges.size() == before;
            if (no_more && out.capsule.rejudges && fullest) return out;
            if (exchanges.empty() || no_more) continue;
            before = exchanges.size();
            out.exchanges = std::move(exchanges);
            out.capsule = describe(check, evidence);
            out.capsule.context = context;
            out.capsule.left_out = source.count() - std::min<std::uint64_t>(source.count(), before);
            for (const auto id : check.exchanges)
                if (std::any_of(out.exchanges.begin(), out.exchanges.end(), [&](const auto& e) { return e.id == id; }))
                    out.capsule.exchanges.push_back(id);
            const auto again = judge_again(suite, out.capsule, out.exchanges);
            out.capsule.rejudges = again && again->is == Rejudgement::kStillFailing;
            // A part of the requests may fail for want of the others; the same sentence says that it does not.
            if (out.capsule.rejudges && (fullest || again->now.reason == check.reason)) return out;
        }
    }
    return out;
}

Result<void> write_file(const std::string& path, const Content& content, const std::string& tool_version) {
    std::error_code ignored;
    fs::remove(path, ignored);
    auto writer = exchange::CaptureWriter::open(
        path, {.commit_interval_ms = 0, .tool_version = tool_version, .capsule = texts_of(content.capsule)});
    if (!writer) return tl::unexpected<Error>(writer.error());
    for (const auto& exchange : content.exchanges) {
        if (auto done = (*writer)->append(exchange); !done) return done;
    }
    return (*writer)->close();
}

void remove_old(const fs::path& folder) {
    std::error_code ignored;
    for (const auto& entry : fs::directory_iterator(folder, ignored)) {
        const auto name = entry.path().filename().string();
        if (name.ends_with(".prwcap") || name.ends_with(".prwcap-wal") || name.ends_with(".prwcap-shm"))
            fs::remove(entry.path(), ignored);
    }
}

std::string file_name(const CheckOutcome& check) {
    std::string out;
    for (const char c : check.id) out += c == '/' ? std::string("--") : std::string(1, c);
    return out + "-" + std::string(proto::short_name(check.message));
}

}  // namespace

Result<void> write_capsules(const Suite& suite, std::vector<CheckOutcome>& checks, const EvidenceOf& of,
                            const std::string& out, const std::string& tool_version, const CapsuleLimits& limits) {
    const fs::path folder = fs::path(out) / "capsules";
    remove_old(folder);
    Result<void> result;
    const auto note = [&](const Error& error) {
        if (result) result = tl::unexpected<Error>(error);
    };
    std::map<std::string, Exchanges> opened;  // by the path of their capture
    std::set<std::string> names;
    rules::Checker checker;
    for (auto& check : checks) {
        const auto evidence = failed(check) ? of(check, limits) : std::nullopt;
        if (!evidence) continue;
        auto source = opened.find(evidence->capture);
        if (source == opened.end()) {
            auto exchanges = Exchanges::open(*evidence);
            if (!exchanges) {
                note(exchanges.error());
                continue;
            }
            source = opened.emplace(evidence->capture, std::move(*exchanges)).first;
        }
        const auto content = make_content(suite, check, *evidence, source->second, limits);
        if (content.exchanges.empty()) continue;
        std::error_code error;
        fs::create_directories(folder, error);
        if (error) {
            note({ErrorCode::kIo, "cannot create the folder for capsules", folder.string(), error.message()});
            return result;
        }
        auto name = file_name(check);
        for (int n = 2; !names.insert(name).second; ++n) name = file_name(check) + "-" + std::to_string(n);
        if (auto done = write_file((folder / (name + ".prwcap")).string(), content, tool_version); !done) {
            note(done.error());
            continue;
        }
        check.capsule = (fs::path("capsules") / (name + ".prwcap")).string();
        check.trace.clear();
        for (const auto id : check.exchanges) {
            const auto shown = std::find_if(content.exchanges.begin(), content.exchanges.end(),
                                            [&](const exchange::Exchange& e) { return e.id == id; });
            if (shown != content.exchanges.end()) check.trace.push_back(excerpt_of(*shown, checker));
            if (check.trace.size() == kExcerpts) break;
        }
    }
    return result;
}

}  // namespace prw::suite
