/// A request as a person reads it: headers, body facts, series with samples, histograms, exemplars and metadata; and
/// the same as JSON.
#pragma once

#include <nlohmann/json_fwd.hpp>

#include <ostream>
#include <string>
#include <string_view>

#include "prw/proto/http_head.h"
#include "prw/proto/view.h"
#include "prw/rules/check.h"

namespace prw::cli {

struct RequestTextOptions {
    std::size_t max_series = 20;  ///< printed; 0: all
    bool hex = false;             ///< dump body and message
    std::string search = {};      ///< only series that has_label_with() it; empty: all
};

/// A head as it may be shown: without credentials, unless they are asked for. Ranges of bytes stay true.
[[nodiscard]] std::string shown_head(std::string_view raw_head, bool credentials = false);

/// Request line and fields of a shown_head(), one a line, as sent.
void print_head(std::ostream& out, std::string_view raw_head);
/// "body 303 bytes, snappy block, 512 bytes uncompressed (1.7 : 1)", then what it carries.
void print_body(std::ostream& out, std::string_view body, const rules::CheckResult& check,
                const proto::RequestView& view, const RequestTextOptions& options);

/// Of a shown_head().
[[nodiscard]] nlohmann::ordered_json head_json(std::string_view raw_head);
[[nodiscard]] nlohmann::ordered_json series_json(const proto::RequestView& view);
[[nodiscard]] nlohmann::ordered_json counts_json(const rules::CheckResult& check);

/// Whether a series has `text` in the name or the value of a label; ASCII letters of either case.
[[nodiscard]] bool has_label_with(const proto::RequestView& view, const proto::SeriesView& series,
                                  std::string_view text);
[[nodiscard]] bool has_series_with(const proto::RequestView& view, std::string_view text);

/// Offset, sixteen bytes, printable characters; `limit` bytes at most, and says how many were left out.
void print_hex(std::ostream& out, std::string_view bytes, std::size_t limit = 4096);

}  // namespace prw::cli
