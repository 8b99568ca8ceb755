#include "prw/receiver/receiver.h"

#include <algorithm>
#include <atomic>
#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <system_error>
#include <thread>

#include "answer.h"
#include "control.h"
#include "metrics.h"
#include "mutants.h"
#include "prw/rules/rule_ids.h"
#include "script_engine.h"
#include "store.h"

namespace prw::receiver {

namespace {

using Exchanges = std::vector<std::shared_ptr<const exchange::Exchange>>;

std::int64_t to_us(http::SteadyTime time, http::SteadyTime start) {
    return std::chrono::duration_cast<std::chrono::microseconds>(time - start).count();
}

std::int64_t to_unix_ms(http::SystemTime time) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
}

/// Checkers kept for the next requests, and the largest message whose scratch memory is kept with them.
constexpr std::size_t kMaxIdleCheckers = 16;
constexpr std::size_t kMaxIdleMessage = 4U << 20U;
/// A longer response may take as long as its client likes.
constexpr std::size_t kQuickResponse = 64U << 10U;

/// Bytes that an exchange holds on to, roughly.
std::size_t footprint(const exchange::Exchange& e) {
    std::size_t size =
        sizeof e + e.raw_head.capacity() + e.raw_body.capacity() + e.problem.capacity() + e.response_body.capacity();
    for (const auto& [name, value] : e.response_headers)
        size += sizeof name + name.capacity() + sizeof value + value.capacity();
    for (const auto& f : e.check.findings) {
        size += sizeof f + f.rule.capacity() + f.message.capacity() + f.series.capacity() + f.field.capacity() +
                f.evidence.capacity() + f.fix.capacity();
        for (const auto& clause : f.clauses) size += sizeof clause + clause.capacity();
    }
    return size;
}

/// An exchange until the observer has had it.
struct Pending {
    std::shared_ptr<exchange::Exchange> exchange;
    std::shared_ptr<const proto::Body> body;  ///< for Exchange::body(); only where bodies are handed on
    [[nodiscard]] std::size_t bytes() const { return footprint(*exchange) + (body ? body->bytes().size() : 0); }
};

/// The sender can see the status: what it says then has to be true.
bool says_2xx(const http::Response& response) {
    const auto fault = response.fault;
    return response.status / 100 == 2 &&
           (fault == http::Fault::kNone || fault == http::Fault::kCutResponse || fault == http::Fault::kDribble);
}

/// A response that takes its time on purpose gets its id at its end, so that ids stay in order and it holds back
/// nobody.
bool takes_long(const http::Response& response) {
    return response.fault == http::Fault::kStall || response.fault == http::Fault::kDribble ||
           response.body.size() > kQuickResponse;
}

}  // namespace

struct Receiver::Impl {
    ReceiverOptions options;
    ScriptEngine script;
    Metrics metrics;
    MutantMemory memory;
    http::SteadyTime started = std::chrono::steady_clock::now();
    std::atomic<OnViolation> on_violation;
    std::unique_ptr<Store> store;  ///< where there is one

    std::mutex checkers_mutex;
    std::vector<std::unique_ptr<rules::Checker>> idle_checkers;

    mutable std::mutex mutex;
    std::condition_variable published;  ///< `count` grew
    std::condition_variable changed;    ///< for the publisher: something finished, or nothing will any more
    std::condition_variable room;       ///< for connections: the publisher caught up
    std::deque<std::shared_ptr<const exchange::Exchange>> kept;
    std::size_t kept_bytes = 0;
    std::uint64_t last_id = 0, count = 0;
    std::set<std::uint64_t> open;               ///< ids whose response is being written
    std::map<std::uint64_t, Pending> finished;  ///< not handed out yet
    std::size_t pending_bytes = 0;              ///< of those, with the one that the observer has
    bool closing = false;
    std::function<void(const exchange::Exchange&)> observer;

    std::unique_ptr<http::Server> server;
    /// Hands out exchanges. A thread of its own: a connection that did it would keep its client waiting for as long as
    /// others send.
    std::thread publisher;

    explicit Impl(ReceiverOptions o) : options(std::move(o)), on_violation(options.on_violation) {
        script.set(options.script);
        if (options.control_api && options.store_bytes != 0) store = std::make_unique<Store>(options.store_bytes);
    }

    /// Lends a checker: scratch memory is reused, one for each request in progress.
    class Lease {
    public:
        explicit Lease(Impl& impl) : impl_(impl) {
            const std::lock_guard lock(impl_.checkers_mutex);
            if (impl_.idle_checkers.empty()) {
                checker_ = std::make_unique<rules::Checker>(impl_.options.check);
            } else {
                checker_ = std::move(impl_.idle_checkers.back());
                impl_.idle_checkers.pop_back();
                checker_->options().expected_host = impl_.options.check.expected_host;
            }
        }
        ~Lease() {
            if (used_ > kMaxIdleMessage) return;
            const std::lock_guard lock(impl_.checkers_mutex);
            if (impl_.idle_checkers.size() < kMaxIdleCheckers) impl_.idle_checkers.push_back(std::move(checker_));
        }
        Lease(const Lease&) = delete;
        Lease& operator=(const Lease&) = delete;
        rules::CheckResult check(const http::Request& request) {
            auto result = checker_->check(request.raw_head, request.payload());
            used_ = result.uncompressed_size;
            return result;
        }
        /// Of a request whose body cannot be told: what makes it so is a finding as any other.
        rules::CheckResult check_head(const http::Request& request) {
            auto result = checker_->check(request.raw_head, {});
            // Where the head does not parse, its text still tells which message was meant.
            if (!result.declared && request.raw_head.find(full_name(proto::ProtobufMessage::kV2)) != std::string::npos)
                result.declared = proto::ProtobufMessage::kV2;
            std::erase_if(result.findings, [](const rules::Finding& finding) {
                return finding.rule != rules::rule_id::kHeadWellFormed &&
                       finding.rule != rules::rule_id::kLengthWithChunked;
            });
            return result;
        }
        [[nodiscard]] const proto::RequestView& view() { return checker_->view(); }
        [[nodiscard]] std::shared_ptr<const proto::Body> take_body() { return checker_->take_body(); }

    private:
        Impl& impl_;
        std::uint64_t used_ = 0;
        std::unique_ptr<rules::Checker> checker_;
    };

    [[nodiscard]] AnswerPolicy policy() const { return {on_violation.load(), options.only_1x, options.max_error_body}; }
    /// As rules::CheckOptions::now_ms says.
    [[nodiscard]] std::int64_t wall_ms() const {
        return options.check.now_ms != 0 ? options.check.now_ms : to_unix_ms(std::chrono::system_clock::now());
    }
    [[nodiscard]] std::int64_t now_us() const { return to_us(std::chrono::steady_clock::now(), started); }

    Exchanges snapshot() const {
        const std::lock_guard lock(mutex);
        return {kept.begin(), kept.end()};
    }

    std::optional<http::Response> control_answer(const http::Request& request, const proto::RequestHead& head) {
        if (!options.control_api) return std::nullopt;
        return control(head, request.payload(),
                       {.exchanges = [this] { return snapshot(); },
                        .count =
                            [this] {
                                const std::lock_guard lock(mutex);
                                return count;
                            },
                        .metrics = [this] { return metrics.text(); },
                        .script_status = [this] { return script.status(); },
                        .set_script = [this](Script s) { script.set(std::move(s)); },
                        .store = store.get(),
                        .now_ms = options.check.now_ms});
    }

    /// The conforming answer becomes that of the mutants.
    void mutate(const http::Request& request, const Result<proto::RequestHead>& head, const rules::CheckResult& check,
                const proto::RequestView* view, http::Response& response) {
        static const proto::RequestView kNothing;
        deviate(options.mutation,
                {.head = head ? &*head : nullptr,
                 .check = check,
                 .view = view != nullptr ? *view : kNothing,
                 .body = request.payload(),
                 .chunked = request.chunked,
                 .complete = request.status == http::ReadStatus::kComplete,
                 .policy = policy(),
                 .now_ms = wall_ms(),
                 .memory = memory},
                response);
    }

    http::Response handle(const http::Request& request) {
        const auto head = proto::parse_request_head(request.raw_head);
        if (head && request.status == http::ReadStatus::kComplete)
            if (auto answer = control_answer(request, *head)) return std::move(*answer);

        metrics.in_flight(1);
        const auto pending = std::make_shared<Pending>(Pending{std::make_shared<exchange::Exchange>(), nullptr});
        auto& e = *pending->exchange;
        e.raw_head = request.raw_head;
        e.raw_body = request.raw_body;
        e.chunked = request.chunked;
        e.read_status = request.status;
        e.problem = request.problem;
        e.peer = request.peer;
        e.connection = request.connection;
        e.index_on_connection = request.index_on_connection;
        e.received_unix_ms = to_unix_ms(request.received_at);
        e.first_byte_us = to_us(request.first_byte, started);
        e.last_byte_us = to_us(request.last_byte, started);

        http::Response response;
        if (request.status == http::ReadStatus::kComplete) {
            Lease checker(*this);
            e.check = checker.check(request);
            ScriptInput input{head ? &*head : nullptr, e.check.declared, request.payload(), nullptr, e.first_byte_us};
            if (script.needs_view() && e.check.decoded) input.view = &checker.view();
            input.samples = e.check.decoded && e.check.samples + e.check.histograms > 0;
            input.probe = e.check.kind == rules::RequestKind::kProbe;
            const bool scripts = !options.script_needs_message || e.check.decoded || input.probe;
            if (const auto step = scripts ? script.next(input) : std::nullopt) {
                e.scripted = step->name;
                response = scripted_answer(*step, e.check, policy(), to_unix_ms(std::chrono::system_clock::now()));
            } else {
                response = conforming_answer(e.check, policy());
                if (!options.mutation.empty())
                    mutate(request, head, e.check, e.check.decoded ? &checker.view() : nullptr, response);
            }
            // Before the answer, so that whoever has it reads what it says.
            if (store && e.check.decoded && says_2xx(response)) store->add(checker.view());
            if (options.hand_on_bodies && e.check.decoded) e.decoded = pending->body = checker.take_body();
        } else {
            if (request.status == http::ReadStatus::kMalformedHead || request.status == http::ReadStatus::kBadLength) {
                Lease checker(*this);
                e.check = checker.check_head(request);
            }
            response = unreadable_answer(request);
            e.check.status = status_of(request.status);
            if (!options.mutation.empty()) mutate(request, head, e.check, nullptr, response);
        }
        response.attachment = pending;
        return response;
    }

    /// Right before the first byte of the response: what a sender does because of it gets a higher id.
    void starting(const http::Response& response) {
        const auto pending = std::static_pointer_cast<Pending>(response.attachment);
        if (!pending || takes_long(response)) return;
        const std::lock_guard lock(mutex);
        pending->exchange->id = ++last_id;
        open.insert(pending->exchange->id);
    }

    void complete(const http::Response& response, http::SteadyTime start, http::SteadyTime end, bool sent) {
        const auto pending = std::static_pointer_cast<Pending>(response.attachment);
        if (!pending) return;
        auto& e = *pending->exchange;
        e.response_start_us = to_us(start, started);
        e.response_end_us = to_us(end, started);
        e.response_sent = sent;
        if (response.fault != http::Fault::kNone) e.fault = name_of(response.fault);
        const bool answered =
            sent || response.fault == http::Fault::kCutResponse || response.fault == http::Fault::kDribble;
        if (answered) {
            e.status = response.status;
            e.response_headers = response.headers;
            e.response_body = response.body;
        }
        metrics.in_flight(-1);
        metrics.count(e);

        std::unique_lock lock(mutex);
        if (e.id == 0) e.id = ++last_id;
        open.erase(e.id);
        pending_bytes += pending->bytes();
        finished.emplace(e.id, std::move(*pending));
        changed.notify_one();
        // A slow disk must not become memory.
        room.wait(lock, [this] { return pending_bytes <= options.max_pending_bytes; });
    }

    /// Hands out finished exchanges in order of id, one at a time, without holding the lock while an observer runs.
    void publish() {
        std::unique_lock lock(mutex);
        const auto next = [this] {
            return !finished.empty() && (open.empty() || finished.begin()->first < *open.begin());
        };
        for (;;) {
            changed.wait(lock, [&] { return next() || closing; });
            if (!next()) return;  // closing comes after the last connection, so that nothing is open or will be
            auto [exchange, body] = std::move(finished.begin()->second);
            finished.erase(finished.begin());
            const auto size = footprint(*exchange), held = body ? body->bytes().size() : 0;
            ++count;
            kept.push_back(exchange);
            kept_bytes += size;
            while (kept.size() > 1 && (kept.size() > options.keep_exchanges || kept_bytes > options.keep_bytes)) {
                kept_bytes -= footprint(*kept.front());
                kept.pop_front();
            }
            if (observer) {
                lock.unlock();
                observer(*exchange);
                lock.lock();
            }
            body.reset();
            pending_bytes -= size + held;
            room.notify_all();
            published.notify_all();
        }
    }

    void make_server() {
        server = std::make_unique<http::Server>(
            options.server, [this](const http::Request& request) { return handle(request); },
            [this](const http::Request&, const http::Response& response, http::SteadyTime start, http::SteadyTime end,
                   bool sent) { complete(response, start, end, sent); },
            [this](const http::Request&, const http::Response& response) { starting(response); });
    }

    void stop() {
        if (server) server->stop();
        if (!publisher.joinable()) return;
        {
            const std::lock_guard lock(mutex);
            closing = true;
        }
        changed.notify_one();
        publisher.join();
    }
};

Receiver::Receiver(ReceiverOptions options) : impl_(std::make_unique<Impl>(std::move(options))) {}

Receiver::~Receiver() { stop(); }

Result<void> Receiver::reserve() {
    auto& s = *impl_;
    if (s.server) return fail(ErrorCode::kInvalidArgument, "the receiver has an address already", address());
    s.make_server();
    return s.server->reserve();
}

Result<void> Receiver::start() {
    auto& s = *impl_;
    if (s.publisher.joinable()) return fail(ErrorCode::kInvalidArgument, "the receiver runs already", address());
    s.started = std::chrono::steady_clock::now();
    if (!s.server || !s.server->reserved()) s.make_server();
    // First, since exchanges may come at once.
    s.closing = false;
    try {
        s.publisher = std::thread([&s] { s.publish(); });
    } catch (const std::system_error& error) {
        return fail(ErrorCode::kIo, "cannot start a thread", s.options.server.host, error.what());
    }
    auto running = s.server->start();
    if (!running) s.stop();
    return running;
}

void Receiver::stop() { impl_->stop(); }

std::string Receiver::address() const { return impl_->server ? impl_->server->address() : std::string(); }
std::string Receiver::url(std::string_view path) const {
    return impl_->server ? impl_->server->url(path) : std::string();
}
void Receiver::on_exchange(std::function<void(const exchange::Exchange&)> observer) {
    impl_->observer = std::move(observer);
}
void Receiver::set_script(Script script) { impl_->script.set(std::move(script)); }
void Receiver::expect_host(std::string host) {
    const std::lock_guard lock(impl_->checkers_mutex);
    impl_->options.check.expected_host = std::move(host);
}
void Receiver::set_on_violation(OnViolation mode) { impl_->on_violation = mode; }
Exchanges Receiver::exchanges() const { return impl_->snapshot(); }
std::int64_t Receiver::now_us() const { return impl_->now_us(); }

std::uint64_t Receiver::count() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->count;
}

bool Receiver::wait(std::chrono::milliseconds deadline, const std::function<bool(const Exchanges&)>& done) {
    auto& s = *impl_;
    const auto until = std::chrono::steady_clock::now() + deadline;
    std::unique_lock lock(s.mutex);
    for (;;) {
        const Exchanges now(s.kept.begin(), s.kept.end());
        const auto seen = s.count;
        lock.unlock();
        if (done(now)) return true;
        lock.lock();
        if (!s.published.wait_until(lock, until, [&] { return s.count != seen; })) return false;
    }
}

}  // namespace prw::receiver
