/// A Remote Write receiver inside a GoogleTest: a free port, scripted answers, everything that came, decoded and
/// judged.
///
/// ```cpp
/// TEST(MySender, RetriesOn503) {
///     prw::testing::Receiver receiver;
///     receiver.respond("503x1,204");
///     my_sender.push(receiver.url());
///     ASSERT_TRUE(receiver.wait_for(2));
///     EXPECT_THAT(receiver.requests(), HasSeries({{"__name__", "up"}}, 1));
///     receiver.expect_no_findings();
/// }
/// ```
/// Nothing here sleeps: every wait is for an event, with a deadline. Thread-safe, except for construction and
/// destruction.
#pragma once

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <iosfwd>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "prw/exchange/exchange.h"
#include "prw/proto/model.h"
#include "prw/receiver/receiver.h"
#include "prw/receiver/script.h"

namespace prw::testing {

/// One request with what it carried. A copy is cheap but for the series.
struct Request {
    std::shared_ptr<const exchange::Exchange> exchange;            ///< bytes, answer, timing and findings; never null
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;  ///< by its bytes, else by its Content-Type
    std::vector<proto::Series> series;      ///< in message order, labels as sent; empty when it did not decode
    std::vector<proto::Metadata> metadata;  ///< 1.0 only; 2.0 has it in the series

    /// Of the response: 0 when none was sent.
    [[nodiscard]] int status() const { return exchange->response_sent ? exchange->status : 0; }
    [[nodiscard]] const std::vector<rules::Finding>& findings() const { return exchange->check.findings; }
};

/// Decodes what an exchange carried.
[[nodiscard]] Request request_of(std::shared_ptr<const exchange::Exchange> exchange);
[[nodiscard]] Request request_of(const exchange::Exchange& exchange);
/// From bytes that no receiver saw; judged here.
[[nodiscard]] Request request_of(std::string_view head, std::string_view body);

/// "request 1: POST /api/v1/write, 1.0, 3 series, 3 samples, answered 503 (step 1)".
[[nodiscard]] std::string summary_of(const Request& request);
/// The summary, then a line a series, at most 20 of them.
void PrintTo(const Request& request, std::ostream* os);

/// How long to wait for what must come. Long, for loaded machines: a test that passes does not wait.
inline constexpr std::chrono::milliseconds kDeadline{20000};

/// Starts when it is made, stops when it goes. What cannot be (a port in use, a script that does not parse) fails the
/// test with its reason.
class Receiver {
public:
    explicit Receiver(receiver::ReceiverOptions options = defaults(), const char* file = __builtin_FILE(),
                      int line = __builtin_LINE());
    ~Receiver();
    Receiver(const Receiver&) = delete;
    Receiver& operator=(const Receiver&) = delete;

    /// Any free port of 127.0.0.1; accepts whatever decodes, so that the verdict does not change what the sender does;
    /// no control API: every path is the write endpoint.
    [[nodiscard]] static receiver::ReceiverOptions defaults();

    [[nodiscard]] std::string url(std::string_view path = "/api/v1/write") const;

    /// Answers from here on, in the short form of `prw receive --respond`: "503x2:retry-after=1,204". An empty text:
    /// the receiver's own answer.
    void respond(std::string_view short_form, const char* file = __builtin_FILE(), int line = __builtin_LINE());
    void respond(receiver::Script script);

    /// True once `count` requests were answered (or met their fault) in all; else says what came. Probes (GET and HEAD)
    /// are not counted.
    [[nodiscard]] ::testing::AssertionResult wait_for(std::size_t count,
                                                      std::chrono::milliseconds deadline = kDeadline);
    /// True once `matcher` matches the requests so far; else says what came, and the near miss.
    [[nodiscard]] ::testing::AssertionResult wait_until(const ::testing::Matcher<const std::vector<Request>&>& matcher,
                                                        std::chrono::milliseconds deadline = kDeadline);

    /// Everything so far, in order of the answers; probes, too.
    [[nodiscard]] std::vector<std::shared_ptr<const exchange::Exchange>> exchanges() const;
    /// Decoded, without probes.
    [[nodiscard]] std::vector<Request> requests() const;
    /// Of all requests, of this severity and above.
    [[nodiscard]] std::vector<rules::Finding> findings(rules::Severity least = rules::Severity::kWarn) const;
    /// Fails the test, at the caller's line, for findings of this severity and above; and where no request came, since
    /// then nothing was judged.
    void expect_no_findings(rules::Severity least = rules::Severity::kWarn, const char* file = __builtin_FILE(),
                            int line = __builtin_LINE()) const;

    /// A line a request.
    [[nodiscard]] std::string summary() const;

private:
    receiver::Receiver receiver_;
};

void PrintTo(const Receiver& receiver, std::ostream* os);

/// A test with a receiver of its own: `TEST_F(ReceiverTest, …) { … receiver.url() … }`. Where the test failed it shows
/// the requests that came.
class ReceiverTest : public ::testing::Test {
protected:
    void TearDown() override;
    Receiver receiver;
};

}  // namespace prw::testing

namespace prw::exchange {

// How GoogleTest shows them.
void PrintTo(const Exchange& exchange, std::ostream* os);
void PrintTo(const std::shared_ptr<const Exchange>& exchange, std::ostream* os);

}  // namespace prw::exchange

namespace prw::rules {

void PrintTo(const Finding& finding, std::ostream* os);

}  // namespace prw::rules
