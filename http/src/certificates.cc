#include "prw/http/certificates.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "socket.h"

namespace prw::http {

namespace {

using Key = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;
using File = std::unique_ptr<std::FILE, decltype(&std::fclose)>;

constexpr long kHour = 3600, kDay = 24 * kHour;

bool extend(X509* certificate, X509* issuer, int kind, const char* value) {
    X509V3_CTX context{};
    X509V3_set_ctx_nodb(&context);
    X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
    const std::unique_ptr<X509_EXTENSION, decltype(&X509_EXTENSION_free)> extension(
        X509V3_EXT_conf_nid(nullptr, &context, kind, value), X509_EXTENSION_free);
    return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

/// Signed by `issuer`, or by itself where there is none.
Certificate make(const char* name, long serial, EVP_PKEY* key, X509* issuer, EVP_PKEY* issuer_key) {
    Certificate out(X509_new(), X509_free);
    if (!out) return out;
    X509* self = out.get();
    bool done = X509_set_version(self, 2) == 1 && ASN1_INTEGER_set(X509_get_serialNumber(self), serial) == 1 &&
                X509_gmtime_adj(X509_getm_notBefore(self), -kHour) != nullptr &&
                X509_gmtime_adj(X509_getm_notAfter(self), kDay) != nullptr && X509_set_pubkey(self, key) == 1;
    done = done && X509_NAME_add_entry_by_txt(X509_get_subject_name(self), "CN", MBSTRING_ASC,
                                              reinterpret_cast<const unsigned char*>(name), -1, -1, 0) == 1;
    X509* signer = issuer != nullptr ? issuer : self;
    done = done && X509_set_issuer_name(self, X509_get_subject_name(signer)) == 1;
    if (issuer == nullptr) {
        done = done && extend(self, signer, NID_basic_constraints, "critical,CA:TRUE") &&
               extend(self, signer, NID_key_usage, "critical,keyCertSign,cRLSign") &&
               extend(self, signer, NID_subject_key_identifier, "hash");
    } else {
        done = done && extend(self, signer, NID_basic_constraints, "critical,CA:FALSE") &&
               extend(self, signer, NID_key_usage, "critical,digitalSignature") &&
               extend(self, signer, NID_ext_key_usage, "serverAuth") &&
               extend(self, signer, NID_authority_key_identifier, "keyid:always") &&
               extend(self, signer, NID_subject_alt_name, "IP:127.0.0.1,IP:::1,DNS:localhost");
    }
    done = done && X509_sign(self, issuer_key, EVP_sha256()) != 0;
    if (!done) out.reset();
    return out;
}

Result<File> create(const std::string& path) {
    const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, S_IRUSR | S_IWUSR);
    File file(fd >= 0 ? ::fdopen(fd, "w") : nullptr, std::fclose);
    if (!file) return fail(ErrorCode::kIo, "cannot write the file", path, errno_text(errno));
    return file;
}

template <typename Write>
Result<void> write_pem(const std::string& path, Write write) {
    auto file = create(path);
    if (!file) return tl::unexpected<Error>(file.error());
    if (write(file->get()) != 1 || std::fflush(file->get()) != 0)
        return fail(ErrorCode::kIo, "cannot write the file", path);
    return {};
}

}  // namespace

Result<TestCertificates> make_test_certificates(const std::string& folder) {
    ERR_clear_error();
    const Key ca_key(EVP_EC_gen("P-256"), EVP_PKEY_free), key(EVP_EC_gen("P-256"), EVP_PKEY_free);
    Certificate ca(nullptr, X509_free), certificate(nullptr, X509_free);
    if (ca_key && key) ca = make("prw test CA", 1, ca_key.get(), nullptr, ca_key.get());
    if (ca) certificate = make("localhost", 2, key.get(), ca.get(), ca_key.get());
    if (!certificate) {
        const char* reason = ERR_reason_error_string(ERR_get_error());
        return fail(ErrorCode::kInternal, "cannot make certificates", {}, reason != nullptr ? reason : "unknown error");
    }
    TestCertificates out{folder + "/ca.pem", folder + "/server.pem", folder + "/server.key"};
    for (auto done :
         {write_pem(out.ca_file, [&](std::FILE* file) { return PEM_write_X509(file, ca.get()); }),
          write_pem(out.certificate_file, [&](std::FILE* file) { return PEM_write_X509(file, certificate.get()); }),
          write_pem(out.key_file, [&](std::FILE* file) {
              return PEM_write_PrivateKey(file, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })}) {
        if (!done) return tl::unexpected<Error>(done.error());
    }
    return out;
}

}  // namespace prw::http
