#include "coordinator/api/path_parameters.h"

#include <charconv>
#include <limits>

namespace bauta::coordinator {

std::optional<std::uint64_t> parse_decimal(std::string_view text, std::uint64_t max) {
  if (text.empty() || (text.size() > 1 && text.front() == '0')) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value > max) return std::nullopt;
  return value;
}

std::optional<RoundKey> parse_round_key(std::string_view round_no, std::string_view attempt) {
  // Round numbers are kept in columns of 63 bits.
  const auto round = parse_decimal(round_no, std::numeric_limits<std::int64_t>::max());
  const auto number = parse_decimal(attempt, std::numeric_limits<std::uint32_t>::max());
  if (!round || !number) return std::nullopt;
  return RoundKey{*round, static_cast<std::uint32_t>(*number)};
}

std::optional<RoundKey> parse_round_key(std::string_view text) {
  const std::size_t dot = text.find('.');
  if (dot == std::string_view::npos) return std::nullopt;
  return parse_round_key(text.substr(0, dot), text.substr(dot + 1));
}

}  // namespace bauta::coordinator
