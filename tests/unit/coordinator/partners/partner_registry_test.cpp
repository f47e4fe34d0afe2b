#include "coordinator/partners/partner_registry.h"

#include <doctest/doctest.h>

#include "tests/support/manual_clock.h"

using namespace bauta;
using bauta::coordinator::kPresence;
using bauta::coordinator::PartnerRegistry;

namespace {

std::shared_ptr<const Roster> three_partners() {
  std::string text = "federation = \"test\"\nfederation_id = \"" + std::string(64, 'a') +
                     "\"\n[coordinator]\nsigning_key = \"" + to_base64(SigningKey::generate_ed25519().spki()) + "\"\n";
  for (const char* id : {"ant", "bee", "cat"}) {
    text += std::string("[[partner]]\nid = \"") + id + "\"\nsigning_key = \"" +
            to_base64(SigningKey::generate_ed25519().spki()) + "\"\n";
  }
  auto roster = parse_roster(text);
  BAUTA_CHECK(roster.ok());
  return std::make_shared<const Roster>(*std::move(roster));
}

std::optional<CertificateIdentity> certificate(std::string id) {
  CertificateIdentity identity;
  identity.partner_id = std::move(id);
  return identity;
}

}  // namespace

TEST_CASE("only partners of the roster are admitted, by the name in their certificate") {
  const testing::ManualClock clock;
  PartnerRegistry registry(three_partners(), {}, clock);
  CHECK(*registry.admit(certificate("bee")) == 1);
  CHECK(registry.admit(certificate("dog")).error().code == ErrorCode::forbidden);
  CHECK(registry.admit(std::nullopt).error().code == ErrorCode::forbidden);
  auto coordinator = certificate("bee");
  coordinator->role = CertificateIdentity::Role::coordinator;
  CHECK(registry.admit(coordinator).error().code == ErrorCode::forbidden);
  CHECK(registry.last_seen(1) == clock.wall());
  CHECK_FALSE(registry.last_seen(0));
}

TEST_CASE("a revoked partner is neither admitted nor counted until it is reinstated") {
  const testing::ManualClock clock;
  PartnerRegistry registry(three_partners(), {}, clock);
  REQUIRE(registry.admit(certificate("cat")).ok());
  registry.mark_ready(2);
  registry.set_revoked(2, true);
  CHECK(registry.admit(certificate("cat")).error().code == ErrorCode::revoked);
  CHECK(registry.ready().empty());
  CHECK(registry.present().empty());
  registry.set_revoked(2, false);
  CHECK(registry.ready() == std::vector<PartnerIndex>{2});
}

TEST_CASE("a revoked certificate is not admitted, another one of the same partner is") {
  const testing::ManualClock clock;
  PartnerRegistry registry(three_partners(), {Digest{7}}, clock);
  auto lost = certificate("bee");
  lost->fingerprint = Digest{7};
  CHECK(registry.admit(lost).error().code == ErrorCode::revoked);
  CHECK(registry.admit(certificate("bee")).ok());
}

TEST_CASE("who has not asked for a while, or not since the last round, is not ready") {
  testing::ManualClock clock;
  PartnerRegistry registry(three_partners(), {}, clock);
  REQUIRE(registry.admit(certificate("ant")).ok());
  REQUIRE(registry.admit(certificate("cat")).ok());
  registry.mark_ready(0);
  registry.mark_ready(2);
  CHECK(registry.ready() == std::vector<PartnerIndex>{0, 2});
  registry.clear_ready();
  CHECK(registry.ready().empty());
  CHECK(registry.present() == std::vector<PartnerIndex>{0, 2});
  registry.mark_ready(0);
  clock.advance(kPresence);
  CHECK(registry.ready() == std::vector<PartnerIndex>{0});
  clock.advance(Milliseconds(1));
  CHECK(registry.ready().empty());
  CHECK(registry.present().empty());
}
