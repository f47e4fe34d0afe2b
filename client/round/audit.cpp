#include "client/round/audit.h"

#include <algorithm>
#include <numeric>

#include "common/base/random_subset.h"
#include "common/crypto/sha256.h"
#include "common/masking/keystream.h"
#include "common/masking/merkle.h"
#include "common/masking/transcript.h"

namespace bauta::client {
namespace {

constexpr std::size_t kChunkWords = kMerkleChunk / 8;
/// The answers of about a thousand survivors.
constexpr std::size_t kMostEvidence = 64 * 1024 * 1024;

}  // namespace

std::uint64_t chunk_count(const LaneLayout& layout) { return (layout.byte_count() + kMerkleChunk - 1) / kMerkleChunk; }

std::span<const std::uint64_t> chunk_of(std::span<const std::uint64_t> vector, std::uint64_t chunk) {
  const std::size_t first = static_cast<std::size_t>(chunk) * kChunkWords;
  return vector.subspan(first, std::min(kChunkWords, vector.size() - first));
}

Result<Audit> Audit::create(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                            const AcceptedSurvivors& u3, const Aggregate& aggregate) {
  Audit audit;
  audit.roster_ = context.roster;
  audit.layout_ = context.layout();
  audit.rctx_ = context.rctx;
  audit.u3_ = u3.u3;
  audit.roots_ = u3.vector_roots;
  for (const RevealedSecret& revealed : aggregate.secrets) {
    BAUTA_RETURN_IF_ERROR(add_masks_left_by(audit.left_, context.rctx, u1.l1, u1.keys, u2.graph, u3.survivors,
                                            revealed.partner,
                                            SecretBytes<32>(std::span<const std::uint8_t, 32>(revealed.secret))));
  }
  audit.begin(0);
  return audit;
}

void Audit::begin(std::uint64_t chunk) {
  BAUTA_CHECK(chunk < chunk_count(layout_));
  chunk_ = chunk;
  after_.reset();
  total_.assign(std::min(kChunkWords, layout_.word_count() - static_cast<std::size_t>(chunk) * kChunkWords), 0);
  answers_.clear();
  answer_bytes_ = 0;
  convicts_ = true;
}

Error Audit::beside_the_question(std::string why) {
  convicts_ = false;
  return {ErrorCode::audit_answer, std::move(why)};
}

Status Audit::take(ByteView answer) {
  const auto payload = open_blob(label::kAudit, *roster_, kCoordinatorSigner, answer);
  if (!payload.ok()) return beside_the_question(payload.error().message);
  const auto decoded = decode<AuditAnswer>(*payload);
  if (!decoded.ok()) return beside_the_question(decoded.error().message);
  if (decoded->rctx != rctx_ || decoded->u3_hash != u3_) {
    return beside_the_question("the answer is on another round or another U3");
  }
  if (decoded->chunk != chunk_ || decoded->after != after_) {
    return beside_the_question("the answer is on another chunk than " + std::to_string(chunk_) +
                               " or begins elsewhere");
  }
  answer_bytes_ += answer.size();
  if (answer_bytes_ > kMostEvidence) {
    convicts_ = false;
    answers_.clear();
  }
  if (convicts_) answers_.emplace_back(answer.begin(), answer.end());
  const auto wrong = [](std::string why) { return Error{ErrorCode::audit_answer, std::move(why)}; };
  if (decoded->uploads.empty()) return wrong("the answer has no chunk in it");
  for (const UploadedChunk& upload : decoded->uploads) {
    const auto expected = next();
    if (expected == roots_.end()) return wrong("the answer has more chunks than there are survivors");
    if (upload.partner != expected->first) {
      return wrong("the answer passes over the chunk of " + roster_->entries[expected->first].partner_id);
    }
    BAUTA_RETURN_IF_ERROR(add(upload, expected->second));
    after_ = upload.partner;
  }
  return {};
}

Status Audit::add(const UploadedChunk& upload, const Digest& root) {
  const auto unproven = [&](std::string_view why) {
    return Error{ErrorCode::audit_proof, "chunk " + std::to_string(chunk_) + " of the upload of " +
                                             roster_->entries[upload.partner].partner_id + " " + std::string(why)};
  };
  if (upload.bytes.size() != total_.size() * 8) return unproven("has another length than it must have");
  if (!verify_merkle_proof(root, chunk_count(layout_), chunk_, merkle_leaf(upload.bytes), upload.proof)) {
    return unproven("is not under the root that it signed");
  }
  std::vector<std::uint64_t> words(total_.size());
  std::copy(upload.bytes.begin(), upload.bytes.end(), wire_bytes_mutable(words).begin());
  if (has_unused_bits(words, layout_.lane_bits)) {
    return unproven("has a bit set that belongs to no lane");
  }
  add_packed(total_, words, layout_.lane_bits);
  return {};
}

Status Audit::compare(std::span<const std::uint64_t> slice) const {
  BAUTA_CHECK(complete());
  std::vector<std::uint64_t> unmasked = total_;
  const std::uint64_t first_word = chunk_ * kChunkWords;
  apply_masks(unmasked, layout_.lane_bits, left_.terms(), first_word);
  const auto [differing, theirs] = std::mismatch(unmasked.begin(), unmasked.end(), slice.begin(), slice.end());
  if (differing == unmasked.end() && theirs == slice.end()) return {};
  return Error{ErrorCode::audit_sum,
               "chunk " + std::to_string(chunk_) + " of the aggregate is not the sum of the uploads, from word " +
                   std::to_string(first_word + static_cast<std::uint64_t>(differing - unmasked.begin())) + " on"};
}

AuditEvidence Audit::evidence(Bytes record, std::span<const std::uint64_t> sum) const {
  AuditEvidence evidence{std::move(record), chunk_, answers_, {}, {}};
  append(evidence.slice, wire_bytes(chunk_of(sum, chunk_)));
  MerkleBuilder tree;
  tree.update(wire_bytes(sum));
  tree.finish();
  evidence.slice_proof = MerkleTree(tree.leaf_hashes()).proof(static_cast<std::size_t>(chunk_));
  return evidence;
}

std::vector<std::uint64_t> draw_chunks(std::uint64_t chunks, std::uint64_t count, RandomSource& random) {
  std::vector<std::uint64_t> all(chunks);
  std::iota(all.begin(), all.end(), 0);
  return random_subset(std::move(all), count, random);
}

std::vector<std::uint64_t> draw_chunks(std::uint64_t chunks, std::uint64_t count, ByteView seed, ByteView aggregate) {
  class Expanded final : public RandomSource {
   public:
    explicit Expanded(const Digest& key) : stream_(std::span(key).first<16>(), std::span(key).last<16>()) {}
    void fill(MutableByteView out) override { stream_.read(out); }

   private:
    Keystream stream_;
  };
  Expanded random(sha256_concat({seed, sha256(aggregate)}));
  return draw_chunks(chunks, count, random);
}

double chance_of_escape(std::uint64_t chunks, std::uint64_t altered, std::uint64_t checked) {
  if (altered + checked > chunks) return 0;
  // The i-th one that is looked at is among the unaltered ones that are left.
  double chance = 1;
  for (std::uint64_t i = 0; i < checked; ++i) {
    chance *= static_cast<double>(chunks - altered - i) / static_cast<double>(chunks - i);
  }
  return chance;
}

}  // namespace bauta::client
