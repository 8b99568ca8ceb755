/// Matchers for GoogleMock over Remote Write requests. When one does not match it shows the near miss: the nearest
/// series and the label that differs, the header that is spelled almost so, the findings that there are.
///
/// They take a Request, an exchange, a Receiver (all that it got), a vector of requests or exchanges (any of them), and
/// `std::pair(head, body)` for bytes that no receiver saw.
#pragma once

#include <gmock/gmock.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/exchange/exchange.h"
#include "prw/proto/model.h"
#include "prw/rules/finding.h"
#include "prw/testing/receiver.h"

namespace prw::testing {

namespace matchers {

// What the matchers take, as one shape.
using Requests = std::vector<Request>;
[[nodiscard]] inline const Requests& requests_of(const Requests& requests) { return requests; }
[[nodiscard]] inline Requests requests_of(const Request& request) { return {request}; }
[[nodiscard]] inline Requests requests_of(const Receiver& receiver) { return receiver.requests(); }
[[nodiscard]] inline Requests requests_of(const exchange::Exchange& exchange) { return {request_of(exchange)}; }
[[nodiscard]] inline Requests requests_of(const std::shared_ptr<const exchange::Exchange>& exchange) {
    return {request_of(exchange)};
}
[[nodiscard]] Requests requests_of(const std::vector<std::shared_ptr<const exchange::Exchange>>& exchanges);
template <typename Head, typename Body>
[[nodiscard]] Requests requests_of(const std::pair<Head, Body>& bytes) {
    return {request_of(std::string_view(bytes.first), std::string_view(bytes.second))};
}

/// What all matchers share: T is whatever requests_of() takes.
template <typename Self>
class Base {
public:
    using is_gtest_matcher = void;
    template <typename T>
    bool MatchAndExplain(const T& actual, ::testing::MatchResultListener* listener) const {
        std::string why;
        const bool matched = self().match(requests_of(actual), why);
        *listener << why;
        return matched;
    }
    void DescribeTo(std::ostream* os) const { self().describe(*os, false); }
    void DescribeNegationTo(std::ostream* os) const { self().describe(*os, true); }

private:
    friend Self;
    Base() = default;
    [[nodiscard]] const Self& self() const { return static_cast<const Self&>(*this); }
};

class Series : public Base<Series> {
public:
    Series(proto::Labels labels, bool exact, bool any_value, ::testing::Matcher<double> value);
    bool match(const Requests& requests, std::string& why) const;
    void describe(std::ostream& os, bool negated) const;

private:
    proto::Labels labels_;  ///< sorted
    bool exact_, any_value_;
    ::testing::Matcher<double> value_;
};

class Conforming : public Base<Conforming> {
public:
    explicit Conforming(rules::Severity least) : least_(least) {}
    bool match(const Requests& requests, std::string& why) const;
    void describe(std::ostream& os, bool negated) const;

private:
    rules::Severity least_;
};

class WithFinding : public Base<WithFinding> {
public:
    explicit WithFinding(std::string rule) : rule_(std::move(rule)) {}
    bool match(const Requests& requests, std::string& why) const;
    void describe(std::ostream& os, bool negated) const;

private:
    std::string rule_;
};

class Header : public Base<Header> {
public:
    Header(std::string name, bool any_value, ::testing::Matcher<const std::string&> value)
        : name_(std::move(name)), any_value_(any_value), value_(std::move(value)) {}
    bool match(const Requests& requests, std::string& why) const;
    void describe(std::ostream& os, bool negated) const;

private:
    std::string name_;
    bool any_value_;
    ::testing::Matcher<const std::string&> value_;
};

class StaleMarker {
public:
    using is_gtest_matcher = void;
    bool MatchAndExplain(double value, ::testing::MatchResultListener* listener) const;
    void DescribeTo(std::ostream* os) const { *os << "is the stale marker"; }
    void DescribeNegationTo(std::ostream* os) const { *os << "is not the stale marker"; }
};

}  // namespace matchers

/// No MUST is broken in any request. Does not match where there is no request: nothing was judged.
[[nodiscard]] inline matchers::Conforming IsConforming() { return matchers::Conforming(rules::Severity::kFail); }
/// Nothing is to be reported: no MUST is broken, no SHOULD missed. Does not match where there is no request.
[[nodiscard]] inline matchers::Conforming HasNoFindings() { return matchers::Conforming(rules::Severity::kWarn); }

/// Some request has the series with exactly these labels, in any order; with `value`, a sample of it matches that:
/// `HasSeries({{"__name__", "up"}, {"job", "a"}}, 1)`.
[[nodiscard]] matchers::Series HasSeries(proto::Labels labels);
[[nodiscard]] matchers::Series HasSeries(proto::Labels labels, const ::testing::Matcher<double>& value);
/// The same for a series that has these labels, and maybe others.
[[nodiscard]] matchers::Series HasSeriesWith(proto::Labels labels);
[[nodiscard]] matchers::Series HasSeriesWith(proto::Labels labels, const ::testing::Matcher<double>& value);
/// For the value of a sample: the stale marker, bit for bit, and no other NaN.
[[nodiscard]] inline matchers::StaleMarker IsStaleMarker() { return {}; }

/// Some request has a finding of this rule ("labels/sorted", `prw list rules`), whatever its severity.
[[nodiscard]] inline matchers::WithFinding HasFinding(std::string rule) {
    return matchers::WithFinding(std::move(rule));
}

/// Some request has a header field of this name (case does not matter) whose value, without the blanks around it,
/// matches. For all requests: `Each(HasHeader(…))`.
[[nodiscard]] matchers::Header HasHeader(std::string name);
[[nodiscard]] matchers::Header HasHeader(std::string name, const ::testing::Matcher<const std::string&>& value);

}  // namespace prw::testing
