/// How the configuration scenario configures the program, for its judges.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "evidence/members.h"

namespace prw::conformance {

/// One start of the program, with a URL of its own.
struct Trial {
    std::string target;                   ///< path and query that it was given
    std::vector<std::string> variants;    ///< of the profile
    std::string header, value;            ///< that it was told to send, where it was
    std::uint64_t failed_handshakes = 0;  ///< of TLS, where its URL was https
    bool provokes = false;                ///< it was told to do what the protocol forbids
    std::string credentials;              ///< that its Authorization has to hold: "Basic …", "Bearer …"
    std::optional<std::string> exited;    ///< how it ended by itself
    bool exited_cleanly = false;
};
void members(auto&& visit, MaybeConst<Trial> auto& trial) {
    visit("target", trial.target);
    visit("variants", trial.variants);
    visit("header", trial.header);
    visit("value", trial.value);
    visit("provokes", trial.provokes);
    visit("credentials", trial.credentials);  // those of the test, which are no secret
    visit("failed_handshakes", trial.failed_handshakes);
    visit("exited", trial.exited);
    visit("exited_cleanly", trial.exited_cleanly);
}

struct ConfigurationNotes : NotesOf<ConfigurationNotes> {
    std::vector<Trial> trials;  ///< every start of the program
    void prepare(Observation& observation) const override {
        for (const auto& trial : trials)
            if (trial.provokes) observation.leave_to_trial(trial.target);
    }
    [[nodiscard]] std::vector<std::string> credentials() const override {
        std::vector<std::string> out;
        for (const auto& trial : trials)
            if (!trial.credentials.empty()) out.push_back(trial.credentials);
        return out;
    }
};
void members(auto&& visit, MaybeConst<ConfigurationNotes> auto& notes) { visit("trials", notes.trials); }

inline constexpr std::string_view kConfiguredTarget = "/prw/configured/write?tenant=a&zone=b";
inline constexpr std::string_view kBasicTarget = "/prw/basic/write";
inline constexpr std::string_view kBearerTarget = "/prw/bearer/write";
inline constexpr std::string_view kTlsTarget = "/prw/tls/write";
inline constexpr std::string_view kCustomHeader = "X-Prw-Test", kCustomValue = "prw";
/// Of kTestUser and kTestPassword.
inline constexpr std::string_view kBasicCredentials = "Basic cHJ3LXVzZXI6cHJ3LXdvcmQ=";

struct ReservedHeader {
    std::string_view name, value;  ///< the name in some spelling, a value that the sender would never send by itself
    std::string_view target;       ///< path of the start that tries it
};
/// The four that both versions name.
inline constexpr std::array<ReservedHeader, 4> kReservedHeaders = {{
    {"Content-Encoding", "identity", "/prw/reserved-1/write"},
    {"content-type", "text/plain", "/prw/reserved-2/write"},
    {"X-PROMETHEUS-REMOTE-WRITE-VERSION", "9.9.9", "/prw/reserved-3/write"},
    {"User-agent", "prw-override/1.0", "/prw/reserved-4/write"},
}};

/// The path of a request target.
[[nodiscard]] inline std::string_view path_of(std::string_view target) { return target.substr(0, target.find('?')); }

}  // namespace prw::conformance
