#include "prw/receiver/script.h"

#include <algorithm>
#include <charconv>

#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/base/yaml.h"
#include "prw/proto/http_head.h"
#include "prw/proto/protocol.h"

namespace prw::receiver {

namespace {

using Reader = base::YamlReader;

constexpr std::uint64_t kMostAttempts = 1'000'000, kMostTimes = 1'000'000'000;

/// Those that a script may ask for.
std::optional<http::Fault> find_fault(std::string_view name) {
    const auto fault = http::kFaultNames.find(name);
    return fault == http::Fault::kNone ? std::nullopt : fault;
}

/// "close, reset, … or dribble"
std::string fault_words() {
    std::string out;
    const auto& rows = http::kFaultNames.rows;
    for (const auto& row : rows)
        if (row.value != http::Fault::kNone) base::add_word(out, row.name, &row == &rows.back() ? " or " : ", ");
    return out;
}

constexpr std::string_view kKeys[] = {"version", "steps"};
constexpr std::string_view kStepKeys[] = {"name",   "times",          "when", "after", "until",
                                          "status", "headers",        "body", "delay", "retry_after_date",
                                          "fault",  "written_headers"};
constexpr std::string_view kWhenKeys[] = {"message", "attempt", "path", "header", "metric", "series", "batch"};

bool has_control(std::string_view text) {
    return std::any_of(text.begin(), text.end(),
                       [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; });
}

std::vector<std::pair<std::string, std::string>> read_headers(Reader& read, const YAML::Node& node) {
    auto out = read.pairs(node, "headers");
    for (const auto& [name, value] : out) {
        if (!proto::is_token(name)) read.refuse(node, "\"" + name + "\" is not a header name");
        if (has_control(value)) read.refuse(node, "a header value has no line breaks or control characters");
    }
    return out;
}

void read_when(Reader& read, const YAML::Node& node, ScriptStep& step) {
    if (!read.mapping(node, "when", kWhenKeys)) return;
    if (const auto value = node["message"]) {
        const auto word = read.text(value, "message");
        proto::ProtobufMessage message{};
        if (!proto::parse_protobuf_message(word, message))
            read.refuse(value, "message must be 1.0 or 2.0, not \"" + word + "\"");
        step.message = message;
    }
    if (const auto value = node["attempt"]) step.attempt = read.number(value, "attempt", 1, kMostAttempts);
    if (const auto value = node["path"]) step.path = read.text(value, "path");
    if (const auto value = node["metric"]) step.metric = read.text(value, "metric");
    if (const auto value = node["series"]) step.series = read.boolean(value, "series");
    if (const auto value = node["batch"]) {
        const auto word = read.text(value, "batch");
        if (word != "new" && word != "one") read.refuse(value, "batch must be new or one, not \"" + word + "\"");
        step.batch = word == "new" ? Batch::kNew : Batch::kOne;
    }
    if (const auto value = node["header"]) {
        for (auto& [name, text] : read.pairs(value, "header")) step.header[name] = std::move(text);
    }
}

ScriptStep read_step(Reader& read, const YAML::Node& node, std::size_t index) {
    ScriptStep step;
    step.name = "step " + std::to_string(index + 1);
    step.own_answer = true;
    if (!read.mapping(node, "a step", kStepKeys)) return step;
    if (const auto value = node["name"]) step.name = read.text(value, "name");
    if (const auto value = node["times"]) step.times = read.number(value, "times", 1, kMostTimes);
    if (const auto value = node["when"]) read_when(read, value, step);
    if (const auto value = node["after"]) step.after = read.duration(value, "after");
    if (const auto value = node["until"]) step.until = read.duration(value, "until");
    if (const auto value = node["status"]) {
        step.status = static_cast<int>(read.number(value, "status", 200, 599));
        step.own_answer = false;
    }
    if (const auto value = node["headers"]) step.headers = read_headers(read, value);
    if (const auto value = node["body"]) step.body = read.text(value, "body");
    if (const auto value = node["delay"]) step.delay = read.duration(value, "delay");
    if (const auto value = node["retry_after_date"]) step.retry_after_date = read.duration(value, "retry_after_date");
    if (const auto value = node["fault"]) {
        const auto word = read.text(value, "fault");
        const auto fault = find_fault(word);
        if (!fault) read.refuse(value, "fault must be " + fault_words() + ", not \"" + word + "\"");
        step.fault = fault.value_or(http::Fault::kNone);
    }
    if (const auto value = node["written_headers"]) step.written_headers = read.boolean(value, "written_headers");
    if (step.own_answer && !step.body.empty())
        read.refuse(node, "body needs a status: without one the receiver answers by itself");
    if (step.after && step.until && *step.after >= *step.until)
        read.refuse(node, "after is not before until: the step would never apply");
    return step;
}

Script read_script(Reader& read, const YAML::Node& root) {
    Script script;
    if (!read.mapping(root, "a script", kKeys)) return script;
    read.version(root, "a script");
    const auto steps = root["steps"];
    if (!steps) return script;
    if (!steps.IsSequence()) {
        read.refuse(steps, "steps must be a list");
        return script;
    }
    for (std::size_t i = 0; i < steps.size(); ++i) script.steps.push_back(read_step(read, steps[i], i));
    return script;
}

}  // namespace

std::vector<std::string_view> script_keys() {
    std::vector<std::string_view> out(std::begin(kKeys), std::end(kKeys));
    out.insert(out.end(), std::begin(kStepKeys), std::end(kStepKeys));
    out.insert(out.end(), std::begin(kWhenKeys), std::end(kWhenKeys));
    return out;
}

Result<Script> parse_script(std::string_view yaml, std::string_view file_name) {
    return base::read_yaml(yaml, std::string(file_name), read_script);
}

Result<Script> parse_script_short(std::string_view text) {
    const auto bad = [&](std::string_view element, const std::string& why) {
        return fail(ErrorCode::kInvalidArgument, "\"" + std::string(element) + "\": " + why,
                    "script \"" + std::string(text) + "\"");
    };
    Script script;
    auto rest = text;
    for (bool more = true; more;) {
        const auto comma = rest.find(',');
        more = comma != std::string_view::npos;
        auto element = proto::trim_ows(rest.substr(0, comma));
        if (more) rest.remove_prefix(comma + 1);
        const auto whole = element;

        ScriptStep step;
        step.name = "step " + std::to_string(script.steps.size() + 1);
        const auto colon = element.find(':');
        auto word = element.substr(0, colon);
        element = colon == std::string_view::npos ? std::string_view{} : element.substr(colon + 1);
        if (const auto x = word.rfind('x'); x != std::string_view::npos && x > 0 &&
                                            word.find_first_not_of("0123456789", x + 1) == std::string_view::npos &&
                                            x + 1 < word.size()) {
            std::uint64_t times = 0;
            const auto digits = word.substr(x + 1);
            if (std::from_chars(digits.data(), digits.data() + digits.size(), times).ec != std::errc{} || times == 0)
                return bad(whole, "the number after x is out of range");
            step.times = times;
            word = word.substr(0, x);
        }
        if (const auto fault = find_fault(word)) {
            step.fault = *fault;
            step.own_answer = true;
        } else {
            const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), step.status);
            if (error != std::errc{} || stop != word.data() + word.size() || step.status < 200 || step.status > 599)
                return bad(whole, "wants a status from 200 to 599, or " + fault_words());
        }
        for (bool options = colon != std::string_view::npos; options;) {
            const auto next = element.find(':');
            const auto option = element.substr(0, next);
            options = next != std::string_view::npos;
            if (options) element.remove_prefix(next + 1);
            const auto equals = option.find('=');
            const auto key = option.substr(0, equals);
            const auto value = equals == std::string_view::npos ? std::string_view{} : option.substr(equals + 1);
            if (key == "retry-after") {
                if (value.empty() || has_control(value)) return bad(whole, "retry-after= wants a value");
                step.headers.emplace_back(proto::header::kRetryAfter, std::string(value));
            } else if (key == "retry-after-date") {
                const auto wait = base::parse_duration(value);
                if (!wait) return bad(whole, wait.error().what);
                step.retry_after_date = *wait;
            } else if (key == "delay") {
                const auto delay = base::parse_duration(value);
                if (!delay) return bad(whole, delay.error().what);
                step.delay = *delay;
            } else if (key == "body") {
                step.body = value;
            } else if (key == "written" && (value == "true" || value == "false")) {
                step.written_headers = value == "true";
            } else {
                return bad(whole,
                           "unknown option \"" + std::string(option) +
                               "\"; there are retry-after=, retry-after-date=, delay=, body=, written=true|false");
            }
        }
        if (step.own_answer && !step.body.empty()) return bad(whole, "body= needs a status");
        // Only the last element goes on for ever; one before it would shadow all that follow.
        if (more && !step.times) step.times = 1;
        script.steps.push_back(std::move(step));
    }
    return script;
}

}  // namespace prw::receiver
