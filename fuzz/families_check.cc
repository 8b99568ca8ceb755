#include "checks.h"
#include "prw/proto/metric_family.h"

namespace prw::fuzz {

Verdict FamiliesCheck::operator()(std::string_view bytes) {
    const bool recognised = proto::looks_like_metric_families(bytes);
    const auto families = proto::decode_metric_families(bytes);
    accepted_ = families.has_value();
    if (!accepted_) return families.error().where.empty() ? Verdict("an error without place") : std::nullopt;
    if (recognised && families->empty()) return "recognised, but nothing in it";
    const std::string written = proto::encode_metric_families(*families);
    const auto again = proto::decode_metric_families(written);
    if (!again) return "written again it does not decode: " + again.error().text();
    if (again->size() != families->size()) return "written again it has another number of families";
    if (proto::encode_metric_families(*again) != written) return "written again it differs";
    return std::nullopt;
}

}  // namespace prw::fuzz
