/// Which exchanges of a capture are meant: `status>=400 && message==2.0 && metric=~"up|down"`. docs/inspect.md.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "prw/base/error.h"
#include "prw/exchange/exchange.h"
#include "prw/proto/view.h"

namespace prw::exchange {

/// What can stand on the left of a comparison.
struct FilterColumn {
    enum class Kind : std::uint8_t {
        kNumber,  ///< == != < <= > >=
        kText,  ///< == != =~ !~; the regular expressions are POSIX extended ones and match the whole text, as in PromQL
        kSet,   ///< of texts: == and =~ hold when one of them fits, != and !~ when none does
        kTime,  ///< == != < <= > >=, against RFC 3339 in UTC, quoted, or ms since the epoch
        kWord,  ///< == != < <= > >=, words in an order of their own
    };
    std::string_view name;
    Kind kind;
    std::string_view summary;
};
/// In the order of docs/inspect.md. Beside them there is `label.NAME`, a set: the values of that label.
[[nodiscard]] std::span<const FilterColumn> filter_columns();

/// Texts are compared up to this many bytes, so that a regular expression ends on any input.
inline constexpr std::size_t kMaxFilteredText = 4096;

/// An exchange as it is filtered: judged, and decoded where that is wanted.
struct Filtered {
    const Exchange& exchange;
    const rules::CheckResult& check;           ///< the findings that count; not those stored in the exchange
    const proto::RequestView* view = nullptr;  ///< nullptr: nothing could be decoded
};

/// Immutable; may be shared between threads.
class Filter {
public:
    /// kInvalidArgument: what is wrong, the text, and a caret below the place, on lines of their own.
    [[nodiscard]] static Result<Filter> parse(std::string_view text);
    /// True when series are asked for, so that Filtered::view must be given.
    [[nodiscard]] bool needs_view() const;
    [[nodiscard]] bool matches(const Filtered& row) const;

    struct Node;  ///< internal

private:
    explicit Filter(std::shared_ptr<const Node> root);
    std::shared_ptr<const Node> root_;
};

}  // namespace prw::exchange
