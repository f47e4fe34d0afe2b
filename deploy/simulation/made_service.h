// One made service in memory: what its business would know, and beside it what only the generator knows.
#pragma once

#include <cmath>
#include <cstdint>
#include <limits>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/data/samples.h"
#include "deploy/simulation/activity.h"
#include "deploy/simulation/latent_world.h"

namespace bauta::simulation {

/// How a service's customers leave traces.
enum class Style : std::uint8_t {
  baskets,       ///< a session is a purchase of some items at once
  visits,        ///< a session is one visit, now and then with a review
  web_shop,      ///< a session is some views, perhaps a cart, perhaps a purchase
  reservations,  ///< a session is a reservation, mostly with the visit that evening
  mailer,        ///< campaigns are sent; some are opened, some redeemed
};

struct Recipe {
  std::string_view name;
  std::string_view story;  ///< one line for the service file
  Style style = Style::baskets;
  std::uint32_t persons = 0;
  std::uint32_t items = 0;
  double sessions_per_year = 0;  ///< of a person of average pull
  double stay_days = 0;          ///< days until a person has left, on average
  double weekend = 1;
  std::string_view channel;
  double typical_amount = 0;
  std::vector<std::string_view> nouns;        ///< what it sells; shared with no other service
  std::vector<std::string_view> departments;  ///< tell nothing about interests
  client::TaskSettings task;
};

/// Six unlike services; `persons` and `items` divided by `shrink`, but never below what the tasks need.
std::vector<Recipe> recipes(std::uint32_t shrink);

struct MadeItem {
  std::string id, title, category, brand;
  std::size_t interest = 0;
  double price = 0;
};

struct MadePerson {
  std::string id;
  bool consents = true;
  LatentPerson latent;
  Activity activity;     ///< of a mailer only when the person joined
  double answering = 0;  ///< mailer: added to the log odds of answering any mail
};

inline constexpr std::uint32_t kNothing = std::numeric_limits<std::uint32_t>::max();

struct MadeEvent {
  std::uint32_t person = 0;
  client::UnixSeconds occurred_at = 0;
  client::EventType type = client::EventType::other;
  std::uint32_t item = kNothing;
  double amount = std::nan("");
  std::string_view channel;
};

struct MadeService {
  Recipe recipe;
  std::vector<MadePerson> persons;
  std::vector<MadeItem> items;
  std::vector<MadeEvent> events;  ///< by person, then time, in the order they happened
  std::map<std::pair<std::uint32_t, std::uint32_t>, double> offer_chance;  ///< mailer: P(redeemed) by person and item
};

/// A function of (seed, recipe) alone.
MadeService make_service(const LatentWorld& world, const Recipe& recipe, std::uint64_t seed);

/// The calendar's first moment, 2025-01-01T00:00:00.
inline constexpr client::UnixSeconds kFirstDay = 1'735'689'600;

}  // namespace bauta::simulation
