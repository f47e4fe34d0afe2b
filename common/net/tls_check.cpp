#include "common/net/tls_check.h"

#include <fmt/format.h>
#include <openssl/x509v3.h>

#include "common/net/tls_context.h"

namespace bauta {
namespace {

struct FreeStoreContext {
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};

struct Purpose {
  int openssl;
  std::uint32_t usage;
  const char* name;
};
constexpr Purpose kServer{X509_PURPOSE_SSL_SERVER, XKU_SSL_SERVER, "serverAuth"};
constexpr Purpose kClient{X509_PURPOSE_SSL_CLIENT, XKU_SSL_CLIENT, "clientAuth"};

/// What a peer that trusts the same CA says of the context's own certificate.
Status check_own_certificate(SSL_CTX* context, const std::filesystem::path& file, const std::filesystem::path& ca_file,
                             Purpose purpose, WallTime now) {
  X509* const leaf = SSL_CTX_get0_certificate(context);
  if ((X509_get_extension_flags(leaf) & EXFLAG_XKUSAGE) == 0 ||
      (X509_get_extended_key_usage(leaf) & purpose.usage) == 0) {
    return Error{ErrorCode::tls, fmt::format("the certificate in {} lacks the extended key usage {}, so the other side "
                                             "refuses it: have the federation's CA issue one that has it",
                                             file.string(), purpose.name)};
  }
  if ((X509_get_extension_flags(leaf) & EXFLAG_CA) != 0) {
    return Error{ErrorCode::tls,
                 fmt::format("the certificate in {} is a CA's own, which the other side refuses", file.string())};
  }
  STACK_OF(X509)* chain = nullptr;
  SSL_CTX_get0_chain_certs(context, &chain);
  const std::unique_ptr<X509_STORE_CTX, FreeStoreContext> store(X509_STORE_CTX_new());
  BAUTA_CHECK(store && X509_STORE_CTX_init(store.get(), SSL_CTX_get_cert_store(context), leaf, chain) == 1);
  X509_VERIFY_PARAM* const as_peers = X509_STORE_CTX_get0_param(store.get());
  X509_VERIFY_PARAM_set1(as_peers, SSL_CTX_get0_param(context));
  X509_VERIFY_PARAM_set_auth_level(as_peers, SSL_CTX_get_security_level(context));
  X509_STORE_CTX_set_purpose(store.get(), purpose.openssl);
  X509_STORE_CTX_set_time(store.get(), 0,
                          std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count());
  if (X509_verify_cert(store.get()) == 1) return {};
  return Error{
      ErrorCode::tls,
      fmt::format("the certificate in {} does not hold before the CA in {} ({}); both sides need the same CAs, "
                  "and a CA file may hold several",
                  file.string(), ca_file.string(),
                  X509_verify_cert_error_string(X509_STORE_CTX_get_error(store.get())))};
}

}  // namespace

Status check_tls(const TlsServerSettings& settings, WallTime now) {
  BAUTA_TRY(const SslContext context, make_server_context(settings, now));
  if (settings.client_ca_file.empty()) return {};
  return check_own_certificate(context.get(), settings.certificate_file, settings.client_ca_file, kServer, now);
}

Status check_tls(const TlsClientSettings& settings, WallTime now) {
  BAUTA_TRY(const TlsClientContext client, make_client_context(settings, now));
  if (settings.certificate_file.empty()) return {};
  return check_own_certificate(client.context.get(), settings.certificate_file, settings.ca_file, kClient, now);
}

}  // namespace bauta
