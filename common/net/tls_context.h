// OpenSSL contexts made from TLS settings. Only for common/net: everybody else sees tls_settings.h.
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <optional>
#include <string>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/crypto/certificate.h"
#include "common/net/tls_settings.h"

namespace bauta {

struct FreeSslContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using SslContext = std::unique_ptr<SSL_CTX, FreeSslContext>;

/// TLS 1.3 only, no tickets and no resumption (a resumed session skips the certificate check), never a passphrase
/// prompt. With client_ca_file a client must show a certificate of that CA with extended key usage clientAuth that
/// names a partner; all others are refused within the handshake. Errors name the file and what mends it.
Result<SslContext> make_server_context(const TlsServerSettings& settings, WallTime now);

struct TlsClientContext {
  SslContext context;
  std::optional<CertificateIdentity> own_identity;
};
Result<TlsClientContext> make_client_context(const TlsClientSettings& settings, WallTime now);

/// Why this side refused the peer's certificate; empty when it did not.
std::string certificate_refusal(const SSL* ssl);
/// The verified peer's identity. Error: unauthenticated without a certificate.
Result<CertificateIdentity> peer_identity(const SSL* ssl);

/// The oldest entry of OpenSSL's error queue in words; empties the queue.
std::string take_openssl_error();
/// The TLS alert that the peer sent, when `error` of OpenSSL's queue is one: "certificate expired"; empty otherwise.
std::string peer_alert(unsigned long error);
/// True for the alerts by which a server refuses a client certificate.
bool is_certificate_alert(unsigned long error);

}  // namespace bauta
