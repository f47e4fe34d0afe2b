// A certificate authority made at run time, with keys that take a millisecond: for good certificates and for every
// kind of bad one. Links against bauta_test_pki.
#pragma once

#include <openssl/evp.h>
#include <openssl/x509.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"

namespace bauta::testing {

struct CertificateOrder {
  std::string file_stem;                       ///< names the files; may hold a folder
  std::vector<std::string> alternative_names;  ///< as OpenSSL writes them: "URI:urn:bauta:coordinator", "IP:127.0.0.1"
  std::string extended_key_usage = "clientAuth";  ///< empty: none
  std::chrono::seconds valid_from{-3600};         ///< from now
  std::chrono::seconds valid_until{24 * 3600};
  bool is_authority = false;
};

struct IssuedCertificate {
  std::filesystem::path certificate_file;
  std::filesystem::path key_file;
  Bytes der;
};

/// ECDSA P-256 throughout. Failures of OpenSSL end the test program.
class TestAuthority {
 public:
  /// Writes <folder>/<name>.pem.
  TestAuthority(std::filesystem::path folder, const std::string& name = "ca");

  const std::filesystem::path& certificate_file() const { return certificate_file_; }
  IssuedCertificate issue(const CertificateOrder& order) const;
  /// clientAuth, "URI:urn:bauta:partner:<id>".
  IssuedCertificate partner(const std::string& id) const;
  /// serverAuth, "URI:urn:bauta:coordinator", localhost, 127.0.0.1.
  IssuedCertificate coordinator() const;

 private:
  struct FreeKey {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
  };
  struct FreeCertificate {
    void operator()(X509* certificate) const { X509_free(certificate); }
  };
  std::filesystem::path folder_;
  std::filesystem::path certificate_file_;
  std::unique_ptr<EVP_PKEY, FreeKey> key_;
  std::unique_ptr<X509, FreeCertificate> certificate_;
};

/// Writes a copy of an unencrypted key file that only `passphrase` opens.
void encrypt_key(const std::filesystem::path& key_file, const std::filesystem::path& encrypted_file,
                 std::string_view passphrase);

}  // namespace bauta::testing
