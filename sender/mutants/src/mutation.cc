// Puts the rows to work at the sender's seams.
#include <algorithm>
#include <charconv>
#include <utility>

#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/proto/body.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"
#include "prw/proto/snappy_block.h"
#include "row.h"
#include "transports.h"

namespace prw::mutants {

std::string& Head::operator[](std::string_view name) {
    const auto found =
        std::find_if(fields.begin(), fields.end(), [&](const auto& f) { return base::iequals(f.first, name); });
    return found != fields.end() ? found->second : fields.emplace_back(std::string(name), std::string()).second;
}

void Head::remove(std::string_view name) {
    std::erase_if(fields, [&](const auto& f) { return base::iequals(f.first, name); });
}

ProtobufMessage message_of(const http::HeaderList& headers) {
    for (const auto& [name, value] : headers)
        if (base::iequals(name, proto::header::kContentType) && value == proto::kContentTypeV2)
            return ProtobufMessage::kV2;
    return ProtobufMessage::kV1;
}

ProtobufMessage Outgoing::message() const { return message_of(headers); }

std::uint64_t Outgoing::retry() const {
    std::uint64_t number = 0;
    for (const auto& [name, value] : headers)
        if (name == proto::header::kRetryAttempt) std::from_chars(value.data(), value.data() + value.size(), number);
    return number;
}

http::ClientResponse answer_with(int status) {
    http::ClientResponse response;
    response.status = status;
    return response;
}

void take_for(Answer& answer, int status) {
    auto text = answer ? std::move(answer->body) : std::string();
    answer = answer_with(status);
    answer->body = std::move(text);
}

proto::WriteRequest decode_body(std::string_view body, ProtobufMessage message) {
    const auto decoded = proto::Body::uncompress(body, message);
    return decoded ? proto::to_model((*decoded)->view()) : proto::WriteRequest();
}

std::string encode_body(const proto::WriteRequest& request, ProtobufMessage message) {
    return proto::compress_snappy(proto::encode(request, message));
}

http::ClientResponse accepted(const Outgoing& request) {
    http::ClientResponse response = answer_with(204);
    if (request.message() == ProtobufMessage::kV1) return response;
    proto::WrittenCounts counts;
    for (const auto& series : decode_body(request.body, ProtobufMessage::kV2).series)
        counts += {series.samples.size(), series.histograms.size(), series.exemplars.size()};
    response.headers = proto::format_written(counts);
    return response;
}

namespace {

bool applies(const Row& row, ProtobufMessage message) {
    return message == ProtobufMessage::kV1 ? row.mutant.v1 : row.mutant.v2;
}

std::string serialise(const Head& head, std::string_view body) {
    std::string out = head.method + " " + head.target + " " + head.version + "\r\n";
    for (const auto& [name, value] : head.fields) out.append(name).append(": ").append(value).append("\r\n");
    if (!head.extra_line.empty()) out += head.extra_line + "\r\n";
    out += "\r\n";
    if (!head.chunked) return out.append(body);
    return out.append(base::hex_number(body.size())).append("\r\n").append(body).append("\r\n0\r\n\r\n");
}

/// Deviates in what a request says: data, message, body, head.
class ContentTransport final : public Between {
public:
    ContentTransport(std::unique_ptr<sender::Transport> inner, std::vector<const Row*> rows)
        : Between(std::move(inner)), rows_(std::move(rows)) {}

private:
    Answer send(Outgoing request) override {
        const auto message = request.message();
        edit_payload(request.body, message);
        const bool own_head = std::any_of(rows_.begin(), rows_.end(), [&](const Row* row) {
            return row->edits.head != nullptr && applies(*row, message);
        });
        if (!own_head) return pass(request);
        Head head;
        head.target = request.url.target;
        head.fields = std::move(request.headers);
        head.fields.emplace(head.fields.begin(), proto::header::kHost, request.url.host_header());
        head.fields.emplace_back(proto::header::kContentLength, std::to_string(request.body.size()));
        for (const Row* row : rows_)
            if (row->edits.head != nullptr && applies(*row, message)) row->edits.head(head, message);
        return inner().raw(request.url, serialise(head, request.body));
    }

    void edit_payload(std::string& body, ProtobufMessage message) const {
        std::vector<const Row*> data, bytes, whole;
        for (const Row* row : rows_) {
            if (!applies(*row, message)) continue;
            if (row->edits.data != nullptr) data.push_back(row);
            if (row->edits.bytes != nullptr) bytes.push_back(row);
            if (row->edits.body != nullptr) whole.push_back(row);
        }
        if (data.empty() && bytes.empty() && whole.empty()) return;
        std::string encoded;
        if (!data.empty()) {
            auto request = decode_body(body, message);
            for (const Row* row : data) row->edits.data(request, message);
            encoded = proto::encode(request, message);
        } else {
            const auto plain = proto::Body::uncompress(body, message);
            if (!plain) return;
            encoded = (*plain)->bytes();
        }
        for (const Row* row : bytes) row->edits.bytes(encoded, message);
        if (!data.empty() || !bytes.empty()) body = proto::compress_snappy(encoded);
        for (const Row* row : whole) row->edits.body(body, encoded);
    }

    std::vector<const Row*> rows_;
};

bool failed_scrape(const std::vector<proto::Series>& points) {
    return std::any_of(points.begin(), points.end(), [](const proto::Series& series) {
        const bool up = std::any_of(series.labels.begin(), series.labels.end(), [](const auto& label) {
            return label.first == "__name__" && label.second == "up";
        });
        return up && !series.samples.empty() && series.samples.front().value_bits == 0;
    });
}

}  // namespace

void Mutation::tune(sender::RemoteWriteOptions& remote, sender::QueueOptions& queue) const {
    for (const Row* row : rows_)
        if (row->edits.tune != nullptr) row->edits.tune({remote, queue});
}

std::function<sender::Random()> Mutation::random() const {
    const bool fixed = std::any_of(rows_.begin(), rows_.end(), [](const Row* row) { return row->edits.no_jitter; });
    if (!fixed) return sender::system_random;
    return [] { return sender::Random([] { return 1.0; }); };
}

sender::Scraper::Sink Mutation::sink(sender::Scraper::Sink inner) const {
    std::vector<std::shared_ptr<PointEditor>> editors;
    for (const Row* row : rows_)
        if (row->edits.points != nullptr) editors.emplace_back(row->edits.points());
    if (editors.empty()) return inner;
    return [inner = std::move(inner), editors = std::move(editors),
            scrape = std::uint64_t{0}](std::vector<proto::Series> points) mutable {
        const std::size_t given = points.size();
        const bool failed = failed_scrape(points);
        ++scrape;
        for (const auto& editor : editors) editor->edit(points, scrape, failed);
        const std::size_t changed = points.size();
        const std::size_t taken = inner(std::move(points));
        return taken == changed ? given : std::min(taken, given);
    };
}

sender::TransportFactory Mutation::transports(sender::TransportFactory inner, sender::Clock& clock) const {
    if (rows_.empty()) return inner;
    std::vector<const Row*> content;
    for (const Row* row : rows_) {
        const auto& e = row->edits;
        if (e.data != nullptr || e.bytes != nullptr || e.body != nullptr || e.head != nullptr) content.push_back(row);
    }
    sender::TransportFactory made = std::move(inner);
    if (!content.empty())
        made = [inner = std::move(made), content = std::move(content)] {
            return std::make_unique<ContentTransport>(inner(), content);
        };
    for (const Row* row : rows_) {
        if (row->edits.wrap == nullptr) continue;
        made = [inner = made, wrap = row->edits.wrap, &clock] { return wrap(inner(), {inner, clock}); };
    }
    return made;
}

}  // namespace prw::mutants
