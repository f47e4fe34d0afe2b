#include "common/masking/transcript.h"

#include <string.h>

#include <utility>

#include "common/base/defence.h"
#include "common/crypto/sha256.h"

namespace bauta {
namespace {

Digest set_hash(std::string_view tag, std::initializer_list<ByteView> bound, std::span<const Bytes> blobs) {
  Sha256 hash;
  hash.update(as_bytes(tag));
  for (const auto part : bound) hash.update(part);
  for (const auto& blob : blobs) hash.update(sha256(blob));
  return hash.finish();
}

}  // namespace

Bytes signature_input(std::string_view label, const Digest& federation_id, ByteView payload) {
  Bytes input;
  append(input, as_bytes("bauta/v1/"));
  append(input, as_bytes(label));
  input.push_back(0);
  append(input, federation_id);
  append(input, sha256(payload));
  return input;
}

Bytes sign_blob(std::string_view label, const Digest& federation_id, const SigningKey& key, std::uint32_t signer,
                Bytes payload) {
  SignedBlob blob;
  blob.signature = key.sign(signature_input(label, federation_id, payload));
  blob.payload = std::move(payload);
  blob.signer = signer;
  return encode(blob);
}

Result<std::uint32_t> claimed_signer(ByteView blob) {
  BAUTA_TRY(const auto decoded, decode<SignedBlob>(blob));
  return decoded.signer;
}

Result<Bytes> open_blob(std::string_view label, const Roster& roster, std::uint32_t signer, ByteView blob) {
  BAUTA_TRY(auto decoded, decode<SignedBlob>(blob));
  if (decoded.signer != signer) {
    return Error{ErrorCode::bad_signature, std::string(label) + ": signed by another party than the one that sent it"};
  }
  const bool coordinator = signer == kCoordinatorSigner;
  if (!coordinator && signer >= roster.size()) {
    return Error{ErrorCode::bad_signature, std::string(label) + ": the signer is not in the roster"};
  }
  const VerifyKey& key = coordinator ? roster.coordinator_key : roster.entries[signer].signing_key;
  if (BAUTA_DEFENDS(signature) &&
      !key.verify(signature_input(label, roster.federation_id, decoded.payload), decoded.signature)) {
    return Error{ErrorCode::bad_signature,
                 std::string(label) + ": the signature does not verify under the key pinned in the roster"};
  }
  return std::move(decoded.payload);
}

Digest round_context_hash(ByteView descriptor_payload) {
  return sha256_concat({as_bytes("bauta/v1/rd"), descriptor_payload});
}

Digest u1_hash(const Digest& rctx, std::span<const Bytes> messages) {
  return set_hash("bauta/v1/u1", {rctx}, messages);
}

Digest u2_hash(const Digest& rctx, const Digest& l1, std::span<const Bytes> headers) {
  return set_hash("bauta/v1/u2", {rctx, l1}, headers);
}

Digest u3_hash(const Digest& rctx, const Digest& l1, const Digest& u2, std::span<const Bytes> headers) {
  return set_hash("bauta/v1/u3", {rctx, l1, u2}, headers);
}

Digest share_hash(const Digest& rctx, char kind, PartnerIndex dealer, PartnerIndex holder, ByteView share) {
  Bytes input;
  append(input, as_bytes("bauta/v1/share-hash"));
  input.push_back(static_cast<std::uint8_t>(kind));
  append(input, rctx);
  append_u32(input, BAUTA_DEFENDS(named_dealer) ? dealer : 0);
  append_u32(input, holder);
  append(input, share);
  const Digest digest = sha256(input);
  explicit_bzero(input.data(), input.size());
  return digest;
}

}  // namespace bauta
