#include "common/net/http_target.h"

#include <cstdint>
#include <optional>

namespace bauta {

namespace {

Error malformed(std::string message) { return Error{ErrorCode::malformed, std::move(message)}; }

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_unreserved(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
         c == '_' || c == '~';
}

/// Well-formed UTF-8 (Unicode 15, table 3-7) without C0 controls and DEL.
bool is_plain_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto lead = static_cast<std::uint8_t>(text[i]);
    if (lead < 0x80) {
      if (lead < 0x20 || lead == 0x7f) return false;
      ++i;
      continue;
    }
    std::size_t more = 0;
    std::uint8_t low = 0x80;
    std::uint8_t high = 0xbf;
    if (lead >= 0xc2 && lead <= 0xdf) {
      more = 1;
    } else if (lead >= 0xe0 && lead <= 0xef) {
      more = 2;
      if (lead == 0xe0) low = 0xa0;
      if (lead == 0xed) high = 0x9f;
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      more = 3;
      if (lead == 0xf0) low = 0x90;
      if (lead == 0xf4) high = 0x8f;
    } else {
      return false;
    }
    if (text.size() - i <= more) return false;
    for (std::size_t j = 1; j <= more; ++j) {
      const auto next = static_cast<std::uint8_t>(text[i + j]);
      if (next < low || next > high) return false;
      low = 0x80;
      high = 0xbf;
    }
    i += more + 1;
  }
  return true;
}

std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      if (text.size() - i < 3) return std::nullopt;
      const int high = hex_value(text[i + 1]);
      const int low = hex_value(text[i + 2]);
      if (high < 0 || low < 0) return std::nullopt;
      decoded.push_back(static_cast<char>(high * 16 + low));
      i += 2;
    } else {
      decoded.push_back(plus_is_space && text[i] == '+' ? ' ' : text[i]);
    }
  }
  if (!is_plain_utf8(decoded)) return std::nullopt;
  return decoded;
}

/// Takes the text up to `separator` off the front of `rest`.
std::string_view take_until(std::string_view& rest, char separator) {
  const auto end = rest.find(separator);
  const auto piece = rest.substr(0, end);
  rest = end == std::string_view::npos ? std::string_view() : rest.substr(end + 1);
  return piece;
}

Status parse_segments(std::string_view path, Target& target) {
  path.remove_prefix(1);
  if (!path.empty() && path.back() == '/') path.remove_suffix(1);
  // "/" alone has no segment; "//" is one empty segment and refused below.
  bool more = !path.empty();
  while (more) {
    more = path.find('/') != std::string_view::npos;
    auto segment = percent_decode(take_until(path, '/'), false);
    if (!segment) return malformed("the path has a bad percent-escape or character");
    if (segment->empty() || *segment == "." || *segment == "..")
      return malformed("the path has an empty or dot segment");
    if (segment->find('/') != std::string::npos) return malformed("the path has an escaped slash");
    if (target.segments.size() == kMaxTargetSegments) return malformed("the path has too many segments");
    target.path += '/';
    target.path += *segment;
    target.segments.push_back(std::move(*segment));
  }
  if (target.path.empty()) target.path = "/";
  return {};
}

Status parse_query(std::string_view query, Target& target) {
  while (!query.empty()) {
    auto pair = take_until(query, '&');
    if (pair.empty()) continue;
    const auto name = percent_decode(take_until(pair, '='), true);
    const auto value = percent_decode(pair, true);
    if (!name || !value) return malformed("the query has a bad percent-escape or character");
    if (target.query.size() == kMaxTargetParameters) return malformed("the query has too many parameters");
    target.query.emplace_back(*name, *value);
  }
  return {};
}

}  // namespace

Result<Target> parse_target(std::string_view text) {
  if (text.empty() || text.front() != '/') {
    return malformed("the request target must be a path that starts with '/'");
  }
  for (const char c : text) {
    if (c <= 0x20 || c == 0x7f || c == '#') {
      return malformed("the request target has a character that must be percent-escaped");
    }
  }
  Target target;
  const bool only_root = text.substr(0, text.find('?')) == "/";
  std::string_view rest = text;
  const auto path = take_until(rest, '?');
  if (only_root) {
    target.path = "/";
  } else {
    BAUTA_RETURN_IF_ERROR(parse_segments(path, target));
    if (target.segments.empty()) return malformed("the path has an empty or dot segment");
  }
  BAUTA_RETURN_IF_ERROR(parse_query(rest, target));
  return target;
}

std::string percent_encode(std::string_view text) {
  static constexpr char kDigits[] = "0123456789ABCDEF";
  std::string encoded;
  for (const char c : text) {
    if (is_unreserved(c)) {
      encoded.push_back(c);
    } else {
      const auto byte = static_cast<std::uint8_t>(c);
      encoded.push_back('%');
      encoded.push_back(kDigits[byte >> 4]);
      encoded.push_back(kDigits[byte & 15]);
    }
  }
  return encoded;
}

}  // namespace bauta
