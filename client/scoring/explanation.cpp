#include "client/scoring/explanation.h"

#include <algorithm>
#include <numeric>

#include "common/base/time_format.h"

namespace bauta::client {

Result<std::vector<ExplainedEvent>> explain(Predictor& predictor, std::uint32_t person, UnixSeconds now,
                                            std::uint32_t item, std::optional<EventType> asked, std::size_t most) {
  const std::span<const Event> history = predictor.log().before(person, now);
  if (history.empty()) return Error{ErrorCode::not_found, "this person has no event before " + format_time(now)};
  const Sample sample{person, item, now, false};
  BAUTA_TRY(const auto weights, predictor.attention({&sample, 1}, asked));
  const std::vector<double>& own = weights.front();
  BAUTA_CHECK(own.size() <= history.size());
  const std::span<const Event> read = history.last(own.size());
  const double sum = std::accumulate(own.begin(), own.end(), 0.0);
  std::vector<ExplainedEvent> events;
  // Newest first, so that of equal weights the newer one stands first.
  for (std::size_t i = own.size(); i-- > 0;) events.push_back({read[i], own[i], sum > 0 ? own[i] / sum : 0});
  std::stable_sort(events.begin(), events.end(),
                   [](const ExplainedEvent& a, const ExplainedEvent& b) { return a.weight > b.weight; });
  events.resize(std::min(most, events.size()));
  return events;
}

}  // namespace bauta::client
