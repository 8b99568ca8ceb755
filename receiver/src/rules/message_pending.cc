// Empty message families, until the message_*.cc files define them.
#include "context.h"

namespace prw::receiver::rules {

namespace {
constexpr Family empty(std::string_view name) { return {name, {}, {}, [](const Context&) {}}; }
}  // namespace

constinit const Family kLabels = empty("labels"), kSymbols = empty("symbols"), kSamples = empty("samples"), kHistograms = empty("histograms"),
                       kExemplars = empty("exemplars"), kMetadata = empty("metadata"), kSeries = empty("series");

}  // namespace prw::receiver::rules
