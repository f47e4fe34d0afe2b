// Which keys and masks two partners derive from each other's public keys (docs/protocol.md §5).
//
// All derivations are bound to the round's context `rctx` and to `l1`, the hash of everybody's advertised keys:
// partners who disagree about either get different masks, hence garbage and never leakage. Partners are u32 indices
// into the roster. Thread-safe: pure functions.
#pragma once

#include <array>
#include <cstdint>

#include "common/base/result.h"
#include "common/base/secret_bytes.h"
#include "common/crypto/x25519.h"
#include "common/masking/mask_stream.h"

namespace bauta {

/// The mask between `me` and `other`: both derive the same key. The one with the lower index adds it, the other
/// subtracts. `malformed` when the other's public key is unusable or the indices are equal.
Result<MaskKey> pair_mask_key(const Digest& rctx, const Digest& l1, std::uint32_t me, const X25519Secret& my_secret,
                              const X25519Public& my_public, std::uint32_t other, const X25519Public& other_public);

constexpr bool subtracts_pair_mask(std::uint32_t me, std::uint32_t other) { return me > other; }

/// The mask of u alone, always added; `b` is u's self-mask seed.
MaskKey self_mask_key(const Digest& rctx, const Digest& l1, std::uint32_t u, const SecretBytes<32>& b);

/// What u signs about its seed before anybody holds shares of it: SHA-256("b" + rctx + u + b).
Digest self_seed_commitment(const Digest& rctx, std::uint32_t u, const SecretBytes<32>& b);

enum class ShareSide : std::uint8_t { sender, recipient };

/// The AES-256-GCM key of the one leaf that `sender` seals for `recipient`; the opposite direction has another.
/// `my_secret` belongs to the public key of the side that I am. `malformed` when the peer's public key is unusable.
Result<SecretBytes<32>> share_encryption_key(const Digest& rctx, const Digest& l1, std::uint32_t sender,
                                             std::uint32_t recipient, const X25519Public& sender_public,
                                             const X25519Public& recipient_public, const X25519Secret& my_secret,
                                             ShareSide side);

/// The same from the result of X25519, which is that of both directions.
SecretBytes<32> share_encryption_key(const Digest& rctx, const Digest& l1, std::uint32_t sender,
                                     std::uint32_t recipient, const X25519Public& sender_public,
                                     const X25519Public& recipient_public, const SecretBytes<32>& agreed);

/// Additional authenticated data of that leaf: rctx + L1 + sender + recipient.
Bytes share_associated_data(const Digest& rctx, const Digest& l1, std::uint32_t sender, std::uint32_t recipient);

/// All zero: every share key seals exactly one message.
inline constexpr std::array<std::uint8_t, 12> kShareNonce{};

}  // namespace bauta
