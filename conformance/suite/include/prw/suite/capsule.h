/// A capsule: the capture that proves one verdict. What it is the proof of stands in its texts (CaptureInfo::capsule);
/// this is their meaning. docs/capture-format.md.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/exchange/capture.h"
#include "prw/proto/types.h"
#include "prw/rules/finding.h"

namespace prw::suite {

/// The check that failed, and what is needed to judge it again. The exchanges beside it are the evidence, under the ids
/// that they had in the run.
struct Capsule {
    std::string check;  ///< "sender/retry/on-5xx"
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    std::string scenario, level, verdict;  ///< "steady", "MUST", "fail"
    std::vector<std::string> clauses;
    std::string summary, reason, want, got, fix;
    std::string target;                    ///< name of the program under test
    std::vector<std::uint64_t> exchanges;  ///< those that show it; the others are around them
    std::uint64_t left_out = 0;            ///< further exchanges of the scenario that are not in the file
    bool rejudges = false;  ///< judged from this file alone, the verdict was the same when the file was written
    std::vector<rules::Finding> findings;
    std::string context;  ///< JSON: what else the judges saw
};

[[nodiscard]] exchange::CapsuleTexts texts_of(const Capsule& capsule);
/// nullopt for an ordinary capture. kMalformed with what is damaged, where it is not as texts_of() writes it; `path`
/// stands in the error.
[[nodiscard]] Result<std::optional<Capsule>> read_capsule(const exchange::CaptureInfo& info, const std::string& path);

}  // namespace prw::suite
