// The operators' listener: runs, rounds, models and partners as JSON, behind hashed bearer tokens.
#pragma once

#include <span>

#include "common/net/http_service.h"
#include "coordinator/api/refusal_log.h"
#include "coordinator/api/round_runner.h"
#include "coordinator/api/route_table.h"
#include "coordinator/api/run_json.h"
#include "coordinator/storage/partner_store.h"
#include "coordinator/storage/token_store.h"

namespace bauta::coordinator {

class OperatorEndpoints final : public HttpService {
 public:
  /// All references must outlive this.
  OperatorEndpoints(RoundRunner& runner, RunStore& runs, RoundStore& rounds, PartnerRegistry& registry,
                    PartnerStore& partners, TokenStore& tokens, ModelStore& models, const Clock& clock,
                    const Logger& log);

  static std::span<const Route<OperatorEndpoints>> routes();

  BodyRule body_rule(const HttpRequest& head) const override;
  UploadDecision open_upload(const HttpRequest& head) override;
  Reply handle(HttpRequest& request) override;

 private:
  Reply create_run(Call& call);
  Reply list_runs(Call& call);
  Reply show_run(Call& call);
  Reply start_run(Call& call);
  Reply stop_run(Call& call);
  Reply list_rounds(Call& call);
  Reply list_models(Call& call);
  Reply show_model(Call& call);
  Reply download_model(Call& call);
  Reply list_partners(Call& call);
  Reply revoke_partner(Call& call) { return set_revoked(call, true); }
  Reply reinstate_partner(Call& call) { return set_revoked(call, false); }
  Reply openapi(Call& call);

  /// The token's name. Errors: unauthenticated.
  Result<std::string> authenticate(const HttpRequest& request);
  Reply set_revoked(Call& call, bool revoked);
  Result<std::vector<PartnerView>> partner_views();
  /// The JSON with its ETag, or 304 where If-None-Match names it.
  HttpResponse tagged(const HttpRequest& request, const std::string& json) const;

  RoundRunner& runner_;
  RunStore& runs_;
  RoundStore& rounds_;
  PartnerRegistry& registry_;
  PartnerStore& partners_;
  TokenStore& tokens_;
  ModelStore& models_;
  const Clock& clock_;
  const Logger& log_;
  RefusalLog refusals_;
};

/// The committed docs/api/openapi.yaml.
std::string_view openapi_yaml();

}  // namespace bauta::coordinator
