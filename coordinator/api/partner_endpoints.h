// The partners' listener: the five phases of the masked round over HTTP. Identity comes from the certificate alone,
// waiting is a long poll, every POST is idempotent by its bytes.
#pragma once

#include <map>
#include <span>
#include <vector>

#include "common/net/http_service.h"
#include "coordinator/api/audit_answer.h"
#include "coordinator/api/refusal_log.h"
#include "coordinator/api/round_runner.h"
#include "coordinator/api/route_table.h"
#include "coordinator/storage/partner_store.h"

namespace bauta::coordinator {

class PartnerEndpoints final : public HttpService {
 public:
  /// All references must outlive this.
  PartnerEndpoints(RoundRunner& runner, PartnerRegistry& registry, PartnerStore& store, UploadSpool& spool,
                   ModelStore& models, const Clock& clock, const Logger& log);

  static std::span<const Route<PartnerEndpoints>> routes();

  BodyRule body_rule(const HttpRequest& head) const override;
  UploadDecision open_upload(const HttpRequest& head) override;
  Reply handle(HttpRequest& request) override;

 private:
  // One function a route, in the order of the round.
  Reply invitation(Call& call);
  Reply show_round(Call& call);
  Reply post_keys(Call& call) { return post_message(call, Phase::advertise_keys); }
  Reply get_keys(Call& call);
  Reply post_shares(Call& call) { return post_message(call, Phase::share_keys); }
  Reply get_shares(Call& call);
  Reply post_update(Call& call);
  Reply get_vector(Call& call);
  Reply put_vector(Call& call);
  Reply get_survivors(Call& call);
  Reply post_survivors(Call& call) { return post_message(call, Phase::certify_survivors); }
  Reply get_certificate(Call& call);
  Reply post_unmask(Call& call) { return post_message(call, Phase::unmask); }
  Reply get_aggregate(Call& call);
  Reply get_sum(Call& call);
  Reply get_audit(Call& call);
  Reply get_model(Call& call);

  /// In the log: a partner that has seen later rounds than there are will take part in none.
  void note_if_ahead(const Call& call, RoundKey after);
  Result<PartnerIndex> admit(const HttpRequest& request);
  /// The attempt that the path names, of a cohort that this partner is in.
  Result<Attempt*> attempt_of(std::span<const std::string_view> path, PartnerIndex partner);
  Reply post_message(Call& call, Phase phase);
  /// Judges, journals and applies; nothing but the error is answered here.
  Status accept(Attempt& attempt, Phase phase, PartnerIndex from, ByteView message);
  /// `answer` once it is there; 410 when it never will be; else the long poll.
  Reply when_present(const Call& call, const Attempt& attempt, const std::optional<Bytes>& answer);
  Reply wait_or(const Call& call, HttpResponse otherwise);
  HttpResponse refuse(const HttpRequest& request, const Error& error);
  /// Bytes that a PUT may go on behind.
  std::uint64_t spooled(const Attempt& attempt, PartnerIndex partner, bool complete) const;
  HttpResponse offset_response(int status, std::uint64_t offset, bool complete) const;

  RoundRunner& runner_;
  PartnerRegistry& registry_;
  PartnerStore& store_;
  UploadSpool& spool_;
  ModelStore& models_;
  const Clock& clock_;
  const Logger& log_;
  AuditSlots audits_;
  RefusalLog refusals_;
  RoundKey refusals_of_{};
  std::map<PartnerIndex, SteadyTime> touched_;
};

}  // namespace bauta::coordinator
