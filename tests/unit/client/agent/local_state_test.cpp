// The configuration, the identity and the commands of the partner's operator, on real files.
#include <doctest/doctest.h>

#include "client/agent/identity.h"
#include "client/agent/latches.h"
#include "client/agent/local_commands.h"
#include "common/base/file.h"
#include "common/crypto/system_random.h"
#include "tests/unit/client/agent/home.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

TEST_CASE("a configuration has its defaults, and paths are taken from its folder") {
  const Home home;
  const ClientSettings settings = home.settings();
  CHECK(settings.name == "p1");
  CHECK(settings.store.state_directory == home.folder / "state");
  CHECK(settings.http.host == "coordinator.example");
  CHECK(settings.http.port == 8443);
  CHECK(settings.http.tls->ca_file == home.folder / "ca.pem");
  CHECK(settings.policy.min_participants == 3);
  CHECK(settings.policy.min_colluding == 0.25);
  CHECK(settings.policy.honest_survivors == 2);
  CHECK(settings.policy.allowed_plans.empty());
  CHECK(settings.upload_bytes_per_second == 0);
  CHECK(settings.audit_chunks == 1);
}

TEST_CASE("a flag beats the environment, which beats the file") {
  const Home home;
  const std::map<std::string, std::string> environment = {{"BAUTA_CLIENT_COORDINATOR__PORT", "9000"},
                                                          {"BAUTA_CLIENT_POLICY__MIN_PARTICIPANTS", "5"}};
  const auto read = home.read(environment, {{"policy.min_participants", "6", "--set"}});
  REQUIRE(read.ok());
  CHECK(read->settings.http.port == 9000);
  CHECK(read->settings.policy.min_participants == 6);
}

TEST_CASE("the variable that names the configuration file is no setting") {
  CHECK(Home().read({{"BAUTA_CLIENT_CONFIG", "client.toml"}}).ok());
}

TEST_CASE("settings that are unknown, missing or out of bounds are named") {
  Home home;
  SUBCASE("unknown") {
    home.text += "[tls2]\nx = 1\n";
    check_refused(status_of(home.read()), {"tls2"});
  }
  SUBCASE("missing") {
    home.replace("port = 8443\n", "");
    check_refused(status_of(home.read()), {"coordinator.port"});
  }
  SUBCASE("fewer than three participants") {
    home.text += "[policy]\nmin_participants = 2\n";
    check_refused(status_of(home.read()), {"policy.min_participants", "3"});
  }
  SUBCASE("no hash") {
    home.text += "[policy]\nallowed_plans = [\"abc\"]\n";
    check_refused(status_of(home.read()), {"policy.allowed_plans", "abc"});
  }
  SUBCASE("no such file") {
    check_refused(status_of(read_client_settings(home.folder / "none.toml", {}, {})), {"none.toml"});
  }
}

TEST_CASE("the identity is the roster's entry with its key") {
  const Home home;
  const auto identity = read_identity(home.settings());
  REQUIRE(identity.ok());
  CHECK(identity->self == 1);
  CHECK(identity->roster->size() == 4);
}

TEST_CASE("a partner or key that the roster does not pin is refused with what mends it") {
  Home home;
  SUBCASE("unknown partner") {
    home.replace("name = \"p1\"", "name = \"p9\"");
    check_refused(status_of(read_identity(home.settings())), {"roster.toml", "p9"});
  }
  SUBCASE("key of another partner") {
    home.replace("name = \"p1\"", "name = \"p2\"");
    check_refused(status_of(read_identity(home.settings())), {"signing.key", "p2"});
  }
  SUBCASE("missing key") {
    home.replace("key = \"signing.key\"", "key = \"gone.key\"");
    check_refused(status_of(read_identity(home.settings())), {"gone.key"});
  }
  SUBCASE("damaged roster") {
    write_plain(home.folder / "roster.toml", "federation = 7\n");
    const auto identity = read_identity(home.settings());
    REQUIRE(!identity.ok());
    CHECK(identity.error().message.find("roster") != std::string::npos);
  }
}

TEST_CASE("an encrypted signing key opens with its passphrase and with no other") {
  Home home;
  write_plain(home.folder / "signing.key", TestFederation::partner_key(1).to_pem("right"));
  write_plain(home.folder / "passphrase", "right\n");
  home.replace("key = \"signing.key\"", "key = \"signing.key\"\npassphrase_file = \"passphrase\"");
  CHECK(read_identity(home.settings()).ok());
  write_plain(home.folder / "passphrase", "wrong\n");
  check_refused(status_of(read_identity(home.settings())), {"signing.key", "passphrase"});
}

TEST_CASE("a certificate of another partner, or out of its time, is refused with its file") {
  const Home home;
  const ClientSettings settings = home.settings();
  const WallTime now{std::chrono::milliseconds(1'700'000'000'000)};
  CertificateIdentity identity;
  identity.partner_id = "p1";
  identity.not_before = now - std::chrono::hours(1);
  identity.not_after = now + std::chrono::hours(1);
  CHECK(check_certificate(settings, identity, now).ok());
  check_refused(check_certificate(settings, identity, now + std::chrono::hours(2)),
                {"tls.pem", "expired", "2023-11-14"});
  check_refused(check_certificate(settings, identity, now - std::chrono::hours(2)), {"tls.pem", "valid only from"});
  identity.partner_id = "p2";
  check_refused(check_certificate(settings, identity, now), {"tls.pem", "p1"});
  check_refused(check_certificate(settings, std::nullopt, now), {"tls.pem"});
}

TEST_CASE("an allowed plan joins those of the configuration") {
  Home home;
  home.text += "[policy]\nallowed_plans = [\"" + std::string(64, 'b') + "\"]\n";
  const auto said = allow_plan(home.settings(), home.folder / "plan.toml");
  REQUIRE(said.ok());
  CHECK(said->find(to_hex(plan_hash(kSmallPlan))) != std::string::npos);
  const auto policy = effective_policy(home.settings());
  REQUIRE(policy.ok());
  CHECK(policy->allowed_plans == std::set<Digest>{plan_hash(kSmallPlan), *digest_from_hex(std::string(64, 'b'))});
}

TEST_CASE("a plan that the own policy can never accept, or that is none, is not allowed") {
  Home home;
  home.text += "[policy]\nmin_colluding = 0.49\nmin_participants = 4\n";
  write_plain(home.folder / "plan.toml", "name = \"weak\"\n[round]\nmin_participants = 3\nmax_colluding = 0.0\n");
  const auto weak = allow_plan(home.settings(), home.folder / "plan.toml");
  check_refused(status_of(weak), {"plan.toml"});
  write_plain(home.folder / "plan.toml", "name = \"large\"\n[round]\nmin_participants = 5\n");
  check_refused(status_of(allow_plan(home.settings(), home.folder / "plan.toml")),
                {"plan.toml", "min_participants", "4"});
  write_plain(home.folder / "plan.toml", "name = 3\n");
  CHECK(!allow_plan(home.settings(), home.folder / "plan.toml").ok());
  CHECK(effective_policy(home.settings())->allowed_plans.empty());
}

TEST_CASE("a release takes back one latch, says why for ever, and finds nothing the second time") {
  const Home home;
  const ClientSettings settings = home.settings();
  SystemRandom random;
  const Digest model{7};
  {
    auto store = ClientStore::open(settings.store, random);
    REQUIRE(store.ok());
    const StoredItem latch = signed_survivors_latch(model, Digest{8});
    REQUIRE(store->put_latch(latch.first, latch.second).ok());
    REQUIRE(distrust(*store, "run-7").ok());
  }
  CHECK(!release_model(settings, to_hex(Digest{6}), "because").ok());
  CHECK(!release_model(settings, to_hex(model), "").ok());
  CHECK(!release_model(settings, "7", "because").ok());
  CHECK(release_model(settings, to_hex(model), "agreed on the phone").ok());
  CHECK(!release_model(settings, to_hex(model), "again").ok());
  CHECK(release_run(settings, "run-7", "the coordinator was mended").ok());
  CHECK(!release_run(settings, "run-7", "again").ok());
  const auto text = status(settings);
  REQUIRE(text.ok());
  CHECK(text->find("agreed on the phone") != std::string::npos);
  CHECK(text->find("the coordinator was mended") != std::string::npos);
  auto store = ClientStore::open(settings.store, random);
  REQUIRE(store.ok());
  CHECK_FALSE(signed_survivors(*store, model)->has_value());
  CHECK(is_distrusted(*store, "run-7").value() == false);
}

TEST_CASE("commands that change the state are refused while the daemon has it, and its status is shown") {
  const Home home;
  const ClientSettings settings = home.settings();
  SystemRandom random;
  CHECK(status(settings).error().code == ErrorCode::not_found);
  auto store = ClientStore::open(settings.store, random);
  REQUIRE(store.ok());
  REQUIRE(distrust(*store, "run-7").ok());
  const auto shown = status(settings);
  REQUIRE(shown.ok());
  CHECK(shown->find("last round accepted none") != std::string::npos);
  CHECK(shown->find("restored") == std::string::npos);
  CHECK_FALSE(ClientStore::look(settings.store)->put_latch("key", Bytes(1)).ok());
  // To look is no write: the daemon's next one is not taken for a restored backup.
  REQUIRE(distrust(*store, "run-8").ok());
  CHECK(resume_after(settings, 3).error().code == ErrorCode::busy);
}

TEST_CASE("a slip of the pen in resume-after does not lock the client out for ever") {
  const Home home;
  const ClientSettings settings = home.settings();
  for (const std::uint64_t round_no : {~std::uint64_t{0}, kMaxRoundNo + 1}) {
    check_refused(status_of(resume_after(settings, round_no)), {"resume-after", std::to_string(round_no)});
  }
  CHECK(resume_after(settings, 5).ok());
}

TEST_CASE("after resume-after only later rounds are new to the policy") {
  const Home home;
  const ClientSettings settings = home.settings();
  REQUIRE(resume_after(settings, 41).ok());
  SystemRandom random;
  const auto store = ClientStore::open(settings.store, random);
  REQUIRE(store.ok());
  const auto memory = policy_memory(*store, {42, 1});
  REQUIRE(memory.ok());
  CHECK(memory->latest < RoundId{42, 1});
  CHECK(memory->latest > RoundId{41, 1000});
}
