/// JUnit XML: a suite for each group of checks, a case for each check and message.
#include <algorithm>

#include "escape.h"
#include "prw/report/reports.h"
#include "prw/rules/text.h"
#include "view.h"

namespace prw::report {

namespace {

struct Tally {
    std::size_t tests = 0, failures = 0, errors = 0, skipped = 0;
    Tally& operator+=(const Tally& other) {
        tests += other.tests;
        failures += other.failures;
        errors += other.errors;
        skipped += other.skipped;
        return *this;
    }
    [[nodiscard]] std::string attributes() const {
        return " tests=\"" + std::to_string(tests) + "\" failures=\"" + std::to_string(failures) + "\" errors=\"" +
               std::to_string(errors) + "\" skipped=\"" + std::to_string(skipped) + "\"";
    }
};

std::string attribute(std::string_view name, std::string_view value) {
    std::string text = escape_markup(value);
    for (auto at = text.find('\n'); at != std::string::npos; at = text.find('\n', at)) text.replace(at, 1, "&#10;");
    for (auto at = text.find('\t'); at != std::string::npos; at = text.find('\t', at)) text.replace(at, 1, "&#9;");
    return " " + std::string(name) + "=\"" + text + "\"";
}

std::string property(std::string_view name, std::string_view value) {
    return "        <property" + attribute("name", name) + attribute("value", value) + "/>\n";
}

class TestSuite {
public:
    TestSuite(const suite::Results& results, std::string name) : r_(results), name_(std::move(name)) {}

    void add(const suite::CheckOutcome& check) {
        ++tally_.tests;
        cases_ += "    <testcase" +
                  attribute("name", check.id + " (" + std::string(proto::short_name(check.message)) + ")") +
                  attribute("classname", class_name(check.id)) + ">\n      <properties>\n" +
                  property("level", proto::name_of(check.level)) +
                  property("protobuf_message", proto::short_name(check.message)) +
                  property("verdict", name_of(check.verdict));
        for (const auto& id : check.clauses) cases_ += property("clause", id);
        if (!check.runs.empty()) cases_ += property("runs", runs_text(check));
        cases_ += "      </properties>\n";
        outcome(check);
        cases_ += "    </testcase>\n";
    }
    /// The run as a whole: what was not judged must not pass unseen.
    void add_run(const std::string& message) {
        ++tally_.tests;
        ++tally_.errors;
        cases_ +=
            "    <testcase name=\"the run is complete\" classname=\"prw.run\">\n      <error type=\"incomplete\"" +
            attribute("message", message) + "/>\n    </testcase>\n";
    }
    /// Of what the verdict of the run is the verdict. `told`: also as text, which one suite does.
    void add_part(const suite::Results& results, bool told) {
        if (!is_part(results)) return;
        properties_ = "    <properties>\n" + property("coverage", "in part") + property("tested", share_text(results)) +
                      property("not tested", left_out_text(results, 0)) + "    </properties>\n";
        if (told) output_ = "    <system-out>" + escape_markup(part_text(results)) + "</system-out>\n";
    }
    [[nodiscard]] std::string text() const {
        // xs:dateTime without a zone is what the schema of Jenkins wants.
        std::string started = r_.started;
        if (!started.empty() && started.back() == 'Z') started.pop_back();
        return "  <testsuite" + attribute("name", name_) + tally_.attributes() +
               (started.empty() ? std::string() : attribute("timestamp", started)) + ">\n" + properties_ + cases_ +
               output_ + "  </testsuite>\n";
    }
    [[nodiscard]] const Tally& tally() const { return tally_; }

private:
    static std::string class_name(std::string id) {
        id = id.substr(0, id.rfind('/'));
        std::replace(id.begin(), id.end(), '/', '.');
        return "prw." + id;
    }
    void element(std::string_view name, std::string_view type, std::string_view message, const std::string& body) {
        cases_ += "      <" + std::string(name) + attribute("type", type) + attribute("message", message);
        cases_ += body.empty() ? "/>\n" : ">" + escape_markup(body) + "</" + std::string(name) + ">\n";
    }
    void skipped(const std::string& message) {
        ++tally_.skipped;
        cases_ += "      <skipped" + attribute("message", message) + "/>\n";
    }
    void outcome(const suite::CheckOutcome& check) {
        if (check.expectation && !check.expectation->problem.empty() && r_.fail_on != suite::FailOn::kNone) {
            ++tally_.failures;
            element("failure", "EXPECTATION", check.expectation->problem,
                    check.expectation->edit + "\n" + (is_problem(check.verdict) ? plain_details(check) : ""));
        } else if (check.excused()) {
            skipped("expected: " + expectation_text(*check.expectation) + "; " + got_of(check));
        } else if (const int code = suite::exit_code_of(check, r_.fail_on); code == 1 || code == 3) {
            ++tally_.failures;
            element("failure", proto::name_of(check.level), got_of(check), plain_details(check));
        } else if (check.verdict == suite::Verdict::kError) {
            ++tally_.errors;
            element("error", "error", got_of(check), plain_details(check));
        } else if (check.verdict == suite::Verdict::kInconclusive || check.verdict == suite::Verdict::kNotApplicable) {
            skipped(std::string(name_of(check.verdict)) + ": " + check.reason);
        } else if (is_problem(check.verdict)) {
            cases_ += "      <system-out>" + escape_markup(plain_details(check)) + "</system-out>\n";
        }
    }

    const suite::Results& r_;
    std::string name_, properties_, cases_, output_;
    Tally tally_;
};

}  // namespace

std::string render_junit(const suite::Results& results) {
    std::vector<TestSuite> suites;
    for (const auto& group : groups(results)) {
        suites.emplace_back(results, results.role + "/" + group.name);
        for (const auto* check : group.checks) suites.back().add(*check);
    }
    if (const auto gap = run_gap(results); !gap.empty()) {
        suites.emplace_back(results, "run");
        suites.back().add_run(gap);
    }
    for (auto& suite : suites) suite.add_part(results, &suite == &suites.front());
    Tally all;
    std::string body;
    for (const auto& suite : suites) {
        all += suite.tally();
        body += suite.text();
    }
    const auto ms = std::to_string(results.duration_ms % 1000);
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites" +
           attribute("name", "prw test " + results.role + ": " + results.target.name) + all.attributes() + " time=\"" +
           std::to_string(results.duration_ms / 1000) + "." + std::string(3 - ms.size(), '0') + ms + "\">\n" + body +
           "</testsuites>\n";
}

}  // namespace prw::report
