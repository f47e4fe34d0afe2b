// Sparse graph: colluders all claim to have drawn the victim, hoping to become holders of its secrets. Shares go along
// the dealer's own draw alone, which is random and made after U1 is fixed; whom others draw adds masks, and no shares.
#include "common/masking/shamir.h"
#include "tests/adversarial/sparse_round.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr PartnerIndex kVictim = 7;
constexpr PartnerIndex kColluders[] = {1, 20, 39};

std::vector<PartnerIndex> drawn_in(ByteView share_message) {
  return decode<ShareKeysHeader>(decode<SignedBlob>(decode<ShareKeys>(share_message)->header)->payload)->neighbours;
}

bool has(const std::vector<PartnerIndex>& list, PartnerIndex u) {
  return std::binary_search(list.begin(), list.end(), u);
}

struct Attack {
  StepwiseRound round = sparse_round(10);
  std::vector<PartnerIndex> drawn_by_victim;

  void run() {
    round.advertise(round.everybody());
    round.close();
    for (const PartnerIndex u : round.everybody()) {
      Bytes message = round.shares_of(u);
      const bool colludes = std::find(std::begin(kColluders), std::end(kColluders), u) != std::end(kColluders);
      // A colluder draws until it likes what it has drawn.
      while (colludes && !has(drawn_in(message), kVictim)) {
        round.harness.reopen_client(u);
        message = round.shares_of(u);
      }
      if (u == kVictim) drawn_by_victim = drawn_in(message);
      round.accept(coordinator::Phase::share_keys, u, message);
    }
    round.close();
    round.mask(round.everybody());
  }

  // What these holders, the first t of them that the victim has dealt to, make of its vector.
  std::optional<Words> opened_by(const std::vector<PartnerIndex>& holders) {
    std::vector<std::uint32_t> xs;
    std::vector<const ShamirShare*> b;
    std::vector<const ShamirShare*> m;
    for (const PartnerIndex holder : holders) {
      const auto& held = round.harness.client(holder).shares()->shares;
      const auto share = held.find(kVictim);
      if (share == held.end() || xs.size() == round.descriptor.thresholds.shamir) continue;
      xs.push_back(holder + 1);
      b.push_back(&share->second.b);
      m.push_back(&share->second.m);
    }
    if (xs.size() < round.descriptor.thresholds.shamir) return std::nullopt;
    const auto lagrange = LagrangeAtZero::create(xs);
    View view(round);
    view.know_seed(kVictim, *lagrange->combine(b));
    view.know_mask_key(kVictim, *lagrange->combine(m));
    return view.residue(kVictim, round.harness.client(0).headers()->graph);
  }
};

}  // namespace

TEST_CASE("colluders who all draw the victim hold none of its shares, only those whom it has drawn itself do") {
  Attack attack;
  attack.run();
  const std::vector<PartnerIndex> colluders(std::begin(kColluders), std::end(kColluders));
  REQUIRE(colluders.size() > attack.round.descriptor.thresholds.shamir);
  for (const PartnerIndex colluder : colluders) {
    CHECK(has(attack.round.harness.client(0).headers()->graph.masks_with(kVictim), colluder));
    REQUIRE_FALSE(has(attack.drawn_by_victim, colluder));
    CHECK_FALSE(attack.round.harness.client(colluder).shares()->shares.contains(kVictim));
  }
  CHECK_FALSE(attack.opened_by(colluders));
  // Had they been able to choose whom the victim deals to, they would have its vector.
  const auto found = attack.opened_by(attack.drawn_by_victim);
  CHECK((found == attack.round.plain.at(kVictim)));
}
