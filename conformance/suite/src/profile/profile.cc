#include "prw/suite/profile.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "prw/base/enum_table.h"
#include "prw/base/nearest.h"
#include "prw/base/text.h"
#include "prw/base/units.h"
#include "prw/base/yaml.h"

namespace prw::suite {
namespace fs = std::filesystem;

namespace {

using Reader = base::YamlReader;
constexpr std::size_t kMaxProfileBytes = 1U << 20U;
constexpr std::chrono::hours kMostWait{1};

constexpr auto kSignals = base::enum_table<int>(
    "signal",
    {{SIGTERM, "TERM"}, {SIGINT, "INT"}, {SIGHUP, "HUP"}, {SIGQUIT, "QUIT"}, {SIGUSR1, "USR1"}, {SIGKILL, "KILL"}});
constexpr auto kInputs = base::enum_table<Input>(
    "input",
    {{Input::kScrape, "scrape"}, {Input::kNone, "none"}, {Input::kStdin, "stdin"}, {Input::kUnknown, "unknown"}});

using Pairs = std::vector<std::pair<std::string, std::string>>;

Pairs read_variables(Reader& read, const YAML::Node& node, const std::string& what) {
    auto out = read.pairs(node, what);
    for (const auto& [name, text] : out) {
        if (name.starts_with("PRW_"))
            read.refuse(node, what + ": names that begin with PRW_ are prw's own, as " + name);
    }
    return out;
}

void read_start(Reader& read, const YAML::Node& node, Target& target) {
    if (!read.mapping(node, "start", {"exec", "env"})) return;
    if (!node["exec"]) return read.refuse(node, "start needs exec: [PROGRAM, ARGUMENT…]");
    target.exec = read.command(node["exec"], "start.exec");
    if (const auto env = node["env"]) target.env = read.pairs(env, "start.env");
}

void read_stop(Reader& read, const YAML::Node& node, Target& target) {
    if (!read.mapping(node, "stop", {"signal", "grace"})) return;
    if (const auto signal = node["signal"]) {
        std::string name = read.text(signal, "stop.signal");
        if (name.starts_with("SIG")) name.erase(0, 3);
        const auto known = kSignals.find(name);
        if (!known)
            return read.refuse(
                signal, "stop.signal must be one of " + base::joined(kSignals.names()) + ", not \"" + name + "\"");
        target.stop_signal = *known;
    }
    if (const auto grace = node["grace"]) target.grace = read.duration(grace, "stop.grace", kMostWait);
}

void read_files(Reader& read, const YAML::Node& node, Pairs& files) {
    if (!node.IsMap()) return read.refuse(node, "files must be a mapping of names to texts");
    for (const auto& entry : node) {
        const std::string name = read.text(entry.first, "a name in files");
        const fs::path path = fs::path(name).lexically_normal();
        if (name.empty() || path.is_absolute() || path.string().starts_with("..")) {
            return read.refuse(entry.first, "file \"" + name + "\" must lie in the work directory");
        }
        files.emplace_back(path.string(), read.text(entry.second, "the text of file " + name));
    }
}

void read_protocols(Reader& read, const YAML::Node& node, Target& target) {
    for (const auto& word : read.texts(node, "protocols")) {
        proto::ProtobufMessage message{};
        if (!proto::parse_protobuf_message(word, message))
            return read.refuse(node, "protocols holds \"" + word + "\"; known are \"1.0\" and \"2.0\"");
        if (std::find(target.protocols.begin(), target.protocols.end(), message) != target.protocols.end()) {
            return read.refuse(node, "protocols names " + word + " twice");
        }
        target.protocols.push_back(message);
    }
    if (target.protocols.empty()) read.refuse(node, "protocols is empty; give \"1.0\", \"2.0\" or both");
}

void read_features(Reader& read, const YAML::Node& node, Target& target) {
    std::vector<std::string> known;
    for (const auto& feature : feature_names()) known.emplace_back(feature.name);
    if (!read.mapping(node, "features", known)) return;
    for (const auto& entry : node) {
        const std::string name = entry.first.Scalar();
        Target::Support support;
        if (entry.second.IsSequence()) {
            for (const auto& word : read.texts(entry.second, "features." + name)) {
                proto::ProtobufMessage message{};
                if (!proto::parse_protobuf_message(word, message))
                    return read.refuse(entry.second,
                                       "features." + name + " holds \"" + word + "\"; known are \"1.0\" and \"2.0\"");
                (message == proto::ProtobufMessage::kV1 ? support.v1 : support.v2) = true;
            }
        } else {
            support.v1 = support.v2 = read.boolean(entry.second, "features." + name);
        }
        target.features[name] = support;
    }
}

void read_variants(Reader& read, const YAML::Node& node, Target& target) {
    std::vector<std::string> known;
    for (const auto& variant : variant_names()) known.emplace_back(variant.name);
    if (!read.mapping(node, "variants", known)) return;
    for (const auto& entry : node) {
        const std::string name = entry.first.Scalar();
        const auto& body = entry.second;
        if (!read.mapping(body, "variant " + name, {"variables", "arguments", "env", "files"})) return;
        Variant variant;
        if (const auto value = body["variables"])
            variant.variables = read_variables(read, value, "variables of variant " + name);
        if (const auto value = body["arguments"]) variant.arguments = read.texts(value, "arguments of variant " + name);
        if (const auto value = body["env"]) variant.env = read.pairs(value, "env of variant " + name);
        if (const auto value = body["files"]) read_files(read, value, variant.files);
        target.variants[name] = std::move(variant);
    }
}

void read_input_kind(Reader& read, const YAML::Node& node, const std::string& what, Target& target) {
    const std::string word = read.text(node, what);
    const auto input = kInputs.find(word);
    if (!input || *input == Input::kUnknown)
        return read.refuse(node, what + " must be scrape, none or stdin, not \"" + word + "\"");
    target.input = *input;
}

void read_input(Reader& read, const YAML::Node& node, Target& target) {
    if (!read.mapping(node, "input", {"from", "without"})) return;
    if (const auto from = node["from"]) read_input_kind(read, from, "input.from", target);
    const auto without = node["without"];
    if (!without) return;
    target.without = read.texts(without, "input.without");
    if (auto checked = check_odd_inputs(target.without); !checked)
        read.refuse(without, "input." + checked.error().what);
}

Target read_target(Reader& read, const YAML::Node& node) {
    Target target;
    target.origin = read.at(node);
    static const std::vector<std::string> kKeys = {
        "name", "description", "role",     "protocols", "input",    "requires", "files",    "start",   "version",
        "stop", "settle",      "features", "variables", "variants", "source",   "patience", "relabels"};
    if (!read.mapping(node, "a target", kKeys)) return target;
    if (!node["name"]) {
        read.refuse(node, "a target needs a name");
        return target;
    }
    target.name = read.text(node["name"], "name");
    if (target.name.empty()) read.refuse(node["name"], "name is empty");
    if (const auto value = node["description"]) target.description = read.text(value, "description");
    if (const auto value = node["role"]) {
        target.role = read.text(value, "role");
        if (target.role != "sender" && target.role != "receiver")
            read.refuse(value, "role must be sender or receiver, not \"" + target.role + "\"");
    } else {
        read.refuse(node, "target " + target.name + " needs a role: sender");
    }
    if (const auto value = node["protocols"])
        read_protocols(read, value, target);
    else
        target.protocols = {proto::ProtobufMessage::kV1, proto::ProtobufMessage::kV2};
    if (const auto value = node["input"]) {
        if (value.IsMap())
            read_input(read, value, target);
        else
            read_input_kind(read, value, "input", target);
    }
    if (const auto value = node["relabels"]) target.relabels = read.boolean(value, "relabels");
    if (const auto value = node["requires"]) target.requires_programs = read.texts(value, "requires");
    if (const auto value = node["files"]) read_files(read, value, target.files);
    if (const auto value = node["start"])
        read_start(read, value, target);
    else if (target.role == "sender")
        read.refuse(node, "target " + target.name + " needs start: {exec: [PROGRAM, ARGUMENT…]}");
    if (const auto value = node["version"]) {
        if (read.mapping(value, "version", {"exec"}) && value["exec"])
            target.version_exec = read.command(value["exec"], "version.exec");
    }
    if (const auto value = node["stop"]) read_stop(read, value, target);
    if (const auto value = node["settle"]) target.settle = read.duration(value, "settle", kMostWait);
    if (const auto value = node["patience"]) {
        const auto word = read.text(value, "patience");
        const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), target.patience);
        if (error != std::errc() || end != word.data() + word.size() || !(target.patience >= kLeastPatience) ||
            target.patience > kMostPatience)
            read.refuse(value, "patience must be a number from 1 to 100, not \"" + word + "\"");
    }
    if (const auto value = node["source"]) {
        target.source = read.text(value, "source");
        if (target.source.empty()) read.refuse(value, "source is empty; give the file of further series");
    }
    if (const auto value = node["features"]) read_features(read, value, target);
    if (const auto value = node["variables"]) target.variables = read_variables(read, value, "variables");
    if (const auto value = node["variants"]) read_variants(read, value, target);
    return target;
}

Profile read_profile(Reader& read, const YAML::Node& root, const std::string& file_name) {
    Profile profile;
    profile.path = file_name;
    if (read.mapping(root, "the profile", {"version", "targets"})) {
        read.version(root, "the profile");
        const auto targets = root["targets"];
        if (!targets || !targets.IsSequence() || targets.size() == 0) {
            read.refuse(targets ? targets : root, "the profile needs targets: a list with at least one");
        } else {
            for (const auto& node : targets) {
                auto target = read_target(read, node);
                const bool known = std::any_of(profile.targets.begin(), profile.targets.end(),
                                               [&](const Target& t) { return t.name == target.name; });
                if (known) read.refuse(node, "two targets have the name " + target.name);
                profile.targets.push_back(std::move(target));
            }
        }
    }
    return profile;
}

}  // namespace

std::string_view name_of(Input input) { return kInputs.name_of(input); }

const std::vector<FeatureName>& feature_names() {
    static const std::vector<FeatureName> kNames = {
        {"exemplars", "sends exemplars that it scrapes"},
        {"native_histograms", "sends native histograms"},
        {"metadata", "sends type, help and unit"},
        {"stale_markers", "sends stale markers for scraped series that disappear", false},
        {"start_timestamps", "sends start timestamps (2.0)"},
        {"retry_on_429", "retries after 429"},
        {"fallback_on_415", "falls back to 1.0 after 415"},
    };
    return kNames;
}

const std::vector<OddInput>& odd_inputs() {
    static const std::vector<OddInput> kNames = {
        {"subnormal", "the smallest number above 0, 5e-324"},
        {"negative-zero", "-0"},
        {"infinity", "+Inf and -Inf as values"},
        {"nan", "NaN as a value, also of a quantile without observations"},
        {"colons", "a metric name with colons"},
        {"empty-label", "a label without value"},
        {"long-label", "a label value of 10 kB"},
        {"utf8", "label values that are not ASCII"},
        {"escapes", "label values with quotes, backslashes and line breaks"},
        {"label-collision", "labels job and instance on a scraped series"},
        {"explicit-timestamps", "samples with a timestamp of their own"},
        {"native-histograms", "native histograms"},
        {"summaries", "summaries"},
        {"info", "the type info"},
        {"stateset", "the type stateset"},
        {"untyped", "a metric without type"},
    };
    return kNames;
}

Result<void> check_odd_inputs(const std::vector<std::string>& names) {
    std::vector<std::string_view> known;
    for (const auto& odd : odd_inputs()) known.push_back(odd.name);
    for (const auto& name : names) {
        if (std::find(known.begin(), known.end(), name) != known.end()) continue;
        return fail(ErrorCode::kInvalidArgument,
                    "without holds \"" + name + "\"" +
                        base::did_you_mean(name, known, base::Quotes::kDouble, "; known are " + base::joined(known)));
    }
    return {};
}

const std::vector<VariantName>& variant_names() {
    static const std::vector<VariantName> kNames = {
        {kVariantHeader, "sends one further header", "PRW_HEADER_NAME, PRW_HEADER_VALUE"},
        {kVariantBasicAuth, "authenticates with user and password", "PRW_USERNAME, PRW_PASSWORD"},
        {kVariantBearer, "authenticates with a bearer token", "PRW_BEARER_TOKEN"},
        {kVariantTls, "trusts the CA of the test; its URL is https then", "PRW_CA_FILE"},
        {kVariantTimeout, "gives up on a request after a short time", "PRW_TIMEOUT, PRW_TIMEOUT_SECONDS"},
    };
    return kNames;
}

Target with_variants(const Target& target, const std::vector<std::string>& names) {
    Target out = target;
    for (const auto& name : names) {
        const auto found = target.variants.find(name);
        if (found == target.variants.end()) continue;
        const auto& variant = found->second;
        for (const auto& [key, text] : variant.variables) {
            const auto own = std::find_if(out.variables.begin(), out.variables.end(),
                                          [&, &wanted = key](const auto& each) { return each.first == wanted; });
            if (own != out.variables.end())
                own->second = text;
            else
                out.variables.emplace_back(key, text);
        }
        out.exec.insert(out.exec.end(), variant.arguments.begin(), variant.arguments.end());
        out.env.insert(out.env.end(), variant.env.begin(), variant.env.end());
        out.files.insert(out.files.end(), variant.files.begin(), variant.files.end());
    }
    return out;
}

std::optional<bool> Target::feature(std::string_view feature_name, proto::ProtobufMessage message) const {
    const auto found = features.find(std::string(feature_name));
    if (found == features.end()) return std::nullopt;
    return message == proto::ProtobufMessage::kV1 ? found->second.v1 : found->second.v2;
}

Result<Profile> parse_profile(std::string_view yaml, const std::string& file_name) {
    if (yaml.size() > kMaxProfileBytes)
        return fail(ErrorCode::kInvalidArgument, "the profile is larger than 1 MiB", file_name);
    return base::read_yaml(yaml, file_name,
                           [&](Reader& read, const YAML::Node& root) { return read_profile(read, root, file_name); });
}

Result<Profile> load_profile(const std::string& path) {
    std::error_code error;
    if (fs::is_directory(path, error)) return fail(ErrorCode::kInvalidArgument, "is a directory, not a profile", path);
    std::ifstream file(path, std::ios::binary);
    if (!file) return fail(ErrorCode::kInvalidArgument, "cannot read the profile", path);
    std::ostringstream text;
    text << file.rdbuf();
    auto profile = parse_profile(text.str(), path);
    if (profile) {
        const auto folder = fs::absolute(fs::path(path), error).parent_path().lexically_normal().string();
        for (auto& target : profile->targets) {
            target.folder = folder;
            if (!target.source.empty()) target.source = (fs::path(folder) / target.source).lexically_normal().string();
        }
    }
    return profile;
}

}  // namespace prw::suite
