#include "coordinator/api/audit_answer.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/masking/merkle.h"
#include "common/masking/transcript.h"

namespace bauta::coordinator {
namespace {

constexpr std::size_t kPiece = 16 * kMerkleChunk;

Result<std::vector<Digest>> hash_again(const UploadSpool& spool, UploadKey key, std::uint64_t bytes) {
  MerkleBuilder merkle;
  Bytes piece;
  for (std::uint64_t offset = 0; offset < bytes; offset += piece.size()) {
    piece.resize(static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, bytes - offset)));
    BAUTA_RETURN_IF_ERROR(spool.read(key, offset, piece));
    merkle.update(piece);
  }
  merkle.finish();
  return merkle.leaf_hashes();
}

Result<MerkleTree> tree_of(const UploadSpool& spool, UploadKey key, const Digest& root, std::uint64_t bytes) {
  MerkleTree kept(spool.leaves(key));
  if (kept.root() == root) return kept;
  BAUTA_TRY(std::vector<Digest> leaves, hash_again(spool, key, bytes));
  MerkleTree tree(leaves);
  if (tree.root() != root) {
    return Error{ErrorCode::io, fmt::format("the verified upload of partner {} in round {}, attempt {} has changed in "
                                            "the spool; check the disk of the state directory",
                                            key.partner, key.round.round_no, key.round.attempt)};
  }
  BAUTA_RETURN_IF_ERROR(spool.keep_leaves(key, leaves));
  return tree;
}

}  // namespace

Result<Bytes> make_audit_answer(const AuditRequest& request, const UploadSpool& spool, const SigningKey& key) {
  const std::uint64_t offset = request.chunk * kMerkleChunk;
  const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kMerkleChunk, request.vector_bytes - offset));
  // Protobuf's keys and lengths take less than 16 bytes a chunk.
  constexpr std::size_t kOverhead = 16;
  AuditAnswer answer{request.rctx, request.u3, request.chunk, request.after, {}};
  std::size_t bytes = 0;
  for (const auto& [partner, root] : request.uploads) {
    const UploadKey upload{request.round, partner};
    UploadedChunk served{partner, Bytes(length), {}};
    if (request.vector_bytes > kMerkleChunk) {
      BAUTA_TRY(const MerkleTree tree, tree_of(spool, upload, root, request.vector_bytes));
      served.proof = tree.proof(static_cast<std::size_t>(request.chunk));
    }
    bytes += length + served.proof.size() * (sizeof(Digest) + 2) + kOverhead;
    if (bytes > kAuditAnswerBytes && !answer.uploads.empty()) break;
    BAUTA_RETURN_IF_ERROR(spool.read(upload, offset, served.bytes));
    answer.uploads.push_back(std::move(served));
  }
  return sign_blob(label::kAudit, request.federation_id, key, kCoordinatorSigner, encode(answer));
}

std::shared_ptr<const void> AuditSlots::take(PartnerIndex partner) {
  const std::lock_guard lock(taken_->mutex);
  if (taken_->partners.size() >= most_ || !taken_->partners.insert(partner).second) return nullptr;
  return std::shared_ptr<const void>(taken_.get(), [taken = taken_, partner](const void*) {
    const std::lock_guard giving_back(taken->mutex);
    taken->partners.erase(partner);
  });
}

}  // namespace bauta::coordinator
