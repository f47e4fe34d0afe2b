// Shamir's secret sharing over the prime field of p = 2^61 - 1 (docs/protocol.md §5).
//
// A 32-byte secret is read as a little-endian 256-bit number and cut into 5 limbs, limb i holding bits 52i … 52i+51
// (the last one 48 bits). Each limb is shared with a polynomial of its own. A share is the 5 values at one x, each as
// 8 big-endian bytes, limb 0 first. x is public; all that depends on secrets runs in constant time.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <vector>

#include "common/base/random_source.h"
#include "common/base/result.h"
#include "common/base/secret_bytes.h"

namespace bauta {

inline constexpr std::size_t kShamirLimbs = 5;
inline constexpr std::size_t kShamirShareBytes = 8 * kShamirLimbs;
using ShamirShare = SecretBytes<kShamirShareBytes>;

/// One share for each x, in that order; any t of them give the secret back, t-1 tell nothing about it.
/// 1 <= t <= xs.size(); xs distinct and not zero. Coefficients are drawn from `random` as 8 bytes each, read
/// big-endian, cut to 61 bits and drawn again when equal to p; for each power from 1 to t-1, limb 0 to 4.
std::vector<ShamirShare> shamir_split(const SecretBytes<32>& secret, std::uint32_t t, std::span<const std::uint32_t> xs,
                                      RandomSource& random);

/// The Lagrange coefficients at zero of one set of share holders, computed once and used for all their secrets.
/// combine() may be called from several threads at once.
class LagrangeAtZero {
 public:
  /// `xs` are exactly the t holders that will be combined. `malformed` when empty, zero or twice the same.
  static Result<LagrangeAtZero> create(std::span<const std::uint32_t> xs);

  /// The secret from one share for each x, in the order of create(). `bad_share` when a share has a limb that is not
  /// below p, or when the result is no 256-bit secret. A wrong share that passes both gives another secret: the caller
  /// checks the result against the dealer's commitment.
  Result<SecretBytes<32>> combine(std::span<const ShamirShare* const> shares) const;

  std::size_t holders() const { return coefficients_.size(); }

 private:
  std::vector<std::uint64_t> coefficients_;
};

}  // namespace bauta
