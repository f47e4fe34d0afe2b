// Which sentences the audience experiment asks: about categories and words that training must never see as demand.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "client/data/event_log.h"
#include "tests/bench/experiments/audience_baselines.h"

namespace bauta::bench {

/// A quarter of all names, chosen by a hash of their comparing_forms() (so "BABY FOODS" and "baby food" go together).
/// Whoever trains a model for the experiment must leave items of held-out names out of every demand text.
bool is_held_out(std::string_view name);

/// The last level of a category path.
std::string_view leaf_of(std::string_view category);

/// What can be asked about in this log: the leaves of the categories, or the words of the titles where there are none.
std::vector<std::string> demand_names(const client::EventLog& log);

struct QuestionSettings {
  client::EventType type = client::EventType::purchase;
  int horizon_days = 28;
  client::UnixSeconds cut = 0;  ///< of the test
  std::size_t most = 12;        ///< questions, those with the smallest hash
  std::size_t fewest = 10;      ///< positives in the horizon before the cut; the test's own labels choose nothing
  double widest = 0.3;          ///< at most this share of positives there: a word that everybody buys is no demand
};

/// Sentences about held-out names, read by the product's own parser; one about no item where the log has no text.
std::vector<AudienceQuestion> audience_questions(const client::EventLog& log, const QuestionSettings& settings);

}  // namespace bauta::bench
