/// A mutant as a row: its description and what it makes of an answer. Internal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "answer.h"
#include "prw/proto/http_head.h"
#include "prw/proto/view.h"
#include "prw/receiver/mutants.h"

namespace prw::receiver {

/// What mutants remember from one request to the next: one object a receiver, thread-safe.
class MutantMemory {
public:
    /// False when these bytes were accepted before.
    [[nodiscard]] bool first_time(std::string_view body);
    /// Whether the request before this one was refused.
    [[nodiscard]] bool after_refusal(bool refused_now);

private:
    /// Bodies that are known; the oldest is forgotten first.
    static constexpr std::size_t kMaxBodies = 100000;

    std::mutex mutex_;
    std::unordered_set<std::uint64_t> accepted_;  ///< hashes
    std::deque<std::uint64_t> order_;
    bool refused_ = false;
};

/// A request, and what a conforming receiver makes of it.
struct Judged {
    const proto::RequestHead* head = nullptr;  ///< where it could be parsed
    const rules::CheckResult& check;
    const proto::RequestView& view;  ///< empty where the body did not decode
    std::string_view body;           ///< as it was compressed, without the framing of chunks
    bool chunked = false;
    bool complete = true;  ///< it could be read to its end
    AnswerPolicy policy;
    std::int64_t now_ms = 0;  ///< the receiver's clock
    MutantMemory& memory;
    int status = 0;                                 ///< of the conforming answer
    std::optional<proto::ProtobufMessage> message;  ///< that the conforming answer goes by; nullopt: of a foreign type
};

struct MutantRow {
    Mutant mutant;
    void (*deviate)(const Judged& in, http::Response& answer) = nullptr;
    bool unreadable = false;  ///< changes the answer to a request that could not be read, too
};

/// Turns the conforming answer into that of the mutants; fills `in.status` and `in.message`.
void deviate(const Mutation& mutation, Judged in, http::Response& answer);

}  // namespace prw::receiver
