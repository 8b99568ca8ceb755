// Text that comes out of a request: is it UTF-8, is it a legacy name, how is a series written.
#include <bit>
#include <cstring>

#include "prw/base/escape.h"
#include "prw/base/utf8.h"
#include "prw/proto/view.h"

namespace prw::proto {

namespace {

constexpr std::string_view kMetricName = "__name__";

template <bool kColon>
bool legacy_name(std::string_view text) {
    if (text.empty()) return false;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || (kColon && c == ':');
        if (!letter && (i == 0 || c < '0' || c > '9')) return false;
    }
    return true;
}

/// Appends pieces that are whole characters or escapes, until `max` is reached.
class Writer {
public:
    explicit Writer(std::size_t max) : max_(max) {}

    void put(std::string_view piece) {
        if (cut_) return;
        if (out_.size() + piece.size() > max_) {
            cut_ = true;
            return;
        }
        out_ += piece;
        if (out_.size() + kEllipsis.size() <= max_) safe_ = out_.size();
    }

    void ascii(std::string_view text) {
        for (std::size_t i = 0; i < text.size() && !cut_; ++i) put(text.substr(i, 1));
    }

    void quoted(std::string_view text) {
        put("\"");
        for (std::size_t i = 0; i < text.size() && !cut_;) {
            const auto next = base::character_at(text, i);
            const auto character = text.substr(i, next.size);
            if (!next.shown) {
                std::string escape;
                base::append_escape(escape, character);
                put(escape);
            } else if (character == "\"") {
                put("\\\"");
            } else if (character == "\\") {
                put("\\\\");
            } else {
                put(character);
            }
            i += next.size;
        }
        put("\"");
    }

    std::string take() {
        if (cut_) {
            out_.resize(safe_);
            if (max_ >= kEllipsis.size()) out_ += kEllipsis;
        }
        return std::move(out_);
    }

private:
    static constexpr std::string_view kEllipsis = "...";

    std::string out_;
    std::size_t max_;
    std::size_t safe_ = 0;  ///< where an ellipsis still fits
    bool cut_ = false;
};

}  // namespace

bool valid_utf8(std::string_view text) {
    std::size_t i = 0;
    for (; i + 8 <= text.size(); i += 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + i, sizeof word);
        if ((word & 0x8080808080808080ULL) != 0) break;
    }
    while (i < text.size()) {
        const auto size = base::sequence_at(text, i);
        if (size == 0) return false;
        i += size;
    }
    return true;
}

bool legacy_metric_name(std::string_view text) { return legacy_name<true>(text); }
bool legacy_label_name(std::string_view text) { return legacy_name<false>(text); }

std::string series_text(std::span<const LabelView> labels, std::size_t max) {
    const LabelView* metric = nullptr;
    for (const auto& label : labels) {
        if (label.name == kMetricName) {
            metric = &label;
            break;
        }
    }
    Writer out(max);
    const bool plain = metric != nullptr && legacy_metric_name(metric->value);
    if (plain) out.ascii(metric->value);
    if (plain && labels.size() == 1) return out.take();
    out.put("{");
    bool first = true;
    const auto separate = [&] {
        if (!first) out.put(", ");
        first = false;
    };
    if (metric != nullptr && !plain) {
        separate();
        out.quoted(metric->value);
    }
    for (const auto& label : labels) {
        if (&label == metric) continue;
        separate();
        if (legacy_label_name(label.name)) {
            out.ascii(label.name);
        } else {
            out.quoted(label.name);
        }
        out.put("=");
        out.quoted(label.value);
    }
    out.put("}");
    return out.take();
}

}  // namespace prw::proto
