#include "client/data/timestamp.h"

#include <algorithm>
#include <array>

#include "common/base/time_format.h"

namespace bauta::client {
namespace {

constexpr UnixSeconds kEnd2199 = 7'258'118'400;  // 2200-01-01
constexpr std::size_t kDateBytes = 10;
constexpr std::size_t kTimeBytes = 19;

/// An optional fraction, then an optional Z, then nothing.
bool is_tail(std::string_view text) {
  if (text.starts_with('.')) {
    const std::size_t digits = std::min(text.find_first_not_of("0123456789", 1), text.size()) - 1;
    if (digits == 0) return false;
    text.remove_prefix(1 + digits);
  }
  return text.empty() || text == "Z";
}

}  // namespace

std::optional<UnixSeconds> parse_timestamp(std::string_view text) {
  std::optional<UnixSeconds> time;
  if (text.size() == kDateBytes) {
    time = parse_date(text);
  } else if (text.size() >= kTimeBytes && (text[kDateBytes] == 'T' || text[kDateBytes] == ' ') &&
             is_tail(text.substr(kTimeBytes))) {
    std::array<char, kTimeBytes + 1> strict{};
    std::copy_n(text.begin(), kTimeBytes, strict.begin());
    strict[kDateBytes] = 'T';
    strict[kTimeBytes] = 'Z';
    time = parse_time({strict.data(), strict.size()});
  }
  if (!time || *time < 0 || *time >= kEnd2199) return std::nullopt;
  return time;
}

}  // namespace bauta::client
