#include "json_value.h"

#include <nlohmann/json.hpp>
#include <unordered_set>

#include "prw/base/escape.h"

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

constexpr std::size_t kDeepest = 32;
constexpr std::size_t kShown = 200;  ///< bytes of the library's complaint, which holds the token as far as it was read

/// Builds the tree from the events of nlohmann's parser. They say nothing of places, so a cursor goes through the input
/// beside them: from the end of one token to the begin of the next there are only blanks, commas and colons.
class TreeBuilder final : public nlohmann::json_sax<nlohmann::json> {
public:
    TreeBuilder(std::string_view input, std::string_view source) : input_(input), source_(source) {
        if (input_.starts_with("\xef\xbb\xbf")) at_ = 3;
    }

    Result<JsonValue> run() {
        if (nlohmann::json::sax_parse(input_.begin(), input_.end(), this)) return std::move(root_);
        return tl::unexpected<Error>(std::move(error_));
    }

    bool null() override { return scalar(JsonValue::Kind::kNull, std::string_view("null").size()) != nullptr; }
    bool boolean(bool value) override {
        auto* out = scalar(JsonValue::Kind::kBool, std::string_view(value ? "true" : "false").size());
        if (out != nullptr) out->boolean = value;
        return out != nullptr;
    }
    bool number_integer(number_integer_t) override { return number(); }
    bool number_unsigned(number_unsigned_t) override { return number(); }
    bool number_float(number_float_t, const string_t&) override { return number(); }
    bool string(string_t& value) override {
        auto* out = add(JsonValue::Kind::kString);
        if (out == nullptr) return false;
        out->text = std::move(value);
        skip_string();
        return true;
    }
    bool binary(binary_t&) override { return false; }  // occurs in other formats alone

    bool key(string_t& name) override {
        find_token();
        if (!open_.back().keys.insert(name).second) return refuse("the key \"" + name + "\" occurs twice");
        open_.back().key = std::move(name);
        skip_string();
        return true;
    }
    bool start_object(std::size_t) override { return open(JsonValue::Kind::kObject); }
    bool start_array(std::size_t) override { return open(JsonValue::Kind::kArray); }
    bool end_object() override { return close(); }
    bool end_array() override { return close(); }

    bool parse_error(std::size_t position, const std::string&, const nlohmann::json::exception& error) override {
        // "[json.exception.…] parse error at line 1, column 2: syntax error while parsing value - what is wrong"
        std::string_view text = error.what();
        text.remove_prefix(std::min(text.find("] ") + 2, text.size()));
        const auto what = text.find(" - ");
        // The position is how many bytes were read, the wrong one with them.
        while (at_ < input_.size() && at_ + 1 < position) step();
        return refuse(what == std::string_view::npos ? base::escaped(text, kShown)
                                                     : "not JSON: " + base::escaped(text.substr(what + 3), kShown));
    }

private:
    struct Open {
        JsonValue* value;
        std::unordered_set<std::string> keys = {};
        std::string key = {};  ///< of the member that comes next
    };

    bool refuse(std::string what) {
        error_ = Error{ErrorCode::kInvalidArgument,
                       std::move(what),
                       std::string(source_) + ":" + std::to_string(line_) + ":" + std::to_string(column()),
                       {}};
        return false;
    }
    [[nodiscard]] std::uint32_t column() const { return static_cast<std::uint32_t>(at_ - line_start_ + 1); }

    void step() {
        if (input_[at_++] != '\n') return;
        ++line_;
        line_start_ = at_;
    }
    void find_token() {
        while (at_ < input_.size() && std::string_view(" \t\r\n,:").find(input_[at_]) != std::string_view::npos) step();
    }
    void skip_string() {
        for (++at_; input_[at_] != '"'; ++at_)
            if (input_[at_] == '\\') ++at_;
        ++at_;
    }

    /// A value of the innermost container that is open; nullptr after a refusal.
    JsonValue* add(JsonValue::Kind kind) {
        find_token();
        if (open_.size() > kDeepest) {
            refuse("JSON nested deeper than 32 levels");
            return nullptr;
        }
        JsonValue* out = &root_;
        if (!open_.empty()) {
            auto& parent = open_.back();
            out = parent.value->kind == JsonValue::Kind::kArray
                      ? &parent.value->items.emplace_back()
                      : &parent.value->members.emplace_back(std::move(parent.key), JsonValue{}).second;
        }
        out->kind = kind;
        out->line = line_;
        out->column = column();
        return out;
    }
    JsonValue* scalar(JsonValue::Kind kind, std::size_t size) {
        auto* out = add(kind);
        at_ += size;
        return out;
    }
    bool number() {
        auto* out = add(JsonValue::Kind::kNumber);
        if (out == nullptr) return false;
        const auto end = std::min(input_.find_first_not_of("+-.0123456789Ee", at_), input_.size());
        out->text = input_.substr(at_, end - at_);
        at_ = end;
        return true;
    }
    bool open(JsonValue::Kind kind) {
        auto* out = add(kind);
        if (out == nullptr) return false;
        open_.push_back({out});
        ++at_;
        return true;
    }
    bool close() {
        find_token();
        open_.pop_back();
        ++at_;
        return true;
    }

    std::string_view input_, source_;
    std::size_t at_ = 0, line_start_ = 0;
    std::uint32_t line_ = 1;
    JsonValue root_;
    std::vector<Open> open_;  ///< a container that is open stays where it is: only the innermost grows
    Error error_;
};

}  // namespace

Result<JsonValue> read_json(std::string_view input, std::string_view source) {
    return TreeBuilder(input, source).run();
}

}  // namespace prw::sender
