#include "common/base/printable.h"

namespace bauta {
namespace {

/// Bytes of the character at the start of `text` that must not be shown, 0 where that may.
std::size_t unprintable_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  if (at(0) < 0x20 || at(0) == 0x7F) return 1;
  if (at(0) == 0xC2 && at(1) >= 0x80 && at(1) < 0xA0) return 2;
  if (at(0) == 0xE2 && at(1) == 0x80 && ((at(2) >= 0x8B && at(2) <= 0x8F) || (at(2) >= 0xA8 && at(2) <= 0xAE)))
    return 3;
  if (at(0) == 0xE2 && at(1) == 0x81 && at(2) >= 0xA0 && at(2) <= 0xAF) return 3;
  if (at(0) == 0xEF && at(1) == 0xBB && at(2) == 0xBF) return 3;
  // A terminal that does not read UTF-8 takes these for control characters.
  if (at(0) >= 0x80 && at(0) < 0xA0) return 1;
  return 0;
}

/// Bytes of the character at the start of `text`, as its first byte says; at least 1.
std::size_t length_of_character(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t said = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : first >= 0xC0 ? 2 : 1;
  std::size_t length = 1;
  while (length < said && length < text.size() && (static_cast<unsigned char>(text[length]) & 0xC0U) == 0x80U) ++length;
  return length;
}

}  // namespace

bool is_printable(std::string_view utf8) {
  while (!utf8.empty()) {
    if (unprintable_length(utf8) > 0) return false;
    utf8.remove_prefix(length_of_character(utf8));
  }
  return true;
}

std::string printable(std::string_view utf8) {
  std::string shown;
  while (!utf8.empty()) {
    const std::size_t hidden = utf8.front() == '\n' ? 0 : unprintable_length(utf8);
    const std::size_t length = hidden > 0 ? hidden : length_of_character(utf8);
    if (hidden > 0) {
      shown += '?';
    } else {
      shown += utf8.substr(0, length);
    }
    utf8.remove_prefix(length);
  }
  return shown;
}

}  // namespace bauta
