// Byte strings and fixed-length big-endian encoding, as every hashed or signed field of the protocol uses them.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace bauta {

using Bytes = std::vector<std::uint8_t>;
using ByteView = std::span<const std::uint8_t>;
using MutableByteView = std::span<std::uint8_t>;

/// A SHA-256 value. Compared with == only where both sides are public.
using Digest = std::array<std::uint8_t, 32>;

inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
inline std::string_view as_text(ByteView bytes) { return {reinterpret_cast<const char*>(bytes.data()), bytes.size()}; }

void append(Bytes& out, ByteView bytes);
void append_u32(Bytes& out, std::uint32_t value);  ///< big-endian
void append_u64(Bytes& out, std::uint64_t value);  ///< big-endian
std::uint32_t read_u32(ByteView four_bytes);
std::uint64_t read_u64(ByteView eight_bytes);

/// Lower-case hexadecimal.
std::string to_hex(ByteView bytes);
/// Empty when `hex` is not an even number of hexadecimal digits.
std::optional<Bytes> from_hex(std::string_view hex);
/// Exactly 64 hexadecimal digits, or nothing.
std::optional<Digest> digest_from_hex(std::string_view hex);

/// Standard base64 with padding (RFC 4648 §4).
std::string to_base64(ByteView bytes);
std::optional<Bytes> from_base64(std::string_view text);

}  // namespace bauta
