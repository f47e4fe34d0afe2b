#include "client/transport/backoff.h"

#include <doctest/doctest.h>

#include "tests/support/seeded_random.h"

using namespace bauta;
using namespace bauta::client;

TEST_CASE("waiting doubles up to its most, jittered between half and whole, and begins anew after a success") {
  testing::SeededRandom random(1);
  Backoff backoff({Milliseconds(100), Milliseconds(1000)});
  for (int repeat = 0; repeat < 50; ++repeat) {
    for (const int whole : {100, 200, 400, 800, 1000, 1000}) {
      const auto wait = backoff.failure(random, std::nullopt).count();
      CHECK(wait >= whole / 2);
      CHECK(wait <= whole);
    }
    backoff.success();
  }
}

TEST_CASE("two clients do not wait alike") {
  testing::SeededRandom random(1);
  Backoff backoff({Milliseconds(30'000), Milliseconds(30'000)});
  const auto first = backoff.failure(random, std::nullopt);
  bool other = false;
  for (int i = 0; i < 10; ++i) other = other || backoff.failure(random, std::nullopt) != first;
  CHECK(other);
}

TEST_CASE("never less is waited than the server asks for") {
  testing::SeededRandom random(1);
  Backoff backoff({Milliseconds(100), Milliseconds(1000)});
  CHECK(backoff.failure(random, Milliseconds(7000)) == Milliseconds(7000));
  CHECK(backoff.failure(random, Milliseconds(1)) >= Milliseconds(100));
}
