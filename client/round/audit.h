// The audit of an aggregate: one 64 KiB chunk of every survivor's upload, each proven against the root that its sender
// signed, adds up (without the masks, which follow from the published secrets) to the same chunk of the sum. A
// coordinator that publishes another sum than that of the uploads is caught by whoever looks at a chunk that it changed
// (docs/protocol.md §4).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "client/round/phase5_unmask.h"
#include "common/base/random_source.h"
#include "common/masking/masks.h"

namespace bauta::client {

/// Chunks of kMerkleChunk bytes in a packed vector.
std::uint64_t chunk_count(const LaneLayout& layout);
/// The words of one of them, `vector` being packed so.
std::span<const std::uint64_t> chunk_of(std::span<const std::uint64_t> vector, std::uint64_t chunk);

/// Looks at one chunk after the other of one round. Errors are the names of the checks:
///   audit_answer  the coordinator's answer is not its signed word on the chunk that was asked for, or it passes
///                 over a survivor;
///   audit_proof   a chunk is not under the root that its sender signed;
///   audit_sum     the slice of the aggregate is not the sum of the uploads.
/// Memory: one chunk, the masks' keys, and the answers to the chunk under way, as evidence. One thread at a time.
class Audit {
 public:
  /// From what the phases accepted. Begins with chunk 0.
  static Result<Audit> create(const RoundContext& context, const AcceptedKeys& u1, const AcceptedHeaders& u2,
                              const AcceptedSurvivors& u3, const Aggregate& aggregate);

  /// `chunk` < chunk_count() of the round.
  void begin(std::uint64_t chunk);
  std::uint64_t chunk() const { return chunk_; }
  /// The survivor behind which the next answer is to begin; nothing at first.
  std::optional<PartnerIndex> after() const { return after_; }
  /// An answer of the coordinator, as it signed it: some of the missing chunks, the next ones in roster order.
  Status take(ByteView answer);
  /// Whether the chunks of all survivors are in.
  bool complete() const { return next() == roots_.end(); }
  /// Once complete(), with this chunk of the sum.
  Status compare(std::span<const std::uint64_t> slice) const;

  /// After a check failed: whether what the coordinator has signed shows it to anybody. A bad signature, an answer to
  /// another question, and more answers than can be kept do not.
  bool convicts() const { return convicts_; }
  /// Then: what shows it, with `record` the round's, encoded, and the whole `sum`.
  AuditEvidence evidence(Bytes record, std::span<const std::uint64_t> sum) const;

 private:
  using Roots = std::map<PartnerIndex, Digest>;

  Audit() = default;
  /// Whose chunk is to come next.
  Roots::const_iterator next() const { return after_ ? roots_.upper_bound(*after_) : roots_.begin(); }
  Error beside_the_question(std::string why);
  Status add(const UploadedChunk& upload, const Digest& root);

  std::shared_ptr<const Roster> roster_;
  LaneLayout layout_;
  Digest rctx_{};
  Digest u3_{};
  Roots roots_;  // of the survivors' uploads, as they signed them
  Masks left_;   // in the sum of the uploads, to be taken out

  std::uint64_t chunk_ = 0;
  std::optional<PartnerIndex> after_;
  std::vector<std::uint64_t> total_;  // of the chunks that are in
  std::vector<Bytes> answers_;
  std::size_t answer_bytes_ = 0;
  bool convicts_ = true;
};

/// `count` different chunks of `chunks`, at most all, uniformly at random and in ascending order.
std::vector<std::uint64_t> draw_chunks(std::uint64_t chunks, std::uint64_t count, RandomSource& random);
/// The same ones for the same `seed`, which is secret, and `aggregate`, as it was signed.
std::vector<std::uint64_t> draw_chunks(std::uint64_t chunks, std::uint64_t count, ByteView seed, ByteView aggregate);

/// The chance that `checked` random ones of `chunks` chunks hold none of `altered` altered ones: the hypergeometric
/// distribution at zero, exact but for rounding.
double chance_of_escape(std::uint64_t chunks, std::uint64_t altered, std::uint64_t checked);

}  // namespace bauta::client
