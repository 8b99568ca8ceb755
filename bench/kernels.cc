#include "kernels.h"

#include <cstring>
#include <ctime>
#include <utility>

#include <google/protobuf/arena.h>
#include <snappy.h>

#include "context.h"
#include "prw/proto/snappy_block.h"
#include "prw/rules/check.h"
#include "remote_write_v1.pb.h"
#include "remote_write_v2.pb.h"

namespace prw::bench {

namespace {

using proto::ProtobufMessage;

template <typename Message>
bool parse_on_arena(std::string_view bytes) {
    google::protobuf::Arena arena;
    auto* const message = google::protobuf::Arena::CreateMessage<Message>(&arena);
    return message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size())) && message->timeseries_size() != 0;
}

bool clean(const rules::CheckResult& result) { return result.decoded && result.findings.empty() && result.series != 0; }

}  // namespace

Kernel snappy_kernel(const Payload& payload) {
    auto buffer = std::make_shared<proto::PaddedBuffer>();
    return {"snappy", &payload, [&payload, buffer](std::size_t i) {
                const std::string& body = payload.bodies[i];
                std::size_t size = 0;
                return snappy::GetUncompressedLength(body.data(), body.size(), &size) &&
                       snappy::RawUncompress(body.data(), body.size(), buffer->resize(size));
            }};
}

Kernel memcpy_kernel(const Payload& payload) {
    auto buffer = std::make_shared<proto::PaddedBuffer>();
    return {"memcpy", &payload, [&payload, buffer](std::size_t i) {
                const std::string& message = payload.messages[i];
                std::memcpy(buffer->resize(message.size()), message.data(), message.size());
                return buffer->data()[message.size() - 1] == message.back();
            }};
}

Kernel libprotobuf_kernel(const Payload& payload, ProtobufMessage message) {
    return {"libprotobuf_arena", &payload, [&payload, message](std::size_t i) {
                return message == ProtobufMessage::kV1
                           ? parse_on_arena<prometheus::WriteRequest>(payload.messages[i])
                           : parse_on_arena<io::prometheus::write::v2::Request>(payload.messages[i]);
            }};
}

Kernel walk_kernel(const Payload& payload, ProtobufMessage message) {
    auto padded = std::make_shared<std::vector<std::string>>();
    for (const std::string& bytes : payload.messages)
        padded->push_back(bytes + std::string(proto::PaddedBuffer::kPadding, '\0'));
    auto fast = std::make_shared<rules::FastAccept>();
    return {"fast_accept", &payload, [&payload, padded, fast, message](std::size_t i) {
                rules::FastCounts counts;
                return fast->accept({(*padded)[i].data(), payload.messages[i].size()}, message, payload.now_ms, counts);
            }};
}

Kernel accept_kernel(const Payload& payload, ProtobufMessage message) {
    auto buffer = std::make_shared<proto::PaddedBuffer>();
    auto fast = std::make_shared<rules::FastAccept>();
    return {
        "uncompress+fast_accept", &payload, [&payload, buffer, fast, message](std::size_t i) {
            rules::FastCounts counts;
            return proto::uncompress_snappy(payload.bodies[i], proto::kDefaultMaxUncompressed, *buffer).has_value() &&
                   fast->accept(buffer->view(), message, payload.now_ms, counts);
        }};
}

Kernel check_kernel(const Payload& payload, ProtobufMessage message) {
    rules::CheckOptions options;
    options.now_ms = payload.now_ms;
    auto checker = std::make_shared<rules::Checker>(options);
    auto heads = std::make_shared<std::vector<std::string>>();
    for (const std::string& body : payload.bodies) heads->push_back(make_head(message, body.size()));
    return {"check", &payload, [&payload, checker, heads](std::size_t i) {
                return clean(checker->check((*heads)[i], payload.bodies[i]));
            }};
}

Kernel slow_kernel(const Payload& payload, ProtobufMessage message) {
    rules::CheckOptions options;
    options.now_ms = payload.now_ms;
    auto checker = std::make_shared<rules::Checker>(options);
    auto buffer = std::make_shared<proto::PaddedBuffer>();
    return {
        "slow_path", &payload, [&payload, checker, buffer, message](std::size_t i) {
            return proto::uncompress_snappy(payload.bodies[i], proto::kDefaultMaxUncompressed, *buffer).has_value() &&
                   clean(checker->check_message(buffer->view(), message));
        }};
}

double thread_cpu_ns() {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e9 + static_cast<double>(now.tv_nsec);
}

}  // namespace prw::bench
