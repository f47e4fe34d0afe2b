#include "common/masking/rotation.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numeric>
#include <span>
#include <vector>

#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

std::vector<double> random_vector(std::size_t size, std::uint64_t seed) {
  testing::SeededRandom random(seed);
  std::vector<double> vector(size);
  for (double& value : vector) value = static_cast<double>(random.below(2'000'001)) / 1e6 - 1;
  return vector;
}

template <class Step>
void block_by_block(std::vector<double>& vector, Step step) {
  for (std::size_t first = 0; first < vector.size();) {
    const std::size_t length = rotation_block(vector.size() - first);
    step(std::span(vector).subspan(first, length));
    first += length;
  }
}

std::vector<double> rotated(std::vector<double> vector, const Digest& rctx) {
  Rotation rotation(rctx);
  block_by_block(vector, [&](std::span<double> block) { rotation.rotate(block); });
  return vector;
}

std::vector<double> undone(std::vector<double> vector, const Digest& rctx) {
  Rotation rotation(rctx);
  block_by_block(vector, [&](std::span<double> block) { rotation.undo(block); });
  return vector;
}

double norm(const std::vector<double>& vector) {
  return std::sqrt(std::inner_product(vector.begin(), vector.end(), vector.begin(), 0.0));
}

}  // namespace

TEST_CASE("a rotation is undone, whatever the length of the vector, and keeps its norm") {
  for (const std::size_t size : {1UL, 2UL, 3UL, 7UL, 8UL, 15UL, 100UL, 1023UL, 65'536UL, 65'537UL, 150'001UL}) {
    CAPTURE(size);
    const auto vector = random_vector(size, size);
    const auto there = rotated(vector, Digest{5});
    const auto back = undone(there, Digest{5});
    CHECK(norm(there) == doctest::Approx(norm(vector)).epsilon(1e-12));
    double worst = 0;
    for (std::size_t i = 0; i < size; ++i) worst = std::max(worst, std::fabs(back[i] - vector[i]));
    CHECK(worst < 1e-12);
    if (size > 8) CHECK(undone(there, Digest{6}) != vector);
  }
}

TEST_CASE("one spike spreads evenly over its block") {
  std::vector<double> spike(4096, 0);
  spike[77] = 1;
  for (const double value : rotated(spike, Digest{1})) CHECK(std::fabs(value) == 1.0 / 64);
}

TEST_CASE("the signs are fair and those of later blocks are others than those of the first") {
  std::vector<double> negative;
  for (const std::uint8_t seed : {1, 2}) {
    // Undoing the transform of a constant block leaves its signs: H·e₀ is constant.
    std::vector<double> vector(2 * kMaxRotationBlock, 0);
    vector[0] = vector[kMaxRotationBlock] = 256;
    vector = undone(vector, Digest{seed});
    for (std::size_t first : {std::size_t{0}, kMaxRotationBlock}) {
      const auto part = std::span(vector).subspan(first, kMaxRotationBlock);
      const auto count = std::count(part.begin(), part.end(), -1.0);
      CHECK(count + std::count(part.begin(), part.end(), 1.0) == static_cast<std::ptrdiff_t>(kMaxRotationBlock));
      CHECK(std::abs(count - static_cast<std::ptrdiff_t>(kMaxRotationBlock / 2)) < 5 * 128);
    }
    CHECK_FALSE(std::equal(vector.begin(), vector.begin() + kMaxRotationBlock, vector.begin() + kMaxRotationBlock));
  }
}

TEST_CASE("the tail is cut into powers of two, the greatest first") {
  CHECK(rotation_block(0) == 0);
  CHECK(rotation_block(1) == 1);
  CHECK(rotation_block(3) == 2);
  CHECK(rotation_block(65'535) == 32'768);
  CHECK(rotation_block(65'536) == 65'536);
  CHECK(rotation_block(10'000'000) == 65'536);
}

TEST_CASE("the automatic range shrinks with the root of the block") {
  CHECK(rotated_range(4.0, 150'000) == 6 * 4.0 / 256);
  CHECK(rotated_range(1.0, 4) == 3.0);
  CHECK(rotated_range(1.0, 2) == doctest::Approx(6 / std::sqrt(2.0)));
  CHECK(rotated_range(1.0, 1) == 6.0);
}

TEST_CASE("an update of the full norm stays within the automatic range wherever its weight lies") {
  const std::size_t size = kMaxRotationBlock;
  const double range = rotated_range(1.0, size);
  for (std::uint64_t seed = 1; seed <= 8; ++seed) {
    // From one spike to an even spread.
    auto vector = random_vector(size, seed);
    for (std::size_t i = std::size_t{1} << (2 * seed - 1); i < size; ++i) vector[i] = 0;
    const double length = norm(vector);
    for (double& value : vector) value /= length;
    for (const double value : rotated(vector, Digest{9})) CHECK(std::fabs(value) <= range);
  }
}

TEST_CASE("a sign is a bit of the keystream under the derived key, the lowest bit of a byte first") {
  const Digest rctx{1, 2, 3};
  const Digest key = sha256_concat({as_bytes("bauta/v1/rotation"), rctx});
  Keystream stream(std::span<const std::uint8_t>(key).first<16>(), std::array<std::uint8_t, 16>{});
  std::array<std::uint8_t, 2> bytes{};
  stream.read(bytes);
  std::vector<double> vector(15, 0);  // blocks of 8, 4, 2 and 1
  vector[0] = std::sqrt(8.0);
  vector[8] = 2;
  vector[12] = std::sqrt(2.0);
  vector[14] = 1;
  vector = undone(vector, rctx);
  for (std::size_t i = 0; i < vector.size(); ++i) {
    CAPTURE(i);
    CHECK((vector[i] < 0) == (((bytes[i / 8] >> (i % 8)) & 1) != 0));
    CHECK(std::fabs(vector[i]) == doctest::Approx(1));
  }
}

}  // namespace bauta
