// RFC 9110 8.3.1 and 5.6.6, edge by edge.
#include "prw/proto/content_type.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "prw/proto/protocol.h"

namespace prw::proto {
namespace {

struct Good {
    std::string_view text;
    std::string media_type;
    std::vector<std::pair<std::string, std::string>> parameters;
    bool trailing_semicolon = false;
};

TEST(ContentTypeGrammar, AcceptsWhatTheGrammarAllows) {
    const Good kCases[] = {
        {"application/x-protobuf", "application/x-protobuf", {}},
        {"APPLICATION/X-Protobuf", "application/x-protobuf", {}},
        {"  text/plain \t", "text/plain", {}},
        {"application/x-protobuf;proto=io.prometheus.write.v2.Request",
         "application/x-protobuf",
         {{"proto", "io.prometheus.write.v2.Request"}}},
        {"application/x-protobuf; proto=a", "application/x-protobuf", {{"proto", "a"}}},
        {"application/x-protobuf ;proto=a", "application/x-protobuf", {{"proto", "a"}}},
        {"application/x-protobuf\t;\tproto=a", "application/x-protobuf", {{"proto", "a"}}},
        {"application/x-protobuf;proto=\"a.b\"", "application/x-protobuf", {{"proto", "a.b"}}},
        {"application/x-protobuf;proto=\"a\\\"b\\\\c;d=e\"", "application/x-protobuf", {{"proto", "a\"b\\c;d=e"}}},
        {"application/x-protobuf;proto=\"\"", "application/x-protobuf", {{"proto", ""}}},
        {"application/x-protobuf;PROTO=A", "application/x-protobuf", {{"proto", "A"}}},
        {"a/b;x=1;y=2", "a/b", {{"x", "1"}, {"y", "2"}}},
        {"a/b;x=1;x=2", "a/b", {{"x", "1"}, {"x", "2"}}},
        {"a/b;", "a/b", {}, true},
        {"a/b; ", "a/b", {}, true},
        {"a/b;x=1;", "a/b", {{"x", "1"}}, true},
        {"a/b;;x=1", "a/b", {{"x", "1"}}},
        {"a/b; ;\t;x=1", "a/b", {{"x", "1"}}},
        {"a!#$%&'*+-.^_`|~/b", "a!#$%&'*+-.^_`|~/b", {}},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.text);
        const auto parsed = parse_content_type(c.text);
        ASSERT_TRUE(parsed) << parsed.error().text();
        EXPECT_EQ(parsed->media_type, c.media_type);
        std::vector<std::pair<std::string, std::string>> parameters;
        for (const auto& p : parsed->parameters) parameters.emplace_back(p.name, p.value);
        EXPECT_EQ(parameters, c.parameters);
        EXPECT_EQ(parsed->trailing_semicolon, c.trailing_semicolon);
    }
}

TEST(ContentTypeGrammar, RefusesWithOffsetAndCause) {
    struct Case {
        std::string_view text;
        std::string error;
    };
    using namespace std::string_view_literals;
    const Case kCases[] = {
        {"", "offset 0: expected a media type"},
        {"  ", "offset 2: expected a media type"},
        {"/b", "offset 0: expected a media type"},
        {"protobuf", "offset 8: expected '/' after the type"},
        {"a /b", "offset 1: expected '/' after the type"},
        {"a/", "offset 2: expected a subtype"},
        {"a/ b", "offset 2: expected a subtype"},
        {"a/b, c/d", "offset 3: expected ';', got ','"},
        {"a/b proto=x", "offset 4: expected ';', got 'p'"},
        {"a/b;=x", "offset 4: expected a parameter name"},
        {"a/b;proto", "offset 9: expected '=' right after the parameter name (no blanks around it)"},
        {"a/b;proto =x", "offset 9: expected '=' right after the parameter name (no blanks around it)"},
        {"a/b;proto= x", "offset 10: expected a parameter value (a token or a quoted string, no blanks around '=')"},
        {"a/b;proto=", "offset 10: expected a parameter value (a token or a quoted string, no blanks around '=')"},
        {"a/b;proto=\"x", "offset 12: unterminated quoted string"},
        {"a/b;proto=\"x\\", "offset 13: unterminated quoted string"},
        {"a/b;proto=\"x\ny\"", "offset 12: control character in a quoted string"},
        {"a/b;proto=\"x\"y", "offset 13: expected ';', got 'y'"},
        {"a/b;proto=x/y", "offset 11: expected ';', got '/'"},
        {"a/b\0;x=1"sv, std::string("offset 3: expected ';', got '\0'", 28)},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.text);
        const auto parsed = parse_content_type(c.text);
        ASSERT_FALSE(parsed);
        EXPECT_EQ(parsed.error().code, ErrorCode::kMalformed);
        EXPECT_EQ(parsed.error().text().substr(0, c.error.size()), c.error);
    }
}

TEST(ContentTypeGrammar, KnowsWhichValuesWereQuoted) {
    const auto parsed = parse_content_type("a/b;x=1;y=\"2\"");
    ASSERT_TRUE(parsed);
    EXPECT_FALSE(parsed->parameters[0].quoted);
    EXPECT_TRUE(parsed->parameters[1].quoted);
    ASSERT_NE(parsed->parameter("y"), nullptr);
    EXPECT_EQ(*parsed->parameter("y"), "2");
    EXPECT_EQ(parsed->parameter("z"), nullptr);
}

TEST(ContentTypeGrammar, FirstParameterOfANameCounts) {
    const auto parsed = parse_content_type("a/b;x=1;X=2");
    ASSERT_TRUE(parsed);
    EXPECT_EQ(*parsed->parameter("x"), "1");
}

TEST(DeclaredMessage, FollowsTheProtoParameter) {
    struct Case {
        std::string_view text;
        std::optional<ProtobufMessage> message;
    };
    const Case kCases[] = {
        {"application/x-protobuf", ProtobufMessage::kV1},
        {"application/x-protobuf;", ProtobufMessage::kV1},
        {"application/x-protobuf;charset=utf-8", ProtobufMessage::kV1},
        {"application/x-protobuf;proto=prometheus.WriteRequest", ProtobufMessage::kV1},
        {"application/x-protobuf; proto=\"io.prometheus.write.v2.Request\"", ProtobufMessage::kV2},
        {kContentTypeV1, ProtobufMessage::kV1},
        {kContentTypeV2, ProtobufMessage::kV2},
        {"application/x-protobuf;proto=io.prometheus.write.v2.request", std::nullopt},
        {"application/x-protobuf;proto=io.prometheus.write.v3.Request", std::nullopt},
        {"application/x-protobuf;proto=\"\"", std::nullopt},
        {"application/protobuf", std::nullopt},
        {"application/json", std::nullopt},
    };
    for (const auto& c : kCases) {
        SCOPED_TRACE(c.text);
        const auto parsed = parse_content_type(c.text);
        ASSERT_TRUE(parsed) << parsed.error().text();
        EXPECT_EQ(declared_message(*parsed), c.message);
    }
}

}  // namespace
}  // namespace prw::proto
