// HTTP calls without a network: hands each call to the very service that answers the partner listener, as the partner
// whose certificate it pretends to have verified.
#pragma once

#include "common/crypto/certificate.h"
#include "common/net/http_client.h"
#include "common/net/http_service.h"

namespace bauta::simulation {

/// Answers at once: what would be a long poll gets the answer it would get at its end. One thread.
class InProcessCaller final : public HttpCaller {
 public:
  /// `service` must outlive this.
  InProcessCaller(HttpService& service, CertificateIdentity identity)
      : service_(&service), identity_(std::move(identity)) {}

  Result<HttpResponse> send(const HttpCall& call) override;

 private:
  Result<HttpResponse> answer(HttpRequest& request, const HttpCall& call);

  HttpService* service_;
  CertificateIdentity identity_;
};

}  // namespace bauta::simulation
