#include "prw/receiver_suite/cases.h"

#include <algorithm>

#include "cases/data.h"
#include "cases/rows.h"
#include "prw/base/bytes_text.h"
#include "prw/mutants/mutants.h"
#include "prw/proto/http_head.h"
#include "prw/proto/snappy_block.h"
#include "prw/sender/clock.h"

namespace prw::receiver_suite {
namespace {

/// Takes down what would be sent.
class Recorder final : public sender::Transport {
public:
    explicit Recorder(WireRequest& out, Draft& draft) : out_(out), draft_(draft) {}
    Result<http::ClientResponse> post(const http::Url&, const http::HeaderList& headers,
                                      std::string_view body) override {
        draft_.fields = headers;
        draft_.body = body;
        return http::ClientResponse();
    }
    /// The mutant wrote the head itself.
    Result<http::ClientResponse> raw(const http::Url&, std::string_view bytes) override {
        const auto end = bytes.find("\r\n\r\n");
        const auto head = end == std::string_view::npos ? bytes.size() : end + 4;
        out_.head = bytes.substr(0, head);
        out_.body = out_.payload = bytes.substr(head);
        return http::ClientResponse();
    }
    void cancel() override {}

private:
    WireRequest& out_;
    Draft& draft_;
};

std::string chunks(std::string_view body, std::size_t size) {
    std::string out;
    for (std::size_t at = 0; at < body.size(); at += size) {
        const auto chunk = body.substr(at, size);
        out.append(base::hex_number(chunk.size())).append("\r\n").append(chunk).append("\r\n");
    }
    return out + "0\r\n\r\n";
}

WireRequest serialise(Draft draft, const http::Url& url) {
    WireRequest out;
    out.head =
        draft.method + " " + url.target + " HTTP/1.1\r\n" + proto::header::kHost + ": " + url.host_header() + "\r\n";
    if (draft.chunked)
        draft.fields.emplace_back(proto::header::kTransferEncoding, "chunked");
    else if (draft.method != "GET" && draft.method != "HEAD")
        draft.fields.emplace_back(proto::header::kContentLength, std::to_string(draft.body.size()));
    for (const auto& [name, value] : draft.fields) out.head.append(name).append(": ").append(value).append("\r\n");
    out.head += "\r\n";
    out.body = draft.chunked ? chunks(draft.body, draft.chunk) : draft.body;
    out.payload = std::move(draft.body);
    return out;
}

}  // namespace

std::string_view wanted_text(Fate fate) {
    switch (fate) {
        case Fate::kAccepted:
            return "2xx";
        case Fate::kOptional:
            return "2xx or 4xx";
        case Fate::kRefused:
            return "400";
        case Fate::kUnsupported:
            return "415";
        case Fate::kNotPost:
            return "405";
        case Fate::kChoice:
            return "not 5xx";
    }
    return {};
}

std::span<const Group> groups() {
    static const Group kGroups[] = {
        {"valid", "Everything that a receiver has to take, and what it may decline.", valid_cases()},
        {"unsupported", "Media types, codings and methods that are none of Remote Write's.", unsupported_cases()},
        {"malformed", "Bodies that cannot be read.", malformed_cases()},
        {"invalid", "Messages that can be read and are not valid.", invalid_cases()},
        {"mixed", "Good and bad series in one request.", mixed_cases()},
        {"policies", "What the specifications leave to a receiver.", policy_cases()},
        {"recovery", "Bad requests with a good one behind each, on one connection.", recovery_cases()},
    };
    return kGroups;
}

const Group* find_group(std::string_view name) {
    const auto all = groups();
    const auto found = std::find_if(all.begin(), all.end(), [&](const Group& group) { return group.name == name; });
    return found != all.end() ? &*found : nullptr;
}

const Case& good_case() {
    static const Case kGood{.id = "good", .summary = "One sample of one series."};
    return kGood;
}

const Case* find_case(std::string_view id) {
    for (const auto& group : groups())
        for (const auto& row : group.cases)
            if (row.id == id) return &row;
    return nullptr;
}

Result<WireRequest> write_case(const Case& row, const Setting& setting, const Endpoint& endpoint) {
    const auto message = setting.message;
    Draft draft;
    draft.fields = {{proto::header::kContentEncoding, proto::kSnappy},
                    {proto::header::kContentType, proto::content_type_of(message)},
                    {proto::header::kUserAgent, sender::default_user_agent()},
                    {proto::header::kVersion, proto::version_of(message)}};
    draft.fields.insert(draft.fields.end(), endpoint.headers.begin(), endpoint.headers.end());
    auto encoded = proto::encode((row.data != nullptr ? row.data : one_sample)(setting), message);
    if (row.encode != nullptr) row.encode(encoded, message);
    draft.body = proto::compress_snappy(encoded);
    if (row.edit != nullptr) row.edit(draft, message);
    WireRequest out;
    if (!row.mutant.empty()) {
        const std::string id(row.mutant);
        auto mutation = mutants::Mutation::of({&id, 1});
        if (!mutation) return tl::unexpected<Error>(mutation.error());
        sender::SystemClock clock;
        const auto before = draft.body;
        const auto transport = mutation->transports([&] { return std::make_unique<Recorder>(out, draft); }, clock)();
        (void)transport->post(endpoint.url, draft.fields, before);
        if (out.head.empty() && draft.body == before)
            return fail(ErrorCode::kInvalidArgument, "the mutant changes nothing about a request", std::string(row.id),
                        id);
        if (!out.head.empty()) return out;
    }
    return serialise(std::move(draft), endpoint.url);
}

}  // namespace prw::receiver_suite
