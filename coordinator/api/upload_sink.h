// Where a masked vector's bytes go: to the spool, and into the Merkle tree while they are hot.
#pragma once

#include "common/masking/merkle.h"
#include "common/masking/packed_vector.h"
#include "common/net/body_sink.h"
#include "coordinator/storage/upload_spool.h"

namespace bauta::coordinator {

/// Hashes all that the upload holds. For a resumed or restarted upload.
Result<Digest> merkle_root_of(const Upload& upload);

class UploadSink final : public BodySink {
 public:
  UploadSink(Upload upload, UploadKey key, std::uint32_t lane_bits)
      : upload_(std::move(upload)), key_(key), unused_bits_(~used_bits(lane_bits)) {}

  /// Errors: malformed (a bit set that belongs to no lane), oversized, disk_full, io.
  Status write(ByteView piece) override;
  Status finish() override;

  const UploadKey& key() const { return key_; }
  std::uint64_t size() const { return upload_.size(); }
  bool complete() const { return upload_.complete(); }
  /// After finish() of a complete upload.
  const Digest& root() const { return root_; }

 private:
  Status hash_what_is_there();
  Status check_unused_bits(ByteView piece) const;

  Upload upload_;
  UploadKey key_;
  std::uint64_t unused_bits_;
  bool hashing_ = false;  ///< merkle_ has seen all bytes of the upload
  MerkleBuilder merkle_;
  Digest root_{};
};

}  // namespace bauta::coordinator
