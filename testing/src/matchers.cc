#include "prw/testing/matchers.h"

#include <algorithm>
#include <bit>
#include <map>
#include <numeric>
#include <sstream>

#include "near_miss.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/rules/text.h"

namespace prw::testing {
namespace matchers {

namespace {

constexpr std::size_t kShownValues = 8, kShownDifferences = 4;

std::string description_of(const ::testing::Matcher<double>& matcher, bool negated) {
    std::ostringstream out;
    negated ? matcher.DescribeNegationTo(&out) : matcher.DescribeTo(&out);
    return out.str();
}

std::string name_of(const Request& request) {
    return request.exchange->id == 0 ? "the request" : "request " + std::to_string(request.exchange->id);
}

/// Why there is no series at all.
std::string without_series(const Requests& requests) {
    if (requests.empty()) return "no request came";
    for (const auto& request : requests) {
        if (request.exchange->check.decoded) continue;
        std::string out = name_of(request) + " does not decode";
        const auto& findings = request.findings();
        const auto worst = std::find_if(findings.begin(), findings.end(),
                                        [](const auto& f) { return f.severity == rules::Severity::kFail; });
        return worst == findings.end() ? out : out + ": " + worst->message;
    }
    return requests.size() == 1 ? name_of(requests.front()) + " carries no series"
                                : "none of the " + std::to_string(requests.size()) + " requests carries a series";
}

std::string list_of(const std::vector<std::string>& words, std::size_t most) {
    std::string out;
    for (std::size_t i = 0; i < std::min(words.size(), most); ++i) out += (i == 0 ? "" : ", ") + words[i];
    if (words.size() > most) out += ", … " + std::to_string(words.size() - most) + " more";
    return out;
}

}  // namespace

Requests requests_of(const std::vector<std::shared_ptr<const exchange::Exchange>>& exchanges) {
    Requests out;
    for (const auto& exchange : exchanges) {
        if (exchange->check.kind != rules::RequestKind::kProbe) out.push_back(request_of(exchange));
    }
    return out;
}

Series::Series(proto::Labels labels, bool exact, bool any_value, ::testing::Matcher<double> value)
    : labels_(std::move(labels)), exact_(exact), any_value_(any_value), value_(std::move(value)) {
    std::sort(labels_.begin(), labels_.end());
}

bool Series::match(const Requests& requests, std::string& why) const {
    std::vector<std::string> values;  // of the series that is wanted
    const proto::Series *wanted = nullptr, *nearest = nullptr;
    std::uint64_t least = 0;
    std::vector<LabelDifference> differences;
    std::size_t count = 0;
    for (const auto& request : requests) {
        for (const auto& series : request.series) {
            ++count;
            auto differs = label_differences(labels_, series.labels, exact_);
            if (!differs.empty()) {
                const auto cost = std::accumulate(differs.begin(), differs.end(), std::uint64_t{0},
                                                  [](std::uint64_t sum, const auto& d) { return sum + d.cost; });
                if (nearest == nullptr || cost < least) {
                    nearest = &series;
                    least = cost;
                    differences = std::move(differs);
                }
                continue;
            }
            if (any_value_) {
                why = "which " + name_of(request) + " has: " + series_text(series.labels);
                return true;
            }
            wanted = &series;
            for (const auto& sample : series.samples) {
                const auto text = proto::value_text(sample.value_bits);
                if (value_.Matches(proto::from_bits(sample.value_bits))) {
                    why = "which " + name_of(request) + " has: " + series_text(series.labels) + " " + text;
                    return true;
                }
                values.push_back(text);
            }
        }
    }
    if (wanted != nullptr) {
        why = "where " + series_text(wanted->labels);
        if (values.empty()) {
            why += " has no samples";
            if (!wanted->histograms.empty())
                why += ", but " + base::count_text(wanted->histograms.size(), "histogram", "histograms");
        } else {
            why += (values.size() == 1 ? " has the value " : " has the values ") + list_of(values, kShownValues);
        }
    } else if (nearest != nullptr) {
        std::vector<std::string> texts;
        for (auto& difference : differences) texts.push_back(std::move(difference.text));
        why = (count == 1 ? "where the only series is "
                          : "where the nearest of " + std::to_string(count) + " series is ") +
              series_text(nearest->labels) + ": " + list_of(texts, kShownDifferences);
    } else {
        why = "where " + without_series(requests);
    }
    return false;
}

void Series::describe(std::ostream& os, bool negated) const {
    os << (negated ? "has no series " : exact_ ? "has the series " : "has a series with ") << series_text(labels_);
    if (any_value_) return;
    os << " with a value that " << description_of(value_, false);
}

bool Conforming::match(const Requests& requests, std::string& why) const {
    if (no_findings(requests, least_, why)) return true;
    why = "where " + why;
    return false;
}

void Conforming::describe(std::ostream& os, bool negated) const {
    const bool only_fail = least_ == rules::Severity::kFail;
    if (negated) {
        os << (only_fail ? "breaks a MUST of Remote Write" : "has findings");
    } else {
        os << (only_fail ? "conforms to Remote Write" : "has no findings");
    }
}

bool WithFinding::match(const Requests& requests, std::string& why) const {
    std::map<std::string, std::uint64_t> seen;
    for (const auto& request : requests) {
        for (const auto& finding : request.findings()) {
            if (finding.rule == rule_) {
                why = "which " + name_of(request) + " has:\n" + rules::finding_text(finding, 100);
                return true;
            }
            seen[finding.rule] += finding.count;
        }
    }
    if (rules::find_rule(rule_) == nullptr) {
        std::vector<std::string_view> ids;
        for (const auto* rule : rules::all_rules()) ids.push_back(rule->id);
        why = "but there is no rule " + rule_ +
              base::did_you_mean(rule_, ids, base::Quotes::kNone, " (see `prw list rules`)");
    } else if (requests.empty()) {
        why = "where no request came";
    } else if (seen.empty()) {
        why = "where there are no findings";
    } else {
        why = "where the findings are of ";
        std::vector<std::string> words;
        for (const auto& [rule, times] : seen)
            words.push_back(times == 1 ? rule : rule + " (" + std::to_string(times) + " times)");
        why += list_of(words, words.size());
    }
    return false;
}

void WithFinding::describe(std::ostream& os, bool negated) const {
    os << (negated ? "has no finding of " : "has a finding of ") << rule_;
}

bool Header::match(const Requests& requests, std::string& why) const {
    std::vector<std::string> values, fields;
    std::string nearest;
    std::size_t least = name_.size() / 3 + 2;
    for (const auto& request : requests) {
        const auto head = proto::parse_request_head(request.exchange->raw_head);
        if (!head) continue;
        for (const auto& field : head->fields) {
            if (base::iequals(field.name, name_)) {
                const std::string value(field.value);
                if (any_value_ || value_.Matches(value)) {
                    why = "which " + name_of(request) + " has: " + std::string(field.name) + ": " +
                          rules::printable(value);
                    return true;
                }
                auto text = "\"" + rules::printable(value) + "\"";
                if (std::find(values.begin(), values.end(), text) == values.end()) values.push_back(std::move(text));
                continue;
            }
            auto shown = rules::printable(field.name);
            if (const auto distance = base::edit_distance(name_, field.name); distance < least) {
                least = distance;
                nearest = shown + ": " + rules::printable(field.value);
            }
            if (std::find(fields.begin(), fields.end(), shown) == fields.end()) fields.push_back(std::move(shown));
        }
    }
    if (requests.empty()) {
        why = "where no request came";
    } else if (!values.empty()) {
        why = "where " + name_ + " is " + list_of(values, kShownValues);
    } else if (!nearest.empty()) {
        why = "where there is no " + name_ + "; the nearest field is " + nearest;
    } else {
        why = "where there is no " + name_ + ", only " + list_of(fields, fields.size());
    }
    return false;
}

void Header::describe(std::ostream& os, bool negated) const {
    os << (negated ? "has no header " : "has the header ") << name_;
    if (any_value_) return;
    os << " with a value that ";
    value_.DescribeTo(&os);
}

bool StaleMarker::MatchAndExplain(double value, ::testing::MatchResultListener* listener) const {
    const auto bits = std::bit_cast<std::uint64_t>(value);
    *listener << "which has the bits " << rules::bits_text(bits);
    return bits == proto::kStaleNanBits;
}

}  // namespace matchers

matchers::Series HasSeries(proto::Labels labels) { return {std::move(labels), true, true, ::testing::_}; }

matchers::Series HasSeries(proto::Labels labels, const ::testing::Matcher<double>& value) {
    return {std::move(labels), true, false, value};
}

matchers::Series HasSeriesWith(proto::Labels labels) { return {std::move(labels), false, true, ::testing::_}; }

matchers::Series HasSeriesWith(proto::Labels labels, const ::testing::Matcher<double>& value) {
    return {std::move(labels), false, false, value};
}

matchers::Header HasHeader(std::string name) { return {std::move(name), true, ::testing::_}; }

matchers::Header HasHeader(std::string name, const ::testing::Matcher<const std::string&>& value) {
    return {std::move(name), false, value};
}

}  // namespace prw::testing
