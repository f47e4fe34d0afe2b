#include "coordinator/settings.h"

#include <doctest/doctest.h>

#include <functional>

#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

using namespace bauta;
using namespace bauta::coordinator;

namespace {

const SigningKey& coordinator_key() {
  static const SigningKey key = SigningKey::generate_p256();
  return key;
}

constexpr std::string_view kConfig = R"toml(
state_dir = "state"
roster = "roster.toml"
[signing]
key = "signing.key"
[partner_listener]
address = "0.0.0.0"
port = 9443
certificate = "pki/coordinator.pem"
key = "pki/coordinator.key"
ca = "pki/ca.pem"
[operator_listener]
certificate = "pki/coordinator.pem"
key = "pki/coordinator.key"
)toml";

struct Folder {
  Folder() : authority(directory / "pki") {
    testing::write_plain(directory / "coordinator.toml", kConfig);
    testing::write_plain(directory / "signing.key", coordinator_key().to_pem());
    std::string roster = "federation = \"test\"\nfederation_id = \"" + std::string(64, 'a') +
                         "\"\n[coordinator]\nsigning_key = \"" + to_base64(coordinator_key().spki()) + "\"\n";
    for (const char* id : {"a", "b", "c"}) {
      roster += std::string("[[partner]]\nid = \"") + id + "\"\nsigning_key = \"" +
                to_base64(SigningKey::generate_ed25519().spki()) + "\"\n";
    }
    testing::write_plain(directory / "roster.toml", roster);
    certificate = authority.coordinator();
  }
  Result<LoadedSettings> load(const std::map<std::string, std::string>& environment = {},
                              const std::vector<SettingOverride>& overrides = {}) const {
    return load_settings(directory / "coordinator.toml", environment, overrides);
  }
  Settings settings() const {
    auto loaded = load();
    REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
    loaded->settings.partner_tls.certificate_file = certificate.certificate_file;
    loaded->settings.operator_tls.certificate_file = certificate.certificate_file;
    loaded->settings.partner_tls.client_ca_file = authority.certificate_file();
    return loaded->settings;
  }

  testing::TemporaryDirectory directory;
  testing::TestAuthority authority;
  testing::IssuedCertificate certificate;
};

}  // namespace

TEST_CASE("flags win over the environment, the environment over the file, the file over the defaults") {
  const Folder folder;
  const auto loaded = folder.load({{"BAUTA_COORDINATOR_PARTNER_LISTENER__PORT", "9000"},
                                   {"BAUTA_COORDINATOR_LOG__LEVEL", "error"},
                                   {"BAUTA_COORDINATOR_CONFIG", "elsewhere.toml"}},
                                  {{"log.level", "debug", "--log-level"}});
  REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
  const Settings& settings = loaded->settings;
  CHECK(settings.partner_listener.port == 9000);
  CHECK(settings.partner_listener.address == "0.0.0.0");
  CHECK(settings.operator_listener.port == 8444);
  CHECK(settings.operator_listener.address == "127.0.0.1");
  CHECK(settings.log_level == LogLevel::debug);
  CHECK(settings.state_dir == folder.directory / "state");
  bool shown = false;
  for (const ConfigEntry& entry : loaded->effective)
    shown = shown || (entry.key == "log.level" && entry.origin == "--log-level");
  CHECK(shown);
}

TEST_CASE("unknown keys, missing keys and values out of bounds are all named at once") {
  const Folder folder;
  testing::write_plain(folder.directory / "coordinator.toml", R"toml(
state_dir = "state"
rooster = "roster.toml"
[signing]
key = "signing.key"
[partner_listener]
port = 70000
certificate = "x"
key = "x"
[operator_listener]
certificate = "x"
key = "x"
ca = "x"
[log]
level = "loud"
[limits]
uploads = 0
)toml");
  const auto loaded = folder.load();
  REQUIRE_FALSE(loaded.ok());
  for (const char* part :
       {"rooster", "roster", "port", "partner_listener.ca", "operator_listener.ca", "level", "uploads"}) {
    CHECK_MESSAGE(loaded.error().message.find(part) != std::string::npos, part);
  }
}

TEST_CASE("a configuration, roster or key that is not there is named") {
  const Folder folder;
  const auto missing = load_settings(folder.directory / "nothing.toml", {}, {});
  REQUIRE_FALSE(missing.ok());
  CHECK(missing.error().message.find("nothing.toml") != std::string::npos);
  Settings settings = folder.settings();
  settings.roster = folder.directory / "nowhere.toml";
  CHECK(load_identity(settings).error().message.find("nowhere.toml") != std::string::npos);
  settings = folder.settings();
  settings.signing_key = folder.directory / "nokey";
  CHECK(load_identity(settings).error().message.find("nokey") != std::string::npos);
}

TEST_CASE("the signing key must be the one that the roster names, and its passphrase the right one") {
  const Folder folder;
  Settings settings = folder.settings();
  const auto identity = load_identity(settings);
  REQUIRE_MESSAGE(identity.ok(), identity.error().message);
  CHECK(identity->roster->size() == 3);
  testing::write_plain(folder.directory / "signing.key", SigningKey::generate_p256().to_pem());
  const auto other = load_identity(settings);
  REQUIRE_FALSE(other.ok());
  CHECK(other.error().message.find("is not the one that the roster") != std::string::npos);
  testing::write_plain(folder.directory / "signing.key", coordinator_key().to_pem("secret"));
  testing::write_plain(folder.directory / "passphrase", "wrong\n");
  settings.signing_passphrase_file = folder.directory / "passphrase";
  CHECK_FALSE(load_identity(settings).ok());
  testing::write_plain(folder.directory / "passphrase", "secret\n");
  CHECK(load_identity(settings).ok());
}

TEST_CASE("certificates that have expired or name a partner are refused before anything listens") {
  const Folder folder;
  Settings settings = folder.settings();
  const WallTime now = SystemClock().wall();
  CHECK(check_certificates(settings, now).ok());
  CHECK(check_listeners(settings, now).ok());
  const auto expired = check_certificates(settings, now + std::chrono::hours(48));
  REQUIRE_FALSE(expired.ok());
  CHECK(expired.error().message.find("expired at") != std::string::npos);
  settings.partner_tls.certificate_file = folder.authority.partner("a").certificate_file;
  CHECK(check_certificates(settings, now).error().message.find("is a partner's certificate") != std::string::npos);
  testing::write_plain(folder.directory / "junk.pem", "junk");
  settings.partner_tls.certificate_file = folder.directory / "junk.pem";
  CHECK(check_certificates(settings, now).error().message.find("junk.pem") != std::string::npos);
}

TEST_CASE("what would fail at the start, or at every partner, is found by the check of the certificates") {
  const Folder folder;
  const WallTime now = SystemClock().wall();
  const auto refused = [&](const std::function<void(Settings&)>& change, const std::string& words) {
    Settings settings = folder.settings();
    change(settings);
    const Status checked = check_listeners(settings, now);
    REQUIRE_FALSE(checked.ok());
    CAPTURE(checked.error().message);
    CHECK(checked.error().message.find(words) != std::string::npos);
  };
  const auto partner = folder.authority.partner("a");
  const testing::TestAuthority foreign(folder.directory / "foreign");
  const auto theirs = foreign.coordinator();
  const auto useless = folder.authority.issue({"useless", {"URI:urn:bauta:coordinator"}, "clientAuth"});
  testing::CertificateOrder old{"old", {"DNS:localhost"}, "serverAuth"};
  old.valid_until = std::chrono::seconds(-60);
  const auto expired = folder.authority.issue(old);
  refused([&](Settings& s) { s.partner_tls.key_file = folder.directory / "nokey"; }, "nokey");
  refused([&](Settings& s) { s.partner_tls.key_file = partner.key_file; }, "does not belong to");
  refused([&](Settings& s) { s.operator_tls.key_file = folder.directory / "nokey"; }, "nokey");
  refused([&](Settings& s) { s.operator_tls.certificate_file = expired.certificate_file; }, "expired on");
  const auto use = [](Settings& s, const testing::IssuedCertificate& certificate) {
    s.partner_tls.certificate_file = certificate.certificate_file;
    s.partner_tls.key_file = certificate.key_file;
  };
  refused([&](Settings& s) { use(s, theirs); }, "does not hold before the CA");
  refused([&](Settings& s) { use(s, useless); }, "serverAuth");
}

TEST_CASE("listeners need addresses, not names, and a port each") {
  const Folder folder;
  const auto refused = [&](const std::string& key, const std::string& value, const std::string& words) {
    const auto loaded = folder.load({}, {{key, value, "--test"}});
    REQUIRE_FALSE(loaded.ok());
    CAPTURE(loaded.error().message);
    CHECK(loaded.error().message.find(words) != std::string::npos);
  };
  refused("operator_listener.address", "localhost", "operator_listener.address");
  refused("health_listener.port", "8444", "health_listener.port");
  refused("operator_listener.port", "9443", "operator_listener.port");  // the partner listener has it on all addresses
  const SettingOverride port{"operator_listener.port", "9443", "--test"};
  CHECK(folder.load({}, {port, {"partner_listener.address", "10.0.0.1", "--test"}}).ok());
}
