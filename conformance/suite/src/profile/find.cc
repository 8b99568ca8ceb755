/// Finding profiles and expanding what they say.
#include <unistd.h>
#include <optional>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <filesystem>
#include <set>

#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/suite/profile.h"

namespace prw::suite {
namespace fs = std::filesystem;

namespace {

bool name_byte(char c, bool first) {
    return c == '_' || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (!first && c >= '0' && c <= '9');
}

Result<Target> pick(Profile profile, const std::string& wanted, const std::string& fallback_name) {
    std::vector<std::string> names;
    for (const auto& target : profile.targets) names.push_back(target.name);
    const std::string& name = wanted.empty() ? fallback_name : wanted;
    for (auto& target : profile.targets) {
        if (target.name == name) return std::move(target);
    }
    if (wanted.empty() && profile.targets.size() == 1) return std::move(profile.targets.front());
    if (wanted.empty())
        return fail(ErrorCode::kInvalidArgument,
                    "holds several targets; choose one with --target: " + base::joined(names), profile.path);
    return fail(ErrorCode::kInvalidArgument, "no target \"" + wanted + "\"; there is " + base::joined(names),
                profile.path);
}

}  // namespace

std::string own_executable() {
    std::array<char, 4096> buffer{};
    const auto n = ::readlink("/proc/self/exe", buffer.data(), buffer.size());
    return n > 0 ? std::string(buffer.data(), static_cast<std::size_t>(n)) : std::string();
}

Target reference_target() {
    Target target;
    target.name = "reference";
    target.description = "the reference sender of prw itself";
    target.protocols = {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2};
    target.exec = {"${PRW_EXE}",
                   "send",
                   "--scrape",
                   "${PRW_SCRAPE_URL}",
                   "--interval",
                   "200ms",
                   "--scrape-timeout",  // 10,000 series may take longer than the interval on a busy machine
                   "5s",
                   "--flush-interval",
                   "200ms",
                   "--protobuf-message",
                   "${PRW_PROTOBUF_MESSAGE}",
                   "--max-backoff",
                   "1s",
                   "--retry-on-429",
                   "--fallback",
                   "on",
                   "${PRW_REMOTE_WRITE_URL}"};
    target.version_exec = {"${PRW_EXE}", "--version"};
    // 1.0 as specified has neither exemplars nor native histograms nor metadata.
    target.features = {{"exemplars", {false, true}},        {"native_histograms", {false, true}},
                       {"start_timestamps", {false, true}}, {"metadata", {false, true}},
                       {"stale_markers", {true, true}},     {"retry_on_429", {true, true}},
                       {"fallback_on_415", {false, true}}};
    target.variants[std::string(kVariantHeader)].arguments = {"--header", "${PRW_HEADER_NAME}: ${PRW_HEADER_VALUE}"};
    target.variants[std::string(kVariantBasicAuth)].variables = {
        {"PRW_REMOTE_WRITE_URL",
         "http://${PRW_USERNAME}:${PRW_PASSWORD}@${PRW_REMOTE_WRITE_HOSTPORT}${PRW_REMOTE_WRITE_TARGET}"}};
    auto& bearer = target.variants[std::string(kVariantBearer)];
    bearer.files = {{"token", "${PRW_BEARER_TOKEN}"}};
    bearer.arguments = {"--bearer-token-file", "${PRW_TMPDIR}/token"};
    target.variants[std::string(kVariantTls)].arguments = {"--ca-file", "${PRW_CA_FILE}"};
    target.variants[std::string(kVariantTimeout)].arguments = {"--timeout", "${PRW_TIMEOUT}"};
    target.origin = "built in";
    return target;
}

Target command_target(std::vector<std::string> argv) {
    Target target;
    target.name = argv.empty() ? "command" : fs::path(argv.front()).filename().string();
    target.protocols = {proto::ProtobufMessage::kV1};
    target.input = Input::kUnknown;
    // No ${…} in what the shell has already expanded.
    for (auto& word : argv) {
        for (std::size_t at = 0; (at = word.find("${", at)) != std::string::npos; at += 3) word.insert(at, 1, '$');
    }
    target.exec = std::move(argv);
    target.origin = "command line";
    target.in_work_dir = false;
    return target;
}

std::vector<std::string> profile_folders() {
    std::vector<std::string> out;
    const auto add = [&out](const fs::path& folder) {
        std::error_code error;
        if (!fs::is_directory(folder, error)) return;
        const std::string path = fs::canonical(folder, error).string();
        if (!error && std::find(out.begin(), out.end(), path) == out.end()) out.push_back(path);
    };
    add("profiles");
    if (const char* folder = std::getenv("PRW_PROFILE_DIR"); folder != nullptr && folder[0] != '\0') add(folder);
    const auto exe = fs::path(own_executable());
    if (!exe.empty()) add(exe.parent_path() / ".." / "share" / "prw" / "profiles");
#ifdef PRW_SOURCE_PROFILES
    add(PRW_SOURCE_PROFILES);
#endif
    return out;
}

std::vector<std::string> known_profiles() {
    std::set<std::string> names = {"reference"};
    for (const auto& folder : profile_folders()) {
        std::error_code error;
        for (const auto& entry : fs::directory_iterator(folder, error)) {
            if (entry.path().extension() == ".yaml") names.insert(entry.path().stem().string());
        }
    }
    return {names.begin(), names.end()};
}

Result<Target> find_target(const std::string& name_or_file, const std::string& target) {
    if (name_or_file == "reference") {
        if (!target.empty() && target != "reference") {
            return fail(ErrorCode::kInvalidArgument, "no target \"" + target + "\" in the built-in profile reference");
        }
        return reference_target();
    }
    const bool path = name_or_file.find('/') != std::string::npos || name_or_file.ends_with(".yaml") ||
                      name_or_file.ends_with(".yml");
    std::error_code error;
    if (path || fs::is_regular_file(name_or_file, error)) {
        auto profile = load_profile(name_or_file);
        if (!profile) return tl::unexpected<Error>(profile.error());
        return pick(std::move(*profile), target, fs::path(name_or_file).stem().string());
    }
    for (const auto& folder : profile_folders()) {
        const auto file = fs::path(folder) / (name_or_file + ".yaml");
        if (!fs::is_regular_file(file, error)) continue;
        auto profile = load_profile(file.string());
        if (!profile) return tl::unexpected<Error>(profile.error());
        return pick(std::move(*profile), target, name_or_file);
    }
    const auto known = known_profiles();
    return fail(ErrorCode::kInvalidArgument, "unknown profile \"" + name_or_file + "\"" +
                                                 base::did_you_mean(name_or_file, known, base::Quotes::kDouble, ";") +
                                                 " known: " + base::joined(known) + "; or the path of a YAML file");
}

namespace {

/// The environment's value; PRW_PEERS_DIR has a default, the folder into which scripts/build-peers builds.
std::optional<std::string> from_environment(const std::string& name) {
    if (const char* value = std::getenv(name.c_str()); value != nullptr) return value;
    if (name != "PRW_PEERS_DIR") return std::nullopt;
    if (const char* cache = std::getenv("XDG_CACHE_HOME"); cache != nullptr && cache[0] != '\0')
        return std::string(cache) + "/prw/peers";
    if (const char* home = std::getenv("HOME"); home != nullptr) return std::string(home) + "/.cache/prw/peers";
    return std::nullopt;
}

}  // namespace

Result<std::string> expand(std::string_view text, const Variables& variables, const std::string& where) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text.substr(i).starts_with("$${")) {
            out += "${";
            i += 2;
            continue;
        }
        if (!text.substr(i).starts_with("${")) {
            out += text[i];
            continue;
        }
        const auto end = text.find('}', i);
        const auto name = end == std::string_view::npos ? std::string_view() : text.substr(i + 2, end - i - 2);
        bool valid = !name.empty();
        for (std::size_t k = 0; k < name.size(); ++k) valid = valid && name_byte(name[k], k == 0);
        if (!valid)
            return fail(ErrorCode::kInvalidArgument,
                        "\"${\" without a variable's name and \"}\"; write $${ for a literal ${", where);
        if (const auto known = variables.find(std::string(name)); known != variables.end()) {
            out += known->second;
        } else if (const auto value = from_environment(std::string(name))) {
            out += *value;
        } else {
            return fail(ErrorCode::kInvalidArgument, "variable ${" + std::string(name) + "} is not set", where);
        }
        i = end;
    }
    return out;
}

}  // namespace prw::suite
