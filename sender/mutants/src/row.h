/// A mutant as a row: its description and what it does at one or more places. Internal to the mutants.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/mutants/mutants.h"
#include "prw/proto/model.h"
#include "prw/proto/types.h"

namespace prw::mutants {

using proto::ProtobufMessage;

/// The head of one request, before it is written out.
struct Head {
    std::string method = "POST", target, version = "HTTP/1.1";
    http::HeaderList fields;  ///< all of them, Host and Content-Length included
    std::string extra_line;   ///< written as it is after the fields, when not empty
    bool chunked = false;     ///< the body goes out in one chunk

    /// The first field of that name, which must be there.
    [[nodiscard]] std::string& operator[](std::string_view name);
    void remove(std::string_view name);
};

/// Deviates in what one scrape hands on. One object a sender, called by one thread at a time; it may remember.
class PointEditor {
public:
    virtual ~PointEditor() = default;
    /// `scrape` counts from 1. `failed`: the scrape failed, so these are markers and the report about it.
    virtual void edit(std::vector<proto::Series>& points, std::uint64_t scrape, bool failed) = 0;
};

/// What a deviation in delivery may need besides the transport that it stands before.
struct Surroundings {
    sender::TransportFactory fresh;  ///< another transport, mutated like the inner one
    sender::Clock& clock;
};

/// Options that a deviation may change.
struct Tuning {
    sender::RemoteWriteOptions& remote;
    sender::QueueOptions& queue;
};

/// Where a mutant acts; most act at one place. Everything but `points` and `wrap` is a pure function of what it gets,
/// so that a retry has the same bytes.
struct Edits {
    void (*data)(proto::WriteRequest&, ProtobufMessage) = nullptr;  ///< the batch before it is encoded
    void (*bytes)(std::string&, ProtobufMessage) = nullptr;         ///< the encoded message
    void (*body)(std::string&, const std::string&) = nullptr;       ///< the snappy block; the message it was made from
    void (*head)(Head&, ProtobufMessage) = nullptr;                 ///< of an HTTP request
    std::unique_ptr<PointEditor> (*points)() = nullptr;             ///< between scraper and queue
    std::unique_ptr<sender::Transport> (*wrap)(std::unique_ptr<sender::Transport>, const Surroundings&) = nullptr;
    void (*tune)(const Tuning&) = nullptr;
    bool no_jitter = false;
    bool any_header = false;  ///< an operator may set reserved headers, too
    ProcessMutant process = ProcessMutant::kNone;
};

struct Row {
    Mutant mutant;
    Edits edits;
};

// One table for each subject.
[[nodiscard]] std::span<const Row> head_rows();
[[nodiscard]] std::span<const Row> compression_rows();
[[nodiscard]] std::span<const Row> wire_rows();
[[nodiscard]] std::span<const Row> symbol_rows();
[[nodiscard]] std::span<const Row> label_rows();
[[nodiscard]] std::span<const Row> sample_rows();
[[nodiscard]] std::span<const Row> exemplar_rows();
[[nodiscard]] std::span<const Row> histogram_rows();
[[nodiscard]] std::span<const Row> metadata_rows();
[[nodiscard]] std::span<const Row> scrape_rows();
[[nodiscard]] std::span<const Row> delivery_rows();
[[nodiscard]] std::span<const Row> response_rows();
[[nodiscard]] std::span<const Row> network_rows();
[[nodiscard]] std::span<const Row> fallback_rows();
[[nodiscard]] std::span<const Row> null_rows();

/// All of them, in that order.
[[nodiscard]] const std::vector<const Row*>& all_rows();

}  // namespace prw::mutants
