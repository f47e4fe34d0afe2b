#include "common/masking/pairwise_masks.h"

#include "common/base/defence.h"
#include "common/crypto/hkdf.h"
#include "common/crypto/sha256.h"

namespace bauta {

Result<MaskKey> pair_mask_key(const Digest& rctx, const Digest& l1, std::uint32_t me, const X25519Secret& my_secret,
                              const X25519Public& my_public, std::uint32_t other, const X25519Public& other_public) {
  if (me == other) return Error{ErrorCode::malformed, "a partner has no pair mask with itself"};
  BAUTA_TRY(const SecretBytes<32> shared, x25519(my_secret, my_public, other_public));
  const bool first = me < other;
  Bytes info;
  append(info, as_bytes("bauta/v1/pair"));
  append(info, l1);
  append_u32(info, first ? me : other);
  append_u32(info, first ? other : me);
  append(info, first ? my_public : other_public);
  append(info, first ? other_public : my_public);
  return hkdf_sha256<28>(rctx, shared.reveal(), info);
}

MaskKey self_mask_key(const Digest& rctx, const Digest& l1, std::uint32_t u, const SecretBytes<32>& b) {
  Bytes info;
  append(info, as_bytes("bauta/v1/self"));
  append(info, l1);
  append_u32(info, u);
  return hkdf_sha256<28>(rctx, b.reveal(), info);
}

Digest self_seed_commitment(const Digest& rctx, std::uint32_t u, const SecretBytes<32>& b) {
  Bytes index;
  append_u32(index, u);
  return sha256_concat({as_bytes("b"), rctx, index, b.reveal()});
}

Result<SecretBytes<32>> share_encryption_key(const Digest& rctx, const Digest& l1, std::uint32_t sender,
                                             std::uint32_t recipient, const X25519Public& sender_public,
                                             const X25519Public& recipient_public, const X25519Secret& my_secret,
                                             ShareSide side) {
  const bool sending = side == ShareSide::sender;
  BAUTA_TRY(const SecretBytes<32> agreed,
            x25519(my_secret, sending ? sender_public : recipient_public, sending ? recipient_public : sender_public));
  return share_encryption_key(rctx, l1, sender, recipient, sender_public, recipient_public, agreed);
}

SecretBytes<32> share_encryption_key(const Digest& rctx, const Digest& l1, std::uint32_t sender,
                                     std::uint32_t recipient, const X25519Public& sender_public,
                                     const X25519Public& recipient_public, const SecretBytes<32>& agreed) {
  Bytes info;
  append(info, as_bytes("bauta/v1/share"));
  append(info, l1);
  append_u32(info, BAUTA_DEFENDS(named_dealer) ? sender : 0);
  append_u32(info, recipient);
  append(info, sender_public);
  append(info, recipient_public);
  return hkdf_sha256<32>(rctx, agreed.reveal(), info);
}

Bytes share_associated_data(const Digest& rctx, const Digest& l1, std::uint32_t sender, std::uint32_t recipient) {
  Bytes data;
  append(data, rctx);
  append(data, l1);
  append_u32(data, BAUTA_DEFENDS(named_dealer) ? sender : 0);
  append_u32(data, recipient);
  return data;
}

}  // namespace bauta
