/// What of the store is asked for: matchers, and the one kind of PromQL expression that is understood here. Internal.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/base/expression.h"
#include "prw/proto/remote_read.h"

namespace prw::receiver {

/// A matcher whose regular expression is read already.
class Matcher {
public:
    [[nodiscard]] static Result<Matcher> compile(proto::LabelMatcher matcher);
    /// A label that is not there has the empty value.
    [[nodiscard]] bool matches(const proto::Labels& labels) const;
    [[nodiscard]] bool matches_empty() const { return matches_value({}); }

private:
    explicit Matcher(proto::LabelMatcher matcher) : matcher_(std::move(matcher)) {}
    [[nodiscard]] bool matches_value(std::string_view value) const;

    proto::LabelMatcher matcher_;
    std::shared_ptr<const base::Expression> expression_;
};

using Matchers = std::vector<Matcher>;
[[nodiscard]] Result<Matchers> compile(const std::vector<proto::LabelMatcher>& matchers);
[[nodiscard]] bool matches(const Matchers& matchers, const proto::Labels& labels);

struct Selector {
    Matchers matchers;
    std::optional<std::int64_t> range_ms;  ///< [5m]
};

inline constexpr std::size_t kMaxQuery = 16U << 10U;  ///< bytes of an expression

/// `name{label="v",other=~"…"}[5m]`, also with quoted names (`{"a.name", "a.label"="v"}`). kInvalidArgument with
/// "byte N" and what is understood; kTooLarge beyond kMaxQuery. As in Prometheus, one matcher at least must refuse the
/// empty value.
[[nodiscard]] Result<Selector> parse_selector(std::string_view text);

/// "5m", "1h30m", "1d", "500ms", or seconds ("15", "0.5"); > 0 and within 300 years.
[[nodiscard]] Result<std::int64_t> parse_prometheus_duration(std::string_view text);

}  // namespace prw::receiver
