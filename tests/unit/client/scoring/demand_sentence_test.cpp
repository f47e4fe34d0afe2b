#include "client/scoring/demand_sentence.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "client/scoring/sentence_verbs.h"

using namespace bauta;
using namespace bauta::client;

namespace {

/// The canonical form, or "refused: message".
std::string read(std::string_view text) {
  const auto sentence = parse_demand_sentence(text);
  return sentence.ok() ? canonical_sentence(*sentence) : "refused: " + sentence.error().message;
}

/// The message with which a sentence is refused, or "" where it is not.
std::string refusal(std::string_view text) {
  const auto sentence = parse_demand_sentence(text);
  return sentence.ok() ? "" : sentence.error().message;
}

bool contains(std::string_view text, std::string_view part) { return text.find(part) != std::string_view::npos; }

}  // namespace

TEST_CASE("sentences of the kind a marketer writes are understood") {
  const std::pair<const char*, const char*> cases[] = {
      {"customers likely to buy baby food within 14 days", "persons who will buy \"baby food\" within 14 days"},
      {"people who will visit again in the next month but did not redeem a coupon",
       "persons who will visit within 30 days, who did not redeem a coupon, who did visit"},
      {"buy wine between 20 and 50 within 2 weeks, except those who bought in the last 7 days",
       "persons who will buy \"wine\" between 20 and 50 within 14 days, who did not buy in the last 7 days"},
      {"lapsed customers who will buy coffee within a month",
       "persons who will buy \"coffee\" within 30 days, who did not do anything in the last 90 days"},
      {"customers inactive for more than 60 days likely to come back within 3 weeks",
       "persons who will visit within 21 days, who did not do anything in the last 60 days"},
      {"top 500 customers likely to buy tea in the next two weeks",
       "top 500 persons who will buy \"tea\" within 14 days"},
      {"Top 10 % of shoppers expected to redeem vouchers for frozen pizza",
       "top 10 % of persons who will redeem a coupon \"frozen pizza\" within 28 days"},
      {"find me at most 500 customers who will order pet food",
       "top 500 persons who will buy \"pet food\" within 28 days"},
      {"who bought wine in the last 30 days and will buy cheese within 14 days",
       "persons who will buy \"cheese\" within 14 days, who did buy \"wine\" in the last 30 days"},
      {"customers who in the last 30 days bought wine and will buy cheese",
       "persons who will buy \"cheese\" within 28 days, who did buy \"wine\" in the last 30 days"},
      {"people who haven\u2019t bought in 30 days but will visit",
       "persons who will visit within 28 days, who did not buy in the last 30 days"},
      {"buy coffee, not those who bought it in the last 14 days",
       "persons who will buy \"coffee\" within 28 days, who did not buy \"coffee\" in the last 14 days"},
      {"buy coffee except those who did not visit in the last 14 days",
       "persons who will buy \"coffee\" within 28 days, who did visit in the last 14 days"},
      {"buy wine over 20.50 excluding buyers of wine in the last fortnight",
       "persons who will buy \"wine\" over 20.5 within 28 days, who did not buy \"wine\" in the last 14 days"},
      {"buy wine without any activity in the last week",
       "persons who will buy \"wine\" within 28 days, who did not do anything in the last 7 days"},
      {"buy wine excluding the last 7 days",
       "persons who will buy \"wine\" within 28 days, who did not do anything in the last 7 days"},
      {"buy wine, beer or cheese except those who redeemed a coupon or bought it in the last 7 days",
       "persons who will buy \"wine\" or \"beer\" or \"cheese\" within 28 days, who did not redeem a coupon, who did "
       "not "
       "buy \"wine\" or \"beer\" or \"cheese\" in the last 7 days"},
      {"everyone who will spend at least 1,250 and at most 2,000 euros on toys in the next twenty-one days",
       "persons who will buy \"toys\" between 1250 and 2000 within 21 days"},
      {"people likely to visit the shop", "persons who will visit within 28 days"},
      {"who bought tea in the last 60 days but not in the last 14 days and will buy tea",
       "persons who will buy \"tea\" within 28 days, who did buy \"tea\" in the last 60 days, who did not buy \"tea\" "
       "in "
       "the last 14 days"},
      {"buy \"men's shoes\" or women's shoes", "persons who will buy \"men shoes\" or \"women shoes\" within 28 days"},
      {"will add shoes to the cart", "persons who will add to cart \"shoes\" within 28 days"},
      {"buy a book", "persons who will buy \"book\" within 28 days"},
      {"book a table", "persons who will reserve \"table\" within 28 days"},
      {"click on a newsletter within 3 days", "persons who will click a mail within 3 days"},
      {"eye and ear care within 4 weeks", "persons who will buy \"eye ear care\" within 28 days"},
      {"buy \"7 days within 5 minutes\" within 2 days",
       "persons who will buy \"7 days within 5 minutes\" within 2 days"},
  };
  for (const auto& sentence : cases) {
    const std::string_view text = sentence.first;
    const std::string_view expected = sentence.second;
    CAPTURE(text);
    CHECK(read(text) == expected);
    CHECK(read(expected) == expected);
  }
}

TEST_CASE("letter case and surrounding blanks do not matter") {
  CHECK(read("  CUSTOMERS LIKELY TO BUY BABY FOOD WITHIN 14 DAYS, EXCEPT THOSE WHO BOUGHT IN THE LAST WEEK\n") ==
        read("customers likely to buy baby food within 14 days, except those who bought in the last week"));
}

TEST_CASE("every event type that has a verb reads back from its own phrase") {
  for (int i = 0; i < static_cast<int>(EventType::other); ++i) {
    DemandSentence sentence;
    sentence.type = static_cast<EventType>(i);
    CAPTURE(to_string(sentence.type));
    const auto parsed = parse_demand_sentence(canonical_sentence(sentence));
    REQUIRE(parsed.ok());
    CHECK(parsed->type == sentence.type);
  }
}

TEST_CASE("what was assumed and what was not understood is said") {
  const auto sentence = parse_demand_sentence("loyal customers who will buy wine soon");
  REQUIRE(sentence.ok());
  CHECK(sentence->not_understood == std::vector<std::string>{"soon", "loyal"});
  CHECK(sentence->horizon_assumed);
  CHECK_FALSE(sentence->type_assumed);
  CHECK(contains(parsed_filters(*sentence).back(), "soon, loyal"));
  const auto bare = parse_demand_sentence("Baby Foods");
  REQUIRE(bare.ok());
  CHECK(bare->type_assumed);
  CHECK(bare->words.text() == "baby foods");
}

TEST_CASE("sentences that are empty, contradictory or beyond the grammar are refused with what to do") {
  const std::pair<const char*, const char*> cases[] = {
      {"", "does not say what people will do"},
      {"customers", "does not say what people will do"},
      {"except those who bought in the last 7 days", "does not say what people will do"},
      {"buy wine except", "followed by nothing"},
      {"buy wine within 14 days, within 3 weeks", "both 14 and 21 days"},
      {"buy wine between 50 and 20", "swap or widen"},
      {"buy wine over 20 and under 20", "swap or widen"},
      {"buy wine over 20 and over 30", "twice"},
      {"people who will visit and buy wine", "two things at once"},
      {"buy coffee again except those who bought coffee", "both asks for and leaves out"},
      {"lapsed customers who bought in the last 30 days and will buy tea", "both asks for and leaves out"},
      {"buy wine, who did not do anything", "nobody remains"},
      {"people who won't buy wine", "will NOT do"},
      {"people not likely to buy wine", "will NOT do"},
      {"buy wine except those who will visit", "conditions are about the past"},
      {"customers likely to churn", "no event that is recorded"},
      {"will return within 14 days", "can mean two things"},
      {"wine lovers who will buy", "'wine lovers' stands before 'buy'"},
      {"buy wine in the last 7 days", "the demand lies ahead"},
      {"buy wine since january", "the time 'since'"},
      {"buy wine in the next few weeks", "no length of time"},
      {"buy wine 14 days", "stands alone"},
      {"buy wine within two hours", "the time 'within'"},
      {"buy wine in december", "the time 'december'"},
      {"spend 50 or more on wine", "the number 50"},
      {"buy wine for \u00A320-\u00A350", "the number 20"},
      {"buy wine within 500 days", "out of bounds"},
      {"buy wine within 0 days", "out of bounds"},
      {"buy wine over 20,50", "two ways"},
      {"buy wine over -5", "negative"},
      {"buy over 3 bottles of wine", "count things"},
      {"buy wine more than 3 times", "no amount of money"},
      {"top 0 customers buy tea", "whole number from 1"},
      {"top 101 % buy tea", "up to 100"},
      {"top 5 customers, top 6 customers buy tea", "limits the audience twice"},
      {"buy \"wine", "quotation mark"},
      {"buy wine\x01", "control character"},
      {"buy \xFF\xFE", "UTF-8"},
  };
  for (const auto& sentence : cases) {
    const std::string_view text = sentence.first;
    const std::string_view expected = sentence.second;
    CAPTURE(text);
    CAPTURE(refusal(text));
    CHECK(contains(refusal(text), expected));
  }
}

TEST_CASE("the length and the number of words, items and conditions are bounded") {
  CHECK(parse_demand_sentence(std::string(1001, 'a')).error().code == ErrorCode::oversized);
  CHECK(parse_demand_sentence(std::string(1000, 'a')).ok());
  std::string words = "buy";
  std::string items = "buy x";
  std::string conditions = "buy tea";
  for (int i = 0; i < 30; ++i) words += " w" + std::to_string(i);
  for (int i = 0; i < 30; ++i) items += " or w" + std::to_string(i);
  for (int i = 0; i < 20; ++i) conditions += " except a" + std::to_string(i);
  CHECK(contains(refusal(words), "more than 23 words"));
  CHECK(contains(refusal(items), "more than 24 items"));
  CHECK(contains(refusal(conditions), "more than 16 conditions"));
}

TEST_CASE("an amount on the border is in or out as the words say, despite the rounding to float") {
  const auto band = [](std::string_view text) { return parse_demand_sentence(text)->amount; };
  CHECK_FALSE(band("buy wine over 20.10").contains(20.10F));
  CHECK(band("buy wine at least 20.10").contains(20.10F));
  CHECK_FALSE(band("buy wine under 20.10").contains(20.10F));
  CHECK(band("buy wine at most 20.10").contains(20.10F));
  CHECK(band("buy wine between 20.10 and 30").contains(20.10F));
  CHECK_FALSE(band("buy wine between 20.10 and 30").contains(std::nanf("")));
  CHECK(band("buy wine").contains(std::nanf("")));
}
