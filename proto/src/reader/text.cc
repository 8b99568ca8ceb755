// Text that comes out of a request: is it UTF-8, is it a legacy name, how is a series written.
#include <bit>
#include <cstring>

#include "prw/proto/view.h"

namespace prw::proto {

namespace {

constexpr std::string_view kMetricName = "__name__";

unsigned byte_at(std::string_view text, std::size_t i) { return static_cast<unsigned char>(text[i]); }

/// Length of the well-formed sequence at `i` (Unicode 15, table 3-7), 0 if there is none.
std::size_t sequence_at(std::string_view text, std::size_t i) {
    const auto left = text.size() - i;
    const auto lead = byte_at(text, i);
    const auto continuation = [&](std::size_t k, unsigned low = 0x80, unsigned high = 0xbf) {
        const auto byte = byte_at(text, i + k);
        return byte >= low && byte <= high;
    };
    if (lead < 0x80) return 1;
    if (lead < 0xc2) return 0;
    if (lead < 0xe0) return left >= 2 && continuation(1) ? 2 : 0;
    if (lead < 0xf0) {
        const unsigned low = lead == 0xe0 ? 0xa0 : 0x80;   // no overlong forms
        const unsigned high = lead == 0xed ? 0x9f : 0xbf;  // no surrogates
        return left >= 3 && continuation(1, low, high) && continuation(2) ? 3 : 0;
    }
    if (lead < 0xf5) {
        const unsigned low = lead == 0xf0 ? 0x90 : 0x80;
        const unsigned high = lead == 0xf4 ? 0x8f : 0xbf;  // not above U+10FFFF
        return left >= 4 && continuation(1, low, high) && continuation(2) && continuation(3) ? 4 : 0;
    }
    return 0;
}

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
            const auto size = sequence_at(text, i);
            const auto byte = byte_at(text, i);
            const bool control =
                byte < 0x20 || byte == 0x7f || (size == 2 && byte == 0xc2 && byte_at(text, i + 1) < 0xa0);
            if (size == 0 || control) {
                for (std::size_t k = 0; k < (size == 0 ? 1 : size); ++k) escape(byte_at(text, i + k));
            } else if (byte == '"') {
                put("\\\"");
            } else if (byte == '\\') {
                put("\\\\");
            } else {
                put(text.substr(i, size));
            }
            i += size == 0 ? 1 : size;
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

    void escape(unsigned byte) {
        static constexpr char kDigits[] = "0123456789abcdef";
        if (byte == '\n') return put("\\n");
        const char hex[] = {'\\', 'x', kDigits[byte >> 4U], kDigits[byte & 15U]};
        put({hex, sizeof hex});
    }

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
        const auto size = sequence_at(text, i);
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
