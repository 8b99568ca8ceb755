#include "prw/testing/receiver.h"

#include <algorithm>
#include <iostream>
#include <sstream>

#include "near_miss.h"
#include "prw/base/text.h"
#include "prw/proto/http_head.h"
#include "prw/rules/text.h"

namespace prw::testing {

namespace {

constexpr std::size_t kShownSeries = 20, kShownSamples = 5, kShownRequests = 50;

bool is_request(const exchange::Exchange& exchange) { return exchange.check.kind != rules::RequestKind::kProbe; }

std::string answer_of(const exchange::Exchange& exchange) {
    std::string out;
    if (!exchange.fault.empty()) {
        out = "answered by the fault " + exchange.fault;
    } else if (exchange.response_sent) {
        out = "answered " + std::to_string(exchange.status);
    } else {
        out = "the sender was gone before the answer";
    }
    if (!exchange.scripted.empty()) out += " (" + exchange.scripted + ")";
    return out;
}

std::string summary_of(const std::vector<Request>& requests) {
    std::string out;
    for (std::size_t i = 0; i < std::min(requests.size(), kShownRequests); ++i)
        out += "  " + summary_of(requests[i]) + "\n";
    if (requests.size() > kShownRequests) out += "  … " + std::to_string(requests.size() - kShownRequests) + " more\n";
    return out;
}

std::vector<Request> requests_in(const std::vector<std::shared_ptr<const exchange::Exchange>>& exchanges) {
    std::vector<Request> out;
    for (const auto& exchange : exchanges) {
        if (is_request(*exchange)) out.push_back(request_of(exchange));
    }
    return out;
}

}  // namespace

Request request_of(std::shared_ptr<const exchange::Exchange> exchange) {
    Request out;
    out.message = exchange->check.message();
    if (const auto body = exchange->body()) {
        auto model = proto::to_model(body->view());
        out.series = std::move(model.series);
        out.metadata = std::move(model.metadata);
    }
    out.exchange = std::move(exchange);
    return out;
}

Request request_of(const exchange::Exchange& exchange) {
    return request_of(std::make_shared<const exchange::Exchange>(exchange));
}

Request request_of(std::string_view head, std::string_view body) {
    auto exchange = std::make_shared<exchange::Exchange>();
    exchange->raw_head = head;
    exchange->raw_body = body;
    rules::Checker checker;
    exchange->check = checker.check(head, body);
    const auto held = checker.take_body();
    exchange->decoded = held;
    return request_of(std::move(exchange));
}

std::string summary_of(const Request& request) {
    const auto& exchange = *request.exchange;
    std::string out = exchange.id == 0 ? "request" : "request " + std::to_string(exchange.id);
    const auto head = proto::parse_request_head(exchange.raw_head);
    out += head ? ": " + rules::printable(std::string(head->method) + " " + std::string(head->target), 100)
                : ": the head does not parse";
    out += ", " + std::string(proto::short_name(request.message));
    if (exchange.read_status != proto::ReadStatus::kComplete) {
        out += ", incomplete: " + exchange.problem;
    } else if (!exchange.check.decoded) {
        out += ", " + base::count_text(exchange.raw_body.size(), "byte") + " that do not decode";
    } else {
        out += ", " + std::to_string(exchange.check.series) + " series, " +
               base::count_text(exchange.check.samples, "sample");
        if (exchange.check.histograms > 0) out += ", " + base::count_text(exchange.check.histograms, "histogram");
    }
    if (exchange.id != 0) out += ", " + answer_of(exchange);
    return out;
}

void PrintTo(const Request& request, std::ostream* os) {
    *os << summary_of(request);
    for (std::size_t i = 0; i < std::min(request.series.size(), kShownSeries); ++i) {
        const auto& series = request.series[i];
        *os << "\n  " << series_text(series.labels);
        for (std::size_t k = 0; k < std::min(series.samples.size(), kShownSamples); ++k)
            *os << (k == 0 ? " " : ", ") << proto::value_text(series.samples[k].value_bits) << " @"
                << series.samples[k].timestamp;
        if (series.samples.size() > kShownSamples) *os << ", … " << series.samples.size() - kShownSamples << " more";
        if (!series.histograms.empty()) *os << " (" << base::count_text(series.histograms.size(), "histogram") << ")";
    }
    if (request.series.size() > kShownSeries) *os << "\n  … " << request.series.size() - kShownSeries << " more";
}

receiver::ReceiverOptions Receiver::defaults() {
    receiver::ReceiverOptions options;
    options.on_violation = receiver::OnViolation::kAccept;
    options.control_api = false;
    return options;
}

Receiver::Receiver(receiver::ReceiverOptions options, const char* file, int line) : receiver_(std::move(options)) {
    if (const auto started = receiver_.start(); !started)
        ADD_FAILURE_AT(file, line) << "the receiver did not start: " << started.error().text();
}

Receiver::~Receiver() { receiver_.stop(); }

std::string Receiver::url(std::string_view path) const { return receiver_.url(path); }

void Receiver::respond(std::string_view short_form, const char* file, int line) {
    if (short_form.empty()) return receiver_.set_script({});
    auto script = receiver::parse_script_short(short_form);
    if (!script) {
        ADD_FAILURE_AT(file, line) << "respond(\"" << short_form << "\"): " << script.error().text();
        return;
    }
    receiver_.set_script(std::move(*script));
}

void Receiver::respond(receiver::Script script) { receiver_.set_script(std::move(script)); }

::testing::AssertionResult Receiver::wait_for(std::size_t count, std::chrono::milliseconds deadline) {
    std::size_t seen = 0;
    const bool came = receiver_.wait(deadline, [&](const auto& exchanges) {
        seen = static_cast<std::size_t>(
            std::count_if(exchanges.begin(), exchanges.end(), [](const auto& e) { return is_request(*e); }));
        return seen >= count;
    });
    if (came) return ::testing::AssertionSuccess();
    return ::testing::AssertionFailure() << base::count_text(count, "request") << " did not come within "
                                         << deadline.count() << " ms; " << seen << " did:\n"
                                         << summary_of(requests());
}

::testing::AssertionResult Receiver::wait_until(const ::testing::Matcher<const std::vector<Request>&>& matcher,
                                                std::chrono::milliseconds deadline) {
    std::vector<Request> seen;
    std::uint64_t last_id = 0;
    const bool held = receiver_.wait(deadline, [&](const auto& exchanges) {
        for (const auto& exchange : exchanges) {
            if (exchange->id > last_id && is_request(*exchange)) seen.push_back(request_of(exchange));
        }
        if (!exchanges.empty()) last_id = exchanges.back()->id;
        return matcher.Matches(seen);
    });
    if (held) return ::testing::AssertionSuccess();
    std::ostringstream wanted, why;
    matcher.DescribeTo(&wanted);
    ::testing::internal::StreamMatchResultListener listener(&why);
    matcher.MatchAndExplain(seen, &listener);
    auto failure = ::testing::AssertionFailure();
    failure << "did not come within " << deadline.count() << " ms: " << wanted.str();
    if (!why.str().empty()) failure << ",\n" << why.str();
    return failure << "\n" << base::count_text(seen.size(), "request") << " came:\n" << summary_of(seen);
}

std::vector<std::shared_ptr<const exchange::Exchange>> Receiver::exchanges() const { return receiver_.exchanges(); }

std::vector<Request> Receiver::requests() const { return requests_in(exchanges()); }

std::vector<rules::Finding> Receiver::findings(rules::Severity least) const {
    std::vector<rules::Finding> out;
    for (const auto& exchange : exchanges()) {
        for (const auto& finding : exchange->check.findings) {
            if (finding.severity >= least) out.push_back(finding);
        }
    }
    return out;
}

void Receiver::expect_no_findings(rules::Severity least, const char* file, int line) const {
    const auto all = requests();
    std::string why;
    if (!no_findings(all, least, why)) ADD_FAILURE_AT(file, line) << "Wanted no findings; " << why;
}

std::string Receiver::summary() const {
    const auto all = requests();
    return all.empty() ? "  no request came\n" : summary_of(all);
}

void PrintTo(const Receiver& receiver, std::ostream* os) { *os << "a receiver that got\n" << receiver.summary(); }

void ReceiverTest::TearDown() {
    if (HasFailure()) std::cout << "Requests that came to " << receiver.url() << ":\n" << receiver.summary();
}

}  // namespace prw::testing

namespace prw::exchange {

void PrintTo(const Exchange& exchange, std::ostream* os) { *os << testing::summary_of(testing::request_of(exchange)); }

void PrintTo(const std::shared_ptr<const Exchange>& exchange, std::ostream* os) {
    *os << (exchange ? testing::summary_of(testing::request_of(exchange)) : "no exchange");
}

}  // namespace prw::exchange

namespace prw::rules {

void PrintTo(const Finding& finding, std::ostream* os) {
    *os << finding.rule << " (" << name_of(finding.severity) << "): " << finding.message;
}

}  // namespace prw::rules
