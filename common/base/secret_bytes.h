// Secrets: move-only, wiped on destruction and when moved from, not printable, not comparable with ==.
#pragma once

#include <string.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>

#include "common/base/bytes.h"

namespace bauta {

/// N secret bytes. Not thread-safe. The bytes live inside the object: keep it off std::vector reallocation paths
/// or accept the wipe on move that this type does.
template <std::size_t N>
class SecretBytes {
 public:
  SecretBytes() = default;
  explicit SecretBytes(std::span<const std::uint8_t, N> bytes) {
    std::copy(bytes.begin(), bytes.end(), bytes_.begin());
  }
  ~SecretBytes() { wipe(); }
  SecretBytes(const SecretBytes&) = delete;
  SecretBytes& operator=(const SecretBytes&) = delete;
  SecretBytes(SecretBytes&& other) noexcept : bytes_(other.bytes_) { other.wipe(); }
  SecretBytes& operator=(SecretBytes&& other) noexcept {
    if (this != &other) {
      bytes_ = other.bytes_;
      other.wipe();
    }
    return *this;
  }
  bool operator==(const SecretBytes&) const = delete;

  /// A deliberate copy, spelled out so that a review finds it.
  SecretBytes copy() const { return SecretBytes(std::span<const std::uint8_t, N>(bytes_)); }

  std::span<const std::uint8_t, N> reveal() const { return bytes_; }
  std::span<std::uint8_t, N> reveal_mutable() { return bytes_; }
  void wipe() { explicit_bzero(bytes_.data(), N); }
  static constexpr std::size_t size() { return N; }

 private:
  std::array<std::uint8_t, N> bytes_{};
};

/// Wipes a heap buffer on scope exit; for decoded plaintexts of varying length.
class WipeOnExit {
 public:
  explicit WipeOnExit(Bytes& bytes) : bytes_(bytes) {}
  ~WipeOnExit() {
    if (!bytes_.empty()) explicit_bzero(bytes_.data(), bytes_.size());  // an empty one's data() may be null
  }
  WipeOnExit(const WipeOnExit&) = delete;
  WipeOnExit& operator=(const WipeOnExit&) = delete;

 private:
  Bytes& bytes_;
};

}  // namespace bauta
