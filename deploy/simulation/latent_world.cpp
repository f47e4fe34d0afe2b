#include "deploy/simulation/latent_world.h"

#include <algorithm>
#include <utility>

namespace bauta::simulation {
namespace {

struct NamedWords {
  std::string_view name;
  std::array<std::string_view, kWordsPerInterest> words;
};

constexpr std::array<NamedWords, kInterests> kVocabulary = {{
    {"children",
     {"baby", "toddler", "nursery", "infant", "playtime", "kiddo", "bedtime", "junior", "newborn", "family", "stroller",
      "cuddly"}},
    {"garden",
     {"garden", "herbal", "blossom", "orchard", "meadow", "seedling", "botanic", "rose", "lavender", "harvest",
      "greenhouse", "ivy"}},
    {"cooking",
     {"chef", "spice", "roasted", "kitchen", "gourmet", "saffron", "bistro", "smoked", "recipe", "truffle", "simmer",
      "pantry"}},
    {"sport",
     {"sport", "runner", "endurance", "marathon", "athlete", "trainer", "protein", "sprint", "champion", "league",
      "muscle", "stadium"}},
    {"music",
     {"music", "acoustic", "melody", "concert", "vinyl", "rhythm", "guitar", "choir", "jazz", "orchestra", "ballad",
      "encore"}},
    {"travel",
     {"travel", "voyage", "island", "harbour", "compass", "nomad", "airport", "tropical", "safari", "lagoon",
      "passport", "caravan"}},
    {"books",
     {"novel", "library", "chapter", "poet", "manuscript", "reader", "fable", "literary", "scholar", "archive", "quill",
      "saga"}},
    {"animals",
     {"puppy", "kitten", "paws", "whisker", "canine", "feline", "pony", "aquarium", "parrot", "hound", "critter",
      "zoo"}},
    {"beauty",
     {"beauty", "velvet", "glamour", "silk", "radiant", "pearl", "blush", "elegance", "perfume", "satin", "couture",
      "glow"}},
    {"machines",
     {"robot", "gadget", "circuit", "engine", "turbo", "pixel", "arcade", "console", "cyber", "drone", "laser",
      "galaxy"}},
    {"crafts",
     {"craft", "woodwork", "knitted", "ceramic", "pottery", "carved", "weaver", "canvas", "origami", "handmade",
      "quilt", "workshop"}},
    {"outdoors",
     {"mountain", "forest", "campfire", "hiking", "wilderness", "river", "summit", "trail", "canyon", "glacier",
      "lantern", "ranger"}},
}};

// The planted effect: the interest with the strongest pull makes a person come e^2.6 times as often as the weakest
// does.
constexpr double kStrongestPull = 1.3;
constexpr double kFirstShare = 0.55;
constexpr double kSecondShare = 0.25;
constexpr double kPersonalTaste = 0.5;

}  // namespace

std::string_view LatentWorld::name(std::size_t interest) { return kVocabulary[interest].name; }

const std::array<std::string_view, kWordsPerInterest>& LatentWorld::words(std::size_t interest) {
  return kVocabulary[interest].words;
}

LatentWorld LatentWorld::make(std::uint64_t seed) {
  Draw draw(seed, "latent world");
  LatentWorld world;
  for (std::size_t i = 0; i < kInterests; ++i) {
    world.pull[i] = kStrongestPull * (2.0 * static_cast<double>(i) / (kInterests - 1) - 1);
  }
  for (std::size_t i = kInterests; i > 1; --i) {
    std::swap(world.pull[i - 1], world.pull[draw.below(static_cast<std::uint32_t>(i))]);
  }
  for (std::size_t c = 0; c < kClusters; ++c) {
    world.clusters[c].fill((1 - kFirstShare - kSecondShare) / kInterests);
    const std::size_t second = (c + 1 + draw.below(kInterests - 1)) % kInterests;
    world.clusters[c][c] += kFirstShare;
    world.clusters[c][second] += kSecondShare;
    world.mean_pull += world.pull_of(world.clusters[c]) / kClusters;
  }
  return world;
}

double LatentWorld::pull_of(const Interests& interests) const {
  double sum = 0;
  for (std::size_t i = 0; i < kInterests; ++i) sum += interests[i] * pull[i];
  return sum;
}

LatentPerson LatentWorld::person(Draw& draw) const {
  LatentPerson person;
  person.cluster = draw.below(kClusters);
  double total = 0;
  for (std::size_t i = 0; i < kInterests; ++i) {
    person.interests[i] = clusters[person.cluster][i] * std::exp(kPersonalTaste * draw.normal());
    total += person.interests[i];
  }
  for (double& weight : person.interests) weight /= total;
  person.pull = pull_of(person.interests) - mean_pull;
  return person;
}

}  // namespace bauta::simulation
