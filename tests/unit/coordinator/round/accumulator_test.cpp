#include "coordinator/round/accumulator.h"

#include <doctest/doctest.h>

#include "tests/support/seeded_random.h"

using namespace bauta;
using bauta::coordinator::Accumulator;

namespace {

std::vector<std::uint64_t> random_vector(const LaneLayout& layout, testing::SeededRandom& random) {
  std::vector<std::uint64_t> words(layout.word_count());
  for (std::uint64_t& word : words) word = random.next() & used_bits(layout.lane_bits);
  return words;
}

}  // namespace

TEST_CASE("vectors that come in pieces add up as if they had come whole") {
  for (const std::uint32_t lane : {8U, 12U, 16U, 32U}) {
    testing::SeededRandom random(lane);
    const LaneLayout layout{lane, 10'007};
    Accumulator sum(layout);
    std::vector<std::uint64_t> expected(layout.word_count());
    for (int vector = 0; vector < 5; ++vector) {
      const auto words = random_vector(layout, random);
      add_packed(expected, words, lane);
      const ByteView bytes = wire_bytes(words);
      for (std::size_t word = 0; word < words.size();) {
        const std::size_t count = std::min<std::size_t>(1 + random.below(3000), words.size() - word);
        REQUIRE(sum.add(word, bytes.subspan(word * 8, count * 8)).ok());
        word += count;
      }
    }
    CHECK(std::equal(expected.begin(), expected.end(), sum.words().begin(), sum.words().end()));
  }
}

TEST_CASE("a piece may lie at any address") {
  const LaneLayout layout{32, 4};
  Accumulator sum(layout);
  const std::vector<std::uint8_t> bytes = {0xff, 1, 0, 0, 0, 2, 0, 0, 0, 3, 0, 0, 0, 4, 0, 0, 0};
  REQUIRE(sum.add(0, ByteView(bytes).subspan(1)).ok());
  for (std::size_t lane = 0; lane < 4; ++lane)
    CHECK(lane_at(sum.words(), layout, lane) == static_cast<std::int64_t>(lane) + 1);
}

TEST_CASE("a piece beyond the vector, of broken length or with an unused bit set changes nothing") {
  const LaneLayout layout{12, 50};
  REQUIRE(layout.word_count() == 10);
  Accumulator sum(layout);
  const Bytes word(8, 0x01);
  CHECK(sum.add(10, word).error().code == ErrorCode::out_of_range);
  CHECK(sum.add(11, {}).error().code == ErrorCode::out_of_range);
  CHECK(sum.add(9, Bytes(16, 0)).error().code == ErrorCode::out_of_range);
  CHECK(sum.add(0, Bytes(7, 0)).error().code == ErrorCode::malformed);
  Bytes two_words(16, 0x01);
  two_words[15] = 0x10;  // bit 60 of the second word
  CHECK(sum.add(0, two_words).error().code == ErrorCode::malformed);
  for (const std::uint64_t sum_word : sum.words()) CHECK(sum_word == 0);
  CHECK(sum.add(10, {}).ok());
}

TEST_CASE("masks go out of a part of the vector as they went in") {
  const LaneLayout layout{16, 4000};
  testing::SeededRandom random(3);
  MaskKey key;
  random.fill(key.reveal_mutable());
  auto words = random_vector(layout, random);
  const auto plain = words;
  const std::vector<MaskTerm> add = {{&key, false}};
  const std::vector<MaskTerm> remove = {{&key, true}};
  apply_masks(words, layout.lane_bits, add);
  Accumulator sum(layout);
  REQUIRE(sum.add(0, wire_bytes(words)).ok());
  sum.apply_masks(0, 333, remove);
  sum.apply_masks(333, words.size() - 333, remove);
  CHECK(std::equal(plain.begin(), plain.end(), sum.words().begin(), sum.words().end()));
}
