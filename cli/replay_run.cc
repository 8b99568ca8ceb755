#include "replay_run.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <mutex>
#include <thread>

#include "catalogue.h"
#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/rules/text.h"
#include "request_text.h"
#include "signals.h"

namespace prw::cli {

namespace {

using std::chrono::duration_cast;
using std::chrono::milliseconds;
using Clock = std::chrono::steady_clock;

/// Without --verbose; further ones are counted.
constexpr std::size_t kShownExchanges = 40;
/// A receiver that gave no answer so many times in a row is not asked again.
constexpr std::size_t kFailuresInARow = 3;

std::int64_t unix_ms() {
    return duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch()).count();
}

/// SIGINT and SIGTERM end the replay with what there is so far.
class Interruption {
public:
    explicit Interruption(http::Client& client)
        : watcher_([this, &client] {
              if (signals_.wait() == 0) return;
              {
                  const std::lock_guard lock(mutex_);
                  raised_ = true;
              }
              client.cancel();
              changed_.notify_all();
          }) {}
    ~Interruption() { signals_.stop(); }
    Interruption(const Interruption&) = delete;
    Interruption& operator=(const Interruption&) = delete;

    [[nodiscard]] bool raised() {
        const std::lock_guard lock(mutex_);
        return raised_;
    }
    void pause_until(Clock::time_point end) {
        std::unique_lock lock(mutex_);
        changed_.wait_until(lock, end, [this] { return raised_; });
    }

private:
    StopSignals signals_;
    std::mutex mutex_;
    std::condition_variable changed_;
    bool raised_ = false;
    std::jthread watcher_;  // last: it uses the others
};

std::string status_text(const ReplayAnswer& answer) {
    if (answer.status == 0) return answer.failure.empty() ? "no answer" : "no answer (" + answer.failure + ")";
    return std::to_string(answer.status) + (answer.written.empty() ? "" : " " + answer.written);
}

std::string counts_text(const rules::CheckResult& check) {
    std::string out;
    const auto add = [&](std::uint64_t count, const char* one, const char* many) {
        if (count != 0) base::add_word(out, base::count_text(count, one, many));
    };
    add(check.samples, "sample", "samples");
    add(check.histograms, "histogram", "histograms");
    add(check.exemplars, "exemplar", "exemplars");
    add(check.metadata, "metadata", "metadata");
    return out.empty() ? "no samples" : out;
}

std::string shift_text(std::int64_t ms) {
    const bool back = ms < 0;
    auto rest = back ? -ms : ms;
    std::string out;
    for (const auto& [unit, size] : {std::pair{"d", std::int64_t{86'400'000}},
                                     {"h", std::int64_t{3'600'000}},
                                     {"min", std::int64_t{60'000}},
                                     {"s", std::int64_t{1000}},
                                     {"ms", std::int64_t{1}}}) {
        if (rest >= size) out += (out.empty() ? "" : " ") + std::to_string(rest / size) + " " + unit;
        rest %= size;
    }
    return (out.empty() ? "0 ms" : out) + (back ? " back" : " on");
}

class Replay {
public:
    Replay(std::string file, exchange::CaptureReader& reader, const ReplayOptions& options, Io& io)
        : file_(std::move(file)),
          reader_(reader),
          options_(options),
          request_(options.request),
          io_(io),
          capsule_(options.capsule),
          checker_(capsule_ ? suite_of_check(capsule_->check).check_options(*capsule_) : rules::CheckOptions{}),
          client_(options.request.url, options.client) {
        checker_.options().expected_target.clear();  // the URL is the user's
        checker_.options().expected_host.clear();
        if (!capsule_) return;
        if (const auto* check = find_check(capsule_->check)) rule_ = check->rule;
    }

    int run() {
        for (const auto id : options_.exchanges) {
            if (const auto exchange = reader_.get(id); !exchange)
                return refuse(file_ + ": --exchange " + exchange.error().text(), kUsage);
        }
        if (auto done = choose_shift(); !done) return refuse(done.error().text(), kUsage);
        io_.out << header() << std::flush;
        {
            Interruption interruption(client_);
            const auto read = each([&](const exchange::Exchange& exchange) { return send(exchange, interruption); });
            clear_progress();
            if (!read) return refuse(read.error().text(), kUsage);
            interrupted_ = interruption.raised();
        }
        return conclude();
    }

private:
    int refuse(const std::string& text, int code) {
        io_.err << "prw replay: " << text << "\n";
        return code;
    }

    Result<void> each(const std::function<bool(const exchange::Exchange&)>& visit) {
        return reader_.for_each([&](const exchange::Exchange& exchange) {
            const auto& wanted = options_.exchanges;
            if (!wanted.empty() && std::find(wanted.begin(), wanted.end(), exchange.id) == wanted.end()) return true;
            if (options_.filter && !fits(*options_.filter, exchange)) return true;
            return visit(exchange);
        });
    }

    /// As `prw inspect --filter` sees it: judged with the clock of its capture.
    bool fits(const exchange::Filter& filter, const exchange::Exchange& exchange) {
        filter_checker_.options().now_ms = exchange.received_unix_ms;
        const auto check = filter_checker_.check(exchange.raw_head, exchange.payload());
        const bool whole = exchange.read_status == proto::ReadStatus::kComplete;
        return filter.matches(
            {exchange, whole ? check : exchange.check, filter.needs_view() ? &filter_checker_.view() : nullptr});
    }

    static bool sendable(const exchange::Exchange& exchange) {
        return exchange.read_status == proto::ReadStatus::kComplete &&
               exchange.check.kind != rules::RequestKind::kProbe;
    }

    Result<void> choose_shift() {
        if (options_.rebase == Rebase::kBy) request_.shift_ms = options_.by_ms;
        if (options_.rebase == Rebase::kNone || options_.rebase == Rebase::kBy) return {};
        std::optional<std::int64_t> newest, received;
        const auto read = each([&](const exchange::Exchange& exchange) {
            if (!sendable(exchange)) return true;
            received = std::max(received.value_or(exchange.received_unix_ms), exchange.received_unix_ms);
            const auto time = options_.rebase == Rebase::kNow ? cli::newest_timestamp(exchange) : std::nullopt;
            if (time) newest = std::max(newest.value_or(*time), *time);
            return true;
        });
        if (!read) return tl::unexpected<Error>(read.error());
        const auto reference = options_.rebase == Rebase::kNow ? newest : received;
        std::int64_t shift = 0;
        if (reference && !__builtin_sub_overflow(unix_ms(), *reference, &shift)) request_.shift_ms = shift;
        return {};
    }

    std::string header() const {
        std::string out = "replaying " + file_ + " to " + options_.request.url.redacted() + "\n";
        if (capsule_) append_capsule(out, *capsule_, io_.width);
        std::string time = "as recorded";
        if (request_.shift_ms) {
            time = "timestamps are moved " + shift_text(*request_.shift_ms);
            if (options_.rebase == Rebase::kNow) time += ": the newest sample is now";
            if (options_.rebase == Rebase::kClock) time += ": samples are as old as they were";
        } else if (options_.rebase == Rebase::kNow) {
            time = "no timestamp to move";
        }
        rules::append_field(out, "time", time, io_.width);
        return out + "\n";
    }

    void pace(const exchange::Exchange& exchange, Interruption& interruption) {
        if (!first_sent_) {
            first_sent_ = Clock::now();
            first_received_ = exchange.received_unix_ms;
            return;
        }
        if (options_.gap.count() > 0) {
            interruption.pause_until(Clock::now() + options_.gap);
        } else if (options_.speed > 0) {
            const auto after = static_cast<double>(exchange.received_unix_ms - first_received_) / options_.speed;
            // A clock that was set during the capture is no reason to wait for years.
            constexpr double kLongest = 86'400'000;
            interruption.pause_until(*first_sent_ +
                                     milliseconds(static_cast<std::int64_t>(std::clamp(after, 0.0, kLongest))));
        }
    }

    /// False ends the replay.
    bool send(const exchange::Exchange& exchange, Interruption& interruption) {
        if (!sendable(exchange)) {
            ++skipped_;
            return true;
        }
        pace(exchange, interruption);
        if (interruption.raised()) return false;
        const auto request = make_replay_request(exchange, request_);
        dropped_credentials_ = dropped_credentials_ || request.dropped_credentials;
        if (!request.note.empty() && notes_++ == 0)
            first_note_ = "#" + std::to_string(exchange.id) + " " + request.note;
        const auto check = checker_.check(request.head, request.payload);
        ReplayAnswer now;
        std::string said;
        if (const auto response = client_.raw(request.head + request.body)) {
            now = read_answer(response->status, response->headers, check);
            said = response->body.substr(0, response->body.find_first_of("\r\n"));
            in_a_row_ = 0;
        } else {
            if (interruption.raised()) return false;
            now.failure = std::string(name_of(client_.last_failure()));
            last_failure_ = response.error().text();
            ++unanswered_;
            ++in_a_row_;
        }
        count(exchange, check, now, said);
        progress();
        return in_a_row_ < kFailuresInARow;
    }

    void count(const exchange::Exchange& exchange, const rules::CheckResult& check, const ReplayAnswer& now,
               const std::string& said) {
        ++sent_;
        denied_ = denied_ || now.status == 401 || now.status == 403;
        misplaced_ = misplaced_ || now.status == 404 || now.status == 405;
        // What a script or a fault answered says nothing about the receiver that recorded it.
        const bool comparable = exchange.scripted.empty() && exchange.fault.empty() && exchange.status != 0;
        const auto was = read_answer(exchange.response_sent ? exchange.status : 0, exchange.response_headers, check);
        const bool good = as_wanted(now, check);
        const bool was_good = !comparable || as_wanted(was, check);
        good_ += good ? 1U : 0U;
        was_bad_ += was_good ? 0U : 1U;
        const bool same = now.status / 100 == was.status / 100 && now.confirms == was.confirms;
        if (!good) (comparable && same ? still_ : changed_) += 1;
        if (!rule_.empty()) {
            for (const auto& finding : check.findings)
                if (finding.rule == rule_) rule_findings_ += finding.count;
        }
        std::string recorded = status_text(was);
        if (!exchange.scripted.empty()) recorded += " (scripted)";
        if (!exchange.fault.empty()) recorded += " (fault: " + rules::printable(exchange.fault, 60) + ")";
        const std::string transition = recorded + " → " + status_text(now);
        ++transitions_[transition + (good ? "" : "   not as wanted")];
        if (!options_.verbose && shown_ >= kShownExchanges) return;
        ++shown_;
        clear_progress();
        const std::string wanted = check.status / 100 == 2 ? "2xx" : std::to_string(check.status);
        io_.out << "  #" << exchange.id << "  " << counts_text(check) << "  recorded " << transition;
        if (!good) io_.out << "   a conforming receiver answers " << wanted;
        io_.out << "\n";
        if (!good && !said.empty()) io_.out << "      it says: " << rules::printable(said, 160) << "\n";
    }

    void progress() {
        const auto now = Clock::now();
        const auto total = options_.exchanges.empty() ? reader_.info().exchanges : options_.exchanges.size();
        if (now - began_ < std::chrono::seconds(1)) return;
        const auto every = io_.out_is_terminal ? milliseconds(200) : milliseconds(10000);
        if (now - last_progress_ < every) return;
        last_progress_ = now;
        const auto text = std::to_string(sent_) + (options_.filter ? "" : " of " + std::to_string(total)) + " sent, " +
                          std::to_string(good_) + " answered as wanted, " +
                          std::to_string(duration_cast<std::chrono::seconds>(now - began_).count()) + " s";
        if (io_.out_is_terminal) {
            io_.err << "\r\x1b[K" << text << std::flush;
            progress_shown_ = true;
        } else {
            io_.err << text << "\n" << std::flush;
        }
    }
    void clear_progress() {
        if (progress_shown_) io_.err << "\r\x1b[K" << std::flush;
        progress_shown_ = false;
    }

    int conclude() {
        std::string out;
        if (sent_ > shown_) {
            out += "  … and " + std::to_string(sent_ - shown_) + " more (--verbose shows them); all in all:\n";
            for (const auto& [transition, times] : transitions_)
                out += "  " + std::to_string(times) + " × " + transition + "\n";
        }
        std::string notes;
        const auto note = [&](const std::string& text) { rules::append_field(notes, "note", text, io_.width); };
        if (skipped_ != 0)
            note(std::to_string(skipped_) + " not sent: no write request, or not read to its end when it was captured");
        if (notes_ != 0) note(first_note_ + (notes_ > 1 ? " (and " + std::to_string(notes_ - 1) + " more)" : ""));
        if (dropped_credentials_)
            note("captured credentials were not sent; give your own with --header 'Authorization: …'");
        if (denied_) note("401 and 403 are about credentials: give them with --header 'Authorization: …'");
        if (misplaced_) note("404 and 405 are about the place: is the path of the URL right?");
        if (interrupted_) note("interrupted: not everything was sent");
        if (capsule_ && sent_ > 0 && suite_of_check(capsule_->check).role == "sender") {
            if (rule_.empty()) {
                note(capsule_->check +
                     " is about what a sender does, which no receiver's answer shows; judge it again with --judge");
            } else if (rule_findings_ == 0) {
                note("the rules of this prw no longer find " + rule_ + " in what was sent");
            } else {
                note("what was sent still breaks " + rule_);
            }
        }
        if (!notes.empty()) out += notes;
        int code = kConforms;
        std::string verdict;
        const bool one = sent_ == 1;
        const std::string of = " of " + std::to_string(sent_) + (one ? " answer" : " answers");
        const std::string theirs = one ? "that of a conforming receiver" : "those of a conforming receiver";
        if (sent_ == 0) {
            verdict = "NOTHING SENT";
            code = kInconclusive;
        } else if (unanswered_ == sent_) {
            verdict = "NO ANSWER: " + last_failure_;
            code = kInconclusive;
        } else if (good_ == sent_) {
            verdict = (was_bad_ != 0 ? "FIXED: " : "AS WANTED: ") + std::to_string(good_) + of +
                      (one ? " is " : " are ") + theirs;
            if (was_bad_ != 0)
                verdict +=
                    "; in the recording " + std::to_string(was_bad_) + (was_bad_ == 1 ? " was not" : " were not");
        } else {
            verdict = (changed_ == 0 ? "STILL FAILING: " : "CHANGED: ") + std::to_string(sent_ - good_) + of +
                      (one ? " is not " : " are not ") + theirs;
            if (changed_ != 0)
                verdict +=
                    "; " + std::to_string(changed_) + (changed_ == 1 ? " differs" : " differ") + " from the recording";
            if (unanswered_ != 0) verdict += "; no answer: " + last_failure_;
            code = kNonConforming;
        }
        if (interrupted_ && code == kConforms) {
            verdict.insert(0, "INTERRUPTED, so far ");
            code = kInconclusive;
        }
        out += "\n" + verdict + "\n";
        out += "learn more: prw " + (capsule_ ? "explain " + capsule_->check : "inspect " + file_) + "   exit " +
               std::to_string(code) + "\n";
        io_.out << out << std::flush;
        return code;
    }

    std::string file_;
    exchange::CaptureReader& reader_;
    const ReplayOptions& options_;
    ReplayRequestOptions request_;
    Io& io_;
    std::optional<suite::Capsule> capsule_;
    std::string rule_;  ///< of the capsule's check; empty for behaviour
    rules::Checker checker_, filter_checker_;
    http::Client client_;

    const Clock::time_point began_ = Clock::now();
    Clock::time_point last_progress_{};
    std::optional<Clock::time_point> first_sent_;
    std::int64_t first_received_ = 0;
    std::uint64_t sent_ = 0, skipped_ = 0, good_ = 0, was_bad_ = 0, still_ = 0, changed_ = 0, unanswered_ = 0,
                  rule_findings_ = 0, shown_ = 0, notes_ = 0;
    std::size_t in_a_row_ = 0;
    std::map<std::string, std::uint64_t> transitions_;
    std::string first_note_, last_failure_;
    bool denied_ = false, misplaced_ = false, dropped_credentials_ = false, interrupted_ = false,
         progress_shown_ = false;
};

}  // namespace

ReplayAnswer read_answer(int status, const proto::HeaderFields& headers, const rules::CheckResult& sent) {
    ReplayAnswer out;
    out.status = status;
    if (status / 100 != 2 || sent.kind != rules::RequestKind::kWriteV2 || !sent.decoded) return out;
    bool all = true;
    std::string text;
    for (const auto& [name, kind, member] : proto::kWrittenHeaders) {
        const auto count = sent.*member;
        const auto* const found = proto::find_header(headers, name);
        const std::string value = found == nullptr ? "" : *found;
        // What was not sent need not be confirmed.
        if (value == std::to_string(count) || (value.empty() && count == 0)) continue;
        all = false;
        base::add_word(text, (value.empty() ? std::string("no ") + std::string(kind) + "-Written header"
                                            : std::string(kind) + "-Written " + rules::printable(value, 20)) +
                                 " for " + std::to_string(count));
    }
    out.confirms = all;
    if (!all) out.written = "(" + text + ")";
    return out;
}

bool as_wanted(const ReplayAnswer& answer, const rules::CheckResult& sent) {
    if (answer.status == sent.status) return answer.confirms.value_or(true);
    if (sent.status / 100 == 2) return answer.status / 100 == 2 && answer.confirms.value_or(true);
    // Which status a refusal has is not always laid down; that it is about the content must be plain.
    static constexpr std::array kRefusals{400, 413, 415, 422};
    return std::find(kRefusals.begin(), kRefusals.end(), answer.status) != kRefusals.end();
}

int run_replay(const std::string& file, exchange::CaptureReader& reader, const ReplayOptions& options, Io& io) {
    return Replay(file, reader, options, io).run();
}

}  // namespace prw::cli
