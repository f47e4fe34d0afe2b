#include "common/model/text_words.h"

#include <doctest/doctest.h>

#include <array>

using namespace bauta;

namespace {

/// Words by '|', characters of unspaced words by '/'.
std::string words(std::string_view text) {
  std::string out;
  for (const TextWord& word : text_words(text)) {
    if (!out.empty()) out += '|';
    for (std::size_t i = 0; i < word.characters.size(); ++i)
      out += (word.unspaced && i > 0 ? "/" : "") + word.characters[i];
  }
  return out;
}

}  // namespace

TEST_CASE("this library folds every code point as this version of Bauta must") {
  const Status checked = check_text_rules();
  INFO((checked.ok() ? std::string() : checked.error().message));
  CHECK(checked.ok());
}

TEST_CASE("only letters and digits of ASCII are word characters, and a point or comma between digits") {
  for (int c = 0; c < 0x80; ++c) {
    const std::string text = std::string("x") + static_cast<char>(c) + "y";
    const bool digit = c >= '0' && c <= '9';
    const bool lower = c >= 'a' && c <= 'z';
    const bool upper = c >= 'A' && c <= 'Z';
    const std::string folded = std::string("x") + static_cast<char>(upper ? c + 32 : c) + "y";
    CHECK(words(text) == (digit || lower || upper ? folded : "x|y"));
  }
  CHECK(words("1.5,6 .7 8, 9.x a.1") == "1.5,6|7|8|9|x|a|1");
}

TEST_CASE("composed and decomposed, wide and narrow forms are one word") {
  CHECK(words("Cafe\u0301") == "caf\u00e9");
  CHECK(words("CAF\u00c9") == "caf\u00e9");
  CHECK(words("\uff2d\uff29\uff2c\uff2b \uff11\uff0e\uff15\uff4c") == "milk|1.5l");  // full width
  CHECK(words("\uff76\uff9e\uff97\uff7d") == "\u30ac/\u30e9/\u30b9");                // half-width ガラス
  CHECK(words("\ufb01sh") == "fish");                                                // ligature
  CHECK(words("\u1112\u1161\u11ab") == "\ud55c");                                    // Jamo 한
  CHECK(words("a\u0323\u0307") == words("a\u0307\u0323"));                           // order of marks
}

TEST_CASE("case is folded in every script that has cases") {
  CHECK(words("Жук ΟΔΟΣ ÀÞŐŽ") == "жук|οδοσ|àþőž");
  CHECK(words("Straße STRASSE οδος") == "strasse|strasse|οδοσ");
  CHECK(words("\u0130") == "i\u0307");  // İ: no language is guessed
}

TEST_CASE("symbols separate, what cannot be seen does not") {
  CHECK(words("don\u2019t × 3\u20ac\U0001f95b!") == "don|t|3");
  CHECK(words("Lego\u2122City Ace\u2120 Ben\u00aeJerry") == "lego|city|ace|ben|jerry");
  CHECK(words("choco\u00adlate mi\u200dlk") == "chocolate|milk");
  CHECK(words("5\u338f \u00bd \u00b2") == "5kg|1|2|2");
}

TEST_CASE("a combining mark belongs to the letter before it and begins no word") {
  const auto hindi = text_words("\u0939\u093f\u0928\u094d\u0926\u0940");  // हिन्दी
  REQUIRE(hindi.size() == 1);
  CHECK(hindi[0].characters == std::vector<std::string>{"\u0939\u093f", "\u0928\u094d", "\u0926\u0940"});
  CHECK(words("\u0301a - \u0302 b") == "a|b");
}

TEST_CASE("unspaced scripts are runs of their own") {
  CHECK(words("Wi-Fi対応モデル500ml入り") == "wi|fi|対/応/モ/デ/ル|500ml|入/り");
  CHECK(words("人々・〇") == "人/々|〇");
  CHECK(words("한국 우유") == "한/국|우/유");
  CHECK(words("นมจืด") == "น/ม/จื/ด");
  CHECK(words("\U00020000\U00020001") == "\U00020000/\U00020001");
}

TEST_CASE("bytes that are no UTF-8 are letters of their own") {
  const std::array<std::string, 5> broken = {"\xff", "\x80", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"};
  for (const std::string& bytes : broken) {
    const auto found = text_words("A" + bytes + "B");
    REQUIRE(found.size() == 1);
    CHECK(found[0].characters.size() == bytes.size() + 2);
    CHECK(words("A" + bytes + "B") == "a" + bytes + "b");
  }
  CHECK(words("\xe3\x81") == "\xe3\x81");  // cut off
  CHECK(words("e\xff\u0301") == "e\xff\u0301");
}
