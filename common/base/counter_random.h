// Repeatable numbers for initial parameters, batch order and bootstraps. NOT for secrets: anybody can predict them.
#pragma once

#include <cstdint>
#include <string_view>

namespace bauta {

/// The finaliser of SplitMix64 (Steele, Lea, Flood 2014): a bijection of 64 bits that mixes well.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x ^= x >> 30;
  x *= 0xbf58476d1ce4e5b9ULL;
  x ^= x >> 27;
  x *= 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// FNV-1a, 64 bits.
constexpr std::uint64_t fnv1a64(std::string_view text) {
  std::uint64_t hash = 0xcbf29ce484222325ULL;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
  return hash;
}

/// A stream of 64-bit values that is a pure function of (seed, stream name, position): the same on every machine,
/// standard library and instruction set, unlike the distributions of <random>.
class CounterRandom {
 public:
  constexpr CounterRandom(std::uint64_t seed, std::string_view stream)
      : key_(mix64(mix64(seed + kGolden) ^ fnv1a64(stream))) {}

  constexpr std::uint64_t at(std::uint64_t position) const { return mix64(key_ + (position + 1) * kGolden); }
  constexpr std::uint64_t next() { return at(position_++); }

  /// Uniform in [0, bound), bound > 0. The bias of at most bound / 2^64 is of no matter for sampling.
  constexpr std::uint64_t below(std::uint64_t bound) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>((static_cast<Wide>(next()) * bound) >> 64);
  }
  /// Uniform in [0, 1), a multiple of 2^−53.
  constexpr double unit() { return static_cast<double>(next() >> 11) * 0x1p-53; }

 private:
  static constexpr std::uint64_t kGolden = 0x9e3779b97f4a7c15ULL;
  std::uint64_t key_;
  std::uint64_t position_ = 0;
};

}  // namespace bauta
