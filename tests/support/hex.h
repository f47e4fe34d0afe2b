#pragma once

#include <algorithm>
#include <cctype>
#include <string>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/base/secret_bytes.h"

namespace bauta::testing {

/// Bytes of a hexadecimal literal; white space is skipped. A literal that is no hexadecimal ends the test program.
inline Bytes hex(std::string_view text) {
  std::string digits;
  std::copy_if(text.begin(), text.end(), std::back_inserter(digits),
               [](unsigned char c) { return std::isspace(c) == 0; });
  const auto bytes = from_hex(digits);
  BAUTA_CHECK(bytes.has_value());
  return *bytes;
}

template <std::size_t N>
std::array<std::uint8_t, N> hex_array(std::string_view text) {
  const Bytes bytes = hex(text);
  BAUTA_CHECK(bytes.size() == N);
  std::array<std::uint8_t, N> array{};
  std::copy(bytes.begin(), bytes.end(), array.begin());
  return array;
}

template <std::size_t N>
SecretBytes<N> hex_secret(std::string_view text) {
  return SecretBytes<N>(hex_array<N>(text));
}

template <std::size_t N>
std::string to_hex(const SecretBytes<N>& secret) {
  return bauta::to_hex(secret.reveal());
}

}  // namespace bauta::testing
