#include "prw/sender/exposition.h"

#include <algorithm>
#include <utility>

#include "prw/proto/content_type.h"
#include "prw/proto/metric_family.h"
#include "text_parser.h"

namespace prw::sender {

std::string_view name_of(InputFormat format) { return kInputFormatNames.name_of(format); }

namespace {

constexpr std::string_view kBlanks = " \t\r\n";
/// Of the protobuf exposition's Content-Type; missing ones are taken to be these.
constexpr std::pair<std::string_view, std::string_view> kProtobufParameters[] = {
    {"proto", "io.prometheus.client.MetricFamily"}, {"encoding", "delimited"}};

/// `{"my.metric", …} 1` is text, `{"metrics": …}` and `{}` are JSON.
bool looks_like_json(std::string_view input) {
    std::size_t pos = input.find_first_not_of(kBlanks);
    if (pos == std::string_view::npos) return false;
    if (input[pos] == '[') return true;
    if (input[pos] != '{') return false;
    pos = input.find_first_not_of(kBlanks, pos + 1);
    if (pos == std::string_view::npos || input[pos] == '}') return true;
    if (input[pos] != '"') return false;
    ++pos;
    while (pos < input.size() && input[pos] != '"' && input[pos] != '\n') pos += input[pos] == '\\' ? 2 : 1;
    pos = input.find_first_not_of(kBlanks, std::min(pos + 1, input.size()));
    return pos != std::string_view::npos && input[pos] == ':';
}

}  // namespace

InputFormat detect_format(std::string_view input) {
    if (proto::looks_like_metric_families(input)) return InputFormat::kProtobuf;  // its length may look like JSON's '['
    if (looks_like_json(input)) return InputFormat::kJson;
    const std::string_view end = input.substr(0, input.find_last_not_of("\r\n") + 1);
    const bool eof_line = end == "# EOF" || end.ends_with("\n# EOF");
    return eof_line ? InputFormat::kOpenMetrics : InputFormat::kText;
}

std::string_view accept_for(InputFormat format) {
    switch (format) {
        case InputFormat::kAuto:
            break;
        case InputFormat::kText:
            return "text/plain;version=0.0.4,*/*;q=0.1";
        case InputFormat::kOpenMetrics:
            return "application/openmetrics-text;version=1.0.0,*/*;q=0.1";
        case InputFormat::kJson:
            return "application/json,*/*;q=0.1";
        case InputFormat::kProtobuf:
            return "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited,"
                   "*/*;q=0.1";
    }
    return kScrapeAccept;
}

Result<InputFormat> format_of_content_type(std::string_view content_type) {
    if (content_type.empty()) return InputFormat::kText;
    const auto parsed = proto::parse_content_type(content_type);
    if (!parsed)
        return fail(ErrorCode::kUnsupported,
                    "the scrape's Content-Type \"" + std::string(content_type.substr(0, 100)) + "\" cannot be parsed",
                    {}, parsed.error().text());
    if (parsed->media_type == "application/openmetrics-text") return InputFormat::kOpenMetrics;
    if (parsed->media_type == "text/plain") return InputFormat::kText;
    if (parsed->media_type == "application/json") return InputFormat::kJson;
    if (parsed->media_type == "application/vnd.google.protobuf") {
        for (const auto& [name, wanted] : kProtobufParameters) {
            const std::string* value = parsed->parameter(name);
            if (value != nullptr && *value != wanted)
                return fail(ErrorCode::kUnsupported, "the scrape's Content-Type has " + std::string(name) + "=" +
                                                         *value + ", wanted " + std::string(wanted));
        }
        return InputFormat::kProtobuf;
    }
    return fail(ErrorCode::kUnsupported, "the scrape's Content-Type is " + parsed->media_type +
                                             ", wanted application/vnd.google.protobuf, application/openmetrics-text, "
                                             "text/plain or application/json");
}

Result<Scrape> parse_exposition(std::string_view input, InputFormat format, const ParseOptions& options) {
    if (format == InputFormat::kAuto) format = detect_format(input);
    if (format == InputFormat::kJson) return parse_json(input, options);
    if (format == InputFormat::kProtobuf) return parse_protobuf(input, options);
    return parse_text(input, format == InputFormat::kOpenMetrics, options);
}

}  // namespace prw::sender
