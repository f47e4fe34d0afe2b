#include "coordinator/round/phase1_advertise_keys.h"

#include "common/crypto/x25519.h"
#include "common/masking/transcript.h"

namespace bauta::coordinator {

Result<bool> AdvertiseKeysPhase::check(PartnerIndex from, ByteView message) const {
  if (!context_->in_cohort(from)) return Error{ErrorCode::not_in_cohort, "this partner is not in the round's cohort"};
  if (excluded_.contains(from)) {
    return Error{ErrorCode::refused_by_policy,
                 "this partner is left out of this attempt because of a complaint in the one before"};
  }
  BAUTA_TRY(const bool repeat, inbox_.is_repeat(from, message));
  if (repeat) return true;
  BAUTA_TRY(const Bytes payload, open_blob(label::kAdvertiseKeys, *context_->roster, from, message));
  BAUTA_TRY(const auto keys, decode<AdvertiseKeys>(payload));
  if (keys.rctx != context_->rctx) {
    return Error{ErrorCode::wrong_context, "the advertised keys belong to another round descriptor"};
  }
  if (keys.partner != from) return Error{ErrorCode::malformed, "the advertised keys name another partner"};
  // Every partner would refuse the whole key set, and nobody would be named.
  if (is_small_order(keys.e_pk) || is_small_order(keys.m_pk)) {
    return Error{ErrorCode::malformed, "an advertised key is of small order"};
  }
  // A key that stands twice would make two partners' masks cancel or one share open to another.
  if (keys.e_pk == keys.m_pk) return Error{ErrorCode::malformed, "the two advertised keys are equal"};
  if (public_keys_.contains(keys.e_pk) || public_keys_.contains(keys.m_pk)) {
    return Error{ErrorCode::conflict, "another partner has already advertised one of these keys"};
  }
  return false;
}

void AdvertiseKeysPhase::apply(PartnerIndex from, Bytes message) {
  const auto blob = decode<SignedBlob>(message);
  BAUTA_CHECK(blob.ok());
  const auto keys = decode<AdvertiseKeys>(blob->payload);
  BAUTA_CHECK(keys.ok());
  keys_.emplace(from, *keys);
  public_keys_.insert({keys->e_pk, keys->m_pk});
  inbox_.put(from, std::move(message));
}

Bytes AdvertiseKeysPhase::close() const { return encode(KeySet{context_->rctx, inbox_.messages()}); }

Digest AdvertiseKeysPhase::l1() const { return u1_hash(context_->rctx, inbox_.messages()); }

}  // namespace bauta::coordinator
