#include "stage.h"

#include "prw/http/certificates.h"
#include "prw/http/client.h"
#include "written.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace prw::sender_suite {
namespace fs = std::filesystem;

namespace {
constexpr std::string_view kWritePath = "/api/v1/write";
/// Short enough to wait for, long enough for a busy machine.
constexpr std::chrono::seconds kShortTimeout(2);
constexpr auto kInterruptionPoll = std::chrono::milliseconds(100);
/// Bytes of a log that are read: the answers in question come early.
constexpr std::size_t kMaxLog = 4U << 20U;
}  // namespace

suite::Variables scenario_variables(const suite::Target& target, proto::ProtobufMessage message,
                                    const std::string& scenario, const std::string& work_dir,
                                    const std::string& write_url, const std::string& scrape_url,
                                    const std::string& scrape_hostport) {
    suite::Variables out = {
        {"PRW_REMOTE_WRITE_URL", write_url},
        {"PRW_SCRAPE_URL", scrape_url},
        {"PRW_SCRAPE_HOSTPORT", scrape_hostport},
        {"PRW_PROTOBUF_MESSAGE", std::string(proto::short_name(message))},
        {"PRW_PROTOBUF_MESSAGE_NAME", std::string(proto::full_name(message))},
        {"PRW_TMPDIR", work_dir},
        {"PRW_SCENARIO", scenario},
        {"PRW_CHECK_ID", scenario},  // its first name, for programs that know it
        {"PRW_EXE", suite::own_executable()},
    };
    if (!target.folder.empty()) out["PRW_PROFILE_DIR"] = target.folder;
    // What variants of a profile may ask for.
    const auto host = write_url.find("://");
    const auto path = host == std::string::npos ? host : write_url.find('/', host + 3);
    if (path != std::string::npos) {
        out["PRW_REMOTE_WRITE_HOSTPORT"] = write_url.substr(host + 3, path - host - 3);
        out["PRW_REMOTE_WRITE_TARGET"] = write_url.substr(path);
    }
    out["PRW_HEADER_NAME"] = "X-Prw-Test";
    out["PRW_HEADER_VALUE"] = "prw";
    out["PRW_USERNAME"] = std::string(kTestUser);
    out["PRW_PASSWORD"] = std::string(kTestPassword);
    out["PRW_BEARER_TOKEN"] = std::string(kTestToken);
    out["PRW_CA_FILE"] = work_dir + "/ca.pem";
    out["PRW_TIMEOUT_SECONDS"] = std::to_string(kShortTimeout.count());
    out["PRW_TIMEOUT"] = out["PRW_TIMEOUT_SECONDS"] + "s";
    return out;
}

Result<void> add_variables(const suite::Target& target, suite::Variables& variables) {
    suite::Variables own;
    for (const auto& [name, text] : target.variables) {
        auto value = suite::expand(text, variables, target.origin + ": variable " + name);
        if (!value) return tl::unexpected<Error>(value.error());
        own[name] = std::move(*value);
    }
    for (auto& [name, value] : own) variables[name] = std::move(value);
    return {};
}

Stage::Stage(const SenderRunOptions& options, ScenarioRecord& record, std::vector<SourceFamily> families,
             std::function<void(std::uint64_t, std::uint64_t)> received)
    : options_(options),
      record_(record),
      received_(std::move(received)),
      pace_(record.target.patience, record.target.settle, options.cadence),
      source_(std::move(families)) {
    record_.observation = Observation(source_.identities());
    record_.families = source_.families();
}

Stage::~Stage() { close(); }

std::string Stage::read_log() const {
    std::ifstream file(log_path_, std::ios::binary);
    std::string text(kMaxLog, '\0');
    file.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(std::max<std::streamsize>(file.gcount(), 0)));
    return text;
}

/// Before the program is told to stop: a summary at its end speaks of everything.
void Stage::look_for_written() { record_.logged_written = speaks_of_written(read_log(), handed_); }

void Stage::hand_over(const receiver::Script& script) {
    for (const auto& step : script.steps) {
        handed_.push_back(step.body.substr(0, step.body.find_last_not_of('\n') + 1));
        for (const auto& [name, value] : step.headers) handed_.push_back(value);
    }
}

void Stage::hand_over(const suite::ProcessOptions& options, const suite::Variables& variables,
                      const std::vector<std::string>& files) {
    handed_.insert(handed_.end(), options.argv.begin(), options.argv.end());
    for (const auto& [name, value] : options.env) handed_.push_back(value);
    for (const auto& [name, value] : variables) handed_.push_back(value);
    // A path may be repeated in part, or relative to another.
    for (const auto& part : fs::path(work_dir_)) handed_.push_back(part.string());
    for (const auto& text : files) {
        std::istringstream lines(text);
        for (std::string line; std::getline(lines, line);)
            handed_.push_back(line.substr(std::min(line.find_first_not_of(" \t"), line.size())));
    }
}

Stage::Milliseconds Stage::elapsed() const {
    return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - began_);
}

bool Stage::may_scrape() const {
    if (record_.target.input == suite::Input::kScrape || record_.target.input == suite::Input::kStdin) return true;
    return record_.target.input == suite::Input::kUnknown && source_.scrapes() > 0;
}

void Stage::wake() {
    {
        const std::lock_guard lock(mutex_);
        dirty_ = true;
    }
    changed_.notify_all();
}

void Stage::note(const exchange::Exchange& exchange) {
    if (capture_) {
        if (auto done = capture_->append(exchange); !done && capture_problem_.empty())
            capture_problem_ = done.error().text();
    }
    {
        const std::lock_guard lock(mutex_);
        const auto before = record_.observation.deliveries().size();
        record_.observation.add(exchange);
        if (record_.observation.deliveries().size() > before)
            pace_.request(record_.observation.deliveries().back(), record_.observation);
        dirty_ = true;
    }
    changed_.notify_all();
    if (received_) received_(1, exchange.check.samples + exchange.check.histograms);
}

bool Stage::prepare_directory() {
    std::error_code error;
    const fs::path folder(record_.directory);
    fs::remove_all(folder, error);  // an earlier run's
    work_dir_ = (folder / "work").string();
    fs::create_directories(work_dir_, error);
    if (error) {
        record_.problem = "cannot create the work directory " + work_dir_ + " (" + error.message() + ")";
        return false;
    }
    log_path_ = (folder / "target.log").string();
    auto capture =
        exchange::CaptureWriter::open((folder / "requests.prwcap").string(), {.tool_version = options_.tool_version});
    if (!capture) {
        record_.problem = "cannot record requests: " + capture.error().text();
        return false;
    }
    capture_ = std::move(*capture);
    record_.capture = "requests.prwcap";
    return true;
}

bool Stage::open(receiver::Script script) { return open_with({.script = std::move(script)}); }

bool Stage::open_with(Opening opening) {
    if (!prepare_directory()) return false;
    source_.on_scrape([this] {
        {
            const std::lock_guard lock(mutex_);
            pace_.scrape(std::chrono::steady_clock::now());
        }
        wake();
    });
    if (auto started = source_.start(); !started) {
        record_.problem = "the scrape target did not start: " + started.error().text();
        return false;
    }
    hand_over(opening.script);
    receiver::ReceiverOptions options;
    options.on_violation = receiver::OnViolation::kAccept;  // a verdict must not change what the sender does
    options.script = std::move(opening.script);
    // A body in a foreign coding is told so in every scenario: some senders try such a one first.
    options.script_needs_message = true;
    const bool any_target =
        opening.other_targets || record_.target.attach || record_.target.input == suite::Input::kUnknown;
    options.check.expected_target = any_target ? std::string() : opening.target;
    record_.expected_target = options.check.expected_target;
    refuses_ = opening.refuse;
    options.only_1x = options.check.peer_is_1x = record_.peer_is_1x = opening.only_1x;
    options.server.reset_in_body = [this](const http::Request&) -> std::optional<std::size_t> {
        const auto after = reset_after_.exchange(-1);
        if (after < 0) return std::nullopt;
        return static_cast<std::size_t>(after);
    };
    if (opening.keep_heads) record_.observation.keep_heads();
    if (record_.target.attach) {
        options.server.host = options_.listen_host;
        options.server.port = options_.listen_port;
    }
    options.control_api = false;
    options.keep_exchanges = 1;     // the capture and the observation have them
    options.hand_on_bodies = true;  // to the observation
    receiver_ = std::make_unique<receiver::Receiver>(options);
    receiver_->on_exchange([this](const exchange::Exchange& exchange) { note(exchange); });
    if (auto started = opening.refuse ? receiver_->reserve() : receiver_->start(); !started) {
        record_.problem = "the receiver did not start: " + started.error().text();
        return false;
    }
    if (record_.target.attach) {
        record_.started = true;
        if (options_.listening) options_.listening(receiver_->url(kWritePath), source_.url());
        return true;
    }
    return start_program(opening.target, opening.variants, opening.variables);
}

bool Stage::open_port() {
    if (auto started = receiver_->start(); !started) {
        record_.problem = "the receiver did not start: " + started.error().text();
        return false;
    }
    return true;
}

bool Stage::restart(const std::string& target, const std::vector<std::string>& variants,
                    const suite::Variables& variables) {
    if (process_) (void)process_->stop();
    process_.reset();
    {
        const std::lock_guard lock(mutex_);
        pace_.restarted();
    }
    std::error_code error;
    work_dir_ = (fs::path(record_.directory) / ("work-" + std::to_string(starts_ + 1))).string();
    fs::create_directories(work_dir_, error);
    log_path_ = (fs::path(record_.directory) / ("target-" + std::to_string(starts_ + 1) + ".log")).string();
    const auto problem = record_.problem;
    const bool started = start_program(target, variants, variables);
    record_.problem = problem;
    record_.target_broke = false;
    return started;
}

std::optional<suite::ExitStatus> Stage::exited() const { return process_ ? process_->status() : std::nullopt; }

/// Where the receiver is reached by TLS. The certificates are made when they are first asked for.
Result<std::string> Stage::https_url(const std::string& path_and_query) {
    if (!tls_) {
        const auto folder = fs::path(record_.directory) / "tls";
        std::error_code error;
        fs::create_directories(folder, error);
        auto certificates = http::make_test_certificates(folder.string());
        if (!certificates) return tl::unexpected<Error>(certificates.error());
        ca_file_ = certificates->ca_file;
        http::TlsFrontOptions options;
        options.certificate_file = certificates->certificate_file;
        options.key_file = certificates->key_file;
        if (const auto plain = http::parse_url(receiver_->url("/"))) options.behind_port = plain->port;
        auto front = std::make_unique<http::TlsFront>(options);
        if (auto started = front->start(); !started) return tl::unexpected<Error>(started.error());
        tls_ = std::move(front);
    }
    return tls_->url(path_and_query);
}

bool Stage::start_program(const std::string& path_and_query, const std::vector<std::string>& variants,
                          const suite::Variables& further) {
    const auto target = suite::with_variants(record_.target, variants);
    ++starts_;
    const auto broken = [this](std::string problem) {
        record_.problem = std::move(problem);
        record_.target_broke = true;
        return false;
    };
    std::string url = receiver_->url(path_and_query);
    if (std::find(variants.begin(), variants.end(), suite::kVariantTls) != variants.end()) {
        auto https = https_url(path_and_query);
        if (!https) return broken(https.error().text());
        url = std::move(*https);
    }
    if (!record_.expected_target.empty()) {
        // A program that is started again, by TLS now, may still answer for what it was told before.
        const auto host = url.substr(url.find("://") + 3, url.find('/', url.find("://") + 3) - url.find("://") - 3);
        if (record_.expected_host.find(host) == std::string::npos)
            record_.expected_host += (record_.expected_host.empty() ? "" : " ") + host;
        receiver_->expect_host(record_.expected_host);
    }
    auto variables =
        scenario_variables(target, record_.asked, record_.scenario, work_dir_, url, source_.url(), source_.hostport());
    if (!ca_file_.empty()) variables["PRW_CA_FILE"] = ca_file_;
    if (options_.seed) variables["PRW_SEED"] = std::to_string(*options_.seed);
    for (const auto& [name, value] : further) variables[name] = value;
    if (auto added = add_variables(target, variables); !added) return broken(added.error().text());
    std::vector<std::string> texts;
    for (const auto& [name, text] : target.files) {
        const auto expanded = suite::expand(text, variables, target.origin + ": file " + name);
        if (!expanded) return broken(expanded.error().text());
        const fs::path path = fs::path(work_dir_) / name;
        std::error_code error;
        fs::create_directories(path.parent_path(), error);
        std::ofstream file(path, std::ios::binary | std::ios::trunc);
        file << *expanded;
        file.close();
        texts.push_back(*expanded);
        if (!file) return broken("cannot write " + path.string());
    }
    suite::ProcessOptions options;
    for (const auto& word : target.exec) {
        auto expanded = suite::expand(word, variables, target.origin + ": start.exec");
        if (!expanded) return broken(expanded.error().text());
        options.argv.push_back(std::move(*expanded));
    }
    // A program named by a relative path lies beside the profile, or where the user stands.
    if (options.argv.front().find('/') != std::string::npos) {
        auto program = target.folder.empty() ? std::string() : suite::find_program(options.argv.front(), target.folder);
        if (program.empty()) program = suite::find_program(options.argv.front());
        if (!program.empty()) options.argv.front() = program;
    }
    for (const auto& [name, value] : target.env) {
        auto expanded = suite::expand(value, variables, target.origin + ": start.env");
        if (!expanded) return broken(expanded.error().text());
        options.env.emplace_back(name, std::move(*expanded));
    }
    for (const auto& [name, value] : variables) {
        if (name.starts_with("PRW_") && name != "PRW_EXE" && name != "PRW_PROFILE_DIR")
            options.env.emplace_back(name, value);
    }
    options.work_dir = target.in_work_dir ? work_dir_ : std::string();
    options.log_path = log_path_;
    options.stop_signal = target.stop_signal;
    options.grace = target.grace;
    options.stopped = static_cast<bool>(options_.stopped);
    if (target.input == suite::Input::kStdin) options.stdin_text = source_.take(Exposition::kText);
    hand_over(options, variables, texts);
    auto process = suite::Process::start(options);
    if (!process) return broken("the target did not start: " + process.error().text());
    process_ = std::move(*process);
    process_->on_exit([this] { wake(); });
    record_.started = true;
    if (options_.stopped) {
        const auto since = std::chrono::steady_clock::now();
        options_.stopped(record_.scenario + " (" + std::string(proto::short_name(record_.asked)) + ")",
                         process_->pid());
        process_->resume();
        began_ += std::chrono::steady_clock::now() - since;
    }
    return true;
}

Stage::Milliseconds Stage::time_limit() const { return options_.timeout ? *options_.timeout : pace_.of(kTimeLimit); }

Waited Stage::wait(Patience deadline, const std::function<bool()>& done, bool until_exit) {
    using Clock = std::chrono::steady_clock;
    auto start = Clock::now();
    std::unique_lock lock(mutex_);
    auto not_before = Clock::now();
    auto last_look = not_before;
    while (true) {
        auto end = std::min<Clock::time_point>(start + pace_.of(deadline), began_ + time_limit());
        // The end of the program is looked at first: what it sent before is then in the observation.
        const bool exited = until_exit && process_ && process_->status().has_value();
        const auto asked = Clock::now();
        if (done()) return Waited::kDone;
        if (options_.enough && options_.enough(record_.observation)) return Waited::kDeadline;
        // Asking takes longer the more there is to look at; a sender in a tight loop must not be slowed down by it.
        const auto took = Clock::now() - asked;
        not_before = asked + std::min<Clock::duration>(took * 5, std::chrono::milliseconds(500));
        if (options_.stop != nullptr && options_.stop->load()) return Waited::kInterrupted;
        if (exited) {
            // The last response may still be on its way into the record.
            lock.unlock();
            receiver_->stop();
            lock.lock();
            return done() ? Waited::kDone : Waited::kExited;
        }
        const auto now = Clock::now();
        if (options_.stopped && process_ && process_->is_stopped()) {  // somebody looks at it in a debugger
            start += now - last_look;
            began_ += now - last_look;
            end += now - last_look;
        }
        last_look = now;
        if (record_.observation.full()) return Waited::kDeadline;
        if (now >= end) {
            gave_up();
            return Waited::kDeadline;
        }
        dirty_ = false;
        changed_.wait_until(lock, std::min<Clock::time_point>(end, now + kInterruptionPoll), [this] { return dirty_; });
        if (Clock::now() < not_before)
            changed_.wait_until(lock, std::min<Clock::time_point>(end, not_before), [] { return false; });
    }
}

void Stage::answer(receiver::Script script) {
    hand_over(script);
    receiver_->set_script(std::move(script));
}

void Stage::accept_everything() { answer({}); }

std::string Stage::nothing_came() const {
    std::string out = "no request arrived within " + std::to_string(elapsed().count() / 1000) + " s";
    if (record_.target.input == suite::Input::kNone || record_.target.input == suite::Input::kStdin) return out;
    return out + (source_.scrapes() > 0 ? ", though it scraped" : ", and no scrape of PRW_SCRAPE_URL either");
}

void Stage::close() {
    if (closed_) return;
    closed_ = true;
    if (receiver_) record_.stop_us = receiver_->now_us();
    const auto silent_so_far = [this] {
        const std::lock_guard lock(mutex_);
        return record_.observation.deliveries().empty();
    };
    if (process_) {
        const auto own_end = process_->status();
        look_for_written();
        // What it says of being stopped is no cause of what it did before.
        std::error_code none;
        const auto said = fs::file_size(log_path_, none);
        const auto end = process_->stop();
        if (own_end && starts_ == 1) {
            record_.exited = own_end->text();
            record_.exited_cleanly = own_end->success();
        }
        record_.last_output = suite::tail_of_file(log_path_, 5, 2000, own_end || none ? std::string::npos : said);
        const auto log = read_log();
        record_.wrote_log = !log.empty();
        record_.logged_error_text = log.find(kErrorMarker) != std::string::npos;
        const bool silent = silent_so_far();
        // Where nobody listened, not to have sent is what is judged.
        const bool refused = refuses_ && silent && !(own_end && own_end->signalled) &&
                             (record_.target.input != suite::Input::kScrape || source_.scrapes() > 0);
        const bool left_to_judges = refused || starts_ > 1;
        if (left_to_judges) {
            record_.problem.clear();
        } else if (own_end && (own_end->signalled || (silent && !own_end->success()))) {
            record_.target_broke = true;
            record_.problem = "the target " + end.text() + (silent ? " before it sent anything" : "");
        } else if (own_end && silent) {
            record_.problem = "the target " + end.text() + " without sending anything";
        } else if (silent) {
            record_.problem = nothing_came();
        }
        process_.reset();
    } else if (record_.problem.empty() && silent_so_far()) {
        record_.problem = nothing_came();
    }
    tls_.reset();
    if (receiver_) receiver_->stop();
    source_.stop();
    record_.generations = source_.generations();
    if (capture_) {
        if (auto done = capture_->close(); !done && capture_problem_.empty()) capture_problem_ = done.error().text();
        capture_.reset();
    }
    if (!capture_problem_.empty() && record_.problem.empty())
        record_.problem = "the capture is incomplete: " + capture_problem_;
    if (!options_.keep_work_dirs && !work_dir_.empty()) {
        std::error_code ignored;
        fs::remove_all(work_dir_, ignored);
        for (std::size_t i = 2; i <= starts_; ++i)
            fs::remove_all(fs::path(record_.directory) / ("work-" + std::to_string(i)), ignored);
        fs::remove_all(fs::path(record_.directory) / "work", ignored);
        fs::remove_all(fs::path(record_.directory) / "tls", ignored);
    }
    record_.duration_ms = elapsed().count();
}

}  // namespace prw::sender_suite
