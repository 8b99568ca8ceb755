/// Cases: what is written to a receiver, as rows. The data is the reference sender's; what is wrong with a request on
/// purpose is a mutant of that sender, so that both suites call a deviation by the same name.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "prw/base/error.h"
#include "prw/http/client.h"
#include "prw/proto/model.h"
#include "prw/proto/protocol.h"
#include "prw/proto/types.h"

namespace prw::receiver_suite {

/// What the specifications leave a receiver to do with a request.
enum class Fate : std::uint8_t {
    kAccepted,     ///< nothing is wrong with it: 2xx
    kOptional,     ///< nothing is wrong with it, but a receiver may decline what it holds
    kRefused,      ///< 400: it cannot be read, or what it says contradicts itself
    kUnsupported,  ///< 415: another type or coding
    kNotPost,      ///< 405
    kChoice,       ///< up to the receiver, as long as it does not ask for a repeat of what never succeeds
};

/// The answer that is right: "2xx", "2xx or 4xx", "400", "415", "405", "not 5xx".
[[nodiscard]] std::string_view wanted_text(Fate fate);

/// What a request of a case is made for.
struct Setting {
    std::string run;     ///< marks the run: lower-case letters and digits
    std::string metric;  ///< of its own in this run: "prw_4f1c_valid_one_sample"
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::int64_t now_ms = 0;  ///< wall clock, ms since the epoch
};

/// A request before it is written out; rows change what is lawful to change.
struct Draft {
    std::string method = "POST";
    proto::HeaderFields fields;  ///< without Host and Content-Length
    std::string body;            ///< what goes out
    bool chunked = false;        ///< in chunks of `chunk` bytes, without Content-Length
    std::size_t chunk = 64;
};

struct Case {
    std::string_view id;       ///< "valid/one-sample"
    std::string_view summary;  ///< "One sample of one series."
    Fate fate = Fate::kAccepted;
    bool v1 = true, v2 = true;                              ///< messages in which it can be written
    proto::WriteRequest (*data)(const Setting&) = nullptr;  ///< nullptr: one sample of one series
    std::string_view mutant = {};                           ///< of the reference sender: what is wrong; empty: nothing
    void (*encode)(std::string& message, proto::ProtobufMessage) = nullptr;  ///< another lawful encoding
    void (*edit)(Draft&, proto::ProtobufMessage) = nullptr;                  ///< of the head or the body
    unsigned times = 1;                                                      ///< that it is sent, byte for byte
    bool then_good = false;  ///< a good request follows each on the same connection; `<id>+good` in replies
    [[nodiscard]] bool in(proto::ProtobufMessage asked) const { return asked == proto::ProtobufMessage::kV1 ? v1 : v2; }
};

/// Cases that are written one after the other over one connection: a scenario of the suite.
struct Group {
    std::string_view name, summary;
    std::span<const Case> cases;
};
[[nodiscard]] std::span<const Group> groups();
[[nodiscard]] const Group* find_group(std::string_view name);  ///< nullptr: there is none
[[nodiscard]] const Case* find_case(std::string_view id);      ///< nullptr: there is none

/// A request as it goes over the wire.
struct WireRequest {
    std::string head;     ///< request line through blank line
    std::string body;     ///< as sent: framing of chunks included
    std::string payload;  ///< the body proper
    [[nodiscard]] std::string bytes() const { return head + body; }
};
/// Where requests go, and what each of them carries besides.
struct Endpoint {
    http::Url url;
    proto::HeaderFields headers;  ///< authentication and the like
};
/// kInvalidArgument for a mutant that there is not, or that does not change a request.
[[nodiscard]] Result<WireRequest> write_case(const Case& row, const Setting& setting, const Endpoint& endpoint);
/// The good request that follows one of `then_good`.
[[nodiscard]] const Case& good_case();

}  // namespace prw::receiver_suite
