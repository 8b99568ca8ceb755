/// Certificates made anew, so that a test can speak TLS with a client that trusts one CA file and nothing else.
#pragma once

#include <string>

#include "prw/base/error.h"

namespace prw::http {

/// PEM files. The certificate is for 127.0.0.1, ::1 and localhost, signed by the CA, and good for a day from an hour
/// ago; the CA's own key is not kept.
struct TestCertificates {
    std::string ca_file, certificate_file, key_file;
};

/// Writes ca.pem, server.pem and server.key (readable by their owner only) into an existing folder. kIo with the file,
/// kInternal with OpenSSL's words.
[[nodiscard]] Result<TestCertificates> make_test_certificates(const std::string& folder);

}  // namespace prw::http
