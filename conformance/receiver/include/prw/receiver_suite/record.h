/// What came of the cases of one group: all that judges see.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "prw/proto/protocol.h"
#include "prw/receiver_suite/cases.h"
#include "prw/suite/profile.h"
#include "prw/suite/suite.h"

namespace prw::receiver_suite {

/// One request and its answer.
struct Reply {
    std::string id;              ///< of the case
    unsigned step = 0;           ///< of those that the case sends
    bool good = false;           ///< the good request behind it
    std::uint64_t exchange = 0;  ///< in the capture
    proto::ElementCounts sent;   ///< what the request carries, where it can be read
    int status = 0;              ///< 0: no answer came
    proto::HeaderFields headers;
    std::string body;
    std::string failure;  ///< why no answer came: "connection reset", …
    [[nodiscard]] bool answered() const { return status != 0; }
    [[nodiscard]] bool accepted() const { return status >= 200 && status < 300; }
    [[nodiscard]] bool refused() const { return status >= 400 && status < 500; }
    [[nodiscard]] bool failed() const { return status >= 500; }
};

struct GroupRecord {
    std::string group;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    suite::Target target;
    std::vector<Reply> replies;  ///< in the order of sending
    std::string problem;         ///< why not all of it was sent
    std::string not_spoken;      ///< why the receiver is not judged under this message; empty: it is
    bool broke = false;          ///< the receiver stopped answering
    bool interrupted = false;
    std::string directory, capture;  ///< paths
    std::int64_t duration_ms = 0;
};

/// The checks of the record's group, or of these only the one with the id `only`.
[[nodiscard]] std::vector<suite::CheckOutcome> judge(const GroupRecord& record, std::string_view only = {});

/// One group against a receiver. The record is judged with judge().
[[nodiscard]] GroupRecord run_group(const suite::RunOptions& options, const std::string& group,
                                    proto::ProtobufMessage message, const std::string& run);
/// As Suite::prepare's.
[[nodiscard]] Result<suite::Results> run_receiver_tests(const suite::RunOptions& options);
/// Capsules of what failed in these records; see suite::write_capsules().
[[nodiscard]] Result<void> write_capsules(std::vector<suite::CheckOutcome>& checks,
                                          std::span<const GroupRecord> records, const std::string& out,
                                          const std::string& tool_version);

}  // namespace prw::receiver_suite
