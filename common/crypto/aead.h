// AES-256-GCM (NIST SP 800-38D) with a 12-byte nonce and a 16-byte tag at the end of the ciphertext.
#pragma once

#include "common/base/result.h"
#include "common/base/secret_bytes.h"

namespace bauta {

inline constexpr std::size_t kAeadNonceBytes = 12;
inline constexpr std::size_t kAeadTagBytes = 16;

/// ciphertext || tag. One (key, nonce) must never seal two different messages.
Bytes aead_seal(const SecretBytes<32>& key, ByteView nonce, ByteView associated, ByteView plaintext);

/// The plaintext, which the caller wipes when it is secret. `malformed` when shorter than a tag, `bad_share` when the
/// tag does not verify; nothing of a plaintext that did not verify is returned.
Result<Bytes> aead_open(const SecretBytes<32>& key, ByteView nonce, ByteView associated, ByteView sealed);

}  // namespace bauta
