#include "coordinator/api/upload_sink.h"

#include <algorithm>

namespace bauta::coordinator {
namespace {

Status hash_into(MerkleBuilder& merkle, const Upload& upload) {
  Bytes piece;
  for (std::uint64_t offset = 0; offset < upload.size(); offset += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(16 * kMerkleChunk, upload.size() - offset)));
    BAUTA_RETURN_IF_ERROR(upload.read(offset, piece));
    merkle.update(piece);
  }
  return {};
}

}  // namespace

Result<Digest> merkle_root_of(const Upload& upload) {
  MerkleBuilder merkle;
  BAUTA_RETURN_IF_ERROR(hash_into(merkle, upload));
  return merkle.finish();
}

// Here and not when the upload is opened: this runs on a disk thread.
Status UploadSink::hash_what_is_there() {
  if (hashing_) return {};
  BAUTA_RETURN_IF_ERROR(hash_into(merkle_, upload_));
  hashing_ = true;
  return {};
}

Status UploadSink::check_unused_bits(ByteView piece) const {
  if (unused_bits_ == 0) return {};
  for (std::size_t i = 0; i < piece.size(); ++i) {
    const unsigned shift = 8 * static_cast<unsigned>((upload_.size() + i) % 8);
    if ((std::uint64_t{piece[i]} << shift & unused_bits_) != 0) {
      return Error{ErrorCode::malformed, "the vector has a bit set that belongs to no lane"};
    }
  }
  return {};
}

Status UploadSink::write(ByteView piece) {
  BAUTA_RETURN_IF_ERROR(hash_what_is_there());
  BAUTA_RETURN_IF_ERROR(check_unused_bits(piece));
  BAUTA_RETURN_IF_ERROR(upload_.append(upload_.size(), piece));
  merkle_.update(piece);
  return {};
}

Status UploadSink::finish() {
  if (!upload_.complete()) return {};
  BAUTA_RETURN_IF_ERROR(hash_what_is_there());
  root_ = merkle_.finish();
  // Without them an audit hashes the upload again; of one chunk there is nothing to keep.
  if (merkle_.leaf_hashes().size() > 1) BAUTA_RETURN_IF_ERROR(upload_.keep_leaves(merkle_.leaf_hashes()));
  return upload_.sync();
}

}  // namespace bauta::coordinator
