#include "tests/support/test_pki.h"

#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <atomic>
#include <cstdio>

#include "common/base/result.h"

namespace bauta::testing {

namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

File open_to(const std::filesystem::path& path, const char* mode) {
  File file(std::fopen(path.c_str(), mode));
  BAUTA_CHECK(file != nullptr);
  return file;
}

EVP_PKEY* make_key() {
  EVP_PKEY* key = EVP_EC_gen("P-256");
  BAUTA_CHECK(key != nullptr);
  return key;
}

void write_certificate(X509* certificate, const std::filesystem::path& path) {
  BAUTA_CHECK(PEM_write_X509(open_to(path, "w").get(), certificate) == 1);
}

void write_key(EVP_PKEY* key, const std::filesystem::path& path) {
  BAUTA_CHECK(PEM_write_PrivateKey(open_to(path, "w").get(), key, nullptr, nullptr, 0, nullptr, nullptr) == 1);
}

void extend(X509* certificate, X509* issuer, int kind, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, kind, value.c_str());
  BAUTA_CHECK(extension != nullptr);
  BAUTA_CHECK(X509_add_ext(certificate, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

/// `issuer` null: self-signed.
X509* make_certificate(const CertificateOrder& order, const std::string& name, EVP_PKEY* key, X509* issuer,
                       EVP_PKEY* issuer_key) {
  static std::atomic<long> serial{1};
  X509* certificate = X509_new();
  BAUTA_CHECK(certificate != nullptr);
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), serial++);
  X509_gmtime_adj(X509_getm_notBefore(certificate), order.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), order.valid_until.count());
  X509_set_pubkey(certificate, key);
  X509_NAME* subject = X509_get_subject_name(certificate);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_UTF8, reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1,
                             0);
  X509* signer = issuer == nullptr ? certificate : issuer;
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  extend(certificate, signer, NID_basic_constraints, order.is_authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  extend(certificate, signer, NID_key_usage,
         order.is_authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature");
  extend(certificate, signer, NID_subject_key_identifier, "hash");
  extend(certificate, signer, NID_authority_key_identifier, "keyid");
  if (!order.extended_key_usage.empty()) extend(certificate, signer, NID_ext_key_usage, order.extended_key_usage);
  std::string names;
  for (const auto& alternative : order.alternative_names) names += (names.empty() ? "" : ",") + alternative;
  if (!names.empty()) extend(certificate, signer, NID_subject_alt_name, names);
  BAUTA_CHECK(X509_sign(certificate, issuer_key, EVP_sha256()) > 0);
  return certificate;
}

}  // namespace

TestAuthority::TestAuthority(std::filesystem::path folder, const std::string& name)
    : folder_(std::move(folder)), certificate_file_(folder_ / (name + ".pem")), key_(make_key()) {
  std::filesystem::create_directories(folder_);
  CertificateOrder order;
  order.extended_key_usage.clear();
  order.is_authority = true;
  certificate_.reset(make_certificate(order, name, key_.get(), nullptr, key_.get()));
  write_certificate(certificate_.get(), certificate_file_);
}

IssuedCertificate TestAuthority::issue(const CertificateOrder& order) const {
  IssuedCertificate issued;
  issued.certificate_file = folder_ / (order.file_stem + ".pem");
  issued.key_file = folder_ / (order.file_stem + ".key");
  std::filesystem::create_directories(issued.certificate_file.parent_path());
  const std::unique_ptr<EVP_PKEY, FreeKey> key(make_key());
  const std::unique_ptr<X509, FreeCertificate> certificate(
      make_certificate(order, order.file_stem, key.get(), certificate_.get(), key_.get()));
  write_certificate(certificate.get(), issued.certificate_file);
  write_key(key.get(), issued.key_file);
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate.get(), &encoded);
  BAUTA_CHECK(length > 0);
  issued.der.assign(encoded, encoded + length);
  OPENSSL_free(encoded);
  return issued;
}

IssuedCertificate TestAuthority::partner(const std::string& id) const {
  CertificateOrder order;
  order.file_stem = "partner-" + id;
  order.alternative_names = {"URI:urn:bauta:partner:" + id};
  return issue(order);
}

IssuedCertificate TestAuthority::coordinator() const {
  CertificateOrder order;
  order.file_stem = "coordinator";
  order.alternative_names = {"URI:urn:bauta:coordinator", "DNS:localhost", "IP:127.0.0.1"};
  order.extended_key_usage = "serverAuth";
  return issue(order);
}

void encrypt_key(const std::filesystem::path& key_file, const std::filesystem::path& encrypted_file,
                 std::string_view passphrase) {
  EVP_PKEY* key = PEM_read_PrivateKey(open_to(key_file, "r").get(), nullptr, nullptr, nullptr);
  BAUTA_CHECK(key != nullptr);
  BAUTA_CHECK(PEM_write_PKCS8PrivateKey(open_to(encrypted_file, "w").get(), key, EVP_aes_256_cbc(), passphrase.data(),
                                        static_cast<int>(passphrase.size()), nullptr, nullptr) == 1);
  EVP_PKEY_free(key);
}

}  // namespace bauta::testing
