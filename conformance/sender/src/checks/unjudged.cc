/// Why some clauses that a sequence or a configuration might show are not judged.
#include <array>

#include "table.h"

namespace prw::sender_suite {
namespace {

constexpr std::string_view kProbe =
    "2.0 replaces the probe by configuration and 415; no known sender probes with an empty 1.x request";
constexpr std::string_view kParallel = "a permission: requests for different series may be in flight at the same time";

constexpr std::array<rules::UncoveredClause, 9> kUnjudged = {{
    {"prw1.compat.start-with-empty-1x", kProbe},
    {"prw1.compat.any-supported-version", kProbe},
    {"prw1.compat.assume-1x", kProbe},
    {"prw1.ordering.parallel-different-series", kParallel},
    {"prw2.samples.parallel-different-series", kParallel},
    {"prw2.compat.configurable-1x",
     "a permission: sender/negotiation/message-as-asked shows it where the profile has both messages"},
    {"prw2.stale.recording-rules",
     "needs a sender that evaluates recording rules, which are its own configuration: sender/stale/* shows the same "
     "for "
     "what is scraped"},
    {"prw2.compat.2x-interop", "of two parties: each is tested on its own, the sender by every other check"},
    {"ext.persistence.buffer",
     "what survives a restart of the sender is its policy: Prometheus keeps a log and rightly goes on from now"},
}};

}  // namespace

std::span<const rules::UncoveredClause> unjudged_clauses() { return kUnjudged; }

}  // namespace prw::sender_suite
