// A partner puts a number into its vector that no quantised update has, to spoil the model.
#include "common/masking/update_codec.h"
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;

TEST_CASE("an aggregate that a single vector has thrown out of range is rejected by everybody, and the lane is named") {
  for (const std::int64_t number : {std::int64_t{1} << 28, -(std::int64_t{1} << 28), (std::int64_t{1} << 31) - 1}) {
    CAPTURE(number);
    StepwiseRound round(5);
    set_lane(round.plain.at(3), round.round().context().layout(), 7, number);
    round.until_shared();
    round.until_certified(round.everybody());
    round.unmask({0, 1, 2});
    const auto sum = round.opened_sum();
    CHECK(sum == round.plain_sum());
    const auto decoded = decode_sum(round.round().context(), round.round().survivors(), sum);
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().code == ErrorCode::out_of_range);
    CHECK(decoded.error().message.find("lane 7") != std::string::npos);
  }
}
