// What a round has agreed on so far, as hashes that everybody recomputes: rctx, L1, the U2 and U3 hashes, and the
// signatures under them (docs/protocol.md §2–§4). Pure; hashes and signatures are over bytes as received.
#pragma once

#include <span>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/crypto/signature.h"
#include "common/federation/roster.h"
#include "common/masking/wire.h"

namespace bauta {

/// What a signature is for; a signature under one label says nothing under another.
namespace label {
inline constexpr std::string_view kDescriptor = "descriptor";
inline constexpr std::string_view kAdvertiseKeys = "advertise-keys";
inline constexpr std::string_view kKeySet = "u1";
inline constexpr std::string_view kShareKeys = "share-keys";
inline constexpr std::string_view kHeaderSet = "u2";
inline constexpr std::string_view kMaskedUpdate = "masked-update";
inline constexpr std::string_view kSurvivorSet = "u3";
inline constexpr std::string_view kCertify = "certify";
inline constexpr std::string_view kCertificate = "certificate";
inline constexpr std::string_view kUnmask = "unmask";
inline constexpr std::string_view kAggregate = "aggregate";
inline constexpr std::string_view kAudit = "audit";
inline constexpr std::string_view kRosterChange = "roster-change";
}  // namespace label

/// "bauta/v1/" + label + 0x00 + federation_id + SHA-256(payload).
Bytes signature_input(std::string_view label, const Digest& federation_id, ByteView payload);

/// The serialised SignedBlob.
Bytes sign_blob(std::string_view label, const Digest& federation_id, const SigningKey& key, std::uint32_t signer,
                Bytes payload);

/// Decodes `blob`, checks that `signer` signed it under `label` with the key pinned in the roster, and returns the
/// payload. Errors: malformed, bad_signature.
Result<Bytes> open_blob(std::string_view label, const Roster& roster, std::uint32_t signer, ByteView blob);

/// The signer a blob *claims*; to be believed only after open_blob.
Result<std::uint32_t> claimed_signer(ByteView blob);

/// rctx = SHA-256("bauta/v1/rd" + descriptor payload).
Digest round_context_hash(ByteView descriptor_payload);
/// L1: U1 as one hash; `messages` are phase-1 blobs in roster order.
Digest u1_hash(const Digest& rctx, std::span<const Bytes> messages);
/// `headers` are phase-2 blobs in roster order.
Digest u2_hash(const Digest& rctx, const Digest& l1, std::span<const Bytes> headers);
/// `headers` are phase-3 blobs in roster order.
Digest u3_hash(const Digest& rctx, const Digest& l1, const Digest& u2, std::span<const Bytes> headers);
/// Hash of one Shamir share in its dealer's leaf, bound to the round, the secret's kind ('b' or 'm'), dealer, holder.
Digest share_hash(const Digest& rctx, char kind, PartnerIndex dealer, PartnerIndex holder, ByteView share);

}  // namespace bauta
