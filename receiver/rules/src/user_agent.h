/// User-Agent per RFC 9110 10.1.5: product *( RWS ( product / comment ) ).
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace prw::rules {

struct UserAgent {
    struct Product {
        std::string_view name, version;
        bool slash = false;  ///< "name/" has a slash and no version: not a product by the grammar
    };
    std::vector<Product> products;
    std::string problem;            ///< what breaks the grammar; empty if nothing does
    bool version_anywhere = false;  ///< something in the value reads like a version

    /// The first product has a version that is one ("unknown" is none).
    [[nodiscard]] bool versioned() const;
};

[[nodiscard]] UserAgent parse_user_agent(std::string_view value);
/// The HTTP library that writes this value by itself; empty if none is known to.
[[nodiscard]] std::string_view library_of(const UserAgent& agent);

}  // namespace prw::rules
