// Method, target and the headers that say who sends and in which version.
#include <algorithm>
#include <array>
#include <charconv>

#include "context.h"
#include "prw/base/bytes_text.h"
#include "prw/base/text.h"
#include "prw/proto/protocol.h"
#include "quote.h"
#include "request_state.h"
#include "user_agent.h"

namespace prw::rules {

namespace {

namespace header = proto::header;

using proto::HeaderField;
using proto::RequestHead;

constexpr Rule kWellFormed{
    .id = rule_id::kHeadWellFormed,
    .clauses = {"prw1.protocol.http-post", "prw2.protocol.http-post", "ext.http.header-value-clean"},
    .subject = Subject::kHead,
    .severity = Severity::kFail,
    .summary = "The request head is well-formed HTTP/1.x.",
    .fix =
        "Let an HTTP library write the request head; end each line with CRLF and put nothing but "
        "'Name: value' on a header line.",
};

constexpr Rule kMethod{
    .id = "headers/post-method",
    .clauses = {"prw1.protocol.http-post", "prw2.protocol.http-post"},
    .subject = Subject::kHead,
    .severity = Severity::kFail,
    .summary = "Write requests use the method POST.",
    .fix =
        "Send write requests with POST, and keep POST when following redirects (307 and 308 do, 301 to "
        "303 do not in most clients).",
};

constexpr Rule kPath{
    .id = "headers/url-path",
    .clauses = {"prw1.protocol.provided-url-path", "prw2.protocol.provided-url-path"},
    .subject = Subject::kKnownTarget,
    .severity = Severity::kFail,
    .summary = "Requests go to the path (and query) of the configured URL.",
    .fix = "Use the configured URL as it is: append no path of your own and keep its query.",
};

constexpr Rule kHost{
    .id = "headers/host",
    .clauses = {"ext.http.host-once"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "A request of HTTP/1.1 has one Host header, with a host in it.",
    .fix = "Let the HTTP library write Host, once; servers must answer 400 to a request without it or with two.",
};

constexpr Rule kHostAsUrl{
    .id = "headers/host-as-url",
    .clauses = {"ext.http.host-as-url"},
    .subject = Subject::kKnownHost,
    .severity = Severity::kWarn,
    .summary = "Host names the host and port of the configured URL.",
    .fix =
        "Send the host of the URL, with its port unless that is the scheme's own; receivers choose tenants and routes "
        "by it.",
};

constexpr Rule kLengthAnnounced{
    .id = "headers/length-announced",
    .clauses = {"ext.http.length-announced"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "A write request announces its body, by Content-Length or as chunked.",
    .fix = "Send Content-Length with the size of the compressed body, or send the body chunked.",
};

constexpr Rule kUserAgent{
    .id = "headers/user-agent",
    .clauses = {"prw1.headers.user-agent", "prw2.headers.user-agent-present"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "Each request carries a User-Agent that is not empty.",
    .fix = "Send 'User-Agent: NAME/VERSION' with the name and version of your sender.",
};

constexpr Rule kUserAgentVersion{
    .id = "headers/user-agent-version",
    .clauses = {"prw1.headers.user-agent", "ext.http.user-agent-version"},
    .subject = Subject::kUserAgent,
    .severity = Severity::kWarn,
    .summary = "The User-Agent names the sender's version, not only its name.",
    .fix = "Write the version behind the name: 'User-Agent: NAME/VERSION'.",
};

constexpr Rule kUserAgentGrammar{
    .id = "headers/user-agent-grammar",
    .clauses = {"prw2.user-agent.rfc9110", "ext.http.user-agent-token-form"},
    .subject = Subject::kUserAgent,
    .severity = Severity::kWarn,
    .summary = "The User-Agent follows RFC 9110: product/version, then further products or comments in parentheses.",
    .fix =
        "Write 'NAME/VERSION' with both parts made of letters, digits and !#$%&'*+-.^_`|~ (no blanks inside the name).",
};

constexpr Rule kLibrary{
    .id = "headers/user-agent-library",
    .clauses = {"ext.http.user-agent-library-default"},
    .subject = Subject::kUserAgent,
    .severity = Severity::kWarn,
    .summary = "The User-Agent names the sender, not its HTTP library.",
    .fix = "Set the User-Agent to 'NAME/VERSION' of your sender in the HTTP client's configuration.",
};

constexpr Rule kVersionPresent{
    .id = "headers/version-present",
    .clauses = {"prw1.compat.sender-version-header", "prw1.headers.version", "prw2.headers.version-present"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "Each request carries X-Prometheus-Remote-Write-Version.",
    .fix =
        "Send 'X-Prometheus-Remote-Write-Version: 0.1.0' with 1.0 messages and '2.0.0' with 2.0 "
        "messages, on every request.",
};

constexpr Rule kVersionValue{
    .id = "headers/version-0-1-0",
    .clauses = {"prw1.headers.version"},
    .subject = Subject::kVersionHeader,
    .severity = Severity::kFail,
    .summary = "With a 1.0 message the version header is 0.1.0.",
    .fix = "Send 'X-Prometheus-Remote-Write-Version: 0.1.0'.",
};

constexpr Rule kVersion1x{
    .id = "headers/version-1x-receiver",
    .clauses = {"prw2.version.1x-receiver", "prw1.headers.version"},
    .subject = Subject::kFallbackVersion,
    .severity = Severity::kFail,
    .summary = "Towards a 1.x receiver the version header is 0.1.0.",
    .fix = "After falling back to prometheus.WriteRequest, send 'X-Prometheus-Remote-Write-Version: 0.1.0' as well.",
};

constexpr Rule kVersionFormat{
    .id = "headers/version-format",
    .clauses = {"prw2.version.format"},
    .subject = Subject::kVersionHeader,
    .severity = Severity::kWarn,
    .summary = "The version header is a protocol version: two or three numbers with dots.",
    .fix = "Send the protocol's version, '2.0.0', not the program's.",
};

constexpr Rule kVersionNewest{
    .id = "headers/version-newest",
    .clauses = {"prw2.version.newest-otherwise"},
    .subject = Subject::kVersionHeader,
    .severity = Severity::kWarn,
    .summary = "With a 2.0 message the version header names the newest version that the sender speaks, 2.0.0 or later.",
    .fix = "Send 'X-Prometheus-Remote-Write-Version: 2.0.0' with io.prometheus.write.v2.Request.",
};

constexpr Rule kOnce{
    .id = "headers/reserved-once",
    .clauses = {"ext.http.reserved-headers-once"},
    .subject = Subject::kReservedHeader,
    .severity = Severity::kFail,
    .summary = "Each reserved header stands on one line.",
    .fix =
        "Set the header once; do not let users add Content-Type, Content-Encoding, User-Agent or "
        "X-Prometheus-Remote-Write-Version.",
};

constexpr Rule kClean{
    .id = "headers/value-clean",
    .clauses = {"ext.http.header-value-clean"},
    .subject = Subject::kReservedHeader,
    .severity = Severity::kFail,
    .summary =
        "Values of headers hold no control characters or line breaks, those of reserved headers no non-ASCII bytes "
        "either.",
    .fix = "Trim the value where it is read (a version file's trailing newline is the usual cause) and keep it ASCII.",
};

constexpr Rule kLength{
    .id = "headers/content-length",
    .clauses = {"ext.http.content-length-matches"},
    .subject = Subject::kContentLength,
    .severity = Severity::kFail,
    .summary = "Content-Length is the number of bytes of the (compressed) body.",
    .fix = "Announce the size of the compressed body, or let the HTTP library compute it.",
};

constexpr Rule kChunked{
    .id = rule_id::kLengthWithChunked,
    .clauses = {"ext.http.no-length-with-chunked"},
    .subject = Subject::kRequest,
    .severity = Severity::kFail,
    .summary = "A request has Content-Length or Transfer-Encoding, not both.",
    .fix = "Do not set Content-Length by hand when the body is chunked.",
};

constexpr Rule kExpect{
    .id = "headers/expect-continue",
    .clauses = {"ext.http.expect-continue-tolerated"},
    .subject = Subject::kRequest,
    .severity = Severity::kInfo,
    .summary = "The sender waits for 100 Continue before it sends the body.",
    .fix = "Nothing to fix; each request costs a round trip more.",
};

constexpr Rule kRetryAttempt{
    .id = rule_id::kRetryAttempt,
    .clauses = {"ext.retry.attempt-header"},
    .subject = Subject::kRetry,
    .severity = Severity::kInfo,
    .summary = "The request says that it is a retry.",
    .fix = "Nothing to fix.",
};

constexpr std::array<const Rule*, 21> kRules{&kWellFormed,
                                             &kMethod,
                                             &kPath,
                                             &kHost,
                                             &kHostAsUrl,
                                             &kLengthAnnounced,
                                             &kUserAgent,
                                             &kUserAgentVersion,
                                             &kUserAgentGrammar,
                                             &kLibrary,
                                             &kVersionPresent,
                                             &kVersionValue,
                                             &kVersion1x,
                                             &kVersionFormat,
                                             &kVersionNewest,
                                             &kOnce,
                                             &kClean,
                                             &kLength,
                                             &kChunked,
                                             &kExpect,
                                             &kRetryAttempt};

constexpr std::array<UncoveredClause, 2> kUncovered{{
    {"prw1.scope.job-instance-labels",
     "a permission: labels job and instance may be there or not, and neither is worth a finding"},
    {"prw2.scope.job-instance-labels",
     "a permission: labels job and instance may be there or not, and neither is worth a finding"},
}};

Draft draft_of(const HeaderField& field, std::string_view name, std::string message) {
    Draft draft;
    draft.message = std::move(message);
    draft.field = name;
    draft.head = field.range;
    return draft;
}

// ---- request line
// ----------------------------------------------------------------------------------------------------------------------

proto::ByteRange method_range(const RequestHead& head) { return range_within(head.raw, head.method); }

/// The head does not parse: which line, without giving away what it holds.
void report_malformed(const Context& c, const Error& error) {
    Draft draft;
    draft.message = "The request head is not HTTP/1.x: " + error.text();
    if (c.state->other_protocol)
        draft.fix = "Speak HTTP/1.1 to http:// URLs; HTTP/2 is agreed on in the TLS handshake of an https:// URL.";
    const auto line = c.state->head_fault;
    draft.head = line;
    // Any line but the first may be part of a secret, and so may a query.
    const auto text = slice(c.raw_head, line);
    draft.evidence = line.offset == 0 && !text.empty() ? printable(text.substr(0, text.find('?')))
                                                       : "(" + bytes_text(text.size()) + ", not shown)";
    c.report.add(kWellFormed, std::move(draft));
}

void check_method(const Context& c, const RequestHead& head) {
    if (c.kind == RequestKind::kProbe) {
        Draft draft;
        draft.message = std::string(head.method) +
                        " without a body is a probe, not a write request; a receiver answers it with 405";
        draft.field = "method";
        draft.head = method_range(head);
        draft.severity = Severity::kInfo;
        draft.fix =
            "Nothing to fix for a health check. If it was meant to be a write: a client that follows 301, 302 or 303 "
            "turns POST into GET.";
        c.report.add(kMethod, std::move(draft));
    } else if (head.method != "POST") {
        Draft draft;
        draft.message = "The method is " + quote(head.method) + "; wanted POST";
        draft.field = "method";
        draft.head = method_range(head);
        c.report.add(kMethod, std::move(draft));
    }
}

/// Unreserved characters decoded, the rest of the escapes in upper case: equal URLs compare equal (RFC 3986 6.2.2).
std::string normalised(std::string_view text) {
    constexpr std::string_view kHex = "0123456789ABCDEF", kUnreserved = "-._~";
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const int high = text[i] == '%' && i + 2 < text.size() ? base::hex_digit(text[i + 1]) : -1;
        const int low = high >= 0 ? base::hex_digit(text[i + 2]) : -1;
        if (low < 0) {
            out.push_back(text[i]);
            continue;
        }
        const auto c = static_cast<char>(high * 16 + low);
        if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
            kUnreserved.find(c) != std::string_view::npos) {
            out.push_back(c);
        } else {
            out += {'%', kHex[static_cast<std::size_t>(high)], kHex[static_cast<std::size_t>(low)]};
        }
        i += 2;
    }
    return out;
}

struct RequestTarget {
    std::string path;
    std::vector<std::string> parameters;
};

RequestTarget split_target(std::string_view target) {
    // absolute-form (RFC 9112 3.2.2), as sent through a proxy
    if (const auto scheme = target.find("://");
        scheme != std::string_view::npos && scheme < target.find_first_of("/?")) {
        const auto path = target.find_first_of("/?", scheme + 3);
        target = path == std::string_view::npos ? std::string_view{} : target.substr(path);
    }
    RequestTarget out;
    const auto mark = target.find('?');
    out.path = normalised(target.substr(0, mark));
    if (out.path.empty()) out.path = "/";
    if (mark == std::string_view::npos) return out;
    for (auto rest = target.substr(mark + 1); !rest.empty();) {
        const auto end = std::min(rest.find('&'), rest.size());
        if (end > 0) out.parameters.push_back(normalised(rest.substr(0, end)));
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return out;
}

void check_target(const Context& c, const RequestHead& head) {
    if (c.options.expected_target.empty()) return;
    c.saw(Subject::kKnownTarget);
    const auto wanted = split_target(c.options.expected_target);
    const auto got = split_target(head.target);
    Draft draft;
    draft.field = "request target";
    const auto target = range_within(head.raw, head.target);
    if (got.path != wanted.path) {
        draft.message =
            "The request went to the path " + quote(got.path) + "; wanted the configured " + quote(wanted.path);
        if (got.path.size() > wanted.path.size() && got.path.starts_with(wanted.path))
            draft.message += ", nothing appended";
        draft.head = proto::ByteRange{target.offset,
                                      static_cast<std::uint32_t>(head.target.substr(0, head.target.find('?')).size())};
        c.report.add(kPath, std::move(draft));
        return;
    }
    // Values of query parameters may be secrets: only names are shown.
    auto left = got.parameters;
    for (const auto& parameter : wanted.parameters) {
        const auto found = std::find(left.begin(), left.end(), parameter);
        if (found != left.end()) {
            left.erase(found);
            continue;
        }
        draft.message = "Parameter " + quote(parameter.substr(0, parameter.find('='))) +
                        " of the configured URL is missing or has another value; wanted the query as configured";
        draft.severity = Severity::kWarn;
        draft.head = target;
        draft.evidence = got.path + (got.parameters.empty() ? "" : "?…");
        c.report.add(kPath, std::move(draft));
        return;
    }
}

// ---- Host
// ------------------------------------------------------------------------------------------------------------------------------

/// What Go's servers take, too: a name or address, and a port.
bool is_host(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
               std::string_view("!$%&'()*+,-.:;=[]_~").find(c) != std::string_view::npos;
    });
}

/// In lower case, without the port that http has anyway; all names of loopback as one.
std::string plain_host(std::string_view text) {
    std::string out(text);
    std::transform(out.begin(), out.end(), out.begin(),
                   [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
    if (out.ends_with(":80")) out.resize(out.size() - 3);
    for (const std::string_view loopback : {"localhost", "[::1]", "127.0.0.1"}) {
        if (out == loopback || (out.starts_with(loopback) && out[loopback.size()] == ':'))
            return "127.0.0.1" + out.substr(loopback.size());
    }
    return out;
}

void check_host(const Context& c, const RequestHead& head) {
    const auto* field = head.find(header::kHost);
    const auto count = head.count(header::kHost);
    if (count == 0) {
        if (head.version == "HTTP/1.0") return;  // which has none
        Draft draft;
        draft.message = "The Host header is missing, which HTTP/1.1 wants in every request";
        draft.field = header::kHost;
        c.report.add(kHost, std::move(draft));
        return;
    }
    if (count > 1) {
        const auto second = std::find_if(head.fields.rbegin(), head.fields.rend(),
                                         [](const auto& f) { return base::iequals(f.name, header::kHost); });
        c.report.add(kHost, draft_of(*second, header::kHost,
                                     "The header Host stands on " + std::to_string(count) + " lines; wanted one"));
        return;
    }
    if (!is_host(field->value)) {
        // Control characters have a finding of their own.
        const bool control = std::any_of(field->value.begin(), field->value.end(), [](char ch) {
            return static_cast<unsigned char>(ch) < 0x20U || ch == '\x7f';
        });
        if (!control)
            c.report.add(kHost, draft_of(*field, header::kHost,
                                         "Host is " + quote(field->value) + "; wanted a host, with a port or without"));
        return;
    }
    if (c.options.expected_host.empty()) return;
    c.saw(Subject::kKnownHost);
    std::string_view expected = c.options.expected_host;
    while (!expected.empty()) {
        const auto one = expected.substr(0, expected.find(' '));
        if (plain_host(one) == plain_host(field->value)) return;
        expected.remove_prefix(std::min(expected.size(), one.size() + 1));
    }
    c.report.add(kHostAsUrl, draft_of(*field, header::kHost,
                                      "Host is " + quote(field->value) + "; wanted " + quote(c.options.expected_host) +
                                          ", as in the configured URL"));
}

// ---- User-Agent
// ------------------------------------------------------------------------------------------------------------------------

void check_user_agent(const Context& c, const RequestHead& head) {
    const auto* field = head.find(header::kUserAgent);
    if (field == nullptr || field->value.empty()) {
        Draft draft;
        draft.message = field == nullptr ? "The User-Agent header is missing" : "The User-Agent header is empty";
        draft.field = header::kUserAgent;
        if (field != nullptr) draft.head = field->range;
        c.report.add(kUserAgent, std::move(draft));
        return;
    }
    c.saw(Subject::kUserAgent);
    const auto agent = parse_user_agent(field->value);
    const auto shown = quote(field->value);
    const auto report = [&](const Rule& rule, std::string message) {
        c.report.add(rule, draft_of(*field, header::kUserAgent, "User-Agent " + shown + std::move(message)));
    };
    if (!agent.problem.empty()) {
        report(kUserAgentGrammar, " does not follow RFC 9110: " + agent.problem + "; wanted product/version");
        if (!agent.version_anywhere) report(kUserAgentVersion, " names no version; wanted NAME/VERSION");
    } else if (!agent.versioned()) {
        const auto& first = agent.products.front();
        if (!first.version.empty()) {
            report(kUserAgentVersion, " has a placeholder for a version; wanted NAME/VERSION");
        } else if (agent.version_anywhere) {
            report(kUserAgentGrammar,
                   " has no version behind its first product " + quote(first.name) + "; wanted product/version");
        } else {
            report(kUserAgentVersion, " names no version; wanted NAME/VERSION");
        }
    }
    if (const auto library = library_of(agent); !library.empty())
        report(kLibrary,
               " is the default of the HTTP library " + std::string(library) + "; wanted the sender's own name");
}

// ---- version
// ---------------------------------------------------------------------------------------------------------------------------

/// Major version of "2.0" or "2.0.0"; -1 when the value has another shape.
int major_of(std::string_view value) {
    int parts = 0, major = -1;
    for (std::size_t at = 0;; ++parts) {
        int number = 0;
        const auto [stop, error] = std::from_chars(value.data() + at, value.data() + value.size(), number);
        if (error != std::errc{} || value[at] == '-') return -1;
        if (parts == 0) major = number;
        at = static_cast<std::size_t>(stop - value.data());
        if (at == value.size()) break;
        if (value[at] != '.' || ++at == value.size()) return -1;
    }
    return parts == 1 || parts == 2 ? major : -1;
}

void check_version(const Context& c, const RequestHead& head) {
    const auto* field = head.find(header::kVersion);
    if (field == nullptr || field->value.empty()) {
        Draft draft;
        draft.message = std::string(header::kVersion) + (field == nullptr ? " is missing" : " is empty");
        draft.field = header::kVersion;
        if (field != nullptr) draft.head = field->range;
        c.report.add(kVersionPresent, std::move(draft));
        return;
    }
    c.saw(c.v1() && c.options.peer_is_1x ? Subject::kFallbackVersion : Subject::kVersionHeader);
    const auto value = field->value;
    const int major = major_of(value);
    if (c.v2()) {
        if (major < 0) {
            c.report.add(kVersionFormat,
                         draft_of(*field, header::kVersion,
                                  "The version header " + quote(value) +
                                      " is no protocol version; wanted two or three numbers, such as 2.0.0"));
        } else if (major < 2) {
            c.report.add(kVersionNewest, draft_of(*field, header::kVersion,
                                                  "The version header is " + quote(value) +
                                                      "; wanted 2.0.0 or later with a 2.0 message"));
        }
        return;
    }
    if (value == proto::kVersionV1) return;
    if (c.options.peer_is_1x) {
        auto draft = draft_of(*field, header::kVersion,
                              "The version header is " + quote(value) + "; wanted 0.1.0 towards a 1.x receiver");
        draft.any_version = true;
        c.report.add(kVersion1x, std::move(draft));
    } else if (major < 2) {
        c.report.add(kVersionValue,
                     draft_of(*field, header::kVersion,
                              "The version header is " + quote(value) + "; wanted 0.1.0 with a 1.0 message"));
    }
    // 2.x with prometheus.WriteRequest is what a 2.x sender may do towards a 2.x receiver: negotiation/v1-by-2x-sender.
}

// ---- all headers
// -----------------------------------------------------------------------------------------------------------------------

constexpr std::array<std::string_view, 4> kReserved{header::kContentEncoding, header::kContentType, header::kVersion,
                                                    header::kUserAgent};

bool is_reserved(std::string_view name) {
    return std::any_of(kReserved.begin(), kReserved.end(), [&](auto each) { return base::iequals(each, name); });
}

/// Reports the first byte that a value must not have. Only that byte is shown: the value may be a secret.
bool unclean(const Context& c, const HeaderField& field, std::string_view name, bool ascii_only) {
    const auto bad = std::find_if(field.value.begin(), field.value.end(), [&](char ch) {
        const auto byte = static_cast<unsigned char>(ch);
        return (byte < 0x20U && ch != '\t') || byte == 0x7fU || (ascii_only && byte > 0x7fU);
    });
    if (bad == field.value.end()) return false;
    const auto offset = static_cast<std::uint32_t>(bad - field.value.begin());
    auto draft = draft_of(field, name,
                          "The value of " + std::string(name) + " has the byte " +
                              quote(field.value.substr(offset, 1)) + " at offset " + std::to_string(offset) +
                              (ascii_only ? "; wanted printable ASCII" : "; wanted no control characters"));
    draft.head = proto::ByteRange{field.value_range.offset + offset, 1};
    c.report.add(kClean, std::move(draft));
    return true;
}

/// NUL, a bare CR and their like: servers refuse the request, or read another one than was sent.
void check_other_values(const Context& c, const RequestHead& head) {
    for (const auto& field : head.fields)
        if (!is_reserved(field.name)) (void)unclean(c, field, printable(field.name, 60), false);
}

void check_reserved(const Context& c, const RequestHead& head) {
    const bool crlf = head.raw.substr(0, head.raw.find('\n')).ends_with('\r');
    for (const auto name : kReserved) {
        std::size_t seen = 0;
        for (const auto& field : head.fields) {
            if (!base::iequals(field.name, name)) continue;
            c.saw(Subject::kReservedHeader);
            if (++seen == 2) {
                const auto total = head.count(name);
                c.report.add(kOnce, draft_of(field, name,
                                             "The header " + std::string(name) + " stands on " + std::to_string(total) +
                                                 " lines; wanted one" +
                                                 (name == header::kContentEncoding
                                                      ? " (several mean that the body is encoded several times)"
                                                      : "")));
            }
            if (unclean(c, field, name, true)) continue;
            if (crlf && field.range.end() < head.raw.size() && head.raw[field.range.end()] == '\n') {
                // The other lines end in CRLF: this line feed belongs to the value.
                c.report.add(kClean, draft_of(field, name,
                                              "The value of " + std::string(name) +
                                                  " ends in a line feed; wanted printable ASCII"));
            }
        }
    }
}

void check_framing(const Context& c, const RequestHead& head) {
    const auto* length = head.find(header::kContentLength);
    const auto* coding = head.find(header::kTransferEncoding);
    if (length == nullptr && coding == nullptr && c.body.empty()) {
        Draft draft;
        draft.message =
            "No length is announced (neither Content-Length nor Transfer-Encoding), so the body is empty for a "
            "receiver";
        draft.field = header::kContentLength;
        c.report.add(kLengthAnnounced, std::move(draft));
        return;
    }
    if (length != nullptr && coding != nullptr) {
        c.report.add(kChunked, draft_of(*length, header::kContentLength,
                                        "The request has both Content-Length (" + printable(length->value, 20) +
                                            ") and Transfer-Encoding (" + printable(coding->value, 20) +
                                            "); wanted one of them"));
        return;
    }
    if (length == nullptr) return;
    c.saw(Subject::kContentLength);
    std::uint64_t announced = 0;
    const auto text = length->value;
    const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), announced);
    if (error != std::errc{} || stop != text.data() + text.size()) {
        c.report.add(kLength, draft_of(*length, header::kContentLength,
                                       "Content-Length is " + quote(text) + "; wanted a number of bytes"));
    } else if (announced != c.body.size()) {
        c.report.add(kLength, draft_of(*length, header::kContentLength,
                                       "Content-Length announces " + bytes_text(announced) + "; the body has " +
                                           bytes_text(c.body.size())));
    }
}

void run(const Context& c) {
    if (c.head == nullptr) {
        if (c.state == nullptr || !c.state->head_error) return;
        c.saw(Subject::kHead);
        report_malformed(c, *c.state->head_error);
        return;
    }
    const auto& head = *c.head;
    c.saw(Subject::kHead);
    check_method(c, head);
    if (c.kind == RequestKind::kProbe) return;
    c.saw(Subject::kRequest);
    check_target(c, head);
    check_host(c, head);
    check_user_agent(c, head);
    check_version(c, head);
    check_reserved(c, head);
    check_other_values(c, head);
    check_framing(c, head);
    if (const auto* expect = head.find("Expect"); expect != nullptr)
        c.report.add(kExpect,
                     draft_of(*expect, "Expect",
                              "The request carries 'Expect: " + printable(expect->value, 40) + "', as it may"));
    if (const auto* retry = head.find(header::kRetryAttempt); retry != nullptr) {
        c.saw(Subject::kRetry);
        c.report.add(kRetryAttempt, draft_of(*retry, header::kRetryAttempt,
                                             "The request is labelled as retry number " + quote(retry->value, 20)));
    }
}

}  // namespace

constinit const Family kHeaders{"headers", kRules, kUncovered, run};

}  // namespace prw::rules
