// The masks of one attempt, summed before the update is there: U1 is known before hours of training begin, so that
// afterwards little is left to do.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <vector>

#include "client/round/phase2_share_keys.h"
#include "common/masking/packed_vector.h"

namespace bauta::client {

/// Whoever has this and the upload has the update: never on a disk, wiped, and computed anew after a restart.
/// Move-only.
class MaskSum {
 public:
  explicit MaskSum(const LaneLayout& layout) : words_(layout.word_count()) {}
  ~MaskSum() { wipe(); }
  MaskSum(MaskSum&&) noexcept = default;
  MaskSum& operator=(MaskSum&& other) noexcept;
  MaskSum(const MaskSum&) = delete;
  MaskSum& operator=(const MaskSum&) = delete;

  std::span<std::uint64_t> words() { return words_; }
  /// With whom the pair masks are that are in it, besides the self mask.
  const std::set<PartnerIndex>& partners() const { return partners_; }

 private:
  friend class Masking;
  void wipe();

  std::vector<std::uint64_t> words_;
  std::set<PartnerIndex> partners_;
};

/// All that the sum is made of. Move-only, and on its own: any thread may compute while the round goes on.
class Masking {
 public:
  /// The self mask, and those with everybody this client dealt shares to: all of U1 in the complete graph, its own
  /// draws in a sparse one. Errors: malformed for a message of its own that does not decode.
  static Result<Masking> create(const Membership& membership, const RoundContext& context, const AdvertisedKeys& own,
                                const AcceptedKeys& u1, const DealtShares& dealt);

  /// Errors: malformed for a partner's key of small order.
  Result<MaskSum> compute() const;

 private:
  Masking() = default;

  Digest rctx_{};
  Digest l1_{};
  LaneLayout layout_;
  PartnerIndex self_ = 0;
  SecretBytes<32> b_;
  X25519Secret secret_;
  X25519Public public_{};
  std::map<PartnerIndex, X25519Public> others_;
};

}  // namespace bauta::client
