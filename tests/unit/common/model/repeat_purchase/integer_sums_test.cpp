#include "common/model/repeat_purchase/integer_sums.h"

#include <doctest/doctest.h>

#include <cmath>
#include <limits>

#include "common/masking/packed_vector.h"

using namespace bauta;

namespace {

LikelihoodSums made(double scale) {
  LikelihoodSums sums(3);
  sums.customers = 1234;
  sums.log_likelihood = -98765.4321012345 * scale;
  sums.gradient << 1.0 / 3 * scale, -1e-4, 7777.77777;
  sums.hessian << -10, 0.1, 0.2, 0.1, -20.5, 1.0 / 7, 0.2, 1.0 / 7, -30;
  return sums;
}

double worst_difference(const LikelihoodSums& a, const LikelihoodSums& b) {
  const auto x = a.flat(), y = b.flat();
  double worst = 0;
  for (std::size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::fabs(x[i] - y[i]));
  return worst;
}

}  // namespace

TEST_CASE("integers of six partners add up to their sums, to some billionths with two lanes") {
  for (const std::uint32_t lanes : {1U, 2U}) {
    IntegerSums integers;
    integers.lanes_per_sum = lanes;
    REQUIRE(check_lane_capacity(integers.quantiser.bits, integers.lane_bits, 6).ok());
    LikelihoodSums plain(3);
    std::vector<std::uint64_t> total(integers.layout(3).word_count());
    for (int partner = 1; partner <= 6; ++partner) {
      const LikelihoodSums sums = made(partner % 2 == 0 ? -partner : partner);
      plain += sums;
      const auto words = integers.encode(sums);
      REQUIRE(words.ok());
      add_packed(total, *words, integers.lane_bits);
    }
    const auto sums = integers.decode(total, 3, 6);
    REQUIRE(sums.ok());
    const double step = integers.quantiser.range / std::pow(integers.quantiser.largest(), lanes);
    CHECK(worst_difference(*sums, plain) <= 6 * 0.51 * step);
    CHECK((lanes == 1 || worst_difference(*sums, plain) <= 4e-9));
    CHECK((lanes == 2 || worst_difference(*sums, plain) > 1e-6));
  }
}

TEST_CASE("a sum beyond the range or without a value is refused, not clamped") {
  const IntegerSums integers{{1e5, 28}};
  CHECK(integers.encode(made(1)).ok());
  CHECK(integers.encode(made(2)).error().code == ErrorCode::out_of_range);
  CHECK(integers.encode(made(std::numeric_limits<double>::quiet_NaN())).error().code == ErrorCode::not_finite);
  CHECK(IntegerSums{{1e5, 28}, 3}.encode(made(1)).error().code == ErrorCode::invalid_argument);
}

TEST_CASE("an aggregate that so few partners cannot make is refused") {
  const IntegerSums integers{{1e5, 28}};
  auto words = *integers.encode(made(1));
  CHECK(integers.decode(words, 3, 1).ok());
  set_lane(words, integers.layout(3), 5, (std::int64_t{1} << 27) + 1);
  CHECK(integers.decode(words, 3, 1).error().code == ErrorCode::out_of_range);
  CHECK(integers.decode(words, 3, 2).ok());
}
