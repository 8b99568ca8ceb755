#include <algorithm>
#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "prw/base/write_file.h"
#include "prw/base/yaml.h"
#include "prw/suite/expectations.h"

namespace prw::suite {

namespace {

constexpr std::size_t kMaxBytes = 1U << 20U;

bool is_date(std::string_view text) {
    if (text.size() != 10 || text[4] != '-' || text[7] != '-') return false;
    const auto number = [&](std::size_t at, std::size_t size) {
        unsigned value = 9999;
        const auto* end = text.data() + at + size;
        const auto [stopped, error] = std::from_chars(text.data() + at, end, value);
        return error == std::errc() && stopped == end ? value : 99999U;
    };
    const auto year = number(0, 4), month = number(5, 2), day = number(8, 2);
    return year < 10000 && std::chrono::year_month_day(std::chrono::year(static_cast<int>(year)),
                                                       std::chrono::month(month), std::chrono::day(day))
                               .ok();
}

Expectation read_entry(const Suite& suite, base::YamlReader& read, const YAML::Node& node) {
    Expectation out;
    static const std::vector<std::string> kKeys = {"check", "protobuf_message", "verdict", "message", "reason",
                                                   "issue", "expires"};
    if (!read.mapping(node, "an entry of expected", kKeys)) return out;
    out.first_line = static_cast<std::size_t>(std::max(0, node.Mark().line)) + 1;
    if (!node["check"]) {
        read.refuse(node, "an entry of expected needs check: ID");
        return out;
    }
    out.check = read.text(node["check"], "check");
    std::vector<std::string> known;
    for (const auto& check : suite.checks) known.push_back(check.id);
    if (std::find(known.begin(), known.end(), out.check) == known.end()) {
        read.refuse(node["check"], "no check has the id \"" + out.check + "\"" +
                                       base::did_you_mean(out.check, known, base::Quotes::kDouble));
    }
    if (const auto value = node["protobuf_message"]) {
        proto::ProtobufMessage message{};
        const auto word = read.text(value, "protobuf_message");
        if (!proto::parse_protobuf_message(word, message))
            read.refuse(value, "protobuf_message is \"1.0\" or \"2.0\", not \"" + word + "\"");
        out.message = message;
    }
    if (const auto value = node["verdict"]) {
        const auto word = read.text(value, "verdict");
        if (word != "fail" && word != "warn") read.refuse(value, "verdict is fail or warn, not \"" + word + "\"");
        out.verdict = word == "warn" ? Verdict::kWarn : Verdict::kFail;
    }
    if (const auto value = node["message"]) out.text = read.text(value, "message");
    if (const auto value = node["reason"]) out.reason = read.text(value, "reason");
    if (const auto value = node["issue"]) out.issue = read.text(value, "issue");
    if (const auto value = node["expires"]) {
        out.expires = read.text(value, "expires");
        if (!is_date(out.expires)) read.refuse(value, "expires is a date like 2027-03-01, not \"" + out.expires + "\"");
    }
    return out;
}

/// The last line of each entry: up to the next one, without the blank and comment lines before that.
void find_ends(Expectations& file) {
    std::vector<std::string> lines;
    std::istringstream in(file.source);
    for (std::string line; std::getline(in, line);) lines.push_back(line);
    const auto idle = [&](std::size_t line) {
        const auto at = lines[line - 1].find_first_not_of(" \t\r");
        return at == std::string::npos || lines[line - 1][at] == '#';
    };
    for (std::size_t i = 0; i < file.entries.size(); ++i) {
        auto last = i + 1 < file.entries.size() ? file.entries[i + 1].first_line - 1 : lines.size();
        while (last > file.entries[i].first_line && idle(last)) --last;
        file.entries[i].last_line = std::max(last, file.entries[i].first_line);
    }
}

Expectations read_file(const Suite& suite, base::YamlReader& read, const YAML::Node& root, std::string_view yaml,
                       const std::string& path) {
    Expectations out;
    out.path = path;
    out.source = yaml;
    if (read.mapping(root, "the file of known failures", {"version", "expected"})) {
        read.version(root, "the file of known failures");
        const auto list = root["expected"];
        if (!list || (!list.IsSequence() && !list.IsNull())) {
            read.refuse(list ? list : root, "the file of known failures needs expected: a list");
        } else if (list.IsSequence()) {
            for (const auto& node : list) {
                auto entry = read_entry(suite, read, node);
                for (const auto& other : out.entries) {
                    if (other.check == entry.check &&
                        (!other.message || !entry.message || other.message == entry.message))
                        read.refuse(node,
                                    entry.check + " is listed twice, also in line " + std::to_string(other.first_line));
                }
                out.entries.push_back(std::move(entry));
            }
        }
    }
    return out;
}

}  // namespace

Result<Expectations> parse_expectations(const Suite& suite, std::string_view yaml, const std::string& path) {
    if (yaml.size() > kMaxBytes)
        return fail(ErrorCode::kInvalidArgument, "the file of known failures is larger than 1 MiB", path);
    auto out = base::read_yaml(yaml, path, [&](base::YamlReader& read, const YAML::Node& root) {
        return read_file(suite, read, root, yaml, path);
    });
    if (out) find_ends(*out);
    return out;
}

Result<Expectations> load_expectations(const Suite& suite, const std::string& path) {
    std::error_code error;
    if (std::filesystem::is_directory(path, error))
        return fail(ErrorCode::kInvalidArgument, "is a directory, not a file of known failures", path);
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kInvalidArgument, "cannot read the file of known failures", path);
    std::ostringstream text;
    text << file.rdbuf();
    return parse_expectations(suite, text.str(), path);
}

Result<void> save_expectations(const std::string& path, const std::string& text) {
    return base::write_whole(path, text);
}

std::string today_utc() {
    const std::chrono::year_month_day day(std::chrono::floor<std::chrono::days>(std::chrono::system_clock::now()));
    const auto two = [](unsigned value) { return (value < 10 ? "0" : "") + std::to_string(value); };
    return std::to_string(static_cast<int>(day.year())) + "-" + two(static_cast<unsigned>(day.month())) + "-" +
           two(static_cast<unsigned>(day.day()));
}

}  // namespace prw::suite
