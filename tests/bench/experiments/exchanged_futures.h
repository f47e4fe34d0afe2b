// A canary for looking into the future: what a scorer reads of the past says nothing about another person's future.
#pragma once

#include <cstdint>
#include <numeric>
#include <utility>
#include <vector>

#include "client/data/event_log.h"
#include "common/base/counter_random.h"

namespace bauta::bench {

/// The same pasts, but each person's events from the cut on are another's. Only among those with a past.
inline client::EventLog with_exchanged_futures(const client::EventLog& log, client::UnixSeconds cut,
                                               std::uint64_t seed) {
  std::vector<std::uint32_t> known;
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    if (!log.before(p, cut).empty()) known.push_back(p);
  }
  std::vector<std::uint32_t> future_of(log.persons.size());
  std::iota(future_of.begin(), future_of.end(), 0U);
  CounterRandom random(seed, "exchanged futures");
  for (std::size_t i = known.size(); i > 1; --i) std::swap(future_of[known[i - 1]], future_of[known[random.below(i)]]);
  client::EventLog exchanged = log;
  std::vector<client::Event> events;
  exchanged.first_event = {0};
  for (std::uint32_t p = 0; p < log.persons.size(); ++p) {
    const auto past = log.before(p, cut);
    const auto all = log.of(future_of[p]);
    const auto future = all.subspan(log.before(future_of[p], cut).size());
    events.insert(events.end(), past.begin(), past.end());
    events.insert(events.end(), future.begin(), future.end());
    exchanged.first_event.push_back(events.size());
  }
  exchanged.events = std::move(events);
  return exchanged;
}

}  // namespace bauta::bench
