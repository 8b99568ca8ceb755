#include <algorithm>
#include <array>

#include "prw/base/id_list.h"
#include "prw/base/nearest.h"
#include "row.h"

namespace prw::mutants {

const std::vector<const Row*>& all_rows() {
    static const std::vector<const Row*> kRows = [] {
        std::vector<const Row*> out;
        for (const auto table : {head_rows(), compression_rows(), wire_rows(), symbol_rows(), label_rows(),
                                 sample_rows(), exemplar_rows(), histogram_rows(), metadata_rows(), scrape_rows(),
                                 delivery_rows(), response_rows(), network_rows(), fallback_rows(), null_rows()}) {
            for (const Row& row : table) out.push_back(&row);
        }
        return out;
    }();
    return kRows;
}

namespace {

constexpr auto kUnbreakable = std::to_array<UnbreakableRule>({
    {"headers/content-length",
     "an HTTP server takes as many bytes for the body as Content-Length says: a wrong number shows as a broken block, "
     "or as a request that never ends"},
});

}  // namespace

namespace {

std::vector<Mutant> described(bool null_senders) {
    std::vector<Mutant> out;
    for (const auto* row : all_rows())
        if (row->mutant.check.empty() == null_senders) out.push_back(row->mutant);
    return out;
}

}  // namespace

std::span<const Mutant> all_mutants() {
    static const std::vector<Mutant> kMutants = described(false);
    return kMutants;
}

std::span<const Mutant> null_senders() {
    static const std::vector<Mutant> kMutants = described(true);
    return kMutants;
}

const Mutant* find_mutant(std::string_view id) {
    const auto& rows = all_rows();
    const auto found = std::find_if(rows.begin(), rows.end(), [&](const auto* row) { return row->mutant.id == id; });
    return found != rows.end() ? &(*found)->mutant : nullptr;
}

std::span<const UnbreakableRule> unbreakable_rules() { return kUnbreakable; }

Result<Mutation> Mutation::of(std::span<const std::string> ids) {
    Mutation out;
    const auto& rows = all_rows();
    for (const auto& id : base::ids_in(ids)) {
        const auto found =
            std::find_if(rows.begin(), rows.end(), [&](const auto* row) { return row->mutant.id == id; });
        if (found == rows.end()) {
            std::vector<std::string_view> known;
            for (const auto* row : rows) known.push_back(row->mutant.id);
            return fail(ErrorCode::kInvalidArgument,
                        "there is no mutant \"" + id + "\"" +
                            base::did_you_mean(id, known, base::Quotes::kNone, "; prw list mutants shows them all"));
        }
        if (std::find(out.rows_.begin(), out.rows_.end(), *found) == out.rows_.end()) out.rows_.push_back(*found);
    }
    return out;
}

std::vector<const Mutant*> Mutation::mutants() const {
    std::vector<const Mutant*> out;
    for (const auto* row : rows_) out.push_back(&row->mutant);
    return out;
}

ProcessMutant Mutation::process() const {
    for (const auto* row : rows_)
        if (row->edits.process != ProcessMutant::kNone) return row->edits.process;
    return ProcessMutant::kNone;
}

bool Mutation::takes_any_header() const {
    return std::any_of(rows_.begin(), rows_.end(), [](const auto* row) { return row->edits.any_header; });
}

}  // namespace prw::mutants
