#include "prw/base/expression.h"

#include <array>

namespace prw::base {

std::shared_ptr<const Expression> Expression::make(const std::string& text, std::string& problem) {
    if (text.find('\0') != std::string::npos) {
        problem = "it holds a NUL";
        return nullptr;
    }
    auto out = std::make_shared<Expression>();
    const int error = ::regcomp(&out->compiled_, ("^(" + text + ")$").c_str(), REG_EXTENDED | REG_NOSUB);
    if (error == 0) {
        out->made_ = true;
        return out;
    }
    std::array<char, 200> words{};
    (void)::regerror(error, &out->compiled_, words.data(), words.size());
    problem = words.data();
    return nullptr;
}

Expression::~Expression() {
    if (made_) ::regfree(&compiled_);
}

bool Expression::fits(std::string_view text) const {
    regmatch_t range{};
    range.rm_so = 0;
    range.rm_eo = static_cast<regoff_t>(text.size());
    return ::regexec(&compiled_, text.data(), 1, &range, REG_STARTEND) == 0;
}

}  // namespace prw::base
