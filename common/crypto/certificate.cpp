#include "common/crypto/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/x509v3.h>
#include <time.h>

#include <limits>
#include <memory>
#include <optional>

namespace bauta {

namespace {

constexpr std::string_view kCoordinatorUri = "urn:bauta:coordinator";
constexpr std::string_view kPartnerPrefix = "urn:bauta:partner:";

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
/// OpenSSL would ask on the terminal for the passphrase of an "encrypted certificate".
int refuse_passphrase(char*, int, int, void*) { return -1; }

using X509Pointer = std::unique_ptr<X509, FreeX509>;

std::optional<WallTime> wall_time(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  return WallTime(std::chrono::seconds(timegm(&parts)));
}

Result<std::string> only_uri(X509* certificate) {
  int critical = 0;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, &critical, nullptr)));
  std::optional<std::string> uri;
  const int count = names ? sk_GENERAL_NAME_num(names.get()) : 0;
  for (int i = 0; i < count; ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    if (uri) {
      return Error{ErrorCode::unauthenticated,
                   "the certificate has more than one subject alternative name of kind URI"};
    }
    const ASN1_IA5STRING* text = name->d.uniformResourceIdentifier;
    uri.emplace(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                static_cast<std::size_t>(ASN1_STRING_length(text)));
  }
  if (!uri) {
    return Error{
        ErrorCode::unauthenticated,
        "the certificate has no subject alternative name of the form URI:urn:bauta:partner:<id> (a partner's) or "
        "URI:urn:bauta:coordinator (that of the coordinator's partner listener)"};
  }
  return *uri;
}

}  // namespace

bool is_partner_id(std::string_view id) {
  if (id.empty() || id.size() > 64) return false;
  for (const char c : id) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-')) return false;
  }
  return true;
}

Result<CertificateIdentity> certificate_identity(ByteView der) {
  const Error malformed{ErrorCode::malformed, "the bytes are no X.509 certificate"};
  if (der.size() > static_cast<std::size_t>(std::numeric_limits<long>::max())) return malformed;
  const unsigned char* next = der.data();
  const X509Pointer certificate(d2i_X509(nullptr, &next, static_cast<long>(der.size())));
  ERR_clear_error();
  if (!certificate || next != der.data() + der.size()) return malformed;

  CertificateIdentity identity;
  const auto not_before = wall_time(X509_get0_notBefore(certificate.get()));
  const auto not_after = wall_time(X509_get0_notAfter(certificate.get()));
  if (!not_before || !not_after) return malformed;
  identity.not_before = *not_before;
  identity.not_after = *not_after;
  SHA256(der.data(), der.size(), identity.fingerprint.data());

  BAUTA_TRY(const std::string uri, only_uri(certificate.get()));
  if (uri == kCoordinatorUri) {
    identity.role = CertificateIdentity::Role::coordinator;
    return identity;
  }
  if (uri.starts_with(kPartnerPrefix) && is_partner_id(std::string_view(uri).substr(kPartnerPrefix.size()))) {
    identity.partner_id = uri.substr(kPartnerPrefix.size());
    return identity;
  }
  return Error{ErrorCode::unauthenticated,
               "the certificate's URI is neither urn:bauta:coordinator nor urn:bauta:partner:<1 to 64 of a-z 0-9 _ ->"};
}

Result<Bytes> certificate_der(std::string_view pem) {
  const Error malformed{ErrorCode::malformed, "the text holds no PEM certificate"};
  if (pem.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) return malformed;
  const std::unique_ptr<BIO, FreeBio> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  const X509Pointer certificate(PEM_read_bio_X509(bio.get(), nullptr, refuse_passphrase, nullptr));
  ERR_clear_error();
  if (!certificate) return malformed;
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate.get(), &encoded);
  if (length <= 0) return malformed;
  Bytes der(encoded, encoded + length);
  OPENSSL_free(encoded);
  return der;
}

}  // namespace bauta
