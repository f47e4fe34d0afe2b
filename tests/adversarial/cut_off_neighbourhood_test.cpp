// Sparse graph: the coordinator declares everybody dead with whom the victim shares a mask. Their mask keys are then
// revealed, and only the self mask is left, which is revealed because the victim is alive.
#include "tests/adversarial/sparse_round.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

struct Attack {
  StepwiseRound round = sparse_round(5);
  PartnerIndex victim = 0;
  std::vector<Error> refusals;

  const Words& secret() const { return round.plain.at(victim); }

  std::optional<Words> run() {
    round.until_shared();
    round.mask(round.everybody());
    const MaskGraph& graph = round.harness.client(0).headers()->graph;
    for (const PartnerIndex u : round.everybody()) {
      if (graph.masks_with(u).size() < graph.masks_with(victim).size()) victim = u;
    }
    const auto& neighbours = graph.masks_with(victim);
    const auto survivors = round.everybody_but({neighbours.begin(), neighbours.end()});
    REQUIRE(survivors.size() >= round.descriptor.thresholds.n_min);
    round.upload(survivors);
    {
      const Weakened own_machine{Defence::connected_survivors};
      round.close();
    }
    for (const PartnerIndex u : survivors) {
      const auto statement = round.harness.client(u).certify(*round.round().survivor_set(), std::nullopt);
      if (!statement.ok()) {
        refusals.push_back(statement.error());
        continue;
      }
      round.accept(coordinator::Phase::certify_survivors, u, **statement);
    }
    if (!refusals.empty()) return std::nullopt;
    round.close();
    // Whoever was declared dead is not, and helps to unmask like everybody else.
    for (const PartnerIndex u : neighbours) {
      REQUIRE(round.harness.client(u).certify(*round.round().survivor_set(), std::nullopt).ok());
    }
    round.unmask(round.everybody());
    View view(round);
    view.read_published_secrets();
    return view.residue(victim, graph);
  }
};

}  // namespace

TEST_CASE("a neighbourhood cut off in a sparse graph opens an update only where living neighbours are not counted") {
  {
    const Weakened without{Defence::connected_survivors};
    Attack attack;
    const auto found = attack.run();
    CHECK((found == attack.secret()));
  }
  Attack attack;
  CHECK_FALSE(attack.run());
  CHECK(attack.refusals.size() >= attack.round.descriptor.thresholds.n_min);
  for (const Error& refusal : attack.refusals) {
    CHECK(refusal.code == ErrorCode::threshold_lost);
    CHECK(refusal.message.find("off: too few of the neighbours that it drew itself are in it") != std::string::npos);
  }
}

TEST_CASE("an honest coordinator ends an attempt that cuts a survivor off") {
  StepwiseRound round = sparse_round(5);
  round.until_shared();
  round.mask(round.everybody());
  const auto& neighbours = round.harness.client(7).headers()->graph.masks_with(7);
  round.upload(round.everybody_but({neighbours.begin(), neighbours.end()}));
  round.close();
  CHECK(round.round().phase() == coordinator::Phase::voided);
  CHECK(round.round().void_reason().find("drew have survived") != std::string::npos);
}
