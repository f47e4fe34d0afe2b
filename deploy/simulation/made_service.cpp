#include "deploy/simulation/made_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace bauta::simulation {
namespace {

using client::EventType;
using client::UnixSeconds;

constexpr std::array<std::string_view, 16> kAdjectives = {"new",    "large", "classic", "small", "extra",  "daily",
                                                          "best",   "fine",  "mini",    "plain", "double", "light",
                                                          "simple", "grand", "soft",    "quick"};
constexpr std::array<std::string_view, 12> kBrands = {"Arco",  "Belmo", "Corvin", "Dunia", "Estra", "Fenn",
                                                      "Galdo", "Hespe", "Ilmar",  "Jorun", "Kelda", "Lumo"};

constexpr double kRefusing = 0.02;
constexpr double kJoinedBefore = 0.6;
constexpr double kHabit = 0.9;
constexpr double kOwnRate = 0.35;  // spread of the part of a person's log rate that no interest explains

double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

class Maker {
 public:
  Maker(const LatentWorld& world, const Recipe& recipe, std::uint64_t seed)
      : world_(world),
        item_draw_(seed, fmt::format("{} items", recipe.name)),
        person_draw_(seed, fmt::format("{} persons", recipe.name)),
        draw_(seed, fmt::format("{} events", recipe.name)) {
    service_.recipe = recipe;
  }

  MadeService make() {
    make_items();
    make_persons();
    if (service_.recipe.style == Style::mailer) {
      send_campaigns();
    } else {
      for (std::uint32_t p = 0; p < service_.persons.size(); ++p) {
        for (const int day : service_.persons[p].activity.sessions(draw_)) session(p, day);
      }
    }
    std::stable_sort(service_.events.begin(), service_.events.end(), [](const MadeEvent& a, const MadeEvent& b) {
      return a.person != b.person ? a.person < b.person : a.occurred_at < b.occurred_at;
    });
    return std::move(service_);
  }

 private:
  void make_items() {
    const Recipe& recipe = service_.recipe;
    const auto pick = [&](const auto& words) {
      return words[item_draw_.below(static_cast<std::uint32_t>(words.size()))];
    };
    items_of_.resize(kInterests);
    for (std::uint32_t i = 0; i < recipe.items; ++i) {
      MadeItem item;
      item.interest = i % kInterests;
      const auto& words = LatentWorld::words(item.interest);
      item.id = fmt::format("{}", 1000 + i);
      // Each draw is a statement of its own: the order of arguments is the compiler's choice.
      const std::string_view adjective = pick(kAdjectives);
      const std::string_view noun = pick(recipe.nouns);
      const std::string_view word = pick(words);
      item.title = fmt::format("{} {} {}", adjective, word, noun);
      if (recipe.style == Style::mailer) item.title += fmt::format(" and {}", pick(words));
      const std::string_view department = pick(recipe.departments);
      const std::string_view shelf = pick(recipe.nouns);
      item.category = fmt::format("{} > {}", department, shelf);
      item.brand = pick(kBrands);
      item.price = recipe.typical_amount * std::exp(0.5 * item_draw_.normal());
      items_of_[item.interest].push_back(i);
      service_.items.push_back(std::move(item));
    }
  }

  void make_persons() {
    const Recipe& recipe = service_.recipe;
    const std::vector<double> days = calendar(recipe.weekend);
    for (std::uint32_t p = 0; p < recipe.persons; ++p) {
      MadePerson person;
      person.id = fmt::format("{}-{:05}", recipe.name, p + 1);
      person.consents = !person_draw_.chance(kRefusing);
      person.latent = world_.person(person_draw_);
      person.activity.joined = person_draw_.chance(kJoinedBefore)
                                   ? 0
                                   : static_cast<int>(person_draw_.below(static_cast<std::uint32_t>(kDays)));
      if (recipe.style == Style::mailer) {
        person.answering = kHabit * person_draw_.normal();
      } else {
        const double rate =
            recipe.sessions_per_year / kDays * std::exp(person.latent.pull + kOwnRate * person_draw_.normal());
        for (const double factor : days) person.activity.rate.push_back(rate * factor);
        person.activity.stay = std::exp(-1 / recipe.stay_days);
        if (recipe.style == Style::web_shop) person.activity.target_share = sigmoid(-0.6 + 0.8 * person.latent.pull);
      }
      service_.persons.push_back(std::move(person));
    }
  }

  /// An item of an interest drawn from the person's own; the first ones of an interest are the popular ones.
  std::uint32_t choose_item(std::uint32_t person) {
    const auto& items = items_of_[draw_.weighted(service_.persons[person].latent.interests)];
    popularity_.resize(items.size());
    for (std::size_t i = 0; i < items.size(); ++i) popularity_[i] = 1 / (static_cast<double>(i) + 5);
    return items[draw_.weighted(popularity_)];
  }

  void add(std::uint32_t person, UnixSeconds when, EventType type, std::uint32_t item, double amount = std::nan("")) {
    service_.events.push_back({person, when, type, item, amount, service_.recipe.channel});
  }

  /// A moment of the day between the full hours, to the second or to the minute.
  UnixSeconds moment(int day, int first_hour, int last_hour, bool to_the_second) {
    const int hour = draw_.between(first_hour, last_hour);
    const int minute = draw_.between(0, 59);
    const int second = to_the_second ? draw_.between(0, 59) : 0;
    return kFirstDay + day * UnixSeconds{86400} + hour * 3600 + minute * 60 + second;
  }

  /// All of a session stays within its day: Activity's chances count days.
  void session(std::uint32_t person, int day) {
    const auto price = [&](std::uint32_t item) { return service_.items[item].price; };
    switch (service_.recipe.style) {
      case Style::baskets: {
        const UnixSeconds when = moment(day, 8, 19, true);
        for (int lines = 1 + draw_.poisson(1.0); lines > 0; --lines) {
          const std::uint32_t item = choose_item(person);
          add(person, when, EventType::purchase, item, price(item));
        }
        return;
      }
      case Style::visits: {
        const UnixSeconds when = moment(day, 14, 20, false);
        const std::uint32_t item = choose_item(person);
        add(person, when, EventType::visit, item, price(item));
        if (draw_.chance(0.15)) add(person, when + 3 * 3600, EventType::review, item);
        return;
      }
      case Style::web_shop: {
        UnixSeconds when = moment(day, 7, 21, true);
        std::uint32_t item = choose_item(person);
        add(person, when, EventType::view, item);
        for (int views = draw_.poisson(2.0); views > 0; --views) {
          when += 20 + draw_.below(100);
          item = choose_item(person);
          add(person, when, EventType::view, item);
        }
        const bool buys = draw_.chance(service_.persons[person].activity.target_share);
        if (buys || draw_.chance(0.2)) add(person, when + 30, EventType::cart, item);
        if (buys) add(person, when + 90, EventType::purchase, item, price(item));
        return;
      }
      case Style::reservations: {
        const std::uint32_t item = choose_item(person);
        add(person, moment(day, 8, 16, true), EventType::reserve, item);
        if (draw_.chance(0.9)) add(person, moment(day, 18, 21, false), EventType::visit, item, price(item));
        return;
      }
      case Style::mailer: return;
    }
  }

  /// A campaign a week, each to some of those who have joined. Whether a mail is opened or redeemed depends on how much
  /// its interest is the person's, on the person's habit of answering and, redeeming, on the person's pull.
  void send_campaigns() {
    for (std::uint32_t i = 0; i < service_.items.size(); ++i) {
      const int day = static_cast<int>(i) * 7 + 1;
      const std::size_t interest = service_.items[i].interest;
      for (std::uint32_t p = 0; p < service_.persons.size(); ++p) {
        const MadePerson& person = service_.persons[p];
        if (person.activity.joined > day || !draw_.chance(0.4)) continue;
        const double match = person.latent.interests[interest];
        const double redeems = sigmoid(-3.2 + 3.0 * match + person.latent.pull + person.answering);
        const bool redeemed = draw_.chance(redeems);
        const bool opened = redeemed || draw_.chance(sigmoid(-2.0 + 4.0 * match + person.answering));
        service_.offer_chance.emplace(std::pair(p, i), redeems);
        add(p, kFirstDay + day * UnixSeconds{86400} + 9 * 3600, EventType::mail_sent, i);
        if (opened) add_in_time(p, moment(day, 10, 22, false), EventType::mail_open, i);
        if (redeemed) {
          const int days_later = draw_.between(1, 18);
          add_in_time(p, moment(day + days_later, 10, 19, false), EventType::coupon_redeemed, i);
        }
      }
    }
  }

  void add_in_time(std::uint32_t person, UnixSeconds when, EventType type, std::uint32_t item) {
    if (when < kFirstDay + kDays * UnixSeconds{86400}) add(person, when, type, item);
  }

  const LatentWorld& world_;
  Draw item_draw_, person_draw_, draw_;
  MadeService service_;
  std::vector<std::vector<std::uint32_t>> items_of_;  ///< by interest
  std::vector<double> popularity_;
};

}  // namespace

MadeService make_service(const LatentWorld& world, const Recipe& recipe, std::uint64_t seed) {
  return Maker(world, recipe, seed).make();
}

}  // namespace bauta::simulation
