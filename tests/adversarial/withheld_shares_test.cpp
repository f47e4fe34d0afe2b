// Partners that hold back their shares in phase 5.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

TEST_CASE("who withholds its shares holds nothing up as long as t others answer, and without them nothing is opened") {
  StepwiseRound round(5);
  round.until_shared();
  round.until_certified(round.everybody());
  round.unmask({0, 1});
  CHECK_FALSE(round.round().ready_to_unmask());
  CHECK(round.round().unmask().error().code == ErrorCode::threshold_lost);
  // Certified: neither an operator nor a deadline makes it void, and a restart forgets nothing.
  CHECK(round.round().abandon("the operator asked").error().code == ErrorCode::wrong_phase);
  CHECK(round.round().close_phase(TestFederation::coordinator_key()).error().code == ErrorCode::busy);
  round.harness.reopen_coordinator();
  CHECK_FALSE(round.round().ready_to_unmask());
  SUBCASE("one of them comes back") { round.unmask({4}); }
  SUBCASE("another one answers") { round.unmask({2}); }
  CHECK(round.opened_sum() == round.plain_sum());
}

TEST_CASE("shares of some dealers only do not count for the others") {
  StepwiseRound round(5);
  round.until_shared();
  round.until_certified(round.everybody());
  round.unmask({0, 1});
  auto shares = *decode<UnmaskShares>(decode<SignedBlob>(round.unmask_message(2))->payload);
  shares.shares.erase(shares.shares.begin() + 3);
  round.accept(Phase::unmask, 2, round.sign(label::kUnmask, 2, encode(shares)));
  CHECK_FALSE(round.round().ready_to_unmask());
  round.unmask({4});
  CHECK(round.opened_sum() == round.plain_sum());
}
