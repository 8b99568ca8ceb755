/// Strict reading of YAML: an unknown key is an error with its line and the nearest known one. Header only: who
/// includes it links yaml-cpp, base itself does not.
#pragma once

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/base/units.h"

namespace prw::base {

/// Reads one file strictly. The first fault is kept; later reads go on harmlessly, so that the code reads like the
/// format.
class YamlReader {
public:
    explicit YamlReader(std::string file) : file_(std::move(file)) {}

    /// "FILE:LINE", or the file alone.
    [[nodiscard]] std::string at(const YAML::Mark& mark) const {
        return mark.is_null() ? file_ : file_ + ":" + std::to_string(mark.line + 1);
    }
    [[nodiscard]] std::string at(const YAML::Node& node) const { return at(node.Mark()); }
    void refuse(const YAML::Node& node, std::string what) {
        if (!error_) error_ = Error{ErrorCode::kInvalidArgument, std::move(what), at(node), {}};
    }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    /// True when the node is a mapping whose keys are all known and appear once.
    template <typename Keys = std::vector<std::string_view>>
    bool mapping(const YAML::Node& node, const std::string& what, const Keys& known) {
        if (!node.IsMap()) {
            refuse(node, what + " must be a mapping");
            return false;
        }
        std::vector<std::string> seen;
        for (const auto& entry : node) {
            const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
            if (std::find(std::begin(known), std::end(known), key) == std::end(known)) {
                refuse(entry.first, "unknown key " + base::quoted(key) + " in " + what +
                                        did_you_mean(key, known, Quotes::kDouble, "; known are " + joined(known)));
                return false;
            }
            if (std::find(seen.begin(), seen.end(), key) != seen.end()) {
                refuse(entry.first, "key \"" + key + "\" is given twice in " + what);
                return false;
            }
            seen.push_back(key);
        }
        return true;
    }
    std::string text(const YAML::Node& node, const std::string& what) {
        if (!node.IsScalar()) {
            refuse(node, what + " must be a text");
            return {};
        }
        return node.Scalar();
    }
    std::vector<std::string> texts(const YAML::Node& node, const std::string& what) {
        std::vector<std::string> out;
        if (!node.IsSequence()) {
            refuse(node, what + " must be a list of texts");
            return out;
        }
        for (const auto& entry : node) out.push_back(text(entry, "each element of " + what));
        return out;
    }
    /// Names and texts, in order; a name may come again.
    std::vector<std::pair<std::string, std::string>> pairs(const YAML::Node& node, const std::string& what) {
        std::vector<std::pair<std::string, std::string>> out;
        if (!node.IsMap()) {
            refuse(node, what + " must be a mapping of names to texts");
            return out;
        }
        for (const auto& entry : node)
            out.emplace_back(text(entry.first, "a name in " + what), text(entry.second, "a value in " + what));
        return out;
    }
    /// `exec` is a list, never a line for a shell: that would hide quoting from the reader.
    std::vector<std::string> command(const YAML::Node& node, const std::string& what) {
        auto out = texts(node, what);
        if (node.IsSequence() && (out.empty() || out.front().empty()))
            refuse(node, what + " is empty; give the program and its arguments");
        return out;
    }
    bool boolean(const YAML::Node& node, const std::string& what) {
        const std::string value = text(node, what);
        if (value != "true" && value != "false")
            refuse(node, what + " must be true or false, not " + base::quoted(value));
        return value == "true";
    }
    std::uint64_t number(const YAML::Node& node, const std::string& what, std::uint64_t least, std::uint64_t most) {
        const auto word = text(node, what);
        std::uint64_t value = 0;
        const auto [stop, error] = std::from_chars(word.data(), word.data() + word.size(), value);
        if (error == std::errc{} && stop == word.data() + word.size() && value >= least && value <= most) return value;
        refuse(node, what + " must be a number from " + std::to_string(least) + " to " + std::to_string(most) +
                         ", not " + base::quoted(word));
        return least;
    }
    /// Of a format that has one version so far.
    void version(const YAML::Node& root, const std::string& what) {
        const auto node = root["version"];
        if (!node)
            refuse(root, what + " needs version: 1");
        else if (text(node, "version") != "1")
            refuse(node, "version must be 1, not " + base::quoted(node.IsScalar() ? node.Scalar() : ""));
    }
    std::chrono::milliseconds duration(const YAML::Node& node, const std::string& what,
                                       std::optional<std::chrono::hours> most = {}) {
        const auto value = parse_duration(text(node, what));
        if (!value) {
            refuse(node, what + ": " + value.error().what);
            return {};
        }
        if (most && *value > *most) refuse(node, what + " must be at most " + std::to_string(most->count()) + "h");
        return *value;
    }

private:
    std::string file_;
    std::optional<Error> error_;
};

/// `read(reader, root)`, and the first fault that it met; kInvalidArgument where the text is no YAML.
template <typename Read>
[[nodiscard]] auto read_yaml(std::string_view yaml, const std::string& file, Read read)
    -> Result<decltype(read(std::declval<YamlReader&>(), std::declval<const YAML::Node&>()))> {
    YamlReader reader(file);
    try {  // yaml-cpp throws; nothing may leave this function
        auto out = read(reader, YAML::Load(std::string(yaml)));
        if (reader.error()) return tl::unexpected<Error>(*reader.error());
        return out;
    } catch (const YAML::Exception& error) {
        return fail(ErrorCode::kInvalidArgument, "not readable as YAML", reader.at(error.mark), error.msg);
    }
}

}  // namespace prw::base
