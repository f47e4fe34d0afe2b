// AES-128 in counter mode (NIST SP 800-38A §6.5) as a stream of pseudo-random bytes.
#pragma once

#include <cstdint>
#include <memory>
#include <span>

#include "common/base/bytes.h"

struct evp_cipher_ctx_st;

namespace bauta {

/// Move-only, one thread at a time. The key schedule is wiped on destruction.
class Keystream {
 public:
  /// `first_counter` is the whole first 16-byte counter block; it counts up big-endian.
  Keystream(std::span<const std::uint8_t, 16> key, std::span<const std::uint8_t, 16> first_counter);
  /// The next out.size() bytes of the stream (at most 2^30 at a time).
  void read(MutableByteView out);

 private:
  struct Free {
    void operator()(evp_cipher_ctx_st* context) const;
  };
  std::unique_ptr<evp_cipher_ctx_st, Free> context_;
};

}  // namespace bauta
