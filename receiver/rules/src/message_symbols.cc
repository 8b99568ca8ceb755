/// The symbols table of 2.0 and the references into it. Clauses prw2.symbols.*, and the even lengths of labels_refs.
#include "message_util.h"

namespace prw::rules {
namespace {

constexpr Rule kPresent{
    .id = "symbols/present",
    .clauses = {"prw2.symbols.present"},
    .subject = Subject::kMessage,
    .severity = Severity::kFail,
    .summary = "The request has a symbols table.",
    .fix =
        "Fill Request.symbols, starting with the empty string; write it even when it holds nothing else (bytes 22 00).",
};

constexpr Rule kFirstEmpty{
    .id = "symbols/first-empty",
    .clauses = {"prw2.symbols.first-empty"},
    .subject = Subject::kSymbol,
    .severity = Severity::kFail,
    .summary = "The first symbol is the empty string.",
    .fix =
        "Put \"\" at index 0 of symbols and encode it (bytes 22 00): an encoder that skips empty "
        "strings shifts every reference.",
};

constexpr Rule kDeduplicated{
    .id = "symbols/deduplicated",
    .clauses = {"prw2.symbols.deduplicated"},
    .subject = Subject::kSymbol,
    .severity = Severity::kFail,
    .summary = "No string occurs twice in symbols.",
    .fix = "Look each string up in a map before appending it to symbols, over all series of the request.",
};

constexpr Rule kSeriesRefs{
    .id = rule_id::kSeriesRefsInRange,
    .clauses = {"prw2.symbols.series-refs-in-range"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "Every reference in a series' labels_refs points into symbols.",
    .fix = "Build symbols anew for every request, together with the references.",
};

constexpr Rule kExemplarRefs{
    .id = rule_id::kExemplarRefsInRange,
    .clauses = {"prw2.symbols.exemplar-refs-in-range"},
    .subject = Subject::kExemplarLabel,
    .severity = Severity::kFail,
    .summary = "Every reference in an exemplar's labels_refs points into symbols.",
    .fix = "Intern the exemplar's strings into the same symbols table as the series'.",
};

constexpr Rule kMetadataRefs{
    .id = rule_id::kMetadataRefsInRange,
    .clauses = {"prw2.symbols.metadata-refs-in-range"},
    .subject = Subject::kMetadata,
    .severity = Severity::kFail,
    .summary = "help_ref and unit_ref point into symbols.",
    .fix = "Intern help and unit into this request's symbols table; use 0 when there is none.",
};

constexpr Rule kSeriesEven{
    .id = rule_id::kSeriesRefsEven,
    .clauses = {"prw2.message.labels-refs-even"},
    .subject = Subject::kLabel,
    .severity = Severity::kFail,
    .summary = "A series' labels_refs has an even number of elements: a name and a value each.",
    .fix = "Append two references for each label, the name's and the value's.",
};

constexpr Rule kExemplarEven{
    .id = rule_id::kExemplarRefsEven,
    .clauses = {"prw2.message.exemplar-labels-refs-even"},
    .subject = Subject::kExemplarLabel,
    .severity = Severity::kFail,
    .summary = "An exemplar's labels_refs has an even number of elements: a name and a value each.",
    .fix = "Append two references for each exemplar label, the name's and the value's; none at all is fine.",
};

constexpr const Rule* kRules[] = {&kPresent,      &kFirstEmpty,   &kDeduplicated, &kSeriesRefs,
                                  &kExemplarRefs, &kMetadataRefs, &kSeriesEven,   &kExemplarEven};

std::string outside(const Context& c, std::uint32_t ref) {
    const auto size = c.view->symbols.size();
    return cat({"reference ", unum(ref), " points outside symbols, ",
                size == 0 ? "which are empty" : cat({"whose indices are 0 to ", unum(size - 1)})});
}

/// References of one label list, of a series or an exemplar.
void check_refs(const Context& c, const Rule& rule, std::uint32_t series, std::span<const proto::LabelView> labels,
                bool odd, const auto& owner) {
    for (std::size_t j = 0; j < labels.size(); ++j) {
        const auto& label = labels[j];
        if (!label.name_in_range) {
            report(c, rule, series, [&] {
                return Draft{.message = cat({"The name of label ", unum(j), ": ", outside(c, label.name_ref)}),
                             .field = label_path(c, owner(), j, false),
                             .protobuf = name_range(label)};
            });
        }
        if (!label.value_in_range && !lacks_value(odd, j, labels.size())) {
            report(c, rule, series, [&] {
                return Draft{.message = cat({"The value of label ", label.name.empty() ? unum(j) : quoted(label.name),
                                             ": ", outside(c, label.value_ref)}),
                             .field = label_path(c, owner(), j, true),
                             .protobuf = value_range(label)};
            });
        }
    }
}

void check_even(const Context& c, const Rule& rule, std::uint32_t series, std::span<const proto::LabelView> labels,
                proto::ByteRange range, const auto& owner) {
    report(c, rule, series, [&] {
        return Draft{.message = cat({owner(), ".labels_refs has ", unum(labels.empty() ? 1 : 2 * labels.size() - 1),
                                     " elements; wanted an even number, a name and a value for each label"}),
                     .field = cat({owner(), ".labels_refs"}),
                     .protobuf = labels.empty() ? range : labels.back().range};
    });
}

void check_table(const Context& c) {
    const auto& view = *c.view;
    if (view.symbols.empty()) {
        report(c, kPresent, proto::kNoRef, [&] {
            return Draft{
                .message = view.series.empty()
                               ? "The request has no symbols; wanted at least the empty string at index 0"
                               : cat({"The request has ", unum(view.series.size()),
                                      " series and no symbols; wanted a table that starts with the empty string"}),
                .field = "symbols",
                .protobuf = proto::ByteRange{0, 0}};
        });
        return;
    }
    if (!view.symbols.front().text.empty()) {
        report(c, kFirstEmpty, proto::kNoRef, [&] {
            return Draft{
                .message = cat({"symbols[0] is ", quoted(view.symbols.front().text), "; wanted the empty string"}),
                .field = "symbols[0]",
                .protobuf = view.symbols.front().range};
        });
    }
    std::vector<std::uint32_t> first_of;
    if (!find_duplicate_symbols(view, first_of)) return;
    for (std::uint32_t i = 0; i < first_of.size(); ++i) {
        if (first_of[i] == i) continue;
        report(c, kDeduplicated, proto::kNoRef, [&] {
            return Draft{.message = cat({"symbols[", unum(i), "] is ", quoted(view.symbols[i].text),
                                         ", and so is symbols[", unum(first_of[i]), "]; wanted every string once"}),
                         .field = cat({"symbols[", unum(i), "]"}),
                         .protobuf = view.symbols[i].range};
        });
    }
}

void check_metadata(const Context& c, std::uint32_t index, const proto::MetadataView& metadata) {
    const auto outside_ref = [&](std::string_view field, std::uint32_t ref) {
        report(c, kMetadataRefs, index, [&] {
            return Draft{.message = cat({"metadata.", field, ": ", outside(c, ref)}),
                         .field = cat({series_path(index), ".metadata.", field}),
                         .protobuf = metadata.range};
        });
    };
    if (!metadata.help_in_range) outside_ref("help_ref", metadata.help_ref);
    if (!metadata.unit_in_range) outside_ref("unit_ref", metadata.unit_ref);
}

void run_symbols(const Context& c) {
    if (!c.v2()) return;
    check_table(c);
    const auto& view = *c.view;
    c.saw(Subject::kSymbol, view.symbols.size());
    for (std::uint32_t i = 0; i < view.series.size(); ++i) {
        const auto& series = view.series[i];
        const auto labels = view.labels_of(series);
        const auto series_owner = [&] { return series_path(i); };
        if (series.odd_refs) check_even(c, kSeriesEven, i, labels, series.range, series_owner);
        check_refs(c, kSeriesRefs, i, labels, series.odd_refs, series_owner);
        const auto exemplars = view.exemplars_of(series);
        for (std::size_t e = 0; e < exemplars.size(); ++e) {
            const auto owner = [&] { return element_path(i, "exemplars", e); };
            const auto exemplar_labels = view.of(view.labels, exemplars[e].labels);
            if (exemplars[e].odd_refs) check_even(c, kExemplarEven, i, exemplar_labels, exemplars[e].range, owner);
            check_refs(c, kExemplarRefs, i, exemplar_labels, exemplars[e].odd_refs, owner);
        }
        if (series.metadata == proto::kNoRef) continue;
        c.saw(Subject::kMetadata);
        check_metadata(c, i, view.metadata[series.metadata]);
    }
}

}  // namespace

constinit const Family kSymbols{"symbols", kRules, {}, run_symbols};

}  // namespace prw::rules
