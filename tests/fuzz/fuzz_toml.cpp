// TOML texts that come from the network or from a person: plans and rosters.
#include <cstdint>

#include "common/base/config_reader.h"
#include "common/federation/plan.h"
#include "common/federation/roster.h"

using namespace bauta;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text({data, size});
  const auto plan = parse_plan(text);
  if (plan.ok()) {
    BAUTA_CHECK(plan->round.min_participants >= 3);
    BAUTA_CHECK(plan->update.clip > 0 && plan->update.range.value_or(1) > 0 &&
                plan->update.bits < plan->update.lane.value_or(32));
  }
  const auto roster = parse_roster(text);
  if (roster.ok()) BAUTA_CHECK(roster->size() >= 3);
  if (auto reader = ConfigReader::from_text(text, "fuzz"); reader.ok()) {
    ConfigTable root = reader->root();
    (void)root.text("name", "");
    (void)root.table("a").integer("b", {0, 10}, 1);
    (void)root.tables("partner");
    (void)reader->finish();
  }
  return 0;
}
