/// What the exit code of a session says.
#pragma once

namespace prw::suite {

/// When several apply, the first of 5, 2, 1, 4, 3, 0.
enum ExitCode : int {
    kConforms = 0,
    kNonConforming = 1,  ///< or an expectation that does not hold
    kUsage = 2,          ///< also a profile, an unknown id, an empty selection
    kLint = 3,           ///< only findings below a MUST, where they are asked to count
    kInconclusive = 4,   ///< nothing arrived, the target crashed or cannot be reached
    kInternalError = 5,  ///< or a report that was not written
    kNotApplicable = 77  ///< nothing applies, or the target is not on this machine; where that is asked for
};

}  // namespace prw::suite
