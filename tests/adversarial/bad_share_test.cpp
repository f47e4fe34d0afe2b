// A holder reveals another share than the one that was dealt to it.
#include "tests/adversarial/stepwise_round.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

TEST_CASE("a wrong share is refused at its sender, and the round ends without it") {
  StepwiseRound round(5);
  round.until_shared();
  round.until_certified({0, 1, 2, 3});
  const Bytes honest = round.unmask_message(0);
  const auto code_of = [&](const auto& change) {
    auto shares = *decode<UnmaskShares>(decode<SignedBlob>(honest)->payload);
    change(shares);
    return round.refusal(Phase::unmask, 0, round.sign(label::kUnmask, 0, encode(shares)));
  };
  CHECK(code_of([](UnmaskShares& s) { s.shares[1].share[7] ^= 1; }) == ErrorCode::bad_share);
  // Of a survivor's mask key, or a dropout's seed, instead.
  const auto& held = round.harness.client(0).shares()->shares;
  const auto put = [](RevealedShare& revealed, const ShamirShare& share) {
    std::copy(share.reveal().begin(), share.reveal().end(), revealed.share.begin());
  };
  CHECK(code_of([&](UnmaskShares& s) { put(s.shares[1], held.at(1).m); }) == ErrorCode::bad_share);
  CHECK(code_of([&](UnmaskShares& s) { put(s.shares[4], held.at(4).b); }) == ErrorCode::bad_share);
  CHECK(code_of([](UnmaskShares& s) { s.u3_hash[0] ^= 1; }) == ErrorCode::wrong_context);
  CHECK(code_of([](UnmaskShares& s) { s.rctx[0] ^= 1; }) == ErrorCode::wrong_context);
  round.unmask({1, 2, 3});
  CHECK(round.opened_sum() == round.plain_sum());
}
