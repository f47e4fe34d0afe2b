// A partner's connection to a running coordinator, with the files of deploy/pki/make_pki.sh.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>

#include "client/transport/https_link.h"
#include "common/base/file.h"
#include "common/crypto/signature.h"
#include "common/net/http_client.h"
#include "tests/bench/must.h"

namespace bauta::bench {

inline std::filesystem::path keys_of(const std::filesystem::path& pki, const std::string& partner) {
  return pki / "partners" / partner;
}

inline SigningKey signing_key_of(const std::filesystem::path& pki, const std::string& partner) {
  return must(SigningKey::from_pem(must(read_text_file(keys_of(pki, partner) / "signing.key")), {}));
}

/// One connection over mutual TLS to 127.0.0.1.
class PartnerLink {
 public:
  /// `random` must outlive this.
  PartnerLink(const std::filesystem::path& pki, const std::string& partner, std::uint16_t port,
              const Digest& roster_hash, RandomSource& random)
      : http_(must(HttpClient::create(settings(pki, partner, port), clock_))),
        link_({roster_hash, 0, {}}, *http_, clock_, random, waiter_) {}

  client::HttpsLink& link() { return link_; }
  /// Ends the call under way and all later ones; from any thread.
  void cancel() { http_->cancel(); }

 private:
  static HttpClientSettings settings(const std::filesystem::path& pki, const std::string& partner, std::uint16_t port) {
    HttpClientSettings http;
    http.host = "127.0.0.1";
    http.port = port;
    const std::filesystem::path keys = keys_of(pki, partner);
    http.tls = TlsClientSettings{pki / "ca.pem", keys / "tls.pem", keys / "tls.key", {}};
    return http;
  }

  SystemClock clock_;
  client::SleepingWaiter waiter_;
  std::unique_ptr<HttpClient> http_;
  client::HttpsLink link_;
};

}  // namespace bauta::bench
