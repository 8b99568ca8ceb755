/// One request to the receiver: what it says, how it is repeated, what the answer means.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/http/client.h"
#include "prw/proto/model.h"
#include "prw/proto/protocol.h"
#include "prw/sender/backoff.h"
#include "prw/sender/clock.h"

namespace prw::sender {

enum class LogLevel : std::uint8_t { kDebug, kInfo, kWarn, kError };
/// May be called from several threads at once.
using Log = std::function<void(LogLevel, const std::string&)>;

struct RemoteWriteOptions {
    http::Url url;  ///< userinfo becomes basic authentication
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::string user_agent;         ///< empty: "prw/VERSION"
    http::HeaderList headers;       ///< further ones; see check_header()
    std::string bearer_token_file;  ///< read again for every request
    http::ClientOptions client;     ///< timeouts, TLS
    Milliseconds min_backoff{30}, max_backoff{5000};
    std::optional<std::uint64_t> max_retries;  ///< per request; nullopt: no bound
    std::optional<Milliseconds>
        retry_for;  ///< since the first failure after the last request that was accepted or rejected; nullopt: for ever
    bool retry_on_429 = false;
    bool fallback = false;       ///< 2.0 is answered with 415 (or what counts as such): send 1.0 from then on
    unsigned max_redirects = 3;  ///< 307 and 308 only
};

/// kInvalidArgument when an operator may not set this header: the four that the protocol reserves, those that this
/// sender or HTTP itself sets (Host, Content-Length, Transfer-Encoding, Connection, Retry-Attempt), and anything that
/// is not a token or carries control characters.
[[nodiscard]] Result<void> check_header(std::string_view name, std::string_view value);
/// Every rule about the options as a whole: headers, credentials given twice, token file readable, backoff bounds.
[[nodiscard]] Result<void> check_options(const RemoteWriteOptions& options);
/// "prw/VERSION".
[[nodiscard]] std::string default_user_agent();

/// A batch in the form of one of the two messages.
struct EncodedRequest {
    std::string body;             ///< snappy
    proto::WrittenCounts counts;  ///< in the body
    proto::WrittenCounts
        left_out;  ///< in the batch, but not expressible in this message: exemplars and native histograms in 1.0
    std::uint64_t renamed = 0;  ///< series whose UTF-8 names were escaped for 1.0
    [[nodiscard]] bool empty() const { return counts.data_points() == 0; }
};
/// Merges the points of a series into one TimeSeries (two when floats and histograms mix), keeps their order. For 1.0
/// leaves out exemplars and native histograms, which belong to 2.0, and escapes names outside the 1.0 patterns as
/// Prometheus does for old peers: my.name → U__my_2e_name.
[[nodiscard]] EncodedRequest encode_request(const std::vector<proto::Series>& batch, proto::ProtobufMessage message);
/// Prometheus' "values" escaping; legacy names come back unchanged.
[[nodiscard]] std::string escape_name(std::string_view name, bool metric);

/// The network behind one worker.
class Transport {
public:
    virtual ~Transport() = default;
    [[nodiscard]] virtual Result<http::ClientResponse> post(const http::Url& url, const http::HeaderList& headers,
                                                            std::string_view body) = 0;
    /// Sends these bytes, head and body, to the URL's host. For mutants only.
    [[nodiscard]] virtual Result<http::ClientResponse> raw(const http::Url& url, std::string_view bytes);
    /// From another thread: makes a request in progress fail soon.
    virtual void cancel() = 0;
};
using TransportFactory = std::function<std::unique_ptr<Transport>()>;
[[nodiscard]] std::unique_ptr<Transport> make_http_transport(const http::ClientOptions& options);

/// Shared by the workers of one sender: cancellation, and the message in use, which a fallback changes for all of them.
class Session {
public:
    explicit Session(proto::ProtobufMessage message) : message_(message) {}
    [[nodiscard]] proto::ProtobufMessage message() const { return message_; }
    void fall_back() { message_ = proto::ProtobufMessage::kV1; }
    /// Ends all waiting for retries; requests in progress are the transports' to cancel.
    void cancel();
    [[nodiscard]] bool cancelled() const { return cancelled_; }
    /// Waits until the deadline or cancel().
    void wait(Clock& clock, SteadyTime deadline);

private:
    std::atomic<proto::ProtobufMessage> message_;
    std::atomic<bool> cancelled_ = false;
    std::mutex mutex_;
    std::condition_variable changed_;
};

enum class Outcome : std::uint8_t {
    kAccepted,   ///< 2xx, and for 2.0 with Written headers
    kRejected,   ///< an answer that is not retried
    kGaveUp,     ///< retries used up
    kCancelled,  ///< the sender is shutting down
    kNothing,    ///< nothing in the batch could be expressed in the message
};
[[nodiscard]] std::string_view name_of(Outcome outcome);

/// What became of one batch.
struct BatchResult {
    Outcome outcome = Outcome::kNothing;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;  ///< of the last attempt
    int status = 0;                                                ///< of the last answer; 0: none came
    std::uint64_t attempts = 0, answers = 0;
    proto::WrittenCounts sent, left_out;
    std::uint64_t renamed = 0;
    std::optional<proto::WrittenCounts> written;  ///< 2.0: as confirmed; headers that are missing count as zero
    bool fell_back = false;
    std::string error;  ///< why not accepted, one sentence with the receiver's own text
    [[nodiscard]] bool written_mismatch() const { return outcome == Outcome::kAccepted && written && *written != sent; }
};

/// Delivers one batch at a time. Not thread-safe; one per shard.
class RemoteWriter {
public:
    RemoteWriter(const RemoteWriteOptions& options, Session& session, Transport& transport, Clock& clock, Random random,
                 Log log);
    /// Blocks until the batch is accepted, refused for good, given up or cancelled. 5xx and transport errors are
    /// retried with the same bytes.
    [[nodiscard]] BatchResult deliver(const std::vector<proto::Series>& batch);

private:
    struct Attempt;
    [[nodiscard]] http::HeaderList headers_for(proto::ProtobufMessage message, std::uint64_t retry,
                                               bool with_credentials);
    [[nodiscard]] Attempt attempt(const EncodedRequest& request, proto::ProtobufMessage message, std::uint64_t retry);
    void judge_answer(const http::ClientResponse& response, proto::ProtobufMessage message, Attempt& out) const;
    [[nodiscard]] bool may_retry(std::uint64_t retries, Milliseconds wait);
    void say(LogLevel level, const std::string& text) const;

    const RemoteWriteOptions& options_;
    Session& session_;
    Transport& transport_;
    Clock& clock_;
    Backoff backoff_;
    Log log_;
    std::string token_;
    std::optional<SteadyTime> failing_since_;
};

}  // namespace prw::sender
