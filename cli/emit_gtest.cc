#include "emit_gtest.h"

#include <algorithm>

#include "catalogue.h"
#include "prw/base/units.h"
#include "prw/proto/credentials.h"
#include "request_text.h"
#include "version.h"

namespace prw::cli {

namespace {

constexpr std::size_t kLiteralColumns = 96;

/// As one line of a comment: what came from a peer may not end it.
std::string comment(std::string_view text) {
    std::string out;
    for (const char c : text) out += c == '\n' || c == '\r' ? ' ' : c;
    while (out.ends_with('\\') || out.ends_with("\?\?/")) out.pop_back();
    return out;
}

/// Without the last line break, so that a comma can follow.
std::string lines(std::string_view bytes) {
    auto out = string_literal(bytes, "        ");
    out.pop_back();
    return out;
}

std::string literal(std::string_view text) {
    auto out = string_literal(text, "");
    while (!out.empty() && out.back() == '\n') out.pop_back();
    std::replace(out.begin(), out.end(), '\n', ' ');
    return out;
}

std::string enumerator(rules::Severity severity) {
    switch (severity) {
        case rules::Severity::kInfo:
            return "kInfo";
        case rules::Severity::kWarn:
            return "kWarn";
        case rules::Severity::kFail:
            break;
    }
    return "kFail";
}

std::string title(const std::string& path, const std::optional<suite::Capsule>& capsule) {
    std::string out = "// Written by prw " PRW_VERSION ": prw replay " + comment(path) + " --emit gtest\n";
    if (!capsule) return out;
    out += "//\n// " + comment(capsule->check) + ", " + comment(capsule->level) + ", Remote Write " +
           std::string(proto::short_name(capsule->message)) +
           (suite_of_check(capsule->check).role == "sender" ? ", sent by " : ", sent to ") + comment(capsule->target) +
           "\n";
    const std::pair<const char*, const std::string*> lines[] = {{"checks", &capsule->summary},
                                                                {"want  ", &capsule->want},
                                                                {"got   ", &capsule->got},
                                                                {"fix   ", &capsule->fix}};
    for (const auto& [key, text] : lines)
        if (!text->empty()) out += std::string("//   ") + key + "  " + comment(*text) + "\n";
    return out;
}

std::string one_case(const std::string& suite, const exchange::Exchange& exchange, const std::string& head,
                     const rules::CheckOptions& options, const std::vector<rules::Finding>& expected) {
    const std::string payload = exchange.payload();
    std::string out = "TEST(" + suite + ", Exchange" + std::to_string(exchange.id) + ") {\n";
    out += "    static constexpr std::string_view kHead(\n" + lines(head) + ",\n        " +
           std::to_string(head.size()) + ");\n";
    out += "    static constexpr std::string_view kBody(\n" + lines(payload) + ",\n        " +
           std::to_string(payload.size()) + ");\n";
    out += "    prw::rules::CheckOptions options;\n";
    out += "    options.now_ms = " + std::to_string(options.now_ms) +
           ";  // the clock of the capture: " + base::timestamp_text(options.now_ms) + "\n";
    if (!options.expected_target.empty())
        out += "    options.expected_target = " + literal(options.expected_target) + ";\n";
    if (!options.expected_host.empty()) out += "    options.expected_host = " + literal(options.expected_host) + ";\n";
    if (options.peer_is_1x) out += "    options.peer_is_1x = true;\n";
    out += "    const auto result = prw::rules::check(kHead, kBody, options);\n\n";
    out += "    using prw::rules::Severity;\n";
    out +=
        "    struct Expected {\n        std::string_view rule, field, message;\n        Severity severity;\n    };\n";
    out += "    static constexpr Expected kExpected[] = {\n";
    for (const auto& finding : expected) {
        out += "        {" + literal(finding.rule) + ", " + literal(finding.field) + ",\n         " +
               literal(finding.message) + ",\n         Severity::" + enumerator(finding.severity) + "},\n";
    }
    out += "    };\n    for (const auto& expected : kExpected) {\n";
    out +=
        "        const auto found = std::find_if(result.findings.begin(), result.findings.end(), [&](const auto& f) "
        "{\n";
    out +=
        "            return f.rule == expected.rule && f.field == expected.field && f.message == expected.message;\n";
    out += "        });\n        ASSERT_NE(found, result.findings.end())\n";
    out +=
        "            << \"no finding of \" << expected.rule << \" at \" << expected.field << \": \" << "
        "expected.message;\n";
    out += "        EXPECT_EQ(found->severity, expected.severity) << expected.rule;\n    }\n}\n";
    return out;
}

}  // namespace

std::string camel_case(std::string_view id) {
    std::string out;
    bool upper = true;
    for (const char c : id) {
        const bool lower_case = c >= 'a' && c <= 'z';
        if (lower_case || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')) {
            out += upper && lower_case ? static_cast<char>(c - 'a' + 'A') : c;
            upper = false;
        } else {
            upper = true;
        }
    }
    return out;
}

std::string string_literal(std::string_view bytes, std::string_view indent) {
    std::string out;
    std::string line;
    const auto flush = [&] {
        out.append(indent).append("\"").append(line).append("\"\n");
        line.clear();
    };
    for (const char c : bytes) {
        const auto byte = static_cast<unsigned char>(c);
        if (c == '\n') {
            line += "\\n";
        } else if (c == '\r') {
            line += "\\r";
        } else if (c == '"' || c == '\\') {
            line += '\\';
            line += c;
        } else if (byte < 0x20 || byte >= 0x7f || c == '?') {
            // Three octal digits end by themselves, hexadecimal ones do not; and a question mark may begin a trigraph.
            line += '\\';
            line += static_cast<char>('0' + (byte >> 6U));
            line += static_cast<char>('0' + ((byte >> 3U) & 7U));
            line += static_cast<char>('0' + (byte & 7U));
        } else {
            line += c;
        }
        if (c == '\n' || line.size() >= kLiteralColumns) flush();
    }
    if (!line.empty() || out.empty()) flush();
    return out;
}

Result<std::string> emit_request_tests(const std::string& path, const std::optional<suite::Capsule>& capsule,
                                       const std::vector<exchange::Exchange>& exchanges) {
    auto options = capsule ? suite_of_check(capsule->check).check_options(*capsule) : rules::CheckOptions{};
    // "sender/labels/sorted" reports the rule labels/sorted.
    std::string rule;
    if (const auto* check = capsule ? find_check(capsule->check) : nullptr) rule = check->rule;
    std::string cases;
    for (const auto& exchange : exchanges) {
        if (exchange.raw_head.size() + exchange.raw_body.size() > kMaxEmittedBytes)
            return fail(ErrorCode::kTooLarge,
                        "exchange " + std::to_string(exchange.id) + " is larger than a test case may be, " +
                            std::to_string(kMaxEmittedBytes) + " bytes",
                        path);
        auto head = exchange.raw_head;
        proto::redact_credentials(head);
        options.now_ms = exchange.received_unix_ms;
        auto found = rules::check(head, exchange.payload(), options).findings;
        std::erase_if(found, [&](const rules::Finding& finding) { return capsule && finding.rule != rule; });
        if (found.empty()) continue;
        cases += "\n" + one_case(capsule ? camel_case(capsule->check) : "Capture", exchange, head, options, found);
    }
    if (cases.empty())
        return fail(ErrorCode::kInvalidArgument,
                    capsule ? "this prw no longer finds anything of " + rule + " in it, so there is nothing to expect"
                            : "there is no finding to expect",
                    path);
    return title(path, capsule) +
           "//\n// Build it with prw::rules (find_package(prw)) and GoogleTest. To test your own encoder, put what "
           "it "
           "writes in the\n// place of kBody and expect that result.findings has none of this rule.\n"
           "#include <algorithm>\n#include <string_view>\n\n#include <gtest/gtest.h>\n#include "
           "<prw/rules/check.h>\n\nnamespace {\n" +
           cases + "\n}  // namespace\n";
}

std::string emit_behaviour_test(const std::string& absolute_path, const suite::Capsule& capsule) {
    const auto& role = suite_of_check(capsule.check).role;
    const std::string message = capsule.message == proto::ProtobufMessage::kV1 ? "V1" : "V2";
    return title(absolute_path, capsule) +
           "//\n// No single request shows this: the case judges the file again. Build it with prw::" + role +
           "_suite "
           "(find_package(prw)) and GoogleTest.\n"
           "#include <gtest/gtest.h>\n#include <prw/suite/evidence.h>\n#include <prw/" +
           role + "_suite/" + role + "_suite.h>\n\nnamespace {\n\nTEST(" + camel_case(capsule.check) + ", " + message +
           ") {\n    const auto again = prw::suite::judge_again(prw::" + role + "_suite::" + role +
           "_suite(),\n                                                      std::string(" + literal(absolute_path) +
           "));\n" +
           "    ASSERT_TRUE(again) << again.error().text();\n"
           "    EXPECT_EQ(again->is, prw::suite::Rejudgement::kStillFailing) << again->now.reason;\n}\n\n}  // "
           "namespace\n";
}

}  // namespace prw::cli
