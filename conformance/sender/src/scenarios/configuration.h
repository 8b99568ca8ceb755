/// What the scenario configuration notes for its judges.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "evidence/members.h"

namespace prw::sender_suite {

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

}  // namespace prw::sender_suite
