/// Regular expressions, as far as command lines and queries need them.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include <regex.h>

namespace prw::base {

/// A POSIX extended regular expression that a text has to fit as a whole. Matching is const: many threads may ask it.
class Expression {
public:
    /// The problem in `problem` where it is none.
    [[nodiscard]] static std::shared_ptr<const Expression> make(const std::string& text, std::string& problem);
    Expression() = default;
    ~Expression();
    Expression(const Expression&) = delete;
    Expression& operator=(const Expression&) = delete;

    [[nodiscard]] bool fits(std::string_view text) const;

private:
    regex_t compiled_{};
    bool made_ = false;
};

}  // namespace prw::base
