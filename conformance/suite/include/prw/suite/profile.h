/// How to start or reach a target: a YAML profile, the built-in reference, or a bare command.
///
/// ```yaml
/// version: 1
/// targets:
///   - name: my-agent
///     description: my own agent      # optional
///     role: sender
///     protocols: ["1.0", "2.0"]      # what it can be asked to send
///     input: scrape                  # scrape | none (sends its own data) | stdin; or {from: scrape, without:
///     [subnormal]} requires: [my-agent]           # programs that must be there (the first word of start is always
///     looked for) files: {agent.yml: "…"}        # written to the work directory, ${…} expanded start: {exec:
///     ["./my-agent", "--config", "${PRW_TMPDIR}/agent.yml"], env: {A: b}} version: {exec: ["./my-agent", "--version"]}
///     # its first line of output is the version in reports stop: {signal: TERM, grace: 5s} source: metrics.om #
///     further series for it to scrape, beside the profile (load_source()) settle: 10s                    # how long
///     until its first request may take patience: 2                    # wait twice as long for everything relabels:
///     true                 # it changes names or labels on the way; what stays the same in every request is
///                                    # then no matter of a report
///     variables: {TIMEOUT: ""}       # further ${…} for files and start; texts may hold PRW_… variables
///     variants:                      # how to configure what is off by default: see variant_names()
///       short-timeout: {variables: {TIMEOUT: "timeout: ${PRW_TIMEOUT}"}, arguments: [], env: {}, files: {}}
///     features: {exemplars: true, native_histograms: false, metadata: ["2.0"], stale_markers: true}   # or the
///     messages that have it
/// ```
/// `${NAME}` is expanded in `files`, `start`, `version`, `requires`; `$${` is a literal `${`. PRW_PROFILE_DIR is the
/// profile's folder.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/types.h"

namespace prw::suite {

enum class Input : std::uint8_t {
    kScrape,   ///< scrapes PRW_SCRAPE_URL
    kNone,     ///< sends data of its own
    kStdin,    ///< reads exposition text from stdin
    kUnknown,  ///< a bare command: shows by scraping or not
};
[[nodiscard]] std::string_view name_of(Input input);

/// A way to start a target that differs from the usual one.
struct Variant {
    std::vector<std::pair<std::string, std::string>> variables;   ///< in the place of the target's
    std::vector<std::string> arguments;                           ///< behind those of start.exec
    std::vector<std::pair<std::string, std::string>> env, files;  ///< further ones
};

/// Bounds of the factor on all waiting.
inline constexpr double kLeastPatience = 1, kMostPatience = 100;

struct Target {
    std::string name, description;
    std::string role = "sender";
    std::vector<proto::ProtobufMessage> protocols;
    Input input = Input::kScrape;
    std::vector<std::string> requires_programs;
    std::vector<std::pair<std::string, std::string>> files;  ///< relative path → text before expansion
    std::vector<std::string> exec;                           ///< before expansion
    std::vector<std::pair<std::string, std::string>> env;    ///< before expansion
    std::vector<std::string> version_exec;                   ///< before expansion
    std::string source;                                      ///< path of a file of further series; empty: none
    std::vector<std::string> without;                        ///< of odd_inputs(): not offered, as it cannot take them
    bool relabels = false;                                   ///< changes names or labels of what it scrapes, on purpose
    int stop_signal = 15;
    std::chrono::milliseconds grace{5000};
    std::chrono::milliseconds settle{15000};
    double patience = 1;  ///< factor on all that is waited for
    struct Support {
        bool v1 = false, v2 = false;
    };
    std::vector<std::pair<std::string, std::string>> variables;  ///< name → text before expansion
    std::map<std::string, Variant> variants;
    std::map<std::string, Support> features;  ///< what the profile says; what it does not say is judged when it shows

    /// Of a receiver: where it takes requests, with userinfo as basic authentication; further headers of each request.
    std::string url;
    std::vector<std::pair<std::string, std::string>> headers;
    std::string ca_file;  ///< PEM; empty: the system's
    bool insecure_skip_verify = false;

    std::string origin;          ///< "profiles/prometheus.yaml:4", "built in", "command line"
    std::string folder;          ///< PRW_PROFILE_DIR; empty when there is no file
    bool in_work_dir = true;     ///< false: runs in the caller's directory (a bare command)
    bool attach = false;         ///< nothing is started: the user points a sender at us
    bool message_given = false;  ///< the user said which message it is to send
    /// Whether it was told which message to send, by the user or by its profile. Otherwise what it sends is judged.
    [[nodiscard]] bool told_message() const { return message_given || (input != Input::kUnknown && !attach); }
    /// The profile's word on a feature when this message is sent; nullopt when it does not say.
    [[nodiscard]] std::optional<bool> feature(std::string_view name, proto::ProtobufMessage message) const;
};

/// Variants that a profile may have, with what they switch on and the variables that say how.
struct VariantName {
    std::string_view name, summary, variables;
};
[[nodiscard]] const std::vector<VariantName>& variant_names();
inline constexpr std::string_view kVariantHeader = "header", kVariantBasicAuth = "basic-auth",
                                  kVariantBearer = "bearer-token", kVariantTls = "tls",
                                  kVariantTimeout = "short-timeout";
/// The target as it is with these variants; those that it does not have change nothing.
[[nodiscard]] Target with_variants(const Target& target, const std::vector<std::string>& names);

struct Profile {
    std::string path;
    std::vector<Target> targets;
};

/// Features that a profile may name, with what they switch.
/// What a target may be unable to take of what is offered for scraping by default: `input.without`, `--without`.
struct OddInput {
    std::string_view name, summary;
};
[[nodiscard]] const std::vector<OddInput>& odd_inputs();
/// kInvalidArgument for a name that odd_inputs() has not, with the nearest one.
[[nodiscard]] Result<void> check_odd_inputs(const std::vector<std::string>& names);

struct FeatureName {
    std::string_view name, summary;
    bool optional = true;  ///< false: a MUST asks for it, and no profile can do without
};
[[nodiscard]] const std::vector<FeatureName>& feature_names();

/// kInvalidArgument with file:line, what was read, and the nearest known word.
[[nodiscard]] Result<Profile> parse_profile(std::string_view yaml, const std::string& file_name);
[[nodiscard]] Result<Profile> load_profile(const std::string& path);

/// The prw binary itself as a sender: `prw send --scrape …`.
[[nodiscard]] Target reference_target();
/// A command without profile: the URLs are in its environment.
[[nodiscard]] Target command_target(std::vector<std::string> argv);

/// Where shipped profiles are looked for, in order: ./profiles, $PRW_PROFILE_DIR, EXE/../share/prw/profiles, the source
/// tree.
[[nodiscard]] std::vector<std::string> profile_folders();
/// "reference" and every target in the shipped profiles, sorted; unreadable files are left out.
[[nodiscard]] std::vector<std::string> known_profiles();
/// `name_or_file`: "reference", a path, or NAME of NAME.yaml in profile_folders(). `target` picks one of several in a
/// file; empty: the only one, or the one with the profile's name. kInvalidArgument lists what there is.
[[nodiscard]] Result<Target> find_target(const std::string& name_or_file, const std::string& target = {});

using Variables = std::map<std::string, std::string>;
/// Replaces ${NAME} from `variables`, then from the environment. kInvalidArgument at `where` for an unset one.
[[nodiscard]] Result<std::string> expand(std::string_view text, const Variables& variables, const std::string& where);
/// Absolute path of the running program.
[[nodiscard]] std::string own_executable();

}  // namespace prw::suite
