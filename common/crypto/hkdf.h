// HKDF-SHA256 (RFC 5869), extract and expand in one.
#pragma once

#include "common/base/secret_bytes.h"

namespace bauta {

/// Fills `out` (at most 255 * 32 bytes). `info` at most 2,048 bytes, a limit of OpenSSL 3.0.
void hkdf_sha256_into(ByteView salt, ByteView input_key, ByteView info, MutableByteView out);

template <std::size_t N>
SecretBytes<N> hkdf_sha256(ByteView salt, ByteView input_key, ByteView info) {
  SecretBytes<N> out;
  hkdf_sha256_into(salt, input_key, info, out.reveal_mutable());
  return out;
}

}  // namespace bauta
