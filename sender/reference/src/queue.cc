#include "prw/sender/queue.h"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <thread>
#include <utility>

#include "prw/sender/exposition.h"

namespace prw::sender {

namespace {

/// Roughly what a point adds to the message.
std::size_t weight(const proto::Series& point) {
    std::size_t bytes = 64 + point.metadata.help.size() + point.metadata.unit.size();
    const auto add = [&](const proto::Labels& labels) {
        for (const auto& [name, value] : labels) bytes += name.size() + value.size() + 4;
    };
    add(point.labels);
    for (const auto& exemplar : point.exemplars) add(exemplar.labels);
    for (const auto& h : point.histograms)
        bytes += 10 * (h.positive_deltas.size() + h.negative_deltas.size() + h.positive_counts.size() +
                       h.negative_counts.size() + h.positive_spans.size() + h.negative_spans.size() +
                       h.custom_values.size());
    return bytes;
}

}  // namespace

struct Queue::Impl {
    struct Item {
        proto::Series point;
        std::size_t weight = 0;
        SteadyTime since;
    };
    struct Shard {
        std::mutex mutex;
        std::condition_variable changed;
        std::deque<Item> items;
        std::size_t weight = 0;
        std::unique_ptr<Transport> transport;
        std::unique_ptr<RemoteWriter> writer;
    };

    QueueOptions options;
    RemoteWriteOptions remote;
    Clock& clock;
    Log log;
    Session session;
    std::vector<std::unique_ptr<Shard>> shards;

    std::atomic<bool> finishing = false, released = false;
    mutable std::mutex mutex;  // stats, running, notes
    std::condition_variable done;
    std::size_t running = 0;
    bool aborted = false;
    SendStats stats;
    bool told_left_out = false, told_renamed = false;

    std::vector<std::jthread> threads;  // last: joined first

    Impl(QueueOptions queue_options, RemoteWriteOptions remote_options, Clock& the_clock, Log the_log)
        : options(queue_options),
          remote(std::move(remote_options)),
          clock(the_clock),
          log(std::move(the_log)),
          session(remote.message) {}

    void say(LogLevel level, const std::string& text) const {
        if (log) log(level, text);
    }

    Shard& shard_of(const proto::Series& point) const {
        return shards.size() == 1 ? *shards.front()
                                  : *shards[std::hash<std::string>()(series_key(point.labels)) % shards.size()];
    }

    bool full_batch(const Shard& shard) const {
        return shard.items.size() >= options.batch_size || shard.weight >= options.batch_bytes;
    }

    /// Waits for a batch that is full, old enough, or the last one; empty when the queue is finished.
    std::vector<proto::Series> next_batch(Shard& shard) {
        std::unique_lock lock(shard.mutex);
        shard.changed.wait(lock, [&] { return !shard.items.empty() || finishing; });
        if (shard.items.empty()) return {};
        const SteadyTime due = shard.items.front().since + options.flush_interval;
        clock.wait_until(lock, shard.changed, due, [&] { return finishing || full_batch(shard); });
        std::vector<proto::Series> batch;
        std::size_t bytes = 0;
        while (!shard.items.empty() && batch.size() < options.batch_size &&
               (batch.empty() || bytes + shard.items.front().weight <= options.batch_bytes)) {
            bytes += shard.items.front().weight;
            batch.push_back(std::move(shard.items.front().point));
            shard.items.pop_front();
        }
        shard.weight -= bytes;
        lock.unlock();
        shard.changed.notify_all();  // room for push()
        return batch;
    }

    void work(Shard& shard) {
        while (true) {
            const auto batch = next_batch(shard);
            if (batch.empty()) break;
            account(shard.writer->deliver(batch), batch.size());
        }
        {
            const std::lock_guard lock(mutex);
            --running;
        }
        done.notify_all();
    }

    void account(const BatchResult& delivery, std::size_t points) {
        bool tell_left_out = false, tell_renamed = false;
        {
            const std::lock_guard lock(mutex);
            stats.requests += delivery.attempts;
            stats.answers += delivery.answers;
            const std::uint64_t sent = delivery.sent.data_points();
            stats.left_out += points - sent;
            stats.exemplars_left_out += delivery.left_out.exemplars;
            stats.fell_back = stats.fell_back || delivery.fell_back;
            if (delivery.attempts > 0) {
                stats.retries += delivery.attempts - 1 - (delivery.fell_back ? 1 : 0);
                stats.sent += sent;
                stats.exemplars_sent += delivery.sent.exemplars;
                if (delivery.attempts > (delivery.fell_back ? 2U : 1U)) stats.retried += sent;
            }
            account_outcome(delivery, sent);
            tell_left_out = !told_left_out && (delivery.left_out.data_points() + delivery.left_out.exemplars) > 0;
            tell_renamed = !told_renamed && delivery.renamed > 0;
            told_left_out = told_left_out || tell_left_out;
            told_renamed = told_renamed || tell_renamed;
        }
        if (tell_left_out)
            say(LogLevel::kWarn,
                "exemplars and native histograms are left out: prometheus.WriteRequest (1.0) has no place for them "
                "(said once)");
        if (tell_renamed)
            say(LogLevel::kWarn,
                "names outside the patterns of 1.0 are sent escaped, e.g. my.name as U__my_2e_name (said once)");
        if (delivery.outcome != Outcome::kAccepted && delivery.outcome != Outcome::kNothing) {
            say(LogLevel::kError, fmt::format("{} samples {}: {}", delivery.sent.data_points(),
                                              name_of(delivery.outcome), delivery.error));
        } else if (delivery.written_mismatch()) {
            const proto::WrittenCounts& got = *delivery.written;
            const auto text = [](const proto::WrittenCounts& c) {
                return fmt::format("{} samples, {} histograms, {} exemplars", c.samples, c.histograms, c.exemplars);
            };
            say(LogLevel::kWarn,
                fmt::format("the receiver accepted the request, but its Written headers confirm {} of {}", text(got),
                            text(delivery.sent)));
        }
    }

    void account_outcome(const BatchResult& delivery, std::uint64_t sent) {
        switch (delivery.outcome) {
            case Outcome::kAccepted:
                stats.acknowledged += sent;
                break;
            case Outcome::kRejected:
                stats.rejected += sent;
                break;
            case Outcome::kGaveUp:
                stats.failed += sent;
                break;
            case Outcome::kCancelled:
                stats.unsent += sent;
                break;
            case Outcome::kNothing:
                break;
        }
        if (delivery.outcome != Outcome::kAccepted && !delivery.error.empty()) stats.last_error = delivery.error;
        if (!delivery.written_mismatch()) return;
        ++stats.written_mismatches;
        const auto missing = [](std::uint64_t of, std::uint64_t got) { return of > got ? of - got : 0; };
        const proto::WrittenCounts& got = *delivery.written;
        stats.not_written += missing(delivery.sent.samples, got.samples) +
                             missing(delivery.sent.histograms, got.histograms) +
                             missing(delivery.sent.exemplars, got.exemplars);
    }

    void wake_all() {
        for (const auto& shard : shards) {
            { const std::lock_guard lock(shard->mutex); }  // nobody is between checking and waiting
            shard->changed.notify_all();
        }
    }
};

Queue::Queue(QueueOptions options, RemoteWriteOptions remote, Clock& clock, Log log, TransportFactory transport,
             std::function<Random()> random) {
    options.shards = std::max<std::size_t>(options.shards, 1);
    options.batch_size = std::max<std::size_t>(options.batch_size, 1);
    options.capacity = std::max(options.capacity, options.batch_size);
    impl_ = std::make_unique<Impl>(options, std::move(remote), clock, std::move(log));
    if (!transport) transport = [client = impl_->remote.client] { return make_http_transport(client); };
    for (std::size_t i = 0; i < options.shards; ++i) {
        auto shard = std::make_unique<Impl::Shard>();
        shard->transport = transport();
        shard->writer = std::make_unique<RemoteWriter>(impl_->remote, impl_->session, *shard->transport, clock,
                                                       random(), impl_->log);
        impl_->shards.push_back(std::move(shard));
    }
    impl_->running = options.shards;
    for (const auto& shard : impl_->shards)
        impl_->threads.emplace_back([impl = impl_.get(), &target = *shard] { impl->work(target); });
}

Queue::~Queue() { finish(Milliseconds(0)); }

std::size_t Queue::push(std::vector<proto::Series> points) {
    std::size_t taken = 0;
    for (proto::Series& point : points) {
        Impl::Shard& shard = impl_->shard_of(point);
        const std::size_t bytes = weight(point);
        {
            std::unique_lock lock(shard.mutex);
            shard.changed.wait(lock, [&] {
                return shard.items.size() < impl_->options.capacity || impl_->released || impl_->finishing;
            });
            if (impl_->finishing || shard.items.size() >= impl_->options.capacity) break;
            shard.items.push_back({std::move(point), bytes, impl_->clock.now()});
            shard.weight += bytes;
            ++taken;
            if (shard.items.size() != 1 && !impl_->full_batch(shard)) continue;
        }
        shard.changed.notify_all();
    }
    const std::lock_guard lock(impl_->mutex);
    impl_->stats.pushed += taken;
    return taken;
}

void Queue::release() {
    impl_->released = true;
    impl_->wake_all();
}

void Queue::abort() {
    {
        const std::lock_guard lock(impl_->mutex);
        impl_->aborted = true;
    }
    impl_->done.notify_all();
}

void Queue::finish(Milliseconds deadline) {
    Impl& impl = *impl_;
    impl.finishing = true;
    impl.wake_all();
    std::unique_lock lock(impl.mutex);
    // Real time, whatever clock the rest runs by: this is about threads that have to come to an end.
    impl.done.wait_for(lock, deadline, [&] { return impl.running == 0 || impl.aborted; });
    while (impl.running > 0) {
        lock.unlock();
        impl.session.cancel();
        for (const auto& shard : impl.shards) shard->transport->cancel();
        lock.lock();
        impl.done.wait_for(lock, Milliseconds(20),
                           [&] { return impl.running == 0; });  // a request may have begun just after cancel()
    }
    lock.unlock();
    impl.threads.clear();
}

SendStats Queue::stats() const {
    const std::lock_guard lock(impl_->mutex);
    return impl_->stats;
}

}  // namespace prw::sender
