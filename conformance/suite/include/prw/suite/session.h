/// One session of a suite, from selection to exit code: plan, run (as often as is asked for), select, hold against the
/// known failures, conclude, write. The command line and any other front shares it: it prints nothing, never exits, and
/// says what happens by callbacks.
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "prw/base/error.h"
#include "prw/suite/exit_code.h"
#include "prw/suite/expectations.h"
#include "prw/suite/results.h"
#include "prw/suite/selection.h"
#include "prw/suite/suite.h"

namespace prw::suite {

struct SessionOptions {
    /// Its scenarios, `stop`, `why_stopped` and `progress` are the session's own.
    RunOptions run;
    /// Its messages are the session's own. With `failed`, `last` is what the caller has read.
    SelectionOptions select;
    std::vector<std::string> because;     ///< what narrows the selection, in the user's words: "--scenario steady"
    unsigned repeat = 1;                  ///< runs; several have a folder each below run.out
    unsigned until_fail = 0;              ///< run until it is not right, at most so often; 0: not so
    std::chrono::milliseconds budget{0};  ///< longest time of all runs together; 0: any
    std::string budget_text;              ///< that, in the user's words: "30s"
    std::string expect;                   ///< path of the file of known failures; empty: none
    bool update_expect = false;           ///< write that file so that it holds; it may be missing
    bool skip_exit_code = false;          ///< kNotApplicable where the target is not here or nothing applies
    std::string target_file;              ///< Results::Target::file
    /// The command line for just these checks; unset: results name none.
    std::function<std::string(const std::vector<std::string>& ids)> rerun;
    /// Where results go. Called before the first run, with results that say that it did not come to its end, and with
    /// the final ones. Unset: nowhere.
    std::function<Result<void>(const Results&)> write;
};

/// From run(), in its thread, but for `progress`. Any may be unset.
struct SessionEvents {
    std::function<void(const Progress&)> progress;             ///< never from two threads at once
    std::function<void(unsigned done, unsigned of)> repeated;  ///< one of several runs has ended
    std::function<void(const std::string&)> note;              ///< "wrote known.yaml: 1 added, 0 removed, 0 changed"
    std::function<void(const std::string&)> problem;           ///< what else went wrong, or why nothing was run
};

struct SessionResult {
    Results results;       ///< concluded; exit_code is that of the session
    bool ran = false;      ///< false: nothing was run, results.problem says why
    bool written = false;  ///< the final results, where they were to be
};

class Session {
public:
    /// `suite` outlives the session.
    Session(const Suite& suite, SessionOptions options, SessionEvents events = {});
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    /// Selects, and reads what there is to read; runs and writes nothing. kInvalidArgument with what is wrong.
    [[nodiscard]] Result<void> plan();
    /// After plan().
    [[nodiscard]] const Selection& selection() const { return selection_; }
    /// Everything; plan(), too, where that was not called. Once only.
    [[nodiscard]] SessionResult run();
    /// Results of a session that cannot take place, written.
    SessionResult refuse(const std::string& problem, ExitCode code);

    /// From any thread: ends run() early. What was not judged is inconclusive.
    void cancel() { stop_ = true; }
    /// Cancelled, or out of budget.
    [[nodiscard]] bool stopped() const { return stop_; }

private:
    [[nodiscard]] Result<void> select();
    [[nodiscard]] Result<void> read_expectations();
    [[nodiscard]] Result<Results> run_within_budget();
    [[nodiscard]] Result<Results> run_all();
    [[nodiscard]] std::string why_stopped() const;
    [[nodiscard]] bool right(Results results) const;
    [[nodiscard]] Results unfinished(const std::string& problem) const;
    [[nodiscard]] SessionResult finish(Results results);
    [[nodiscard]] bool update(Results& results, const std::string& today);
    [[nodiscard]] std::string rerun(const Results& results) const;
    [[nodiscard]] bool write(const Results& results, bool say);
    void note(const std::string& text) const;
    void tell_problem(const std::string& text) const;

    const Suite& suite_;
    SessionOptions options_;
    SessionEvents events_;
    Run run_;  ///< unset until planned
    Selection selection_;
    Expectations expectations_;
    std::vector<proto::ProtobufMessage> asked_;  ///< before anything was selected
    std::atomic<bool> stop_{false}, over_budget_{false};
};

}  // namespace prw::suite
