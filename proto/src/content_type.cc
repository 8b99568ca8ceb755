#include "prw/proto/content_type.h"

#include "prw/base/text.h"
#include "prw/proto/protocol.h"

#include <algorithm>

#include "prw/proto/http_head.h"

namespace prw::proto {

namespace {

/// What RFC 9110 5.6.4 keeps out of quoted strings.
bool control(char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == 0x7f || (byte < 0x20 && c != '\t');
}

/// A cursor over the value; every error names the offset it stands at.
class Parser {
public:
    explicit Parser(std::string_view text) : text_(text) {}

    Result<ContentType> run() {
        ContentType out;
        skip_blanks();
        const auto type = token();
        if (type.empty()) return error("expected a media type");
        if (!take('/')) return error("expected '/' after the type");
        const auto subtype = token();
        if (subtype.empty()) return error("expected a subtype");
        out.media_type = base::lower(type) + "/" + base::lower(subtype);
        for (;;) {
            skip_blanks();
            if (at_ == text_.size()) return out;
            if (!take(';')) return error(std::string("expected ';', got '") + text_[at_] + "'");
            skip_blanks();
            out.trailing_semicolon = at_ == text_.size();
            if (out.trailing_semicolon || text_[at_] == ';') continue;
            const auto name = token();
            if (name.empty()) return error("expected a parameter name");
            if (!take('=')) return error("expected '=' right after the parameter name (no blanks around it)");
            MediaTypeParameter parameter{base::lower(name), {}, false};
            if (at_ < text_.size() && text_[at_] == '"') {
                parameter.quoted = true;
                if (!quoted(parameter.value))
                    return error(at_ < text_.size() ? "control character in a quoted string"
                                                    : "unterminated quoted string");
            } else {
                parameter.value = std::string(token());
                if (parameter.value.empty())
                    return error("expected a parameter value (a token or a quoted string, no blanks around '=')");
            }
            out.parameters.push_back(std::move(parameter));
        }
    }

private:
    void skip_blanks() {
        while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\t')) ++at_;
    }
    bool take(char c) {
        if (at_ >= text_.size() || text_[at_] != c) return false;
        ++at_;
        return true;
    }
    std::string_view token() {
        const auto start = at_;
        while (at_ < text_.size() && is_token(text_.substr(at_, 1))) ++at_;
        return text_.substr(start, at_ - start);
    }
    bool quoted(std::string& out) {
        for (++at_; at_ < text_.size(); ++at_) {
            if (take('"')) return true;
            if (text_[at_] == '\\' && ++at_ == text_.size()) return false;
            if (control(text_[at_])) return false;
            out.push_back(text_[at_]);
        }
        return false;
    }
    tl::unexpected<Error> error(std::string what) const {
        return fail(ErrorCode::kMalformed, std::move(what), "offset " + std::to_string(at_));
    }

    std::string_view text_;
    std::size_t at_ = 0;
};

}  // namespace

const std::string* ContentType::parameter(std::string_view name) const {
    const auto found =
        std::find_if(parameters.begin(), parameters.end(), [&](const auto& p) { return p.name == name; });
    return found == parameters.end() ? nullptr : &found->value;
}

Result<ContentType> parse_content_type(std::string_view value) { return Parser(value).run(); }

std::optional<ProtobufMessage> declared_message(const ContentType& type) {
    if (type.media_type != kMediaType) return std::nullopt;
    const auto* name = type.parameter("proto");
    if (name == nullptr) return ProtobufMessage::kV1;
    for (const auto message : {ProtobufMessage::kV1, ProtobufMessage::kV2})
        if (*name == full_name(message)) return message;
    return std::nullopt;
}

}  // namespace prw::proto
