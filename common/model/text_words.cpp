#include "common/model/text_words.h"

#include <utf8proc.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "common/crypto/sha256.h"

namespace bauta {
namespace {

/// Of utf8proc 2.8 and Unicode 15.0. Another value is another model: see docs/adr/0013-text-is-folded-by-one-table.md.
constexpr std::string_view kTextRulesHash = "6f77f89ebef8241fc16183550c1db40b7410ab3514c81b25dd46925300cdf20f";

using CodePoint = utf8proc_int32_t;
constexpr CodePoint kCodePoints = 0x110000;
constexpr CodePoint kNoUtf8 = kCodePoints;  ///< + a byte that belongs to no character

constexpr auto kNormalForm = static_cast<utf8proc_option_t>(UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT |
                                                            UTF8PROC_CASEFOLD | UTF8PROC_IGNORE);  // NFKC_Casefold

const utf8proc_uint8_t* bytes_of(std::string_view text) {
  return reinterpret_cast<const utf8proc_uint8_t*>(text.data());
}

/// `text` is valid UTF-8.
void append_folded(std::string_view text, std::vector<CodePoint>& out) {
  const auto length = static_cast<utf8proc_ssize_t>(text.size());
  const auto folded_length = utf8proc_decompose(bytes_of(text), length, nullptr, 0, kNormalForm);
  BAUTA_CHECK(folded_length >= 0);
  if (folded_length == 0) return;
  const std::size_t before = out.size();
  out.resize(before + static_cast<std::size_t>(folded_length));
  utf8proc_decompose(bytes_of(text), length, out.data() + before, folded_length, kNormalForm);
  const auto composed_length = utf8proc_normalize_utf32(out.data() + before, folded_length, kNormalForm);
  BAUTA_CHECK(composed_length >= 0);
  out.resize(before + static_cast<std::size_t>(composed_length));
}

/// ™ and ℠, which NFKC would glue to the name before them as the letters tm and sm.
bool is_trade_mark(CodePoint point) { return point == 0x2122 || point == 0x2120; }

std::vector<CodePoint> folded(std::string_view text) {
  std::vector<CodePoint> points;
  std::size_t run = 0;
  for (std::size_t at = 0; at < text.size();) {
    CodePoint point = 0;
    const auto length = utf8proc_iterate(bytes_of(text) + at, static_cast<utf8proc_ssize_t>(text.size() - at), &point);
    const bool valid = length > 0;
    const std::size_t next = at + (valid ? static_cast<std::size_t>(length) : 1);
    if (!valid || is_trade_mark(point)) {
      append_folded(text.substr(run, at - run), points);
      points.push_back(valid ? ' ' : kNoUtf8 + static_cast<unsigned char>(text[at]));
      run = next;
    }
    at = next;
  }
  append_folded(text.substr(run), points);
  return points;
}

enum class Kind : std::uint8_t { separator, letter, digit, mark };

Kind kind_of(CodePoint point) {
  if (point >= kNoUtf8) return Kind::letter;
  switch (utf8proc_category(point)) {
    case UTF8PROC_CATEGORY_LU:
    case UTF8PROC_CATEGORY_LL:
    case UTF8PROC_CATEGORY_LT:
    case UTF8PROC_CATEGORY_LM:
    case UTF8PROC_CATEGORY_LO:
    case UTF8PROC_CATEGORY_NL:  // 〇, for example
    case UTF8PROC_CATEGORY_NO: return Kind::letter;
    case UTF8PROC_CATEGORY_ND: return Kind::digit;
    case UTF8PROC_CATEGORY_MN:
    case UTF8PROC_CATEGORY_MC:
    case UTF8PROC_CATEGORY_ME: return Kind::mark;
    default: return Kind::separator;
  }
}

/// By block, since the library knows no scripts; what is no letter in these blocks separates words anyhow.
bool is_unspaced(CodePoint point) {
  struct Range {
    CodePoint first, last;
  };
  static constexpr std::array kRanges = {
      Range{0x0E00, 0x0EFF},    // Thai, Lao
      Range{0x1000, 0x109F},    // Myanmar
      Range{0x1100, 0x11FF},    // Hangul Jamo
      Range{0x1780, 0x17FF},    // Khmer
      Range{0x3005, 0x303C},    // 々, 〇 and their like
      Range{0x3040, 0x31FF},    // Hiragana, Katakana, Bopomofo, Hangul Compatibility Jamo
      Range{0x3400, 0x4DBF},    // Han, extension A
      Range{0x4E00, 0x9FFF},    // Han
      Range{0xA960, 0xA97F},    // Hangul Jamo, extended A
      Range{0xAC00, 0xD7FF},    // Hangul
      Range{0xF900, 0xFAFF},    // Han, compatibility
      Range{0x1AFF0, 0x1B16F},  // Kana, extended
      Range{0x20000, 0x3FFFF},  // Han, extensions from B on
  };
  return std::any_of(kRanges.begin(), kRanges.end(),
                     [point](const Range& range) { return point >= range.first && point <= range.last; });
}

/// Whether the library folds it at all; surrogates are no characters.
bool is_assigned(const utf8proc_property_t& property) {
  return property.category != UTF8PROC_CATEGORY_CN && property.category != UTF8PROC_CATEGORY_CO &&
         property.category != UTF8PROC_CATEGORY_CS;
}

void append_utf8(CodePoint point, std::string& out) {
  if (point >= kNoUtf8) {
    out += static_cast<char>(point - kNoUtf8);
    return;
  }
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto length = utf8proc_encode_char(point, bytes.data());
  out.append(bytes.begin(), bytes.begin() + length);
}

}  // namespace

namespace {

/// At most so many bytes, cut between characters.
std::string_view beginning_of(std::string_view text) {
  if (text.size() <= kMostTextBytes) return text;
  std::size_t end = kMostTextBytes;
  while (end > kMostTextBytes - 4 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;
  return text.substr(0, end);
}

}  // namespace

std::vector<TextWord> text_words(std::string_view whole) {
  const std::string_view text = beginning_of(whole);
  const std::vector<CodePoint> points = folded(text);
  const auto is_digit = [&](std::size_t i) { return i < points.size() && kind_of(points[i]) == Kind::digit; };
  std::vector<TextWord> words;
  bool open = false;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const CodePoint point = points[i];
    const Kind kind = kind_of(point);
    if (kind == Kind::mark) {
      if (open) append_utf8(point, words.back().characters.back());
      continue;
    }
    const bool inner_mark = (point == '.' || point == ',') && i > 0 && is_digit(i - 1) && is_digit(i + 1);
    if (kind == Kind::separator && !inner_mark) {
      open = false;
      continue;
    }
    const bool unspaced = kind == Kind::letter && is_unspaced(point);
    if (!open || unspaced != words.back().unspaced) words.push_back({{}, unspaced});
    open = true;
    append_utf8(point, words.back().characters.emplace_back());
  }
  return words;
}

Digest text_rules_hash() {
  Sha256 hash;
  Bytes record;
  for (CodePoint point = 0; point < kCodePoints; ++point) {
    const utf8proc_property_t& property = *utf8proc_get_property(point);
    append_u32(record, static_cast<std::uint32_t>(point));
    record.push_back(static_cast<std::uint8_t>(property.combining_class));
    record.push_back(property.ignorable ? 1 : 0);
    if (is_assigned(property)) {
      std::string character;
      append_utf8(point, character);
      // Alone, as a part of a Hangul syllable, and among combining marks.
      for (const CodePoint part : folded(character + " \uAC00" + character + " a" + character + "\u0301")) {
        append_u32(record, static_cast<std::uint32_t>(part));
        record.push_back(static_cast<std::uint8_t>(kind_of(part)));
      }
    }
    if (record.size() > 64 * 1024) {
      hash.update(record);
      record.clear();
    }
  }
  hash.update(record);
  return hash.finish();
}

Status check_text_rules() {
  const std::string found = to_hex(text_rules_hash());
  if (found == kTextRulesHash) return {};
  return Error{ErrorCode::internal, "the Unicode tables of libutf8proc " + std::string(utf8proc_version()) +
                                        " (Unicode " + utf8proc_unicode_version() + ") fold text in another way (" +
                                        found + ") than this version of Bauta must (" + std::string(kTextRulesHash) +
                                        "): install the library that it is built for"};
}

}  // namespace bauta
