#include "common/masking/rotation.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta {
namespace {

constexpr double kRangeOfNorms = 6;

Keystream sign_stream(const Digest& rctx) {
  const Digest key = sha256_concat({as_bytes("bauta/v1/rotation"), rctx});
  return Keystream(std::span(key).first<16>(), std::array<std::uint8_t, 16>{});
}

/// 1/√n to the last bit, for a power of two.
double root_scale(std::size_t n) {
  const int log = std::bit_width(n) - 1;
  constexpr double kHalfRoot = 0x1.6a09e667f3bcdp-1;  // 1/√2
  return std::ldexp(log % 2 == 0 ? 1.0 : kHalfRoot, -(log / 2));
}

/// x ← H·x.
void transform(std::span<double> x) {
  for (std::size_t half = 1; half < x.size(); half *= 2) {
    for (std::size_t first = 0; first < x.size(); first += 2 * half) {
      double* const low = x.data() + first;
      double* const high = low + half;
      for (std::size_t i = 0; i < half; ++i) {
        const double a = low[i];
        const double b = high[i];
        low[i] = a + b;
        high[i] = a - b;
      }
    }
  }
  const double scale = root_scale(x.size());
  for (double& value : x) value *= scale;
}

}  // namespace

std::size_t rotation_block(std::size_t left) {
  return left >= kMaxRotationBlock ? kMaxRotationBlock : std::bit_floor(left);
}

double rotated_range(double clip, std::size_t coordinates) {
  return kRangeOfNorms * clip * root_scale(std::max<std::size_t>(1, rotation_block(coordinates)));
}

Rotation::Rotation(const Digest& rctx) : signs_(sign_stream(rctx)) {}

void Rotation::rotate(std::span<double> block) {
  change_signs(block);
  transform(block);
}

void Rotation::undo(std::span<double> block) {
  transform(block);
  change_signs(block);
}

void Rotation::change_signs(std::span<double> block) {
  BAUTA_CHECK(std::has_single_bit(block.size()) && block.size() <= kMaxRotationBlock);
  std::array<std::uint8_t, 1024> bytes;
  std::size_t next = 0;
  while (next < block.size()) {
    if (bits_left_ > 0) {  // only in the last blocks, which together are shorter than a byte
      if ((byte_ & 1) != 0) block[next] = -block[next];
      byte_ = static_cast<std::uint8_t>(byte_ >> 1);
      --bits_left_;
      ++next;
      continue;
    }
    if (block.size() - next < 8) {
      signs_.read({&byte_, 1});
      bits_left_ = 8;
      continue;
    }
    const std::size_t length = std::min(bytes.size(), (block.size() - next) / 8);
    signs_.read(std::span(bytes).first(length));
    for (std::size_t i = 0; i < 8 * length; ++i) {
      if (((bytes[i / 8] >> (i % 8)) & 1) != 0) block[next + i] = -block[next + i];
    }
    next += 8 * length;
  }
}

}  // namespace bauta
