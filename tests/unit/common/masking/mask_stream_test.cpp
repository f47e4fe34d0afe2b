#include "common/masking/mask_stream.h"

#include <algorithm>
#include <string>
#include <vector>

#include "common/masking/keystream.h"
#include "common/masking/mask_kernel.h"
#include "common/masking/packed_vector.h"
#include "tests/support/hex.h"
#include "tests/support/property.h"
#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

using testing::check_property;
using testing::hex;
using testing::SeededRandom;

std::vector<MaskKey> random_keys(std::size_t count, SeededRandom& random) {
  std::vector<MaskKey> keys(count);
  for (MaskKey& key : keys) random.fill(key.reveal_mutable());
  return keys;
}

std::vector<std::uint64_t> random_words(std::size_t count, std::uint32_t lane_bits, SeededRandom& random) {
  std::vector<std::uint64_t> words(count);
  random.fill(wire_bytes_mutable(words));
  for (std::uint64_t& word : words) word &= used_bits(lane_bits);
  return words;
}

std::vector<MaskTerm> terms_of(const std::vector<MaskKey>& keys, std::uint64_t signs) {
  std::vector<MaskTerm> terms;
  for (std::size_t i = 0; i < keys.size(); ++i) terms.push_back({&keys[i], ((signs >> (i % 64)) & 1) != 0});
  return terms;
}

}  // namespace

TEST_CASE("the keystream is that of SP 800-38A F.5.1") {
  const auto key = testing::hex_array<16>("2b7e151628aed2a6abf7158809cf4f3c");
  const auto counter = testing::hex_array<16>("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff");
  const Bytes plaintext =
      hex("6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
          "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710");
  Bytes out(plaintext.size());
  Keystream stream(key, counter);
  stream.read(std::span(out).first(5));  // any cut into pieces
  stream.read(std::span(out).subspan(5, 30));
  stream.read(std::span(out).subspan(35));
  for (std::size_t i = 0; i < out.size(); ++i) out[i] ^= plaintext[i];
  CHECK(to_hex(out) ==
        "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"
        "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee");
}

TEST_CASE("a mask on a zero vector is the keystream of key, nonce and a 32-bit counter from 0") {
  const auto key = testing::hex_secret<28>("2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafb");
  const auto counter = testing::hex_array<16>("f0f1f2f3f4f5f6f7f8f9fafb00000000");
  for (const std::uint32_t lane_bits : {8U, 12U, 16U, 32U}) {
    std::vector<std::uint64_t> expected(5000);
    Keystream(key.reveal().first<16>(), counter).read(wire_bytes_mutable(expected));
    for (std::uint64_t& word : expected) word &= used_bits(lane_bits);
    std::vector<std::uint64_t> words(expected.size());
    const MaskTerm terms[] = {{&key, false}};
    apply_masks(words, lane_bits, terms);
    CHECK(words == expected);
  }
}

TEST_CASE("the counter of a late word counts blocks in big-endian order") {
  const auto key = testing::hex_secret<28>("2b7e151628aed2a6abf7158809cf4f3cf0f1f2f3f4f5f6f7f8f9fafb");
  const auto counter = testing::hex_array<16>("f0f1f2f3f4f5f6f7f8f9fafb010000fe");
  std::vector<std::uint64_t> expected(8);
  Keystream(key.reveal().first<16>(), counter).read(wire_bytes_mutable(expected));
  std::vector<std::uint64_t> words(7);
  const MaskTerm terms[] = {{&key, false}};
  apply_masks(words, 32, terms, std::uint64_t{0x010000fe} * 2 + 1);
  CHECK(std::equal(words.begin(), words.end(), expected.begin() + 1));
}

TEST_CASE("a slice masked alone equals the slice of the whole") {
  check_property("any first word", [] {
    const auto lane_bits = *rc::gen::element<std::uint32_t>(8, 12, 16, 32);
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    const auto keys = random_keys(*rc::gen::inRange<std::size_t>(1, 5), random);
    const auto terms = terms_of(keys, *rc::gen::arbitrary<std::uint64_t>());
    const std::vector<std::uint64_t> plain = random_words(*rc::gen::inRange<std::size_t>(1, 3000), lane_bits, random);
    std::vector<std::uint64_t> whole = plain;
    apply_masks(whole, lane_bits, terms);
    const auto first = *rc::gen::inRange<std::size_t>(0, plain.size());
    const auto length = *rc::gen::inRange<std::size_t>(0, plain.size() - first + 1);
    std::vector<std::uint64_t> slice(plain.begin() + static_cast<std::ptrdiff_t>(first),
                                     plain.begin() + static_cast<std::ptrdiff_t>(first + length));
    apply_masks(slice, lane_bits, terms, first);
    RC_ASSERT(std::equal(slice.begin(), slice.end(), whole.begin() + static_cast<std::ptrdiff_t>(first)));
  });
}

TEST_CASE("masks with opposite signs restore the vector and never set an unused bit") {
  check_property("masks cancel", [] {
    const auto lane_bits = *rc::gen::element<std::uint32_t>(8, 12, 16, 32);
    SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
    const auto keys = random_keys(*rc::gen::inRange<std::size_t>(1, 6), random);
    const auto signs = *rc::gen::arbitrary<std::uint64_t>();
    const std::vector<std::uint64_t> plain = random_words(*rc::gen::inRange<std::size_t>(1, 2500), lane_bits, random);
    std::vector<std::uint64_t> words = plain;
    apply_masks(words, lane_bits, terms_of(keys, signs));
    RC_ASSERT(words != plain);
    for (const std::uint64_t word : words) RC_ASSERT((word & ~used_bits(lane_bits)) == 0);
    auto inverse = terms_of(keys, ~signs);
    std::reverse(inverse.begin(), inverse.end());
    apply_masks(words, lane_bits, inverse);
    RC_ASSERT(words == plain);
  });
}

TEST_CASE("every kernel this processor can run gives the words of the portable one") {
  CHECK(is_supported(MaskKernelKind::portable));
  CHECK(is_supported(best_mask_kernel()));
  for (const MaskKernelKind kind : {MaskKernelKind::aes_ni, MaskKernelKind::vaes}) {
    if (!is_supported(kind)) {
      MESSAGE("not supported here: " << to_string(kind));
      continue;
    }
    check_property(
        "kernel " + std::string(to_string(kind)),
        [kind] {
          const auto lane_bits = *rc::gen::element<std::uint32_t>(8, 12, 16, 32);
          SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
          const auto keys = random_keys(*rc::gen::inRange<std::size_t>(1, 4), random);
          const auto terms = terms_of(keys, *rc::gen::arbitrary<std::uint64_t>());
          const auto count =
              *rc::gen::oneOf(rc::gen::inRange<std::size_t>(1, 100), rc::gen::inRange<std::size_t>(1, 3000));
          const std::uint64_t last = (std::uint64_t{1} << 33) - count;
          const auto first =
              *rc::gen::element<std::uint64_t>(0, 1, 2, 511, (1U << 17) - 3, (1ULL << 32) - 5, last - 1, last);
          std::vector<std::uint64_t> expected = random_words(count, lane_bits, random);
          std::vector<std::uint64_t> words = expected;
          apply_masks_with(MaskKernelKind::portable, expected, lane_bits, terms, first);
          apply_masks_with(kind, words, lane_bits, terms, first);
          RC_ASSERT(words == expected);
        },
        300);
  }
}

TEST_CASE("many masks in one call equal the same masks one by one") {
  SeededRandom random(3);
  const auto keys = random_keys(9, random);
  const auto terms = terms_of(keys, 0b101100101);
  std::vector<std::uint64_t> together = random_words(4097, 12, random);
  std::vector<std::uint64_t> one_by_one = together;
  apply_masks(together, 12, terms);
  for (const MaskTerm& term : terms) apply_masks(one_by_one, 12, {&term, 1});
  CHECK(together == one_by_one);
}

}  // namespace bauta
