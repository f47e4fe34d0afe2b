#include "client/round/phase1_advertise_keys.h"

#include "common/masking/transcript.h"

namespace bauta::client {

AdvertisedKeys advertise_keys(const Membership& membership, const RoundContext& context, bool vouches,
                              RandomSource& random) {
  AdvertisedKeys advertised{make_x25519_pair(random), make_x25519_pair(random), {}};
  AdvertiseKeys keys{context.rctx, membership.self, advertised.e.public_key, advertised.m.public_key, {}, vouches};
  random.fill(keys.nonce);
  advertised.message = sign_blob(label::kAdvertiseKeys, membership.roster->federation_id, *membership.signing_key,
                                 membership.self, encode(keys));
  return advertised;
}

}  // namespace bauta::client
