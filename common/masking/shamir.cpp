#include "common/masking/shamir.h"

#include <string.h>

#include <algorithm>
#include <string>

namespace bauta {
namespace {

constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
constexpr std::uint32_t kLimbBits = 52;
constexpr std::uint64_t kLimbMask = (std::uint64_t{1} << kLimbBits) - 1;
constexpr std::uint64_t kTopLimbMask = (std::uint64_t{1} << 48) - 1;

__extension__ using Wide = unsigned __int128;

/// value < 2^62 to its residue, without a branch.
std::uint64_t reduce_once(std::uint64_t value) {
  const std::uint64_t minus_prime = value - kPrime;
  const std::uint64_t keep = 0 - (minus_prime >> 63);  // all ones when value < p
  return minus_prime + (kPrime & keep);
}

std::uint64_t add(std::uint64_t a, std::uint64_t b) { return reduce_once(a + b); }
std::uint64_t subtract(std::uint64_t a, std::uint64_t b) { return reduce_once(a + kPrime - b); }
std::uint64_t multiply(std::uint64_t a, std::uint64_t b) {
  const Wide product = static_cast<Wide>(a) * b;
  return reduce_once((static_cast<std::uint64_t>(product) & kPrime) + static_cast<std::uint64_t>(product >> 61));
}

/// Of public values only. a^(p-2).
std::uint64_t inverse(std::uint64_t a) {
  std::uint64_t result = 1;
  for (std::uint64_t exponent = kPrime - 2; exponent != 0; exponent >>= 1) {
    if ((exponent & 1) != 0) result = multiply(result, a);
    a = multiply(a, a);
  }
  return result;
}

/// Field elements of one secret; wiped.
struct Limbs {
  std::array<std::uint64_t, kShamirLimbs> at{};
  Limbs() = default;
  Limbs(const Limbs&) = default;
  Limbs& operator=(const Limbs&) = default;
  ~Limbs() { explicit_bzero(at.data(), sizeof at); }
};

Limbs to_limbs(const SecretBytes<32>& secret) {
  Limbs limbs;
  const auto bytes = secret.reveal();
  for (std::size_t bit = 0; bit < 256; bit += 4) {
    const std::uint64_t nibble = (bytes[bit / 8] >> (bit % 8)) & 15;
    limbs.at[bit / kLimbBits] |= nibble << (bit % kLimbBits);
  }
  return limbs;
}

SecretBytes<32> from_limbs(const Limbs& limbs) {
  SecretBytes<32> secret;
  const auto bytes = secret.reveal_mutable();
  for (std::size_t bit = 0; bit < 256; bit += 4) {
    const std::uint64_t nibble = (limbs.at[bit / kLimbBits] >> (bit % kLimbBits)) & 15;
    bytes[bit / 8] = static_cast<std::uint8_t>(bytes[bit / 8] | (nibble << (bit % 8)));
  }
  return secret;
}

std::uint64_t random_element(RandomSource& random) {
  SecretBytes<8> bytes;
  for (;;) {
    random.fill(bytes.reveal_mutable());
    const std::uint64_t value = read_u64(bytes.reveal()) & kPrime;
    if (value != kPrime) return value;
  }
}

bool distinct_and_not_zero(std::span<const std::uint32_t> xs) {
  std::vector<std::uint32_t> sorted(xs.begin(), xs.end());
  std::sort(sorted.begin(), sorted.end());
  return (sorted.empty() || sorted.front() != 0) && std::adjacent_find(sorted.begin(), sorted.end()) == sorted.end();
}

}  // namespace

std::vector<ShamirShare> shamir_split(const SecretBytes<32>& secret, std::uint32_t t, std::span<const std::uint32_t> xs,
                                      RandomSource& random) {
  BAUTA_CHECK(t >= 1 && t <= xs.size() && distinct_and_not_zero(xs));
  std::vector<Limbs> coefficients(t);
  coefficients[0] = to_limbs(secret);
  for (std::uint32_t power = 1; power < t; ++power) {
    for (std::uint64_t& limb : coefficients[power].at) limb = random_element(random);
  }
  std::vector<ShamirShare> shares(xs.size());
  for (std::size_t i = 0; i < xs.size(); ++i) {
    Limbs value = coefficients[t - 1];
    for (std::uint32_t power = t - 1; power-- > 0;) {
      for (std::size_t limb = 0; limb < kShamirLimbs; ++limb) {
        value.at[limb] = add(multiply(value.at[limb], xs[i]), coefficients[power].at[limb]);
      }
    }
    const auto out = shares[i].reveal_mutable();
    for (std::size_t byte = 0; byte < kShamirShareBytes; ++byte) {
      out[byte] = static_cast<std::uint8_t>(value.at[byte / 8] >> (56 - 8 * (byte % 8)));
    }
  }
  return shares;
}

Result<LagrangeAtZero> LagrangeAtZero::create(std::span<const std::uint32_t> xs) {
  if (xs.empty() || !distinct_and_not_zero(xs)) {
    return Error{ErrorCode::malformed, "share holders must be distinct and at least one"};
  }
  LagrangeAtZero lagrange;
  lagrange.coefficients_.reserve(xs.size());
  for (std::size_t i = 0; i < xs.size(); ++i) {
    std::uint64_t numerator = 1;
    std::uint64_t denominator = 1;
    for (std::size_t j = 0; j < xs.size(); ++j) {
      if (j == i) continue;
      numerator = multiply(numerator, xs[j]);
      denominator = multiply(denominator, subtract(xs[j], xs[i]));
    }
    lagrange.coefficients_.push_back(multiply(numerator, inverse(denominator)));
  }
  return lagrange;
}

Result<SecretBytes<32>> LagrangeAtZero::combine(std::span<const ShamirShare* const> shares) const {
  BAUTA_CHECK(shares.size() == coefficients_.size());
  Limbs sum;
  for (std::size_t i = 0; i < shares.size(); ++i) {
    const ByteView bytes = shares[i]->reveal();
    for (std::size_t limb = 0; limb < kShamirLimbs; ++limb) {
      const std::uint64_t value = read_u64(bytes.subspan(8 * limb, 8));
      if (value >= kPrime) {
        return Error{ErrorCode::bad_share, "share " + std::to_string(i) + " has a limb that is no field element"};
      }
      sum.at[limb] = add(sum.at[limb], multiply(value, coefficients_[i]));
    }
  }
  for (std::size_t limb = 0; limb < kShamirLimbs; ++limb) {
    if (sum.at[limb] > (limb + 1 == kShamirLimbs ? kTopLimbMask : kLimbMask)) {
      return Error{ErrorCode::bad_share, "the shares do not belong to one 32-byte secret"};
    }
  }
  return from_limbs(sum);
}

}  // namespace bauta
