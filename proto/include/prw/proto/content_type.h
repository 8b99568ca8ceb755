/// Content-Type per RFC 9110 8.3, tolerant enough to say what is wrong with a value rather than only that it is.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "prw/base/error.h"
#include "prw/proto/types.h"

namespace prw::proto {

struct MediaTypeParameter {
    std::string name;   ///< lower-cased
    std::string value;  ///< unquoted
    bool quoted = false;
};

struct ContentType {
    std::string media_type;  ///< "type/subtype", lower-cased
    std::vector<MediaTypeParameter> parameters;
    bool trailing_semicolon = false;  ///< legal by RFC 9110 5.6.6 (empty parameter), refused by Prometheus

    /// Value of the first parameter of that name; nullptr if absent.
    [[nodiscard]] const std::string* parameter(std::string_view name) const;
};

/// kMalformed with the byte offset in `where` when the value does not follow the grammar.
[[nodiscard]] Result<ContentType> parse_content_type(std::string_view value);

/// Which message a request declares. A missing header and a bare `application/x-protobuf` mean 1.0. nullopt: not remote
/// write.
[[nodiscard]] std::optional<ProtobufMessage> declared_message(const ContentType& type);

}  // namespace prw::proto
