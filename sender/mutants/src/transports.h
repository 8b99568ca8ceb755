/// Parts of deviations in delivery. Internal to the mutants.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "row.h"

namespace prw::mutants {

/// A request as it passes through the transports.
struct Outgoing {
    http::Url url;
    http::HeaderList headers;
    std::string body;
    [[nodiscard]] ProtobufMessage message() const;
    /// 0: the first attempt.
    [[nodiscard]] std::uint64_t retry() const;
};
[[nodiscard]] ProtobufMessage message_of(const http::HeaderList& headers);

using Answer = Result<http::ClientResponse>;
[[nodiscard]] inline int status_of(const Answer& answer) { return answer ? answer->status : 0; }
/// Another status and nothing that explains it.
[[nodiscard]] http::ClientResponse answer_with(int status);
/// The sender goes on as after this status; the receiver's own text stays.
void take_for(Answer& answer, int status);
/// What a conforming receiver says to this body: 204, for 2.0 with Written counts.
[[nodiscard]] http::ClientResponse accepted(const Outgoing& request);

/// The data of a body, and back.
[[nodiscard]] proto::WriteRequest decode_body(std::string_view body, ProtobufMessage message);
[[nodiscard]] std::string encode_body(const proto::WriteRequest& request, ProtobufMessage message);

/// Stands before another transport and passes everything on.
class Between : public sender::Transport {
public:
    explicit Between(std::unique_ptr<sender::Transport> inner) : inner_(std::move(inner)) {}
    Answer post(const http::Url& url, const http::HeaderList& headers, std::string_view body) final {
        return send({url, headers, std::string(body)});
    }
    Answer raw(const http::Url& url, std::string_view bytes) override { return inner_->raw(url, bytes); }
    void cancel() override { inner_->cancel(); }

protected:
    virtual Answer send(Outgoing request) = 0;
    Answer pass(const Outgoing& request) { return inner_->post(request.url, request.headers, request.body); }
    [[nodiscard]] sender::Transport& inner() { return *inner_; }

private:
    std::unique_ptr<sender::Transport> inner_;
};

/// Changes the answers that the sender gets to see, and thereby what it does next.
template <void (*Edit)(const Outgoing&, Answer&)>
std::unique_ptr<sender::Transport> answers(std::unique_ptr<sender::Transport> inner, const Surroundings&) {
    class Answers final : public Between {
        using Between::Between;
        Answer send(Outgoing request) override {
            Answer answer = pass(request);
            Edit(request, answer);
            return answer;
        }
    };
    return std::make_unique<Answers>(std::move(inner));
}

/// Changes requests on their way.
template <void (*Edit)(Outgoing&, sender::Clock&)>
std::unique_ptr<sender::Transport> requests(std::unique_ptr<sender::Transport> inner, const Surroundings& around) {
    class Requests final : public Between {
    public:
        Requests(std::unique_ptr<sender::Transport> next, sender::Clock& clock)
            : Between(std::move(next)), clock_(clock) {}

    private:
        Answer send(Outgoing request) override {
            Edit(request, clock_);
            return pass(request);
        }
        sender::Clock& clock_;
    };
    return std::make_unique<Requests>(std::move(inner), around.clock);
}

/// A connection for each request, so that the client has no kept one on which to repeat a request by itself.
[[nodiscard]] std::unique_ptr<sender::Transport> new_connections(std::unique_ptr<sender::Transport> inner,
                                                                 const Surroundings& around);

template <typename Class>
std::unique_ptr<sender::Transport> wrapped(std::unique_ptr<sender::Transport> inner, const Surroundings&) {
    return std::make_unique<Class>(std::move(inner));
}

}  // namespace prw::mutants
