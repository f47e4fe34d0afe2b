#include "common/net/tls_context.h"

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>
#include <string.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "common/base/file.h"
#include "common/base/time_format.h"

namespace bauta {

namespace {

constexpr std::uint64_t kMaxPemBytes = 1024 * 1024;

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
};
struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
struct FreeKey {
  void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
};
using X509Pointer = std::unique_ptr<X509, FreeX509>;
using BioPointer = std::unique_ptr<BIO, FreeBio>;
using KeyPointer = std::unique_ptr<EVP_PKEY, FreeKey>;

/// A text that is wiped when it goes.
class SecretText {
 public:
  SecretText() = default;
  explicit SecretText(std::string text) : text_(std::move(text)) {}
  ~SecretText() { explicit_bzero(text_.data(), text_.capacity()); }
  SecretText(const SecretText&) = delete;
  SecretText& operator=(const SecretText&) = delete;
  std::string& reveal() { return text_; }

 private:
  std::string text_;
};

/// OpenSSL's default would ask on the terminal and hang a daemon.
int give_passphrase(char* buffer, int size, int, void* user) {
  const auto* passphrase = static_cast<const std::string*>(user);
  if (passphrase == nullptr || passphrase->size() > static_cast<std::size_t>(size)) return -1;
  std::copy(passphrase->begin(), passphrase->end(), buffer);
  return static_cast<int>(passphrase->size());
}

Error tls_error(std::string message) { return Error{ErrorCode::tls, std::move(message)}; }

Result<std::string> read_pem(const std::filesystem::path& path, std::string_view what) {
  if (path.empty()) return Error{ErrorCode::invalid_argument, fmt::format("no {} file is set", what)};
  auto text = read_text_file(path, kMaxPemBytes);
  if (!text) return with_context(fmt::format("cannot read the {} file", what), text.error());
  return text;
}

std::int64_t unix_seconds(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

Status check_validity(X509* certificate, const std::filesystem::path& path, std::string_view what, WallTime now) {
  // Negative: the ASN.1 time lies before the other.
  std::time_t at = unix_seconds(now);
  const auto text_of = [](const ASN1_TIME* time) {
    std::tm parts{};
    ASN1_TIME_to_tm(time, &parts);
    return format_time(timegm(&parts));
  };
  if (X509_cmp_time(X509_get0_notAfter(certificate), &at) < 0) {
    return tls_error(fmt::format("the {} in {} expired on {}: put a renewed one in its place", what, path.string(),
                                 text_of(X509_get0_notAfter(certificate))));
  }
  if (X509_cmp_time(X509_get0_notBefore(certificate), &at) > 0) {
    return tls_error(fmt::format("the {} in {} is valid only from {}, and it is {} here: check this machine's clock",
                                 what, path.string(), text_of(X509_get0_notBefore(certificate)),
                                 format_time(unix_seconds(now))));
  }
  return {};
}

/// All certificates of a PEM file, each within its validity.
Result<std::vector<X509Pointer>> load_certificates(const std::filesystem::path& path, std::string_view what,
                                                   WallTime now) {
  BAUTA_TRY(const std::string pem, read_pem(path, what));
  const BioPointer bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  std::vector<X509Pointer> certificates;
  while (X509* certificate = PEM_read_bio_X509(bio.get(), nullptr, give_passphrase, nullptr)) {
    certificates.emplace_back(certificate);
  }
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (certificates.empty() || !at_end) {
    return tls_error(
        fmt::format("{} holds no PEM {} (-----BEGIN CERTIFICATE-----), or a damaged one", path.string(), what));
  }
  for (const auto& certificate : certificates) {
    BAUTA_RETURN_IF_ERROR(check_validity(certificate.get(), path, what, now));
  }
  return certificates;
}

Result<KeyPointer> load_key(const std::filesystem::path& path, const std::filesystem::path& passphrase_file) {
  SecretText passphrase;
  if (!passphrase_file.empty()) {
    auto text = read_text_file(passphrase_file, 4096);
    if (!text) return with_context("cannot read the passphrase file", text.error());
    passphrase.reveal() = std::move(text).value();
    auto& line = passphrase.reveal();
    line.resize(std::min(line.size(), line.find_first_of("\r\n")));
  }
  BAUTA_TRY(std::string read, read_pem(path, "private key"));
  SecretText pem(std::move(read));
  const bool encrypted = pem.reveal().find("ENCRYPTED") != std::string::npos;
  if (encrypted && passphrase_file.empty()) {
    return tls_error(
        fmt::format("the private key in {} is encrypted: set the passphrase file that opens it", path.string()));
  }
  const BioPointer bio(BIO_new_mem_buf(pem.reveal().data(), static_cast<int>(pem.reveal().size())));
  KeyPointer key(PEM_read_bio_PrivateKey(bio.get(), nullptr, give_passphrase, &passphrase.reveal()));
  ERR_clear_error();
  if (!key && encrypted) {
    return tls_error(fmt::format("the passphrase in {} does not open the private key in {}", passphrase_file.string(),
                                 path.string()));
  }
  if (!key) return tls_error(fmt::format("{} holds no PEM private key (-----BEGIN PRIVATE KEY-----)", path.string()));
  return key;
}

Result<CertificateIdentity> identity_of(const X509* certificate) {
  unsigned char* encoded = nullptr;
  const int length = i2d_X509(certificate, &encoded);
  if (length <= 0) return Error{ErrorCode::malformed, "the certificate cannot be encoded"};
  auto identity = certificate_identity(ByteView(encoded, static_cast<std::size_t>(length)));
  OPENSSL_free(encoded);
  return identity;
}

/// Where a connection keeps why it refused the peer's certificate.
int refusal_index() {
  static const int index = SSL_get_ex_new_index(
      0, nullptr, nullptr, nullptr,
      [](void*, void* text, CRYPTO_EX_DATA*, int, long, void*) { delete static_cast<std::string*>(text); });
  return index;
}

void note_refusal(X509_STORE_CTX* store, const std::string& reason) {
  auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ssl == nullptr || SSL_get_ex_data(ssl, refusal_index()) != nullptr) return;
  std::array<char, 256> subject{};
  if (const X509* certificate = X509_STORE_CTX_get_current_cert(store)) {
    X509_NAME_oneline(X509_get_subject_name(certificate), subject.data(), static_cast<int>(subject.size()));
  }
  SSL_set_ex_data(ssl, refusal_index(), new std::string(fmt::format("certificate '{}': {}", subject.data(), reason)));
}

int refuse(X509_STORE_CTX* store, int code, const std::string& reason) {
  note_refusal(store, reason);
  X509_STORE_CTX_set_error(store, code);
  return 0;
}

/// What the library's own verification lets pass but this project does not.
int verify_identity(int verified, X509_STORE_CTX* store, CertificateIdentity::Role role, std::uint32_t usage) {
  if (verified != 1) {
    note_refusal(store, X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
    return 0;
  }
  if (X509_STORE_CTX_get_error_depth(store) != 0) return 1;
  X509* certificate = X509_STORE_CTX_get_current_cert(store);
  const auto flags = X509_get_extension_flags(certificate);
  if ((flags & EXFLAG_XKUSAGE) == 0 || (X509_get_extended_key_usage(certificate) & usage) == 0) {
    return refuse(store, X509_V_ERR_INVALID_PURPOSE,
                  usage == XKU_SSL_CLIENT ? "extended key usage clientAuth is missing"
                                          : "extended key usage serverAuth is missing");
  }
  if ((flags & EXFLAG_CA) != 0) return refuse(store, X509_V_ERR_INVALID_PURPOSE, "it is a CA's own");
  const auto identity = identity_of(certificate);
  if (!identity) return refuse(store, X509_V_ERR_APPLICATION_VERIFICATION, identity.error().message);
  if (identity->role != role) {
    return refuse(store, X509_V_ERR_APPLICATION_VERIFICATION,
                  role == CertificateIdentity::Role::partner ? "it names the coordinator, not a partner"
                                                             : "it names a partner, not the coordinator");
  }
  return 1;
}

int verify_partner(int verified, X509_STORE_CTX* store) {
  return verify_identity(verified, store, CertificateIdentity::Role::partner, XKU_SSL_CLIENT);
}
int verify_coordinator(int verified, X509_STORE_CTX* store) {
  return verify_identity(verified, store, CertificateIdentity::Role::coordinator, XKU_SSL_SERVER);
}
int verify_server(int verified, X509_STORE_CTX* store) {
  if (verified != 1) note_refusal(store, X509_verify_cert_error_string(X509_STORE_CTX_get_error(store)));
  return verified;
}

Result<SslContext> bare_context(const SSL_METHOD* method) {
  ERR_clear_error();
  SslContext context(SSL_CTX_new(method));
  if (!context || SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_max_proto_version(context.get(), TLS1_3_VERSION) != 1 ||
      SSL_CTX_set_num_tickets(context.get(), 0) != 1) {
    return tls_error(fmt::format("OpenSSL refuses TLS 1.3 here: {}", take_openssl_error()));
  }
  SSL_CTX_set_options(context.get(), SSL_OP_NO_TICKET | SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_default_passwd_cb(context.get(), give_passphrase);
  // A record in one read, not two; every reader here goes on until TLS wants more.
  SSL_CTX_set_read_ahead(context.get(), 1);
  SSL_CTX_set_mode(context.get(), SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

/// Leaf, intermediates and key. Returns the leaf.
Result<X509Pointer> use_certificate(SSL_CTX* context, const std::filesystem::path& certificate_file,
                                    const std::filesystem::path& key_file, const std::filesystem::path& passphrase_file,
                                    WallTime now) {
  BAUTA_TRY(auto chain, load_certificates(certificate_file, "certificate", now));
  BAUTA_TRY(const KeyPointer key, load_key(key_file, passphrase_file));
  if (X509_check_private_key(chain.front().get(), key.get()) != 1) {
    ERR_clear_error();
    return tls_error(fmt::format("the private key in {} does not belong to the certificate in {}", key_file.string(),
                                 certificate_file.string()));
  }
  bool used =
      SSL_CTX_use_certificate(context, chain.front().get()) == 1 && SSL_CTX_use_PrivateKey(context, key.get()) == 1;
  for (std::size_t i = 1; used && i < chain.size(); ++i) used = SSL_CTX_add1_chain_cert(context, chain[i].get()) == 1;
  if (!used) {
    return tls_error(
        fmt::format("OpenSSL refuses the certificate in {}: {}", certificate_file.string(), take_openssl_error()));
  }
  return std::move(chain.front());
}

Status trust(SSL_CTX* context, const std::filesystem::path& ca_file, bool tell_clients, WallTime now) {
  BAUTA_TRY(const auto authorities, load_certificates(ca_file, "CA certificate", now));
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& authority : authorities) {
    if (X509_check_ca(authority.get()) == 0) {
      return tls_error(fmt::format("{} holds a certificate that is no CA's: give the federation's CA certificate",
                                   ca_file.string()));
    }
    if (X509_STORE_add_cert(store, authority.get()) != 1 ||
        (tell_clients && SSL_CTX_add_client_CA(context, authority.get()) != 1)) {
      return tls_error(
          fmt::format("OpenSSL refuses the CA certificate in {}: {}", ca_file.string(), take_openssl_error()));
    }
  }
  SSL_CTX_set_verify_depth(context, 2);
  return {};
}

}  // namespace

Result<SslContext> make_server_context(const TlsServerSettings& settings, WallTime now) {
  BAUTA_TRY(SslContext context, bare_context(TLS_server_method()));
  BAUTA_TRY(const X509Pointer leaf, use_certificate(context.get(), settings.certificate_file, settings.key_file,
                                                    settings.passphrase_file, now));
  if (settings.client_ca_file.empty()) {
    SSL_CTX_set_verify(context.get(), SSL_VERIFY_NONE, nullptr);
    return context;
  }
  const auto identity = identity_of(leaf.get());
  if (!identity || identity->role != CertificateIdentity::Role::coordinator) {
    return tls_error(
        fmt::format("the certificate in {} does not name the coordinator: partners refuse it unless it "
                    "has the subject alternative name URI:urn:bauta:coordinator",
                    settings.certificate_file.string()));
  }
  BAUTA_RETURN_IF_ERROR(trust(context.get(), settings.client_ca_file, true, now));
  SSL_CTX_set_verify(context.get(), SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, verify_partner);
  return context;
}

Result<TlsClientContext> make_client_context(const TlsClientSettings& settings, WallTime now) {
  TlsClientContext client;
  BAUTA_TRY(client.context, bare_context(TLS_client_method()));
  if (!settings.certificate_file.empty()) {
    BAUTA_TRY(const X509Pointer leaf, use_certificate(client.context.get(), settings.certificate_file,
                                                      settings.key_file, settings.passphrase_file, now));
    auto identity = identity_of(leaf.get());
    if (!identity || identity->role != CertificateIdentity::Role::partner) {
      return tls_error(
          fmt::format("the certificate in {} names no partner: it needs the subject alternative name "
                      "URI:urn:bauta:partner:<id>",
                      settings.certificate_file.string()));
    }
    client.own_identity = std::move(identity).value();
  }
  BAUTA_RETURN_IF_ERROR(trust(client.context.get(), settings.ca_file, false, now));
  SSL_CTX_set_verify(client.context.get(), SSL_VERIFY_PEER,
                     settings.require_coordinator ? verify_coordinator : verify_server);
  return client;
}

std::string certificate_refusal(const SSL* ssl) {
  const auto* reason = static_cast<const std::string*>(SSL_get_ex_data(ssl, refusal_index()));
  return reason == nullptr ? std::string() : *reason;
}

Result<CertificateIdentity> peer_identity(const SSL* ssl) {
  const X509Pointer certificate(SSL_get1_peer_certificate(ssl));
  if (!certificate) return Error{ErrorCode::unauthenticated, "the peer showed no certificate"};
  return identity_of(certificate.get());
}

std::string take_openssl_error() {
  const unsigned long error = ERR_get_error();
  ERR_clear_error();
  if (error == 0) return "no reason given";
  const char* reason = ERR_reason_error_string(error);
  return reason == nullptr ? fmt::format("error {:#x}", error) : std::string(reason);
}

std::string peer_alert(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL || ERR_GET_REASON(error) < SSL_AD_REASON_OFFSET) return "";
  const int alert = ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET;
  // OpenSSL 3.0 has no text for this one of TLS 1.3.
  return alert == SSL_AD_CERTIFICATE_REQUIRED ? "certificate required" : SSL_alert_desc_string_long(alert);
}

bool is_certificate_alert(unsigned long error) {
  if (ERR_GET_LIB(error) != ERR_LIB_SSL) return false;
  switch (ERR_GET_REASON(error) - SSL_AD_REASON_OFFSET) {
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_UNKNOWN_CA:
    case SSL_AD_ACCESS_DENIED:
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL3_AD_NO_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REQUIRED: return true;
    default: return false;
  }
}

}  // namespace bauta
