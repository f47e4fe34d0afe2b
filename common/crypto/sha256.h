// SHA-256 (FIPS 180-4).
#pragma once

#include <initializer_list>
#include <memory>

#include "common/base/bytes.h"

struct evp_md_ctx_st;

namespace bauta {

Digest sha256(ByteView bytes);

/// Hash of the parts one after the other, without separators: every variable-length part but the last needs
/// a fixed length or a length prefix of its own.
Digest sha256_concat(std::initializer_list<ByteView> parts);

/// Hash of a stream. Move-only, one thread at a time.
class Sha256 {
 public:
  Sha256();
  void update(ByteView bytes);
  /// Returns the digest of everything since construction or the last finish(), and starts afresh.
  Digest finish();

 private:
  struct Free {
    void operator()(evp_md_ctx_st* context) const;
  };
  std::unique_ptr<evp_md_ctx_st, Free> context_;
};

}  // namespace bauta
