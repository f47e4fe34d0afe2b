#include "client/scoring/sentence_lexer.h"

#include <fmt/format.h>

#include <array>
#include <charconv>
#include <utility>

#include "client/data/utf8.h"
#include "client/scoring/matching_words.h"

namespace bauta::client {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 14> kAsciiKin = {{
    {"\u00A0", " "},
    {"\u2009", " "},
    {"\u202F", " "},
    {"\u3000", " "},
    {"\u2018", "'"},
    {"\u2019", "'"},
    {"\u201C", "\""},
    {"\u201D", "\""},
    {"\u201E", "\""},
    {"\u00AB", "\""},
    {"\u00BB", "\""},
    {"\u2013", "-"},
    {"\u2014", " "},
    {"\u00A3", " "},  // pound; the euro sign below
}};
constexpr std::string_view kEuro = "\u20AC";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_word(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

std::string with_ascii_marks(std::string_view text) {
  std::string plain;
  while (!text.empty()) {
    std::string_view from = text.substr(0, 1);
    std::string_view to = from;
    if (text.starts_with(kEuro)) {
      from = kEuro;
      to = " ";
    }
    for (const auto& [kin, ascii] : kAsciiKin) {
      if (text.starts_with(kin)) {
        from = kin;
        to = ascii;
      }
    }
    plain += to;
    text.remove_prefix(from.size());
  }
  return plain;
}

std::string joined(const std::vector<std::string>& words) { return fmt::format("{}", fmt::join(words, " ")); }

/// "1,250.5" → 1250.5; nothing where commas do not group by threes or there are more digits than a price has.
std::optional<double> number_of(std::string_view text) {
  const std::size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  const std::string_view decimals = point == text.npos ? "" : text.substr(point + 1);
  std::string digits;
  std::size_t group = 0;  // digits since the last comma
  const bool grouped = whole.find(',') != whole.npos;
  for (std::size_t i = 0; i < whole.size(); ++i) {
    if (whole[i] == ',') {
      const bool first = whole.find(',') == i;
      if (first ? group > 3 : group != 3) return std::nullopt;
      group = 0;
    } else {
      digits += whole[i];
      ++group;
    }
  }
  if ((grouped && group != 3) || digits.size() > 12 || decimals.size() > 4) return std::nullopt;
  if (decimals.find_first_not_of("0123456789") != decimals.npos) return std::nullopt;
  const std::string plain = digits + (decimals.empty() ? "" : ".") + std::string(decimals);
  double value = 0;
  const auto [end, error] = std::from_chars(plain.data(), plain.data() + plain.size(), value);
  if (error != std::errc() || end != plain.data() + plain.size()) return std::nullopt;
  return value;
}

class Lexer {
 public:
  explicit Lexer(std::string text) : text_(std::move(text)) {}

  Result<std::vector<Lexeme>> run() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"') {
        BAUTA_RETURN_IF_ERROR(take_quoted());
      } else if (is_word(c)) {
        take_word();
      } else {
        BAUTA_RETURN_IF_ERROR(take_mark(c));
      }
    }
    return std::move(lexemes_);
  }

 private:
  char next(std::size_t ahead) const { return at_ + ahead < text_.size() ? text_[at_ + ahead] : '\0'; }

  void add(Lexeme::Kind kind, std::string text) {
    Lexeme lexeme;
    lexeme.kind = kind;
    lexeme.text = std::move(text);
    lexemes_.push_back(std::move(lexeme));
  }

  Status take_quoted() {
    const std::size_t end = text_.find('"', at_ + 1);
    if (end == text_.npos) return Error{ErrorCode::malformed, "a quotation mark has no partner: close or remove it"};
    std::string inside = text_.substr(at_ + 1, end - at_ - 1);
    for (std::size_t i = inside.find("'s"); i != inside.npos; i = inside.find("'s", i + 1)) {
      if (i + 2 == inside.size() || !is_word(inside[i + 2])) inside.replace(i, 2, " ");  // women's, as outside
    }
    const std::string text = joined(words_of(inside));
    if (!text.empty()) add(Lexeme::Kind::quoted, text);
    at_ = end + 1;
    return {};
  }

  void take_word() {
    const std::size_t begin = at_;
    while (is_word(next(0)) || ((next(0) == '.' || next(0) == ',') && is_digit(text_[at_ - 1]) && is_digit(next(1)))) {
      ++at_;
    }
    const std::string raw = text_.substr(begin, at_ - begin);
    if (is_digit(raw[0]) && raw.find_first_not_of("0123456789.,") == raw.npos) return take_number(raw);
    std::string word = joined(words_of(raw));
    if (word.empty()) return;
    if (next(0) == '\'') {
      const bool negation = word.ends_with('n') && (next(1) == 't' || next(1) == 'T') && !is_word(next(2));
      if (negation) word += "t";
      const bool ending = is_word(next(1)) && !is_word(next(2));  // the s of women's
      at_ += ending ? 2 : 1;
    }
    add(Lexeme::Kind::word, std::move(word));
  }

  void take_number(const std::string& raw) {
    add(Lexeme::Kind::number, raw);
    lexemes_.back().value = number_of(raw);
    std::size_t ahead = 0;
    while (next(ahead) == ' ') ++ahead;
    if (next(ahead) == '%') {
      lexemes_.back().percent = true;
      at_ += ahead + 1;
    }
  }

  Status take_mark(char c) {
    if (c == '-' && is_digit(next(1)) && (at_ == 0 || text_[at_ - 1] == ' ') &&
        (lexemes_.empty() || lexemes_.back().kind != Lexeme::Kind::number)) {
      return Error{ErrorCode::invalid_argument, "a number is negative: write it without the minus"};
    }
    if (c == ',') add(Lexeme::Kind::comma, ",");
    if (std::string_view(".;:!?()[]").find(c) != std::string_view::npos) add(Lexeme::Kind::stop, ".");
    ++at_;
    return {};
  }

  std::string text_;
  std::size_t at_ = 0;
  std::vector<Lexeme> lexemes_;
};

}  // namespace

Result<std::vector<Lexeme>> lex_sentence(std::string_view sentence) {
  if (sentence.size() > kMaxSentenceBytes) {
    return Error{ErrorCode::oversized,
                 fmt::format("the sentence has {} bytes: shorten it to {}", sentence.size(), kMaxSentenceBytes)};
  }
  if (!is_utf8(sentence)) return Error{ErrorCode::malformed, "the sentence is not UTF-8: save or type it as UTF-8"};
  std::string text = with_ascii_marks(sentence);
  for (char& c : text) {
    if (c == '\t' || c == '\n' || c == '\r') c = ' ';
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      return Error{ErrorCode::malformed, "the sentence holds a control character: remove it"};
    }
  }
  return Lexer(std::move(text)).run();
}

}  // namespace bauta::client
