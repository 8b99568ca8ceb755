#include "checks.h"
#include "prw/proto/content_type.h"
#include "prw/proto/http_head.h"

namespace prw::fuzz {

Verdict check_request_head(std::string_view raw) {
    const auto head = proto::parse_request_head(raw);
    if (!head) return head.error().text().empty() ? Verdict("an error without text") : std::nullopt;
    if (!raw.starts_with(head->raw) || !head->raw.ends_with('\n')) return "the head is not the beginning of the bytes";
    if (!proto::is_token(head->method)) return "the method is not a token";
    if (head->query().empty() ? !head->target.starts_with(head->path())
                              : std::string(head->path()) + "?" + std::string(head->query()) != head->target)
        return "path and query do not make the target";
    for (const auto& field : head->fields) {
        if (field.range.end() > head->raw.size() || field.value_range.end() > head->raw.size())
            return "a field lies outside the head";
        if (raw.substr(field.range.offset, field.name.size()) != field.name) return "a name is not at its range";
        if (raw.substr(field.value_range.offset, field.value_range.size) != field.value)
            return "a value is not at its range";
        if (field.value != proto::trim_ows(field.value)) return "a value has blanks around it";
        if (head->find(field.name) == nullptr || head->count(field.name) == 0) return "a field is not found";
        if (auto bad = check_content_type(field.value)) return bad;
    }
    const auto again = proto::parse_request_head(head->raw);
    if (!again || again->fields.size() != head->fields.size()) return "the head does not parse by itself";
    (void)proto::body_of(*head, raw.substr(head->raw.size()));
    return std::nullopt;
}

Verdict check_content_type(std::string_view value) {
    const auto type = proto::parse_content_type(value);
    if (!type) return type.error().where.empty() ? Verdict("an error without place") : std::nullopt;
    std::string text = type->media_type;
    for (const auto& p : type->parameters) {
        text += ";" + p.name + "=\"";
        for (const char c : p.value) {
            if (c == '"' || c == '\\') text += '\\';
            text += c;
        }
        text += '"';
    }
    const auto again = proto::parse_content_type(text);
    if (!again) return "written again it does not parse: " + text;
    if (again->media_type != type->media_type || again->parameters.size() != type->parameters.size())
        return "written again it differs";
    for (std::size_t i = 0; i < type->parameters.size(); ++i)
        if (again->parameters[i].name != type->parameters[i].name ||
            again->parameters[i].value != type->parameters[i].value)
            return "written again a parameter differs";
    if (proto::declared_message(*again) != proto::declared_message(*type))
        return "written again it declares another message";
    return std::nullopt;
}

Verdict check_chunked(std::string_view wire) {
    const auto body = proto::dechunk(wire);
    if (!body) return body.error().where.empty() ? Verdict("an error without place") : std::nullopt;
    if (body->size() > wire.size()) return "the body is larger than its chunks";
    constexpr char kDigits[] = "0123456789abcdef";
    std::string again;
    for (std::size_t at = 0; at < body->size(); at += 15) {
        const auto part = body->substr(at, 15);
        again += kDigits[part.size()];
        again += "\r\n" + part + "\r\n";
    }
    again += "0\r\n\r\n";
    const auto twice = proto::dechunk(again);
    if (!twice || *twice != *body) return "chunked again it differs";
    return std::nullopt;
}

}  // namespace prw::fuzz
