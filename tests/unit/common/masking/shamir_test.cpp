#include "common/masking/shamir.h"

#include <algorithm>
#include <numeric>
#include <string>
#include <vector>

#include "tests/support/hex.h"
#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::check_property;
using testing::SeededRandom;
using testing::to_hex;

SecretBytes<32> random_secret(RandomSource& random) {
  SecretBytes<32> secret;
  random.fill(secret.reveal_mutable());
  return secret;
}

Result<SecretBytes<32>> combine(const std::vector<std::uint32_t>& xs, const std::vector<const ShamirShare*>& shares) {
  const auto lagrange = LagrangeAtZero::create(xs);
  if (!lagrange.ok()) return lagrange.error();
  return lagrange->combine(shares);
}

/// Feeds given bytes, then zeros.
class ScriptedRandom final : public RandomSource {
 public:
  explicit ScriptedRandom(Bytes script) : script_(std::move(script)) {}
  void fill(MutableByteView out) override {
    for (std::uint8_t& byte : out) byte = position_ < script_.size() ? script_[position_++] : std::uint8_t{0};
  }

 private:
  Bytes script_;
  std::size_t position_ = 0;
};

Bytes big_endian(std::initializer_list<std::uint64_t> values) {
  Bytes bytes;
  for (const std::uint64_t value : values) append_u64(bytes, value);
  return bytes;
}

}  // namespace

TEST_CASE("any t of n shares give the secret back, in any order") {
  check_property("reconstruction", [] {
    const auto n = *rc::gen::inRange<std::uint32_t>(1, 13);
    const auto t = *rc::gen::inRange<std::uint32_t>(1, n + 1);
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    const SecretBytes<32> secret = random_secret(random);
    std::vector<std::uint32_t> xs(n);
    std::uint32_t x = 0;
    for (std::uint32_t& each : xs) each = x += 1 + static_cast<std::uint32_t>(random.below(300'000'000));
    const auto shares = shamir_split(secret, t, xs, random);
    RC_ASSERT(shares.size() == n);

    std::vector<std::size_t> order(n);
    std::iota(order.begin(), order.end(), std::size_t{0});
    for (std::size_t i = n; i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    std::vector<std::uint32_t> chosen;
    std::vector<const ShamirShare*> held;
    for (std::uint32_t i = 0; i < t; ++i) {
      chosen.push_back(xs[order[i]]);
      held.push_back(&shares[order[i]]);
    }
    const auto opened = combine(chosen, held);
    RC_ASSERT(opened.ok());
    RC_ASSERT(to_hex(*opened) == to_hex(secret));
  });
}

TEST_CASE("t-1 shares fit every secret equally well") {
  // For any t-1 shares there is, for every other secret, one more share that turns them into it: here the shares at
  // x = 1 and 2 of secret A (t = 3) are completed to secret B by a share computed for B. So two shares tell nothing.
  SeededRandom random(21);
  const SecretBytes<32> a = random_secret(random);
  const SecretBytes<32> b = random_secret(random);
  const std::vector<std::uint32_t> xs = {1, 2, 3};
  const auto shares = shamir_split(a, 3, xs, random);

  // f(0) = 3 f(1) - 3 f(2) + f(3), so f(3) = f(0) - 3 f(1) + 3 f(2).
  constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
  const Bytes b_bytes(b.reveal().begin(), b.reveal().end());
  ShamirShare third;
  for (std::size_t limb = 0; limb < kShamirLimbs; ++limb) {
    std::uint64_t f0 = 0;
    for (std::size_t bit = 52 * limb; bit < std::min<std::size_t>(52 * limb + 52, 256); ++bit) {
      f0 |= std::uint64_t{(b_bytes[bit / 8] >> (bit % 8)) & 1U} << (bit - 52 * limb);
    }
    const std::uint64_t f1 = read_u64(shares[0].reveal().subspan(8 * limb, 8));
    const std::uint64_t f2 = read_u64(shares[1].reveal().subspan(8 * limb, 8));
    __extension__ using Wide = unsigned __int128;
    const auto f3 =
        static_cast<std::uint64_t>((static_cast<Wide>(f0) + Wide{3} * (kPrime - f1) + Wide{3} * f2) % kPrime);
    Bytes encoded;
    append_u64(encoded, f3);
    std::copy(encoded.begin(), encoded.end(), third.reveal_mutable().begin() + static_cast<std::ptrdiff_t>(8 * limb));
  }
  const auto opened = combine(xs, {&shares[0], &shares[1], &third});
  REQUIRE(opened.ok());
  CHECK(to_hex(*opened) == to_hex(b));
}

TEST_CASE("t-1 shares combined as if they were enough do not give the secret") {
  check_property("too few", [] {
    const auto t = *rc::gen::inRange<std::uint32_t>(2, 8);
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    const SecretBytes<32> secret = random_secret(random);
    std::vector<std::uint32_t> xs(t);
    std::iota(xs.begin(), xs.end(), 1U);
    const auto shares = shamir_split(secret, t, xs, random);
    xs.pop_back();
    std::vector<const ShamirShare*> held;
    for (std::uint32_t i = 0; i + 1 < t; ++i) held.push_back(&shares[i]);
    const auto opened = combine(xs, held);
    RC_ASSERT((!opened.ok() || to_hex(*opened) != to_hex(secret)));
  });
}

TEST_CASE("limbs are little-endian 52-bit pieces and shares big-endian field elements") {
  // t = 1: the share is the secret itself.
  SeededRandom random(1);
  const std::uint32_t xs[] = {9};
  const auto shares = shamir_split(
      testing::hex_secret<32>("0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f20"), 1, xs, random);
  CHECK(to_hex(shares[0]) ==
        "0007060504030201"
        "0000d0c0b0a09080"
        "0004131211100f0e"
        "0001a19181716151"
        "0000201f1e1d1c1b");
}

TEST_CASE("a coefficient equal to p is drawn again") {
  constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
  const SecretBytes<32> zero;
  const std::uint32_t xs[] = {1, 2};
  ScriptedRandom random(big_endian({kPrime, ~0ULL, 5, 1, kPrime - 1, 2, 3}));
  const auto shares = shamir_split(zero, 2, xs, random);
  CHECK(to_hex(shares[0]) == bauta::to_hex(big_endian({5, 1, kPrime - 1, 2, 3})));
  CHECK(to_hex(shares[1]) == bauta::to_hex(big_endian({10, 2, kPrime - 2, 4, 6})));
}

TEST_CASE("the extreme secret survives") {
  SeededRandom random(4);
  const auto secret = testing::hex_secret<32>(std::string(64, 'f'));
  const std::vector<std::uint32_t> xs = {1, 0xffffffffU, 3};
  const auto shares = shamir_split(secret, 3, xs, random);
  const auto opened = combine(xs, {&shares[0], &shares[1], &shares[2]});
  REQUIRE(opened.ok());
  CHECK(to_hex(*opened) == std::string(64, 'f'));
}

TEST_CASE("a limb that is no field element is a bad share") {
  constexpr std::uint64_t kPrime = (std::uint64_t{1} << 61) - 1;
  for (const std::uint64_t limb : {kPrime, kPrime + 1, ~std::uint64_t{0}}) {
    for (std::size_t at = 0; at < kShamirLimbs; ++at) {
      ShamirShare share;
      Bytes encoded;
      append_u64(encoded, limb);
      std::copy(encoded.begin(), encoded.end(), share.reveal_mutable().begin() + static_cast<std::ptrdiff_t>(8 * at));
      const auto opened = combine({1}, {&share});
      REQUIRE_FALSE(opened.ok());
      CHECK(opened.error().code == ErrorCode::bad_share);
    }
  }
}

TEST_CASE("shares that combine to more than 256 bits are bad") {
  const auto single = [](std::initializer_list<std::uint64_t> limbs) {
    ShamirShare share;
    const Bytes encoded = big_endian(limbs);
    std::copy(encoded.begin(), encoded.end(), share.reveal_mutable().begin());
    return combine({1}, {&share}).ok();
  };
  constexpr std::uint64_t k52 = std::uint64_t{1} << 52;
  CHECK(single({k52 - 1, k52 - 1, k52 - 1, k52 - 1, k52 / 16 - 1}));
  CHECK_FALSE(single({k52, 0, 0, 0, 0}));
  CHECK_FALSE(single({0, 0, 0, k52, 0}));
  CHECK_FALSE(single({0, 0, 0, 0, k52 / 16}));
}

TEST_CASE("holders must be distinct and not zero") {
  CHECK_FALSE(LagrangeAtZero::create({}).ok());
  for (const std::vector<std::uint32_t>& xs : {std::vector<std::uint32_t>{0}, {1, 0}, {1, 2, 1}}) {
    const auto lagrange = LagrangeAtZero::create(xs);
    REQUIRE_FALSE(lagrange.ok());
    CHECK(lagrange.error().code == ErrorCode::malformed);
  }
  const std::uint32_t xs[] = {7, 8, 9};
  REQUIRE(LagrangeAtZero::create(xs).ok());
  CHECK(LagrangeAtZero::create(xs)->holders() == 3);
}

}  // namespace bauta
