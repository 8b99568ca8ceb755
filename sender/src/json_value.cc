#include "json_value.h"

#include "prw/proto/view.h"

namespace prw::sender {

const JsonValue* JsonValue::find(std::string_view key) const {
    for (const auto& [name, value] : members)
        if (name == key) return &value;
    return nullptr;
}

std::string_view JsonValue::kind_name() const {
    switch (kind) {
        case Kind::kNull:
            return "null";
        case Kind::kBool:
            return "a boolean";
        case Kind::kNumber:
            return "a number";
        case Kind::kString:
            return "a string";
        case Kind::kArray:
            return "an array";
        case Kind::kObject:
            return "an object";
    }
    return "";
}

namespace {

class JsonReader {
public:
    JsonReader(std::string_view input, std::string_view source) : input_(input), source_(source) {}

    Result<JsonValue> run() {
        JsonValue value;
        if (input_.starts_with("\xef\xbb\xbf")) pos_ = 3;
        skip_blanks();
        if (read(value, 0)) {
            skip_blanks();
            if (pos_ < input_.size()) refuse("nothing may follow the JSON value");
        }
        if (failed_) return tl::unexpected<Error>(std::move(error_));
        return value;
    }

private:
    bool refuse(std::string what) {
        if (!failed_) error_ = Error{ErrorCode::kInvalidArgument, std::move(what), where(), {}};
        failed_ = true;
        return false;
    }
    [[nodiscard]] std::string where() const {
        return std::string(source_) + ":" + std::to_string(line_) + ":" + std::to_string(pos_ - line_start_ + 1);
    }
    [[nodiscard]] bool at(char c) const { return pos_ < input_.size() && input_[pos_] == c; }
    [[nodiscard]] bool at_digit() const { return pos_ < input_.size() && input_[pos_] >= '0' && input_[pos_] <= '9'; }
    void skip_blanks() {
        while (pos_ < input_.size()) {
            const char c = input_[pos_];
            if (c != ' ' && c != '\t' && c != '\r' && c != '\n') return;
            ++pos_;
            if (c == '\n') {
                ++line_;
                line_start_ = pos_;
            }
        }
    }
    std::string got() const {
        if (pos_ >= input_.size()) return "the end of the input";
        const char c = input_[pos_];
        return c >= 0x20 && c < 0x7f ? std::string("'") + c + "'" : "a control or non-ASCII byte";
    }

    bool read(JsonValue& out, int depth) {
        if (depth > 32) return refuse("JSON nested deeper than 32 levels");
        out.line = line_;
        out.column = static_cast<std::uint32_t>(pos_ - line_start_ + 1);
        if (at('{')) return read_object(out, depth);
        if (at('[')) return read_array(out, depth);
        if (at('"')) {
            out.kind = JsonValue::Kind::kString;
            return read_string(out.text);
        }
        if (at('-') || at_digit()) return read_number(out);
        if (word("true") || word("false")) {
            out.kind = JsonValue::Kind::kBool;
            out.boolean = input_[pos_ - 2] == 'u';
            return true;
        }
        if (word("null")) return true;
        return refuse("a JSON value is wanted, got " + got());
    }

    bool word(std::string_view text) {
        if (input_.substr(pos_, text.size()) != text) return false;
        pos_ += text.size();
        return true;
    }

    bool read_object(JsonValue& out, int depth) {
        out.kind = JsonValue::Kind::kObject;
        ++pos_;
        skip_blanks();
        if (at('}')) return ++pos_, true;
        while (true) {
            if (!at('"')) return refuse("a key in double quotes is wanted, got " + got());
            const std::size_t key_at = pos_;
            std::string key;
            if (!read_string(key)) return false;
            if (out.find(key) != nullptr) {
                pos_ = key_at;
                return refuse("the key \"" + key + "\" occurs twice");
            }
            skip_blanks();
            if (!at(':')) return refuse("':' is wanted after a key, got " + got());
            ++pos_;
            skip_blanks();
            JsonValue value;
            if (!read(value, depth + 1)) return false;
            out.members.emplace_back(std::move(key), std::move(value));
            skip_blanks();
            if (at('}')) return ++pos_, true;
            if (!at(',')) return refuse("',' or '}' is wanted, got " + got());
            ++pos_;
            skip_blanks();
        }
    }

    bool read_array(JsonValue& out, int depth) {
        out.kind = JsonValue::Kind::kArray;
        ++pos_;
        skip_blanks();
        if (at(']')) return ++pos_, true;
        while (true) {
            out.items.emplace_back();
            if (!read(out.items.back(), depth + 1)) return false;
            skip_blanks();
            if (at(']')) return ++pos_, true;
            if (!at(',')) return refuse("',' or ']' is wanted, got " + got());
            ++pos_;
            skip_blanks();
        }
    }

    bool read_number(JsonValue& out) {
        out.kind = JsonValue::Kind::kNumber;
        const std::size_t start = pos_;
        if (at('-')) ++pos_;
        if (at('0'))
            ++pos_;
        else if (!digits())
            return refuse("a digit is wanted, got " + got());
        if (at_digit()) return refuse("a JSON number cannot start with 0 and further digits");
        if (at('.') && (++pos_, !digits())) return refuse("a digit is wanted after the decimal point, got " + got());
        if (at('e') || at('E')) {
            ++pos_;
            if (at('+') || at('-')) ++pos_;
            if (!digits()) return refuse("a digit is wanted in the exponent, got " + got());
        }
        out.text = std::string(input_.substr(start, pos_ - start));
        return true;
    }

    bool digits() {
        const std::size_t start = pos_;
        while (at_digit()) ++pos_;
        return pos_ > start;
    }

    bool read_string(std::string& out) {
        ++pos_;
        const std::size_t start = pos_;
        while (pos_ < input_.size() && input_[pos_] != '"') {
            const auto byte = static_cast<unsigned char>(input_[pos_]);
            if (byte < 0x20) return refuse("a control character in a string must be escaped");
            if (byte != '\\') {
                out += input_[pos_++];
            } else if (!read_escape(out)) {
                return false;
            }
        }
        if (pos_ >= input_.size()) return refuse("the string has no closing quote");
        if (!proto::valid_utf8(input_.substr(start, pos_ - start))) {
            pos_ = start;
            return refuse("the string is not valid UTF-8");
        }
        ++pos_;
        return true;
    }

    bool hex4(std::uint32_t& out) {
        out = 0;
        for (int i = 0; i < 4; ++i, ++pos_) {
            const char c = pos_ < input_.size() ? input_[pos_] : '\0';
            std::uint32_t digit = 0;
            if (c >= '0' && c <= '9')
                digit = static_cast<std::uint32_t>(c - '0');
            else if (c >= 'a' && c <= 'f')
                digit = static_cast<std::uint32_t>(c - 'a' + 10);
            else if (c >= 'A' && c <= 'F')
                digit = static_cast<std::uint32_t>(c - 'A' + 10);
            else
                return refuse("four hexadecimal digits are wanted after \\u, got " + got());
            out = out * 16 + digit;
        }
        return true;
    }

    bool read_escape(std::string& out) {
        ++pos_;
        static constexpr std::string_view kFrom = "\"\\/bfnrt", kTo = "\"\\/\b\f\n\r\t";
        if (pos_ < input_.size()) {
            if (const auto index = kFrom.find(input_[pos_]); index != std::string_view::npos) {
                out += kTo[index];
                ++pos_;
                return true;
            }
        }
        if (!at('u')) return refuse("unknown escape in a string: " + got());
        ++pos_;
        std::uint32_t code = 0;
        if (!hex4(code)) return false;
        if (code >= 0xd800 && code < 0xdc00) {
            std::uint32_t low = 0;
            if (!word("\\u")) return refuse("a high surrogate must be followed by a low one");
            if (!hex4(low)) return false;
            if (low < 0xdc00 || low > 0xdfff) return refuse("a high surrogate must be followed by a low one");
            code = 0x10000 + ((code - 0xd800) << 10U) + (low - 0xdc00);
        } else if (code >= 0xdc00 && code <= 0xdfff) {
            return refuse("a low surrogate without a high one");
        }
        append_utf8(code, out);
        return true;
    }

    static void append_utf8(std::uint32_t code, std::string& out) {
        const auto add = [&](std::uint32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
        if (code < 0x80) {
            add(code);
        } else if (code < 0x800) {
            add(0xc0U | code >> 6U);
            add(0x80U | (code & 0x3fU));
        } else if (code < 0x10000) {
            add(0xe0U | code >> 12U);
            add(0x80U | (code >> 6U & 0x3fU));
            add(0x80U | (code & 0x3fU));
        } else {
            add(0xf0U | code >> 18U);
            add(0x80U | (code >> 12U & 0x3fU));
            add(0x80U | (code >> 6U & 0x3fU));
            add(0x80U | (code & 0x3fU));
        }
    }

    std::string_view input_, source_;
    std::size_t pos_ = 0, line_start_ = 0;
    std::uint32_t line_ = 1;
    bool failed_ = false;
    Error error_;
};

}  // namespace

Result<JsonValue> read_json(std::string_view input, std::string_view source) { return JsonReader(input, source).run(); }

}  // namespace prw::sender
