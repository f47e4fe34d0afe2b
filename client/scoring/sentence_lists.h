// The closed lists of words that the grammar of demand_sentence.h knows, beside the verbs of sentence_verbs.h.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace bauta::client::sentence_lists {

template <std::size_t N>
bool in(const std::array<std::string_view, N>& list, std::string_view word) {
  return std::find(list.begin(), list.end(), word) != list.end();
}

inline constexpr std::array<std::string_view, 26> kAudience = {
    "customers", "people",  "persons", "shoppers",   "buyers",      "purchasers", "redeemers", "users",    "visitors",
    "clients",   "members", "guests",  "households", "subscribers", "consumers",  "patients",  "everyone", "everybody",
    "anyone",    "anybody", "those",   "all",        "somebody",    "someone",    "audience",  "ones"};
/// Join parts of a sentence; a verb may follow.
inline constexpr std::array<std::string_view, 30> kLinks = {
    "who", "that", "which", "whom", "to",  "be",   "is",      "are",       "and",     "or",
    "nor", "but",  "then",  "also", "do",  "does", "did",     "have",      "has",     "had",
    "was", "were", "they",  "been", "yet", "just", "already", "currently", "usually", "often"};
/// After these a verb without an ending means the past: "did buy", "have come".
inline constexpr std::array<std::string_view, 6> kPastLinks = {"did", "have", "has", "had", "already", "been"};
inline constexpr std::array<std::string_view, 20> kFuture = {
    "will",  "would", "likely",     "likeliest", "expected", "going",   "may",   "might", "could", "should",
    "shall", "want",  "interested", "looking",   "ready",    "wanting", "prone", "need",  "about", "predicted"};
inline constexpr std::array<std::string_view, 7> kFirmFuture = {"will",     "would", "likely",   "likeliest",
                                                                "expected", "shall", "predicted"};
inline constexpr std::array<std::string_view, 8> kNegations = {"not",    "never",  "didnt", "dont",
                                                               "doesnt", "havent", "hasnt", "hadnt"};
inline constexpr std::array<std::string_view, 4> kNegatedFuture = {"wont", "wouldnt", "unlikely", "cannot"};
inline constexpr std::array<std::string_view, 6> kExceptions = {"except",    "excluding", "exclude",
                                                                "excepting", "without",   "minus"};
inline constexpr std::array<std::string_view, 3> kLapsed = {"lapsed", "inactive", "dormant"};
inline constexpr std::array<std::string_view, 25> kTimesBeyond = {
    "within",    "hours",    "january",  "february", "april",    "june",     "july",   "august", "september",
    "october",   "november", "december", "monday",   "tuesday",  "saturday", "since",  "until",  "ago",
    "yesterday", "tomorrow", "today",    "tonight",  "recently", "lately",   "weekend"};
inline constexpr std::array<std::string_view, 10> kGenericItems = {
    "anything", "something", "item", "items", "product", "products", "goods", "article", "articles", "stuff"};
inline constexpr std::array<std::string_view, 6> kPronouns = {"it", "them", "this", "these", "same", "such"};
inline constexpr std::array<std::string_view, 6> kPlaces = {"store", "shop", "website",
                                                            "site",  "us",   "branch"};   // to visit
inline constexpr std::array<std::string_view, 3> kCarts = {"cart", "basket", "trolley"};  // "add shoes to the cart"
inline constexpr std::array<std::string_view, 14> kOrders = {"find", "show", "list",    "select", "target",
                                                             "give", "me",   "please",  "which",  "choose",
                                                             "get",  "us",   "address", "reach"};
inline constexpr std::array<std::string_view, 10> kCurrencies = {"dollar", "dollars", "euro", "euros", "pound",
                                                                 "pounds", "usd",     "eur",  "gbp",   "each"};
inline constexpr std::array<std::string_view, 6> kAhead = {"next",     "coming", "following",
                                                           "upcoming", "this",   "another"};
inline constexpr std::array<std::string_view, 4> kBehind = {"last", "past", "previous", "preceding"};
inline constexpr std::array<std::string_view, 7> kTimePrepositions = {"in",  "within", "over", "during",
                                                                      "for", "inside", "under"};
inline constexpr std::array<std::string_view, 8> kWeakWords = {"soon",   "probably", "most",    "very",
                                                               "highly", "maybe",    "perhaps", "more"};
inline constexpr std::array<std::string_view, 8> kCounted = {"times",  "time",   "visits", "purchases",
                                                             "orders", "events", "clicks", "coupons"};

}  // namespace bauta::client::sentence_lists
