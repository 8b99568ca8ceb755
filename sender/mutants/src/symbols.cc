// The symbols table of 2.0 and the references into it.
#include <algorithm>

#include "data.h"
#include "prw/mutants/wire_edit.h"

namespace prw::mutants {

namespace {

using wire::Message;

constexpr std::uint32_t kSymbols = 4, kSeries = 5;

using Refs = std::vector<std::uint64_t>;

/// Every list of references in the message: of series, exemplars, metadata.
void map_refs(std::string& bytes, const std::function<std::uint64_t(std::uint64_t)>& map) {
    const auto list = [&](Message& owner) {
        for (auto& field : owner.fields) {
            if (field.number != 1 || field.type != wire::kBytes) continue;
            Refs refs = wire::unpacked(field.data);
            for (auto& ref : refs) ref = map(ref);
            field.data = wire::packed(refs);
        }
        return false;
    };
    wire::edit(bytes, {kSeries}, list);
    wire::edit(bytes, {kSeries, 4}, list);
    wire::edit(bytes, {kSeries, 5}, [&](Message& metadata) {
        for (const std::uint32_t number : {3U, 4U}) {  // help, unit; 0 is not on the wire
            auto* field = metadata.find(number);
            const auto ref = map(field == nullptr ? 0 : wire::value_of(field->data));
            if (field == nullptr && ref != 0) field = &metadata.add(number, wire::kVarint, {});
            if (field != nullptr) field->data = wire::varint(ref);
        }
        return false;
    });
}

std::uint64_t count_symbols(const std::string& bytes) {
    const Message message(bytes);
    return static_cast<std::uint64_t>(std::count_if(message.fields.begin(), message.fields.end(),
                                                    [](const auto& f) { return f.number == kSymbols; }));
}

/// Puts a string before all others.
void prepend_symbol(std::string& bytes, const std::string& text) {
    wire::edit(bytes, {}, [&](Message& message) {
        message.fields.insert(message.fields.begin(), {kSymbols, wire::kBytes, text});
        return true;
    });
    map_refs(bytes, [](std::uint64_t ref) { return ref + 1; });
}

/// Changes the first list of references at `path`.
void in_refs(std::string& bytes, std::initializer_list<std::uint32_t> path, const std::function<void(Refs&)>& change) {
    wire::edit(bytes, path, [&](Message& owner) {
        auto* field = owner.find(1);
        if (field == nullptr || field->type != wire::kBytes) return false;
        Refs refs = wire::unpacked(field->data);
        change(refs);
        field->data = wire::packed(refs);
        return true;
    });
}

void with_exemplar(proto::WriteRequest& request, ProtobufMessage message) { (void)add_exemplar(request, message); }

constexpr Mutant only_v2(std::string_view id, std::string_view summary, std::string_view check) {
    return {id, summary, check, false, true};
}

// clang-format off
constexpr Row kRows[] = {
    {only_v2("symbols/none", "Leaves the symbols table out.", "sender/symbols/present"),
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          wire::edit(bytes, {}, [](Message& message) {
              message.remove(kSymbols);
              return true;
          });
      }}},
    {only_v2("symbols/first-not-empty", "Has another string before the empty one.", "sender/symbols/first-empty"),
     {.bytes = [](std::string& bytes, ProtobufMessage) { prepend_symbol(bytes, "first"); }}},
    {only_v2("symbols/repeated", "Has a string twice in the table and refers to both.", "sender/symbols/deduplicated"),
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          const auto copy = count_symbols(bytes);
          wire::edit(bytes, {}, [](Message& message) {
              std::uint32_t seen = 0;
              for (std::size_t i = 0; i < message.fields.size(); ++i) {
                  if (message.fields[i].number != kSymbols || seen++ != 1) continue;
                  message.fields.push_back(message.fields[i]);
                  return true;
              }
              return false;
          });
          // The last one that means it moves to the copy.
          std::uint64_t uses = 0;
          map_refs(bytes, [&](std::uint64_t ref) { return uses += ref == 1 ? 1U : 0U, ref; });
          map_refs(bytes,
                   [&, left = uses](std::uint64_t ref) mutable { return ref == 1 && --left == 0 ? copy : ref; });
      }}},
    {only_v2("symbols/series-ref-outside", "Refers to a symbol behind the end of the table in a series.",
      "sender/symbols/series-refs-in-range"),
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          const auto outside = count_symbols(bytes);
          in_refs(bytes, {kSeries}, [&](Refs& refs) { refs.back() = outside; });
      }}},
    {only_v2("symbols/exemplar-ref-outside", "Refers to a symbol behind the end of the table in an exemplar.",
      "sender/symbols/exemplar-refs-in-range"),
     {.data = with_exemplar,
      .bytes =
          [](std::string& bytes, ProtobufMessage) {
              const auto outside = count_symbols(bytes);
              in_refs(bytes, {kSeries, 4}, [&](Refs& refs) { refs.back() = outside; });
          }}},
    {only_v2("symbols/help-ref-outside", "Refers to a symbol behind the end of the table for a help text.",
      "sender/symbols/metadata-refs-in-range"),
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          const auto outside = count_symbols(bytes);
          wire::edit(bytes, {kSeries, 5}, [&](Message& metadata) {
              auto* help = metadata.find(3);
              if (help == nullptr) return false;
              help->data = wire::varint(outside);
              return true;
          });
      }}},
    {only_v2("symbols/series-refs-odd", "Leaves out the last reference of a series' labels.",
      "sender/symbols/series-refs-even"),
     {.bytes = [](std::string& bytes, ProtobufMessage) {
          in_refs(bytes, {kSeries}, [](Refs& refs) { refs.pop_back(); });
      }}},
    {only_v2("symbols/exemplar-refs-odd", "Leaves out the last reference of an exemplar's labels.",
      "sender/symbols/exemplar-refs-even"),
     {.data = with_exemplar,
      .bytes =
          [](std::string& bytes, ProtobufMessage) {
              in_refs(bytes, {kSeries, 4}, [](Refs& refs) { refs.pop_back(); });
          }}},
};
// clang-format on

}  // namespace

std::span<const Row> symbol_rows() { return kRows; }

}  // namespace prw::mutants
