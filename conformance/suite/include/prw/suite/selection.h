/// Which checks a run is about, and so which scenarios it needs.
#pragma once

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/suite/results.h"
#include "prw/suite/suite.h"

namespace prw::suite {

/// `*` any characters within a segment, `**` across segments, `?` one character; a pattern that is the front of an id
/// up to a `/` selects all below it. The role may be left out: `labels/sorted` selects `sender/labels/sorted`.
[[nodiscard]] bool pattern_matches(std::string_view pattern, std::string_view id);

struct SelectionOptions {
    std::vector<std::string> run;                  ///< patterns; empty: all
    std::vector<std::string> skip;                 ///< patterns taken out of that
    std::vector<std::string> levels;               ///< "must", "should", "may", also several with commas; empty: all
    bool failed = false;                           ///< only what failed in `last`
    Results last;                                  ///< with `failed`
    FailOn fail_on = FailOn::kMust;                ///< what counts as failed
    std::vector<std::string> scenarios;            ///< empty: all
    std::vector<proto::ProtobufMessage> messages;  ///< that the target is asked to send
};

class Selection {
public:
    /// kInvalidArgument for a pattern that matches no check (with the nearest id), an unknown level or scenario, and a
    /// selection in which nothing is left.
    [[nodiscard]] static Result<Selection> make(const Suite& suite, const SelectionOptions& options);

    /// Nothing was left out.
    [[nodiscard]] bool everything() const { return everything_; }
    /// In the order of the scenario table; those that the selected checks need.
    [[nodiscard]] const std::vector<std::string>& scenarios() const { return scenarios_; }
    struct Row {
        const Check* check = nullptr;
        std::vector<proto::ProtobufMessage> messages;
        proto::Level level = proto::Level::kMust;
    };
    [[nodiscard]] const std::vector<Row>& rows() const { return rows_; }
    /// Whether an outcome is reported. A broken target is always: see target_check_id().
    [[nodiscard]] bool includes(const CheckOutcome& check) const;
    /// Takes out of the results what was not selected.
    void apply(Results& results) const;
    /// What of the suite a run with this selection left out, and `because` of what. Counted under `messages`, which the
    /// target was to be asked for before anything was selected; where it chose for itself, under those that it sent.
    [[nodiscard]] Coverage coverage(const Results& results, const std::vector<proto::ProtobufMessage>& messages,
                                    std::vector<std::string> because) const;

private:
    [[nodiscard]] bool selected(const Check& check, proto::ProtobufMessage message) const;

    const Suite* suite_ = nullptr;
    bool everything_ = true;
    bool pairs_only_ = false;
    std::set<std::pair<std::string, proto::ProtobufMessage>> pairs_;  ///< with --failed
    std::set<std::string> ids_;
    std::set<proto::Level> levels_;
    std::vector<std::string> scenarios_;
    std::vector<Row> rows_;
};

}  // namespace prw::suite
