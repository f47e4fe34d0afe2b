#include "common/base/toml_hazard.h"

#include <fmt/format.h>

#include <algorithm>

namespace bauta {
namespace {

/// The parser and the destructor of its tables recurse once per level of nesting; both limits are far above any
/// setting.
constexpr int kMaxBrackets = 16;
constexpr int kMaxDots = 16;

}  // namespace

std::optional<std::string> toml_hazard(std::string_view text) {
  int brackets = 0;
  int dots = 0;
  char previous = '\n';  // the last character that is no blank
  std::size_t i = text.starts_with("\xEF\xBB\xBF") ? 3 : 0;
  const auto at = [&](std::string_view what) {
    return fmt::format("line {}: {}", std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(i), '\n') + 1,
                       what);
  };
  const auto skip_string = [&](char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text.substr(i, 3) == triple;
    i += multi_line ? 3 : 1;
    while (i < text.size()) {
      if (quote == '"' && text[i] == '\\') {
        i += 2;
      } else if (multi_line ? text.substr(i, 3) == triple : text[i] == quote || text[i] == '\n') {
        i += multi_line ? 3 : 1;
        for (int extra = 0; multi_line && extra < 2 && i < text.size() && text[i] == quote; ++extra) ++i;
        return;
      } else {
        ++i;
      }
    }
  };
  while (i < text.size()) {
    switch (text[i]) {
      case '"':
      case '\'':
        if (std::string_view("\n=,.[{").find(previous) == std::string_view::npos)
          return at("a quote inside or after a value");
        previous = text[i];
        skip_string(text[i]);
        continue;
      case '#': i = std::min(text.find('\n', i), text.size()); continue;
      case '.':
        if (++dots > kMaxDots) return at(fmt::format("a key of more than {} parts", kMaxDots));
        break;
      case '[':
      case '{':
        dots = 0;
        if (++brackets > kMaxBrackets) return at(fmt::format("nested deeper than {} levels", kMaxBrackets));
        break;
      case ']':
      case '}':
        dots = 0;
        brackets = std::max(0, brackets - 1);
        break;
      case '=':
      case ',':
      case '\n': dots = 0; break;
      default:
        if (static_cast<unsigned char>(text[i]) >= 0x80)
          return at("characters other than ASCII need quotes around them");
        break;
    }
    if (text[i] != ' ' && text[i] != '\t' && text[i] != '\r') previous = text[i];
    ++i;
  }
  return std::nullopt;
}

}  // namespace bauta
