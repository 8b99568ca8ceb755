#include "prw/receiver/script.h"

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <span>

#include "prw/base/nearest.h"
#include "prw/base/units.h"
#include "prw/proto/http_head.h"

namespace prw::receiver {

namespace {

using std::chrono::milliseconds;

constexpr std::pair<std::string_view, http::Fault> kFaults[] = {
    {"close", http::Fault::kCloseBeforeResponse},
    {"reset", http::Fault::kResetBeforeResponse},
    {"cut", http::Fault::kCutResponse},
    {"garbage", http::Fault::kGarbage},
    {"stall", http::Fault::kStall},
    {"dribble", http::Fault::kDribble},
};

const http::Fault* find_fault(std::string_view name) {
    const auto* found =
        std::find_if(std::begin(kFaults), std::end(kFaults), [&](const auto& f) { return f.first == name; });
    return found == std::end(kFaults) ? nullptr : &found->second;
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

/// A problem inside the document; becomes an Error with file and line.
struct Problem {
    YAML::Mark mark;
    std::string what;
};

std::string scalar(const YAML::Node& node, const char* what) {
    if (!node.IsScalar()) throw Problem{node.Mark(), std::string(what) + " wants a single value"};
    return node.Scalar();
}

std::uint64_t number(const YAML::Node& node, const char* what, std::uint64_t least, std::uint64_t most) {
    const auto text = scalar(node, what);
    std::uint64_t value = 0;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc{} || stop != text.data() + text.size() || value < least || value > most)
        throw Problem{node.Mark(), std::string(what) + " wants a number from " + std::to_string(least) + " to " +
                                       std::to_string(most) + ", got \"" + text + "\""};
    return value;
}

bool truth(const YAML::Node& node, const char* what) {
    const auto text = scalar(node, what);
    if (text != "true" && text != "false")
        throw Problem{node.Mark(), std::string(what) + " wants true or false, got \"" + text + "\""};
    return text == "true";
}

milliseconds duration(const YAML::Node& node, const char* what) {
    const auto value = base::parse_duration(scalar(node, what));
    if (!value) throw Problem{node.Mark(), std::string(what) + ": " + value.error().what};
    return *value;
}

/// Calls `take(key, value)` for each entry; it returns false for a key it does not know.
template <typename Take>
void each_key(const YAML::Node& map, const char* where, std::span<const std::string_view> known, Take take) {
    if (!map.IsMap()) throw Problem{map.Mark(), std::string(where) + " wants keys and values"};
    std::vector<std::string> seen;
    for (const auto& entry : map) {
        const auto key = scalar(entry.first, where);
        if (std::find(known.begin(), known.end(), key) == known.end()) {
            const auto near = base::nearest(key, known);
            throw Problem{entry.first.Mark(), "unknown key \"" + key + "\" in " + where +
                                                  (near.empty() ? "" : "; did you mean \"" + near + "\"?")};
        }
        if (std::find(seen.begin(), seen.end(), key) != seen.end())
            throw Problem{entry.first.Mark(), "\"" + key + "\" is given twice in " + where};
        seen.push_back(key);
        take(key, entry.second);
    }
}

void parse_when(const YAML::Node& node, ScriptStep& step) {
    each_key(node, "when", kWhenKeys, [&](const std::string& key, const YAML::Node& value) {
        if (key == "message") {
            proto::ProtobufMessage message{};
            if (!proto::parse_protobuf_message(scalar(value, "message"), message))
                throw Problem{value.Mark(), "message wants 1.0 or 2.0, got \"" + value.Scalar() + "\""};
            step.message = message;
        } else if (key == "attempt") {
            step.attempt = number(value, "attempt", 1, 1000000);
        } else if (key == "path") {
            step.path = scalar(value, "path");
        } else if (key == "metric") {
            step.metric = scalar(value, "metric");
        } else if (key == "series") {
            step.series = truth(value, "series");
        } else if (key == "batch") {
            const auto text = scalar(value, "batch");
            if (text != "new" && text != "one")
                throw Problem{value.Mark(), "batch wants new or one, got \"" + text + "\""};
            step.batch = text == "new" ? Batch::kNew : Batch::kOne;
        } else {
            if (!value.IsMap()) throw Problem{value.Mark(), "header wants names and values"};
            for (const auto& field : value) step.header[scalar(field.first, "header")] = scalar(field.second, "header");
        }
    });
}

ScriptStep parse_step(const YAML::Node& node, std::size_t index) {
    ScriptStep step;
    step.name = "step " + std::to_string(index + 1);
    step.own_answer = true;
    each_key(node, "a step", kStepKeys, [&](const std::string& key, const YAML::Node& value) {
        if (key == "name") {
            step.name = scalar(value, "name");
        } else if (key == "times") {
            step.times = number(value, "times", 1, 1000000000);
        } else if (key == "when") {
            parse_when(value, step);
        } else if (key == "after") {
            step.after = duration(value, "after");
        } else if (key == "until") {
            step.until = duration(value, "until");
        } else if (key == "status") {
            step.status = static_cast<int>(number(value, "status", 200, 599));
            step.own_answer = false;
        } else if (key == "headers") {
            if (!value.IsMap()) throw Problem{value.Mark(), "headers wants names and values"};
            for (const auto& field : value) {
                const auto name = scalar(field.first, "headers");
                if (!proto::is_token(name)) throw Problem{field.first.Mark(), "\"" + name + "\" is not a header name"};
                const auto text = scalar(field.second, "headers");
                if (has_control(text))
                    throw Problem{field.second.Mark(), "a header value has no line breaks or control characters"};
                step.headers.emplace_back(name, text);
            }
        } else if (key == "body") {
            step.body = scalar(value, "body");
        } else if (key == "delay") {
            step.delay = duration(value, "delay");
        } else if (key == "retry_after_date") {
            step.retry_after_date = duration(value, "retry_after_date");
        } else if (key == "fault") {
            const auto* fault = find_fault(scalar(value, "fault"));
            if (fault == nullptr)
                throw Problem{value.Mark(), "fault wants close, reset, cut, garbage, stall or dribble, got \"" +
                                                value.Scalar() + "\""};
            step.fault = *fault;
        } else {
            step.written_headers = truth(value, "written_headers");
        }
    });
    if (step.own_answer && !step.body.empty())
        throw Problem{node.Mark(), "body needs a status: without one the receiver answers by itself"};
    if (step.after && step.until && *step.after >= *step.until)
        throw Problem{node.Mark(), "after is not before until: the step would never apply"};
    return step;
}

}  // namespace

std::vector<std::string_view> script_keys() {
    std::vector<std::string_view> out(std::begin(kKeys), std::end(kKeys));
    out.insert(out.end(), std::begin(kStepKeys), std::end(kStepKeys));
    out.insert(out.end(), std::begin(kWhenKeys), std::end(kWhenKeys));
    return out;
}

Result<Script> parse_script(std::string_view yaml, std::string_view file_name) {
    const auto at = [&](const YAML::Mark& mark) {
        return std::string(file_name) + (mark.is_null() ? "" : ":" + std::to_string(mark.line + 1));
    };
    try {
        const auto root = YAML::Load(std::string(yaml));
        if (!root.IsMap())
            return fail(ErrorCode::kInvalidArgument, "a script has the keys version and steps", std::string(file_name));
        Script script;
        bool version = false;
        each_key(root, "a script", kKeys, [&](const std::string& key, const YAML::Node& value) {
            if (key == "version") {
                (void)number(value, "version", 1, 1);
                version = true;
                return;
            }
            if (!value.IsSequence()) throw Problem{value.Mark(), "steps wants a list"};
            for (std::size_t i = 0; i < value.size(); ++i) script.steps.push_back(parse_step(value[i], i));
        });
        if (!version) return fail(ErrorCode::kInvalidArgument, "\"version: 1\" is missing", std::string(file_name));
        return script;
    } catch (const Problem& problem) {
        return fail(ErrorCode::kInvalidArgument, problem.what, at(problem.mark));
    } catch (const YAML::Exception& error) {
        return fail(ErrorCode::kInvalidArgument, "not YAML: " + error.msg, at(error.mark));
    }
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
        if (const auto* fault = find_fault(word)) {
            step.fault = *fault;
            step.own_answer = true;
        } else {
            const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), step.status);
            if (error != std::errc{} || stop != word.data() + word.size() || step.status < 200 || step.status > 599)
                return bad(whole, "wants a status from 200 to 599, or close, reset, cut, garbage, stall or dribble");
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
                step.headers.emplace_back("Retry-After", std::string(value));
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
