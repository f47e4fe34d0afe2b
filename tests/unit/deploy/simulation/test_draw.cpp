#include <doctest/doctest.h>

#include <array>
#include <cmath>

#include "deploy/simulation/draw.h"

using namespace bauta::simulation;

TEST_CASE("draws have the moments of their distributions") {
  Draw draw(1, "moments");
  constexpr int kDraws = 100'000;
  double sum = 0;
  double squares = 0;
  double counts = 0;
  double count_squares = 0;
  std::array<int, 3> chosen{};
  constexpr std::array<double, 3> kWeights = {1, 0, 3};
  for (int i = 0; i < kDraws; ++i) {
    const double x = draw.normal();
    sum += x;
    squares += x * x;
    const double n = draw.poisson(1.5);
    counts += n;
    count_squares += n * n;
    ++chosen.at(draw.weighted(kWeights));
    const int between = draw.between(-2, 2);
    CHECK((between >= -2 && between <= 2));
  }
  CHECK(std::abs(sum / kDraws) < 0.02);
  CHECK(std::abs(squares / kDraws - 1) < 0.03);
  CHECK(std::abs(counts / kDraws - 1.5) < 0.02);
  CHECK(std::abs(count_squares / kDraws - counts / kDraws * counts / kDraws - 1.5) < 0.05);
  CHECK(chosen[1] == 0);
  CHECK(std::abs(chosen[2] / static_cast<double>(kDraws) - 0.75) < 0.01);
}

TEST_CASE("streams are apart from one another and the same every time") {
  Draw a(1, "a");
  Draw again(1, "a");
  Draw b(1, "b");
  const double first = a.unit();
  CHECK(first == again.unit());
  CHECK(first != b.unit());
}
