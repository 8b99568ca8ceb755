/// Strict reading of YAML, for profiles and expectations: an unknown key is an error with its line and the nearest
/// known one. Internal.
#pragma once

#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <chrono>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "prw/base/error.h"
#include "prw/base/nearest.h"
#include "prw/base/units.h"

namespace prw::conformance {

/// Reads one file strictly. The first fault is kept; later reads go on harmlessly, so that the code reads like the
/// format.
class YamlReader {
public:
    explicit YamlReader(std::string file) : file_(std::move(file)) {}

    [[nodiscard]] std::string at(const YAML::Node& node) const {
        const auto mark = node.Mark();
        return mark.is_null() ? file_ : file_ + ":" + std::to_string(mark.line + 1);
    }
    void refuse(const YAML::Node& node, std::string what) {
        if (!error_) error_ = Error{ErrorCode::kInvalidArgument, std::move(what), at(node), {}};
    }
    [[nodiscard]] const std::optional<Error>& error() const { return error_; }

    /// True when the node is a mapping whose keys are all known and appear once.
    bool mapping(const YAML::Node& node, const std::string& what, const std::vector<std::string>& known) {
        if (!node.IsMap()) {
            refuse(node, what + " must be a mapping");
            return false;
        }
        std::vector<std::string> seen;
        for (const auto& entry : node) {
            const std::string key = entry.first.IsScalar() ? entry.first.Scalar() : "?";
            if (std::find(known.begin(), known.end(), key) == known.end()) {
                const std::string near = base::nearest(key, known);
                refuse(entry.first,
                       "unknown key \"" + key + "\" in " + what +
                           (near.empty() ? "; known are " + joined(known) : "; did you mean \"" + near + "\"?"));
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
    /// `exec` is a list, never a line for a shell: that would hide quoting from the reader.
    std::vector<std::string> command(const YAML::Node& node, const std::string& what) {
        auto out = texts(node, what);
        if (node.IsSequence() && (out.empty() || out.front().empty()))
            refuse(node, what + " is empty; give the program and its arguments");
        return out;
    }
    bool boolean(const YAML::Node& node, const std::string& what) {
        const std::string value = text(node, what);
        if (value != "true" && value != "false") refuse(node, what + " must be true or false, not \"" + value + "\"");
        return value == "true";
    }
    std::chrono::milliseconds duration(const YAML::Node& node, const std::string& what) {
        auto value = base::parse_duration(text(node, what));
        if (!value) {
            refuse(node, what + ": " + value.error().what);
            return {};
        }
        if (*value > std::chrono::hours(1)) refuse(node, what + " must be at most 1h");
        return *value;
    }
    static std::string joined(const std::vector<std::string>& words) {
        std::string out;
        for (const auto& word : words) out += (out.empty() ? "" : ", ") + word;
        return out;
    }

private:
    std::string file_;
    std::optional<Error> error_;
};

}  // namespace prw::conformance
