#include "coordinator/round/phase4_certify_survivors.h"

#include "common/masking/transcript.h"

namespace bauta::coordinator {

CertifySurvivorsPhase::CertifySurvivorsPhase(const RoundContext& context, const MaskedUpdatePhase& phase3)
    : context_(&context), u3_(phase3.u3_hash()), survivors_(phase3.survivors()) {}

Result<bool> CertifySurvivorsPhase::check(PartnerIndex from, ByteView message) const {
  if (!survivors_.contains(from)) {
    return Error{ErrorCode::not_in_cohort, "this partner uploaded no vector in time and is not in U3"};
  }
  BAUTA_TRY(const bool repeat, inbox_.is_repeat(from, message));
  if (repeat) return true;
  BAUTA_TRY(const Bytes payload, open_blob(label::kCertify, *context_->roster, from, message));
  BAUTA_TRY(const auto statement, decode<SurvivorStatement>(payload));
  if (statement.rctx != context_->rctx || statement.u3_hash != u3_) {
    return Error{ErrorCode::wrong_context, "the signature is on another round or another U3"};
  }
  return false;
}

Bytes CertifySurvivorsPhase::close() const { return encode(Certificate{context_->rctx, u3_, inbox_.messages()}); }

}  // namespace bauta::coordinator
