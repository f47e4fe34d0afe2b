#include "tests/bench/experiments/audience_questions.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <tuple>

#include "client/scoring/matching_words.h"
#include "client/scoring/sentence_verbs.h"
#include "common/base/counter_random.h"
#include "tests/bench/must.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

std::uint64_t hash_of(std::string_view name) {
  return mix64(fnv1a64(fmt::format("held out: {}", fmt::join(comparing_forms(name), " "))));
}

AudienceQuestion question_about(const EventLog& log, const std::string& name, const QuestionSettings& settings) {
  const std::string text = fmt::format("customers likely to {}{} within {} days", phrase_of(settings.type),
                                       name.empty() ? "" : fmt::format(" \"{}\"", name), settings.horizon_days);
  AudienceQuestion question;
  question.name = name;
  question.sentence = must(parse_demand_sentence(text));
  question.items = match_items(log, question.sentence.words);
  return question;
}

bool is_plain_word(std::string_view word) {
  return word.size() >= 4 && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'a' && c <= 'z'; });
}

}  // namespace

bool is_held_out(std::string_view name) { return hash_of(name) % 4 == 0; }

std::string_view leaf_of(std::string_view category) {
  const std::size_t last = category.rfind(" > ");
  return last == category.npos ? category : category.substr(last + 3);
}

std::vector<std::string> demand_names(const EventLog& log) {
  std::set<std::string> leaves;
  std::set<std::string> words;
  for (const Item& item : log.items) {
    // A path of one level holds everything a service has; its titles say more.
    if (item.category.find(" > ") != item.category.npos) leaves.emplace(leaf_of(item.category));
    for (const std::string& word : comparing_forms(item.title)) {
      if (is_plain_word(word)) words.insert(word);
    }
  }
  const auto& names = leaves.size() >= 20 ? leaves : words;
  return {names.begin(), names.end()};
}

std::vector<AudienceQuestion> audience_questions(const EventLog& log, const QuestionSettings& settings) {
  std::vector<std::string> names = demand_names(log);
  if (names.empty()) return {question_about(log, "", settings)};
  std::erase_if(names, [](const std::string& name) { return !is_held_out(name); });
  std::sort(names.begin(), names.end(), [](const std::string& a, const std::string& b) {
    return std::tuple(hash_of(a), a) < std::tuple(hash_of(b), b);
  });
  std::vector<AudienceQuestion> questions;
  for (const std::string& name : names) {
    if (questions.size() == settings.most) break;
    AudienceQuestion question = question_about(log, name, settings);
    const auto matching = std::count(question.items.matches.begin(), question.items.matches.end(), true);
    if (2 * static_cast<std::size_t>(matching) > log.items.size()) continue;  // "campaign" describes no campaign
    const UnixSeconds before = settings.cut - std::int64_t{settings.horizon_days} * 86400;
    const auto samples = must(demand_samples(log, question.sentence, question.items, before));
    const auto positives = static_cast<std::size_t>(
        std::count_if(samples.begin(), samples.end(), [](const Sample& sample) { return sample.label; }));
    const bool wide = static_cast<double>(positives) > settings.widest * static_cast<double>(samples.size());
    if (positives >= settings.fewest && !wide) questions.push_back(std::move(question));
  }
  return questions;
}

}  // namespace bauta::bench
