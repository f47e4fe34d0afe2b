#include "common/masking/packed_vector.h"

#include <vector>

#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::check_property;
using testing::SeededRandom;

rc::Gen<std::uint32_t> lane_width() { return rc::gen::element<std::uint32_t>(8, 12, 16, 32); }

std::vector<std::uint64_t> random_words(const LaneLayout& layout, std::uint64_t seed) {
  std::vector<std::uint64_t> words(layout.word_count());
  SeededRandom random(seed);
  random.fill(wire_bytes_mutable(words));
  for (std::uint64_t& word : words) word &= used_bits(layout.lane_bits);
  return words;
}

/// value modulo 2^bits, as a signed number.
std::int64_t wrapped(std::int64_t value, std::uint32_t bits) {
  const std::int64_t modulus = std::int64_t{1} << bits;
  const std::int64_t residue = ((value % modulus) + modulus) % modulus;
  return residue >= modulus / 2 ? residue - modulus : residue;
}

}  // namespace

TEST_CASE("a layout counts words and bytes without straddling lanes") {
  CHECK(LaneLayout{8, 16}.word_count() == 2);
  CHECK(LaneLayout{8, 17}.word_count() == 3);
  CHECK(LaneLayout{12, 5}.word_count() == 1);
  CHECK(LaneLayout{12, 6}.word_count() == 2);
  CHECK(LaneLayout{12, 6}.lanes_per_word() == 5);
  CHECK(LaneLayout{16, 4}.word_count() == 1);
  CHECK(LaneLayout{32, 3}.byte_count() == 16);
  CHECK(LaneLayout{32, kMaxDimension}.word_count() == kMaxDimension / 2);
}

TEST_CASE("a layout of another width or an impossible dimension is refused") {
  for (const std::uint32_t width : {0U, 1U, 7U, 10U, 24U, 64U}) CHECK_FALSE(LaneLayout::create(width, 10).ok());
  CHECK_FALSE(LaneLayout::create(16, 0).ok());
  CHECK_FALSE(LaneLayout::create(16, kMaxDimension + 1).ok());
  REQUIRE(LaneLayout::create(12, 10).ok());
  CHECK(*LaneLayout::create(12, 10) == LaneLayout{12, 10});
}

TEST_CASE("the top bits are those of the definition") {
  CHECK(top_bits(8) == 0x8080808080808080);
  CHECK(top_bits(12) == 0x0800800800800800);
  CHECK(top_bits(16) == 0x8000800080008000);
  CHECK(top_bits(32) == 0x8000000080000000);
  CHECK(used_bits(12) == 0x0fffffffffffffff);
}

TEST_CASE("lane 0 is the first little-endian bytes of the wire") {
  const LaneLayout layout{16, 4};
  std::vector<std::uint64_t> words(1);
  set_lane(words, layout, 0, 0x0201);
  set_lane(words, layout, 1, -1);
  set_lane(words, layout, 3, -32768);
  CHECK(to_hex(wire_bytes(words)) == "0102ffff00000080");
  CHECK(lane_at(words, layout, 1) == -1);
  CHECK(lane_at(words, layout, 2) == 0);
  CHECK(lane_at(words, layout, 3) == -32768);
}

TEST_CASE("a lane that is set is read back and leaves its neighbours alone") {
  check_property("set_lane then lane_at", [] {
    const LaneLayout layout{*lane_width(), *rc::gen::inRange<std::size_t>(1, 50)};
    std::vector<std::uint64_t> words = random_words(layout, *rc::gen::arbitrary<std::uint64_t>());
    const std::vector<std::uint64_t> before = words;
    const auto lane = *rc::gen::inRange<std::size_t>(0, layout.dimension);
    const auto value = *rc::gen::arbitrary<std::int32_t>();
    set_lane(words, layout, lane, value);
    for (std::size_t i = 0; i < layout.dimension; ++i) {
      RC_ASSERT(lane_at(words, layout, i) ==
                (i == lane ? wrapped(value, layout.lane_bits) : lane_at(before, layout, i)));
    }
    RC_ASSERT(validate_padding(words, layout).ok());
  });
}

TEST_CASE("adding and subtracting packed words is adding and subtracting lane by lane") {
  check_property("packed arithmetic", [] {
    const LaneLayout layout{*lane_width(), *rc::gen::inRange<std::size_t>(1, 100)};
    const std::vector<std::uint64_t> a = random_words(layout, *rc::gen::arbitrary<std::uint64_t>());
    const std::vector<std::uint64_t> b = random_words(layout, *rc::gen::arbitrary<std::uint64_t>());
    std::vector<std::uint64_t> sum = a;
    add_packed(sum, b, layout.lane_bits);
    std::vector<std::uint64_t> difference = a;
    subtract_packed(difference, b, layout.lane_bits);
    for (std::size_t i = 0; i < layout.dimension; ++i) {
      const std::int64_t x = lane_at(a, layout, i);
      const std::int64_t y = lane_at(b, layout, i);
      RC_ASSERT(lane_at(sum, layout, i) == wrapped(x + y, layout.lane_bits));
      RC_ASSERT(lane_at(difference, layout, i) == wrapped(x - y, layout.lane_bits));
    }
    RC_ASSERT(validate_padding(sum, layout).ok());
    RC_ASSERT(validate_padding(difference, layout).ok());
    subtract_packed(sum, b, layout.lane_bits);
    RC_ASSERT(sum == a);
  });
}

TEST_CASE("the extreme lanes wrap without touching their neighbours") {
  for (const std::uint32_t width : {8U, 12U, 16U, 32U}) {
    const LaneLayout layout{width, 64 / width};
    std::vector<std::uint64_t> ones(1);
    for (std::size_t i = 0; i < layout.dimension; i += 2) set_lane(ones, layout, i, 1);
    std::vector<std::uint64_t> words(1, used_bits(width));
    add_packed(words, ones, width);
    for (std::size_t i = 0; i < layout.dimension; ++i) CHECK(lane_at(words, layout, i) == (i % 2 == 0 ? 0 : -1));
    std::vector<std::uint64_t> zero(1);
    subtract_packed(zero, ones, width);
    for (std::size_t i = 0; i < layout.dimension; ++i) CHECK(lane_at(zero, layout, i) == (i % 2 == 0 ? -1 : 0));
  }
}

TEST_CASE("unused bits and a wrong length are malformed, and the word is named") {
  const LaneLayout layout{12, 11};
  std::vector<std::uint64_t> words(3, used_bits(12));
  CHECK(validate_padding(words, layout).ok());
  words[1] |= std::uint64_t{1} << 60;
  const Status bad = validate_padding(words, layout);
  REQUIRE_FALSE(bad.ok());
  CHECK(bad.error().code == ErrorCode::malformed);
  CHECK(bad.error().message.find("word 1") != std::string::npos);
  CHECK_FALSE(validate_padding(std::vector<std::uint64_t>(2), layout).ok());
  CHECK_FALSE(validate_padding(std::vector<std::uint64_t>(4), layout).ok());
  CHECK(validate_padding(std::vector<std::uint64_t>(2, ~0ULL), LaneLayout{16, 7}).ok());
}

}  // namespace bauta
