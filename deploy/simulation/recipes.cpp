#include <algorithm>

#include "deploy/simulation/made_service.h"

namespace bauta::simulation {
namespace {

constexpr std::int64_t kDay = 86400;

client::TaskSettings propensity(client::EventType target, int cut_day) {
  client::TaskSettings task;
  task.kind = client::TaskKind::propensity;
  task.target = target;
  task.cut = kFirstDay + cut_day * kDay;
  return task;
}

client::TaskSettings conversion() {
  client::TaskSettings task;
  task.kind = client::TaskKind::conversion;
  task.offer = client::EventType::mail_sent;
  task.target = client::EventType::coupon_redeemed;
  task.horizon = 21 * kDay;
  task.cut = kFirstDay + 280 * kDay;
  return task;
}

}  // namespace

std::vector<Recipe> recipes(std::uint32_t shrink) {
  constexpr int kCutDay = 326;  // 28 days later the data go on for another eleven
  constexpr std::uint32_t kFewestPersons = 120;
  constexpr std::uint32_t kFewestItems = 30;
  using client::EventType;
  std::vector<Recipe> all = {
      {.name = "made_grocery",
       .story = "A chain of food shops: will this customer buy again within four weeks?",
       .style = Style::baskets,
       .persons = 2400,
       .items = 900,
       .sessions_per_year = 10,
       .stay_days = 400,
       .weekend = 1.3,
       .channel = "store",
       .typical_amount = 4,
       .nouns = {"biscuits", "tea", "yoghurt", "cereal", "juice", "soup", "crackers", "jam", "noodles", "cheese"},
       .departments = {"Food", "Drinks", "Frozen", "Household"},
       .task = propensity(EventType::purchase, kCutDay)},
      {.name = "made_pharmacy",
       .story = "A pharmacy: will this customer buy again within four weeks?",
       .style = Style::baskets,
       .persons = 1500,
       .items = 400,
       .sessions_per_year = 5,
       .stay_days = 300,
       .weekend = 0.5,
       .channel = "store",
       .typical_amount = 11,
       .nouns = {"lotion", "capsules", "drops", "balm", "tablets", "cream", "syrup", "plasters", "vitamins"},
       .departments = {"Remedies", "Care", "Supplements"},
       .task = propensity(EventType::purchase, kCutDay)},
      {.name = "made_mailer",
       .story = "A coupon mailer: will this mail be redeemed within three weeks?",
       .style = Style::mailer,
       .persons = 1200,
       .items = 50,
       .sessions_per_year = 0,
       .stay_days = 0,
       .weekend = 1,
       .channel = "mail",
       .typical_amount = 0,
       .nouns = {"voucher", "coupon", "discount", "bargain", "special"},
       .departments = {"Weekly", "Seasonal", "Partners"},
       .task = conversion()},
      {.name = "made_cinema",
       .story = "Two cinemas: will this guest come again within four weeks?",
       .style = Style::visits,
       .persons = 1000,
       .items = 250,
       .sessions_per_year = 4,
       .stay_days = 350,
       .weekend = 2.5,
       .channel = "venue",
       .typical_amount = 10,
       .nouns = {"movie", "matinee", "premiere", "documentary", "sequel", "drama", "comedy"},
       .departments = {"Screen 1", "Screen 2", "Open air"},
       .task = propensity(EventType::visit, kCutDay)},
      {.name = "made_fashion",
       .story = "A fashion web shop: will this visitor buy within four weeks?",
       .style = Style::web_shop,
       .persons = 2000,
       .items = 700,
       .sessions_per_year = 8,
       .stay_days = 250,
       .weekend = 1.1,
       .channel = "web",
       .typical_amount = 45,
       .nouns = {"jacket", "shirt", "scarf", "trousers", "boots", "cap", "sweater", "dress", "socks", "coat"},
       .departments = {"Women", "Men", "Shoes", "Sale"},
       .task = propensity(EventType::purchase, kCutDay)},
      {.name = "made_restaurants",
       .story =
           "A reservation app of one small town, the tiny partner: will this guest reserve again within four weeks?",
       .style = Style::reservations,
       .persons = 300,
       .items = 60,
       .sessions_per_year = 5,
       .stay_days = 300,
       .weekend = 1.8,
       .channel = "app",
       .typical_amount = 38,
       .nouns = {"table", "terrace", "supper", "brunch", "tasting"},
       .departments = {"Old town", "Riverside"},
       .task = propensity(EventType::reserve, kCutDay)},
  };
  for (Recipe& recipe : all) {
    recipe.persons = std::max(recipe.persons / shrink, kFewestPersons);
    if (recipe.style != Style::mailer) recipe.items = std::max(recipe.items / shrink, kFewestItems);
  }
  return all;
}

}  // namespace bauta::simulation
