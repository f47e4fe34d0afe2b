#include "tests/bench/experiments/purchase_histories.h"

#include <map>

#include "client/data/csv_source.h"
#include "client/data/load_event_log.h"
#include "client/data/timestamp.h"
#include "common/base/counter_random.h"
#include "tests/support/cdnow.h"

namespace bauta::experiment {
namespace {

/// Days since some first day to what was spent on them.
using SpentByDay = std::map<std::int64_t, double>;

void add_customer(std::string id, const SpentByDay& days, std::int64_t cut, double horizon, Shop& shop) {
  CustomerHistory history{std::move(id), {}, {}};
  Outcome outcome;
  for (const auto& [day, spent] : days) {
    if (day < cut) {
      history.purchases.push_back({static_cast<double>(day) / 7, spent});
    } else if (static_cast<double>(day - cut) < horizon * 7) {
      ++outcome.purchases;
      outcome.spend += spent;
    }
  }
  const auto summary = summarise(history.purchases, static_cast<double>(cut - 1) / 7);
  if (!summary) return;  // not yet a customer at the cut
  history.summary = *summary;
  shop.histories.push_back(std::move(history));
  shop.outcomes.push_back(outcome);
}

}  // namespace

Result<PurchaseData> load_cdnow(const std::filesystem::path& data, bool sample, double horizon) {
  BAUTA_TRY(const auto histories, sample ? cdnow::read_sample(data / "cdnow") : cdnow::read_master(data / "cdnow"));
  const std::string name = (sample ? "cdnow_sample_" : "cdnow_") + std::to_string(std::lround(horizon)) + "_weeks";
  PurchaseData loaded{name, "1997-10-01", horizon, {}};
  const std::int64_t cut = 273;
  for (const auto& [id, purchases] : histories) {
    SpentByDay days;
    for (const Purchase& purchase : purchases) days[std::lround(purchase.time * 7)] += purchase.amount;
    add_customer(id, days, cut, loaded.horizon, loaded.all);
  }
  return loaded;
}

Result<PurchaseData> load_gift_shop(const std::filesystem::path& data) {
  PurchaseData loaded{"gift_shop", "2011-09-10", 13, {}};
  const auto folder = data / "services" / "gift_shop";
  client::CsvSource source(folder / "events.csv.gz", folder / "items.csv.gz", folder / "persons.csv.gz");
  BAUTA_TRY(const client::LoadedData service, client::load_event_log(source, {}));
  const std::int64_t first = *client::parse_timestamp("2010-12-01") / 86400;
  const std::int64_t cut = *client::parse_timestamp(loaded.cut) / 86400 - first;
  for (std::size_t person = 0; person < service.log.persons.size(); ++person) {
    SpentByDay bought, net;
    for (const client::Event& event : service.log.of(person)) {
      const std::int64_t day = event.occurred_at / 86400 - first;
      if (!std::isfinite(event.amount)) continue;
      net[day] += static_cast<double>(event.amount);
      if (event.type == client::EventType::purchase) bought[day] += static_cast<double>(event.amount);
    }
    // A day of returns only is no purchase, and neither is an order cancelled on its own day.
    std::erase_if(bought, [&](const auto& day) { return !(net[day.first] > 0.005); });
    for (auto& [day, spent] : bought) spent = net[day];
    add_customer(service.log.persons[person], bought, cut, loaded.horizon, loaded.all);
  }
  return loaded;
}

std::vector<Shop> stage_shops(const Shop& all, std::uint64_t seed) {
  constexpr double kUpTo[] = {0.50, 0.75, 0.87, 0.94, 0.98, 1.01};
  std::vector<Shop> shops(std::size(kUpTo));
  for (std::size_t i = 0; i < all.histories.size(); ++i) {
    const double draw = CounterRandom(seed, "shop of " + all.histories[i].id).unit();
    std::size_t shop = 0;
    while (draw >= kUpTo[shop]) ++shop;
    shops[shop].histories.push_back(all.histories[i]);
    shops[shop].outcomes.push_back(all.outcomes[i]);
  }
  return shops;
}

}  // namespace bauta::experiment
