/// Proof that the checks of a suite can fail: the reference of its role, its mutants and the null programs under every
/// scenario that concerns them, and the kill matrix that follows. JSON Schema: docs/self-test.schema.json.
///
/// What is run is a catalogue, what was seen is a list of runs, and the matrix follows from the two alone, so that its
/// logic is tested with made-up runs.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/report/reports.h"
#include "prw/suite/profile.h"
#include "prw/suite/suite.h"

namespace prw::self_test {

enum class SubjectKind : std::uint8_t { kReference, kMutant, kNull };
[[nodiscard]] std::string_view name_of(SubjectKind kind);  ///< "reference", "mutant", "null"

struct SelfTestAttempt;
struct SelfTestRun;

struct SelfTestCatalogue {
    std::string role;  ///< of the suite
    struct Check {
        std::string id, summary;
        std::string scenario;                         ///< in which its mutants are run
        suite::Verdict full = suite::Verdict::kFail;  ///< what it says at its worst: fail for a MUST, warn, or info
        std::string exempt;                           ///< why no mutant can kill it; empty: one must
        std::string unseen;                           ///< why the reference never gets a pass from it; empty: it must
        bool of_heads = false;                        ///< a rule that looks at nothing but request heads
    };
    struct Mutant {
        std::string id, summary;
        std::string check;          ///< the one that is meant to kill it
        bool v1 = true, v2 = true;  ///< messages in which it deviates
        std::string scenario;       ///< empty: the check's
        suite::Verdict v1_says = suite::Verdict::kPass,
                       v2_says = suite::Verdict::kPass;  ///< what the check says; kPass: its worst
        std::vector<std::string> also;                   ///< checks that the same fault breaks by its nature
    };
    struct Null {
        std::string id, summary;
        /// What arrives of it: where nothing does, no check at all may pass, where only heads do, only rules on heads.
        /// Of a receiver: its answers are data.
        enum class Sends : std::uint8_t { kNothing, kHeads, kData };
        Sends sends = Sends::kNothing;
        suite::Target target;
    };
    struct Scenario {
        std::string name;
        bool v1 = true, v2 = true;
        unsigned seconds = 0;  ///< that it takes about
    };
    std::vector<Check> checks;
    std::vector<Mutant> mutants;
    std::vector<Null> nulls;
    std::vector<Scenario> scenarios;
    /// Runs a job and judges it; SelfTestRun::attempts is 0 where it was interrupted. Called from several threads.
    std::function<SelfTestRun(const SelfTestAttempt&)> play;
};
/// Everything that this version has to test sender_suite().
[[nodiscard]] SelfTestCatalogue sender_self_test();
/// The same for receiver_suite(); receivers run in this process.
[[nodiscard]] SelfTestCatalogue receiver_self_test();

/// One program in one scenario under one message.
struct SelfTestJob {
    SubjectKind kind = SubjectKind::kReference;
    std::string subject;  ///< "reference", or the id of the mutant or null sender
    std::string scenario;
    proto::ProtobufMessage message = proto::ProtobufMessage::kV1;
    [[nodiscard]] std::string text() const;  ///< "labels/unsorted in steady (1.0)"
};

struct SelfTestRun {
    SelfTestJob job;
    struct Said {
        suite::Verdict verdict = suite::Verdict::kInconclusive;
        std::string reason;
        bool rule = false;  ///< judges requests, not what the scenario provokes
        bool soft = false;  ///< under this message the clause is no MUST
    };
    std::map<std::string, Said> said;  ///< by check
    std::string problem;               ///< why the scenario could not be carried out
    bool broke = false;                ///< the program did not start or crashed
    unsigned attempts = 1;             ///< 2: the first was inconclusive
    std::string evidence;              ///< what is wrong with the capsule of the kill; empty: nothing
    std::int64_t duration_ms = 0;
    std::string folder;  ///< capture and log, where they were kept
};

struct SelfTestProblem {
    enum class Kind : std::uint8_t {
        kSurvived,      ///< the check meant for a mutant did not fire
        kOtherVerdict,  ///< it fired, but said something else than it should
        kNoKill,        ///< a check that nothing killed
        kAlarm,         ///< a check fired on the reference
        kFalseAlarm,    ///< a check fired on a mutant that does not break what it judges
        kNullConforms,  ///< a null sender conforms, or passes a check without having sent anything
        kEvidence,      ///< the capsule of a kill does not lead to the same verdict
        kNotJudged,     ///< inconclusive twice, or the program broke
        kNoPass,        ///< a check that the reference never passed
        kCatalogue,     ///< unknown check, exemption that is not needed, …
    };
    Kind kind = Kind::kSurvived;
    std::string subject;            ///< mutant, null sender or "reference"; empty for kNoKill
    std::string check;              ///< empty when it is not about one
    std::string scenario, message;  ///< empty when it is not about one run
    std::string text;
    std::string folder;
};
[[nodiscard]] std::string_view name_of(SelfTestProblem::Kind kind);  ///< "survived", "no-kill", …

struct SelfTestMatrix {
    struct Kill {
        std::string mutant;
        suite::Verdict v1 = suite::Verdict::kPass, v2 = suite::Verdict::kPass;  ///< kPass: not under this message
        bool meant = true;  ///< false: the mutant is meant for another check
    };
    struct CheckLine {
        std::string id, summary, scenario, exempt, unseen;
        std::vector<Kill> kills;           ///< those meant for it first
        std::size_t meant = 0;             ///< pairs of mutant and message that it is meant to kill
        std::size_t killed = 0;            ///< of those
        std::size_t reference_passes = 0;  ///< scenarios × messages
        [[nodiscard]] bool proven() const { return !kills.empty() && killed == meant; }
    };
    struct MutantLine {
        std::string id, summary, check, scenario;
        std::size_t planned = 0, killed = 0;  ///< messages
    };
    struct NullLine {
        std::string id, summary;
        suite::Verdict verdict = suite::Verdict::kInconclusive;
        int exit_code = 4;                   ///< of `prw test sender` on it
        std::size_t passed = 0, judged = 0;  ///< checks, of all that say something
    };
    std::vector<SelfTestProblem> problems;  ///< the worst kinds first
    std::vector<CheckLine> checks;
    std::vector<MutantLine> mutants;
    std::vector<NullLine> nulls;
    std::vector<SelfTestRun> runs;  ///< in the order of the plan
    std::size_t retried = 0;        ///< runs that were inconclusive at first
    bool complete = false;          ///< all that was planned ran
    bool selected = false;          ///< only a part was asked for

    std::string role, tool_version, command_line;
    unsigned jobs = 0;
    std::int64_t duration_ms = 0;
    [[nodiscard]] bool proven() const { return complete && problems.empty(); }
    [[nodiscard]] int exit_code() const { return proven() ? 0 : 1; }
};

struct SelfTestOptions {
    suite::Target reference;          ///< to which `--mutate ID` is added
    std::vector<std::string> select;  ///< globs over mutants, checks, "reference" and null senders; empty: all
    std::vector<proto::ProtobufMessage> messages;  ///< empty: both
    std::string out;                               ///< runs that went wrong leave their captures here; empty: nowhere
    unsigned jobs = 0;                             ///< at a time; 0: as many as are best
    std::chrono::milliseconds timeout{60000};      ///< of one run
    std::string tool_version, command_line;
    const std::atomic<bool>* stop = nullptr;
    std::function<void(const suite::Progress&)> progress;  ///< as in RunOptions
};

/// One run of one job.
struct SelfTestAttempt {
    const SelfTestCatalogue& catalogue;
    const SelfTestOptions& options;
    const SelfTestJob& job;
    std::string folder;                                                       ///< of its subject
    std::function<void(std::uint64_t requests, std::uint64_t samples)> seen;  ///< told as they come
};

/// The runs, those that take longest first. kInvalidArgument with the nearest word for a pattern that fits nothing.
[[nodiscard]] Result<std::vector<SelfTestJob>> plan_self_test(const SelfTestCatalogue& catalogue,
                                                              const SelfTestOptions& options);
/// What follows from the runs of a plan; with `selected`, what was not planned is no gap.
[[nodiscard]] SelfTestMatrix matrix_of(const SelfTestCatalogue& catalogue, std::vector<SelfTestRun> runs,
                                       bool selected);
/// What is wrong with one run by itself.
[[nodiscard]] std::vector<SelfTestProblem> problems_of(const SelfTestCatalogue& catalogue, const SelfTestRun& run);
/// True when the run ended without the verdict that it was made for: it is worth a second attempt, as a verdict, right
/// or wrong, never is.
[[nodiscard]] bool worth_repeating(const SelfTestCatalogue& catalogue, const SelfTestRun& run);

/// Plans, runs in parallel and judges. kIo when `out` cannot be written.
[[nodiscard]] Result<SelfTestMatrix> run_self_test(const SelfTestCatalogue& catalogue, const SelfTestOptions& options);

[[nodiscard]] std::string render_self_test(const SelfTestMatrix& matrix, const report::TerminalStyle& style);
/// An array of matrices, one for each party.
[[nodiscard]] std::string to_json(std::span<const SelfTestMatrix> matrices);

}  // namespace prw::self_test
