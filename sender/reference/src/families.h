/// Collects points into families: which family a sample belongs to, duplicates, _created.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "prw/sender/exposition.h"

namespace prw::sender {

class FamilyBuilder {
public:
    /// `created_series`: _created samples of counters, histograms and summaries become start timestamps (OpenMetrics).
    explicit FamilyBuilder(bool created_series) : created_series_(created_series) {}

    /// The family of that name, made when it is new.
    Family& family(std::string_view name);
    /// The declared type, or nullptr when the family has none yet.
    [[nodiscard]] const proto::MetricType* declared_type(std::string_view name) const;
    void declare_type(std::string_view name, proto::MetricType type);

    enum class Added : std::uint8_t { kPoint, kCreated, kBadCreated, kDuplicate };
    /// Files the point under the family that its name belongs to. `place` is for the note about a duplicate.
    Added add(Point point, std::string_view place);
    /// Files it under this family, whatever its name.
    Added add_to(std::string_view family, Point point, std::string_view place);
    void note(std::string text);

    /// Which family a sample name belongs to: the family of that name, or the one that it is a suffixed member of
    /// (foo_bucket of histogram foo).
    [[nodiscard]] Family* find_for_sample(std::string_view sample_name);

    [[nodiscard]] Scrape finish();

private:
    struct Entry {
        Family family;
        bool typed = false;
        std::unordered_map<std::string, std::int64_t> created;  ///< by labels without name, le and quantile
    };
    Entry& entry(std::string_view name);
    Entry* entry_for_sample(std::string_view sample_name);
    Added file(Entry& target, Point point, std::string_view place);

    bool created_series_;
    std::vector<Entry> entries_;
    std::unordered_map<std::string, std::size_t> by_name_;
    std::unordered_set<std::string> seen_;
    Scrape scrape_;
};

/// Labels without __name__, le and quantile: what the series of one histogram or summary have in common.
[[nodiscard]] std::string group_key(const proto::Labels& labels);
/// Whether a sample of this name follows counter semantics in a family of that name and type.
[[nodiscard]] bool is_cumulative(std::string_view sample_name, std::string_view family_name, proto::MetricType type);
/// Seconds, as _created and OpenMetrics timestamps have them, in ms; nullopt when not finite or out of range.
[[nodiscard]] std::optional<std::int64_t> seconds_to_ms(std::uint64_t value_bits);
/// Why an exemplar with these labels is left out, as OpenMetrics limits them to 128 code points; empty when it is not.
[[nodiscard]] std::string exemplar_problem(const proto::Labels& labels);

}  // namespace prw::sender
