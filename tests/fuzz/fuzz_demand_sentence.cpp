// A marketer's sentence: whatever was understood must read back as itself.
#include <cstdint>

#include "client/scoring/demand_sentence.h"
#include "common/base/bytes.h"

using namespace bauta;
using namespace bauta::client;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto sentence = parse_demand_sentence(as_text({data, size}));
  if (!sentence.ok()) {
    BAUTA_CHECK(!sentence.error().message.empty());
    return 0;
  }
  BAUTA_CHECK(sentence->horizon_days >= 1 && sentence->horizon_days <= kMaxHorizonDays);
  BAUTA_CHECK(sentence->conditions.size() <= kMaxConditions + 1 && !parsed_filters(*sentence).empty());
  const std::string canonical = canonical_sentence(*sentence);
  if (canonical.size() > kMaxSentenceBytes) return 0;
  const auto again = parse_demand_sentence(canonical);
  BAUTA_CHECK(again.ok());
  BAUTA_CHECK(canonical_sentence(*again) == canonical);
  BAUTA_CHECK(again->type == sentence->type && again->words == sentence->words && again->amount == sentence->amount &&
              again->limit == sentence->limit && again->conditions == sentence->conditions);
  return 0;
}
