/// Deliberate, named deviations of the mock receiver (`prw receive --mutate ID`): what every check has to catch.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"

namespace prw::receiver {

struct Mutant {
    std::string_view id;        ///< "written/one-less"
    std::string_view summary;   ///< what it does, one sentence
    std::string_view check;     ///< the check that is meant to kill it: "receiver/written/samples"
    bool v1 = true, v2 = true;  ///< which message it is to be sent for the check to judge the deviation
    std::span<const std::string_view> also = {};  ///< checks that the same fault breaks by its nature
};

/// Every mutant of this version, by subject, without the null receivers.
[[nodiscard]] std::span<const Mutant> all_mutants();
/// Those that give every write request the same answer, or none: their `check` is empty, and no run may call them
/// conforming.
[[nodiscard]] std::span<const Mutant> null_receivers();
/// One of either; nullptr when there is none of this id.
[[nodiscard]] const Mutant* find_mutant(std::string_view id);

struct MutantRow;

/// The deviations of one receiver, in what it answers by itself. A value; what they remember of requests is the
/// receiver's. Without mutants every answer stays as it is.
class Mutation {
public:
    Mutation() = default;
    /// Each element is an id or a list of ids with commas. kInvalidArgument names an unknown id and the nearest one.
    [[nodiscard]] static Result<Mutation> of(std::span<const std::string> ids);

    [[nodiscard]] bool empty() const { return rows_.empty(); }
    [[nodiscard]] std::vector<const Mutant*> mutants() const;
    /// In the order that was given; a later one changes what the earlier ones made of the answer.
    [[nodiscard]] std::span<const MutantRow* const> rows() const { return rows_; }

private:
    std::vector<const MutantRow*> rows_;
};

}  // namespace prw::receiver
