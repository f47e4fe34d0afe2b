#include "client/scoring/sentence_verbs.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <vector>

#include "client/scoring/matching_words.h"

namespace bauta::client {
namespace {

struct Pattern {
  std::string_view words;  ///< the first is a verb in its base form; a word in capitals stands for a group
  EventType type = EventType::other;
  Meaning meaning = Meaning::event;
};

constexpr std::array kPatterns = {
    Pattern{"see AD", EventType::impression},
    Pattern{"view", EventType::view},
    Pattern{"browse", EventType::view},
    Pattern{"look at", EventType::view},
    Pattern{"search", EventType::search},
    Pattern{"click", EventType::click},
    Pattern{"favourite", EventType::favourite},
    Pattern{"favorite", EventType::favourite},
    Pattern{"bookmark", EventType::favourite},
    Pattern{"add", EventType::cart},  // "add shoes to the cart": the parser skips the cart
    Pattern{"add to CART", EventType::cart},
    Pattern{"put in CART", EventType::cart},
    Pattern{"put into CART", EventType::cart},
    Pattern{"buy", EventType::purchase},
    Pattern{"purchase", EventType::purchase},
    Pattern{"order", EventType::purchase},
    Pattern{"spend", EventType::purchase},
    Pattern{"shop", EventType::purchase},
    Pattern{"make purchase", EventType::purchase},
    Pattern{"place order", EventType::purchase},
    Pattern{"return", EventType::return_},
    Pattern{"send back", EventType::return_},
    Pattern{"bring back", EventType::return_},
    Pattern{"visit", EventType::visit},
    Pattern{"revisit", EventType::visit},
    Pattern{"make visit", EventType::visit},
    Pattern{"come", EventType::visit},
    Pattern{"come back", EventType::visit},
    Pattern{"come in", EventType::visit},
    Pattern{"check in", EventType::visit},
    Pattern{"reserve", EventType::reserve},
    Pattern{"book", EventType::reserve},
    Pattern{"make reservation", EventType::reserve},
    Pattern{"play", EventType::play},
    Pattern{"watch", EventType::play},
    Pattern{"stream", EventType::play},
    Pattern{"listen", EventType::play},
    Pattern{"finish", EventType::finish},
    Pattern{"complete", EventType::finish},
    Pattern{"review", EventType::review},
    Pattern{"rate", EventType::review},
    Pattern{"write review", EventType::review},
    Pattern{"receive MAIL", EventType::mail_sent},
    Pattern{"get MAIL", EventType::mail_sent},
    Pattern{"send MAIL", EventType::mail_sent},
    Pattern{"open MAIL", EventType::mail_open},
    Pattern{"click MAIL", EventType::mail_click},
    Pattern{"click on MAIL", EventType::mail_click},
    Pattern{"click in MAIL", EventType::mail_click},
    Pattern{"receive COUPON", EventType::coupon_sent},
    Pattern{"get COUPON", EventType::coupon_sent},
    Pattern{"send COUPON", EventType::coupon_sent},
    Pattern{"redeem", EventType::coupon_redeemed},
    Pattern{"redeem COUPON", EventType::coupon_redeemed},
    Pattern{"use COUPON", EventType::coupon_redeemed},
    Pattern{"pay", EventType::pay},
    Pattern{"settle", EventType::pay},
    Pattern{"transfer", EventType::transfer},
    Pattern{"log in", EventType::login},
    Pattern{"login", EventType::login},
    Pattern{"sign in", EventType::login},
    Pattern{"subscribe", EventType::subscribe},
    Pattern{"sign up", EventType::subscribe},
    Pattern{"cancel", EventType::cancel},
    Pattern{"unsubscribe", EventType::cancel},
    Pattern{"refer", EventType::refer},
    Pattern{"recommend", EventType::refer},
    Pattern{"complain", EventType::complain},
    Pattern{"make complaint", EventType::complain},
    Pattern{"do anything", EventType::other, Meaning::anything},
    Pattern{"event", EventType::other, Meaning::anything},
    Pattern{"activity", EventType::other, Meaning::anything},
    Pattern{"active", EventType::other, Meaning::anything},
    Pattern{"be active", EventType::other, Meaning::anything},
    Pattern{"churn", EventType::other, Meaning::unasked},
    Pattern{"contact", EventType::other, Meaning::unasked},
    Pattern{"leave", EventType::other, Meaning::unasked},
    Pattern{"lapse", EventType::other, Meaning::unasked},
    Pattern{"quit", EventType::other, Meaning::unasked},
    Pattern{"stop", EventType::other, Meaning::unasked},
};

struct Irregular {
  std::string_view form, base;
};
constexpr std::array kPastForms = {
    Irregular{"bought", "buy"},  Irregular{"brought", "bring"}, Irregular{"came", "come"},
    Irregular{"done", "do"},     Irregular{"did", "do"},        Irregular{"got", "get"},
    Irregular{"gotten", "get"},  Irregular{"been", "be"},       Irregular{"left", "leave"},
    Irregular{"made", "make"},   Irregular{"paid", "pay"},      Irregular{"saw", "see"},
    Irregular{"seen", "see"},    Irregular{"sent", "send"},     Irregular{"spent", "spend"},
    Irregular{"wrote", "write"}, Irregular{"written", "write"},
};

bool one_of(std::string_view word, std::initializer_list<std::string_view> words) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

enum class Tense : std::uint8_t { present, past };

/// Is `word` a form of the verb `base`, and which?
std::optional<Tense> form_of(std::string_view word, std::string_view base) {
  for (const Irregular& irregular : kPastForms) {
    if (irregular.form == word && irregular.base == base) return Tense::past;
  }
  if (word == base) return Tense::present;
  const std::string stem(base.ends_with('e') || base.ends_with('y') ? base.substr(0, base.size() - 1) : base);
  const std::string doubled = std::string(base) + base.back();
  const auto any_of = [&](std::initializer_list<std::string> forms) {
    return std::find(forms.begin(), forms.end(), word) != forms.end();
  };
  const std::string whole(base);
  if (base.ends_with('e')) {
    if (any_of({stem + "es", stem + "ing"})) return Tense::present;
    return any_of({stem + "ed"}) ? std::optional(Tense::past) : std::nullopt;
  }
  if (base.ends_with('y') && any_of({stem + "ies"})) return Tense::present;
  if (base.ends_with('y') && any_of({stem + "ied"})) return Tense::past;
  if (any_of({whole + "s", whole + "es", whole + "ing", doubled + "ing"})) return Tense::present;
  return any_of({whole + "ed", doubled + "ed"}) ? std::optional(Tense::past) : std::nullopt;
}

bool is_article(std::string_view word) {
  return one_of(word, {"a", "an", "any", "her", "his", "its", "my", "one", "our", "some", "the", "their", "your"});
}

/// A later word of a pattern; singular and plural alike.
bool agrees(std::string_view word, std::string_view expected) {
  const std::string form = comparing_form(word);
  if (expected == "MAIL") return one_of(form, {"mail", "email", "mailing", "newsletter"});
  if (expected == "COUPON") return one_of(form, {"coupon", "voucher"});
  if (expected == "CART") return one_of(form, {"cart", "basket", "trolley"});
  if (expected == "AD") return one_of(form, {"ad", "advert", "advertisement", "banner"});
  return word == expected || form == expected;
}

std::optional<VerbPhrase> match(const Pattern& pattern, std::span<const std::string_view> words) {
  std::string_view rest = pattern.words;
  VerbPhrase phrase{pattern.meaning, pattern.type, false, 0};
  for (bool first = true; !rest.empty(); first = false) {
    const std::string_view expected = rest.substr(0, rest.find(' '));
    rest.remove_prefix(std::min(rest.size(), expected.size() + 1));
    while (!first && phrase.words < words.size() && is_article(words[phrase.words])) ++phrase.words;
    if (phrase.words == words.size()) return std::nullopt;
    const std::string_view word = words[phrase.words++];
    if (first) {
      const auto tense = form_of(word, expected);
      if (!tense) return std::nullopt;
      phrase.past = *tense == Tense::past;
    } else if (!agrees(word, expected)) {
      return std::nullopt;
    }
  }
  return phrase;
}

}  // namespace

std::optional<VerbPhrase> verb_phrase_at(std::span<const std::string_view> words) {
  std::optional<VerbPhrase> longest;
  if (words.empty() || words[0].empty()) return longest;
  for (const Pattern& pattern : kPatterns) {
    const auto phrase = match(pattern, words);
    if (phrase && (!longest || phrase->words > longest->words)) longest = phrase;
  }
  return longest;
}

std::optional<EventType> doers(std::string_view word) {
  if (one_of(word, {"buyers", "purchasers"})) return EventType::purchase;
  if (word == "visitors") return EventType::visit;
  if (word == "subscribers") return EventType::subscribe;
  if (word == "redeemers") return EventType::coupon_redeemed;
  return std::nullopt;
}

std::string_view phrase_of(EventType type) {
  switch (type) {
    case EventType::impression: return "see an ad";
    case EventType::view: return "view";
    case EventType::search: return "search";
    case EventType::click: return "click";
    case EventType::favourite: return "favourite";
    case EventType::cart: return "add to cart";
    case EventType::purchase: return "buy";
    case EventType::return_: return "send back";
    case EventType::visit: return "visit";
    case EventType::reserve: return "reserve";
    case EventType::play: return "play";
    case EventType::finish: return "finish";
    case EventType::review: return "review";
    case EventType::mail_sent: return "receive a mail";
    case EventType::mail_open: return "open a mail";
    case EventType::mail_click: return "click a mail";
    case EventType::coupon_sent: return "receive a coupon";
    case EventType::coupon_redeemed: return "redeem a coupon";
    case EventType::pay: return "pay";
    case EventType::transfer: return "transfer";
    case EventType::login: return "log in";
    case EventType::subscribe: return "subscribe";
    case EventType::cancel: return "cancel";
    case EventType::refer: return "refer";
    case EventType::complain: return "complain";
    case EventType::other: break;
  }
  return "do something else";
}

}  // namespace bauta::client
