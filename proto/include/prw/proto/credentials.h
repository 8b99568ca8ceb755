/// Credentials in what is shown or kept: the one place that knows which words name them. What is made to be shared must
/// not carry them off the machine.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace prw::proto {

/// Authorization, cookies, and the names in use for keys and tokens (X-Api-Key, DD-API-KEY, X-Vault-Token,
/// X-Amz-Security-Token, Private-Token, …); case-insensitive. A tenant (X-Scope-OrgID) is none.
[[nodiscard]] bool carries_credentials(std::string_view header_name);
/// The same of a parameter of a query (token, api_key, sig, X-Amz-Signature, …), percent-encoded or not.
[[nodiscard]] bool parameter_carries_credentials(std::string_view parameter_name);

/// Overwrites credentials with 'x', as long as they were, so that byte ranges in the head stay true: values of the
/// fields above and of their continued lines, of parameters in the request target or in a URL in any field, and what
/// stands before '@' in a URL. Line by line, whether the head parses or not. The scheme ("Basic", "Bearer") stays, and
/// so do control characters, and a value that is `known`, which is none of the user's.
void redact_credentials(std::string& raw_head, std::span<const std::string> known = {});

/// The value of a header, or of a field of a response, with "xxxxx" in place of what is secret in it.
[[nodiscard]] std::string redact_header_value(std::string_view name, std::string_view value);

/// A text with URLs or parts of them in it: the password of each userinfo and the values of such parameters become
/// "xxxxx".
[[nodiscard]] std::string redact_urls(std::string_view text);

/// The words of a command: values of flags, of headers given to flags, of environment variables and of parameters, and
/// passwords in URLs become "xxxxx": `--password hush`, `--token=hush`, `-phush`, `-u me:hush`,
/// `--header=X-Api-Key:hush`,
/// `-H 'Authorization: Bearer hush'`, also within a word that holds a line for a shell. A reference (`$TOKEN`) stays.
[[nodiscard]] std::vector<std::string> redact_command_words(std::span<const std::string> words);

}  // namespace prw::proto
