// What a marketer could do without a neural model: scorers of "who will do this?" that ours must beat.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "client/scoring/demand_label.h"
#include "client/scoring/demand_sentence.h"

namespace bauta::bench {

struct AudienceQuestion {
  std::string name;
  client::DemandSentence sentence;
  client::DemandItems items;
};

/// One score for each person of the log, from events strictly before `cut` (labels that a scorer trains on included).
/// Persons without a history get any number. The vector is parallel to EventLog::persons.
using AudienceScorer = std::function<std::vector<double>(const AudienceQuestion& question, client::UnixSeconds cut)>;

struct NamedScorer {
  std::string name;
  AudienceScorer score;
};

/// activity: how many events a person had (the category's base rate orders nobody, so this is all popularity can say).
/// rfm_all, rfm_matching: mean of the ranks of recency, frequency and amount, of all events or of the demanded ones
///   (persons without a demanded event below all others, ordered by rfm_all).
/// tfidf: cosine of the words of the items in a person's history and the words of the demand.
/// lookalike: logistic regression on all of these, fitted on the persons and labels of one horizon before the cut; its
///   L2 is chosen by log loss on these when fitted one horizon earlier, as ours is. Where that past has no positive it
///   falls back to tfidf.
/// lookalike_6: the same, fitted on six such cuts 14 days apart, as many as the product trains on. Neither of the two
/// is better everywhere, so both are references. They keep a reference to the log.
std::vector<NamedScorer> baseline_scorers(const client::EventLog& log);

}  // namespace bauta::bench
