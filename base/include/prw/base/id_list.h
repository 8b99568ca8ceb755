/// Ids as flags take them: repeatable, and with commas between them.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <vector>

namespace prw::base {

/// In order; what stands between two commas, nothing included, is an id.
[[nodiscard]] inline std::vector<std::string> ids_in(std::span<const std::string> lists) {
    std::vector<std::string> out;
    for (const auto& list : lists) {
        for (std::size_t at = 0; at <= list.size();) {
            const auto end = std::min(list.find(',', at), list.size());
            out.push_back(list.substr(at, end - at));
            at = end + 1;
        }
    }
    return out;
}

}  // namespace prw::base
