#include "client/policy/policy.h"

#include <doctest/doctest.h>

#include <functional>
#include <limits>

#include "common/masking/transcript.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::client;
using bauta::testing::TestFederation;

namespace {

constexpr std::uint64_t kParameters = 1000;
constexpr std::string_view kPlanText = R"(name = "t"
[update]
clip = 1.0
range = 0.5
bits = 10
lane = 16
[round]
min_participants = 4
max_colluding = 0.25
)";

/// Eight partners under kPlanText, and an invitation that is in order until a test changes it.
struct Scene {
  TestFederation federation{8};
  PolicySettings settings;
  RoundDescriptor descriptor;
  std::string plan_text{kPlanText};

  Scene() {
    settings.allowed_plans = {plan_hash(kPlanText)};
    const auto plan = parse_plan(kPlanText);
    REQUIRE(plan.ok());
    descriptor =
        descriptor_for(*federation.roster(), *plan, plan_hash(kPlanText), kParameters, {0, 1, 2, 3, 4, 5, 6, 7});
    descriptor.run_id = "run";
    descriptor.round_no = 5;
    descriptor.attempt = 2;
    descriptor.model_hash = Digest{1};
  }

  Bytes blob() const { return bauta::testing::sign_descriptor(federation, descriptor); }
  Result<OpenedInvitation> open(PartnerIndex self = 0) const {
    return open_invitation(settings, federation.roster(), self,
                           encode(Invitation{blob(), Bytes(plan_text.begin(), plan_text.end())}));
  }
  Status judge(const PolicyMemory& memory = {}) const {
    BAUTA_TRY(const auto opened, open());
    return client::judge(settings, opened, kParameters, memory);
  }
};

ErrorCode code_of(const Status& status) {
  REQUIRE(!status.ok());
  return status.error().code;
}

}  // namespace

TEST_CASE("an invitation that follows the plan and the own settings is accepted") {
  const Scene scene;
  const Status judged = scene.judge();
  CHECK_MESSAGE(judged.ok(), (judged.ok() ? "" : judged.error().message));
}

TEST_CASE("every field that the plan determines is refused when it is another") {
  struct Change {
    const char* name;
    std::function<void(RoundDescriptor&)> apply;
  };
  const Change changes[] = {
      {"clip", [](auto& d) { d.clip = 2; }},
      {"range", [](auto& d) { d.range = 5; }},
      {"bits", [](auto& d) { d.bits = 11; }},
      {"lane", [](auto& d) { d.lane = 32; }},
      {"dimension", [](auto& d) { d.dimension += 1; }},
      {"dimension", [](auto& d) { d.dimension -= 1; }},
      {"f_max",
       [](auto& d) {
         d.f_max = 1;
         d.thresholds = thresholds_for(8, 1, 4);
       }},
      {"f_max",
       [](auto& d) {
         d.f_max = 3;
         d.thresholds = thresholds_for(8, 3, 4);
       }},
      {"n_min", [](auto& d) { d.thresholds.n_min += 1; }},
  };
  for (const Change& change : changes) {
    CAPTURE(change.name);
    Scene scene;
    change.apply(scene.descriptor);
    const Status judged = scene.judge();
    CHECK(code_of(judged) == ErrorCode::refused_by_policy);
    CHECK(judged.error().message.find(change.name) != std::string::npos);
  }
}

TEST_CASE("thresholds below those that the cohort requires are refused") {
  const std::function<void(Thresholds&)> changes[] = {
      [](Thresholds& t) { t.shamir -= 1; },
      [](Thresholds& t) { t.certify -= 1; },
      [](Thresholds& t) { t.n_min -= 1; },
  };
  for (const auto& change : changes) {
    Scene scene;
    change(scene.descriptor.thresholds);
    CHECK(!scene.judge().ok());
  }
}

TEST_CASE("a plan weaker than the own settings is refused even when it is on the allow-list") {
  SUBCASE("too small a cohort") {
    Scene scene;
    scene.settings.min_participants = 9;
    CHECK(code_of(scene.judge()) == ErrorCode::refused_by_policy);
  }
  SUBCASE("too few colluders allowed for") {
    Scene scene;
    scene.settings.min_colluding = 0.4;
    const Status judged = scene.judge();
    CHECK(code_of(judged) == ErrorCode::refused_by_policy);
    CHECK(judged.error().message.find("min_colluding") != std::string::npos);
  }
  SUBCASE("too few survivors asked for") {
    Scene scene;
    scene.settings.min_participants = 7;
    const Status judged = scene.judge();
    CHECK(code_of(judged) == ErrorCode::refused_by_policy);
    CHECK(judged.error().message.find("n_min") != std::string::npos);
  }
  SUBCASE("more honest survivors than there can be") {
    Scene scene;
    scene.settings.honest_survivors = 7;
    CHECK(code_of(scene.judge()) == ErrorCode::refused_by_policy);
  }
}

TEST_CASE("a policy that no cohort of the roster can satisfy is found before any round") {
  PolicySettings settings;
  CHECK(judge_policy(settings, 3).ok());
  settings.min_participants = 5;
  CHECK(judge_policy(settings, 4).error().message.find("min_participants") != std::string::npos);
  CHECK(judge_policy(settings, 5).ok());
  settings = {};
  settings.honest_survivors = 3;
  CHECK(judge_policy(settings, 3).error().message.find("honest_survivors") != std::string::npos);
}

TEST_CASE("a plan that is not on the allow-list, or not the one that was signed, is refused") {
  Scene scene;
  SUBCASE("not allowed") {
    scene.settings.allowed_plans = {Digest{3}};
    const auto opened = scene.open();
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::refused_by_policy);
    CHECK(opened.error().message.find(to_hex(plan_hash(kPlanText))) != std::string::npos);
  }
  SUBCASE("another text than the descriptor names") {
    scene.plan_text += "\n";
    scene.settings.allowed_plans.insert(plan_hash(scene.plan_text));
    const auto opened = scene.open();
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::wrong_context);
  }
}

TEST_CASE("a cohort without this partner, another roster and another signer are refused") {
  Scene scene;
  SUBCASE("not in the cohort") {
    const auto plan = parse_plan(kPlanText);
    const auto shorter =
        descriptor_for(*scene.federation.roster(), *plan, plan_hash(kPlanText), kParameters, {1, 2, 3, 4, 5, 6, 7});
    scene.descriptor.cohort = shorter.cohort;
    scene.descriptor.f_max = shorter.f_max;
    scene.descriptor.thresholds = shorter.thresholds;
    const auto opened = scene.open(0);
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::not_in_cohort);
    CHECK(scene.open(1).ok());
  }
  SUBCASE("another roster") {
    scene.descriptor.roster_hash = Digest{8};
    CHECK(scene.open().error().code == ErrorCode::wrong_context);
  }
  SUBCASE("another federation") {
    scene.descriptor.federation_id = Digest{8};
    CHECK(scene.open().error().code == ErrorCode::wrong_context);
  }
  SUBCASE("signed by a partner") {
    const Bytes forged = sign_blob(label::kDescriptor, scene.federation.roster()->federation_id,
                                   TestFederation::partner_key(3), kCoordinatorSigner, encode(scene.descriptor));
    const auto opened = open_invitation(scene.settings, scene.federation.roster(), 0,
                                        encode(Invitation{forged, Bytes(kPlanText.begin(), kPlanText.end())}));
    REQUIRE(!opened.ok());
    CHECK(opened.error().code == ErrorCode::bad_signature);
  }
  SUBCASE("no invitation at all") {
    CHECK(!open_invitation(scene.settings, scene.federation.roster(), 0, Bytes{1, 2, 3}).ok());
  }
}

TEST_CASE("rounds and attempts only go up, compared by round before attempt") {
  const Scene scene;  // 5.2
  const auto offered_after = [&](RoundId latest) {
    PolicyMemory memory;
    memory.latest = latest;
    return scene.judge(memory);
  };
  CHECK(offered_after({5, 1}).ok());
  CHECK(offered_after({4, 9}).ok());
  CHECK(code_of(offered_after({5, 2})) == ErrorCode::wrong_context);
  CHECK(code_of(offered_after({5, 3})) == ErrorCode::wrong_context);
  CHECK(code_of(offered_after({6, 1})) == ErrorCode::wrong_context);
  CHECK(code_of(offered_after({5, std::numeric_limits<std::uint32_t>::max()})) == ErrorCode::wrong_context);
}

TEST_CASE("rounds and attempts are counted from 1") {
  Scene scene;
  SUBCASE("round 0") { scene.descriptor.round_no = 0; }
  SUBCASE("attempt 0") { scene.descriptor.attempt = 0; }
  CHECK(code_of(scene.judge()) == ErrorCode::refused_by_policy);
}

TEST_CASE("a round number that no federation reaches is refused before it is remembered") {
  Scene scene;
  scene.descriptor.round_no = kMaxRoundNo;
  CHECK(scene.judge().ok());
  scene.descriptor.round_no = kMaxRoundNo + 1;
  CHECK(code_of(scene.judge()) == ErrorCode::out_of_range);
}

TEST_CASE("two descriptors for one attempt are equivocation, the same one again is only old") {
  Scene scene;
  PolicyMemory memory;
  memory.latest = {5, 2};
  memory.descriptor = scene.blob();
  memory.cohort = scene.descriptor.cohort;
  scene.descriptor.model_hash = Digest{2};
  CHECK(code_of(scene.judge(memory)) == ErrorCode::equivocation);
  memory.descriptor.reset();
  CHECK(code_of(scene.judge(memory)) == ErrorCode::wrong_context);
}

TEST_CASE("the cohort of a round is the same over all its attempts") {
  const Scene scene;
  PolicyMemory memory;
  memory.latest = {5, 1};
  memory.cohort = scene.descriptor.cohort;
  CHECK(scene.judge(memory).ok());
  memory.cohort = std::vector<PartnerIndex>{0, 1, 2, 3, 4, 5, 6};
  CHECK(code_of(scene.judge(memory)) == ErrorCode::equivocation);
}

TEST_CASE("a plan is judged before any round is there") {
  const auto plan = parse_plan(kPlanText);
  REQUIRE(plan.ok());
  PolicySettings settings;
  CHECK(judge_plan(settings, *plan, 8).ok());
  settings.min_colluding = 0.4;
  CHECK(!judge_plan(settings, *plan, 8).ok());
}
