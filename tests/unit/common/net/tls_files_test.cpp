// What a person reads when a certificate file is missing, wrong or out of date.
#include <doctest/doctest.h>

#include <fstream>

#include "common/net/tls_context.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace bauta {
namespace {

using testing::CertificateOrder;
using testing::TestAuthority;

struct Files {
  testing::TemporaryDirectory folder;
  TestAuthority authority{folder.path()};
  testing::IssuedCertificate coordinator = authority.coordinator();
  testing::IssuedCertificate partner = authority.partner("grocer");
  WallTime now = SystemClock().wall();

  TlsServerSettings server() const {
    return {coordinator.certificate_file, coordinator.key_file, {}, authority.certificate_file()};
  }
  std::filesystem::path write(const std::string& name, const std::string& text) const {
    std::ofstream(folder / name) << text;
    return folder / name;
  }
};

std::string error_of(const TlsServerSettings& settings, WallTime now) {
  const auto context = make_server_context(settings, now);
  REQUIRE_FALSE(context.ok());
  CHECK(context.error().message.find('\n') == std::string::npos);
  return context.error().message;
}

bool contains(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

TEST_CASE("good files load") {
  const Files files;
  CHECK(make_server_context(files.server(), files.now).ok());
}

TEST_CASE("each bad file is named together with what mends it") {
  const Files files;
  auto settings = files.server();
  std::string first;
  std::string second;
  SUBCASE("missing certificate") {
    settings.certificate_file = first = files.folder / "none.pem";
    second = "cannot read the certificate file";
  }
  SUBCASE("missing key") {
    settings.key_file = first = files.folder / "none.key";
    second = "cannot read the private key file";
  }
  SUBCASE("no key set") {
    settings.key_file.clear();
    second = "no private key file is set";
  }
  SUBCASE("missing CA") {
    settings.client_ca_file = first = files.folder / "none.pem";
    second = "cannot read the CA certificate file";
  }
  SUBCASE("no certificate") {
    settings.certificate_file = first = files.write("text.pem", "hello\n");
    second = "holds no PEM certificate";
  }
  SUBCASE("damaged certificate") {
    settings.certificate_file = first =
        files.write("damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    second = "holds no PEM certificate";
  }
  SUBCASE("no key") {
    settings.key_file = first = files.write("text.key", "hello\n");
    second = "holds no PEM private key";
  }
  SUBCASE("another's key") {
    settings.key_file = first = files.partner.key_file;
    second = "does not belong to the certificate";
  }
  SUBCASE("a CA that is none") {
    settings.client_ca_file = first = files.partner.certificate_file;
    second = "no CA's";
  }
  SUBCASE("not the coordinator's") {
    settings.certificate_file = first = files.partner.certificate_file;
    settings.key_file = files.partner.key_file;
    second = "does not name the coordinator";
  }
  SUBCASE("locked key, no passphrase") {
    settings.key_file = files.folder / "locked.key";
    testing::encrypt_key(files.coordinator.key_file, settings.key_file, "right");
    first = settings.key_file;
    second = "is encrypted: set the passphrase file";
  }
  SUBCASE("locked key, wrong passphrase") {
    settings.key_file = files.folder / "locked.key";
    testing::encrypt_key(files.coordinator.key_file, settings.key_file, "right");
    settings.passphrase_file = first = files.write("passphrase", "wrong\n");
    second = "does not open the private key";
  }
  SUBCASE("missing passphrase file") {
    settings.passphrase_file = first = files.folder / "none";
    second = "cannot read the passphrase file";
  }
  const auto message = error_of(settings, files.now);
  CHECK(contains(message, first));
  CHECK(contains(message, second));
}

TEST_CASE("validity is checked at load against the clock given") {
  const Files files;
  CHECK(contains(error_of(files.server(), files.now + std::chrono::hours(48)), "expired on"));
  CHECK(contains(error_of(files.server(), files.now - std::chrono::hours(48)), "check this machine's clock"));
}

TEST_CASE("a client's certificate must name a partner") {
  const Files files;
  TlsClientSettings settings;
  settings.ca_file = files.authority.certificate_file();
  settings.certificate_file = files.coordinator.certificate_file;
  settings.key_file = files.coordinator.key_file;
  const auto refused = make_client_context(settings, files.now);
  REQUIRE_FALSE(refused.ok());
  CHECK(contains(refused.error().message, "names no partner"));
  settings.certificate_file = files.partner.certificate_file;
  settings.key_file = files.partner.key_file;
  const auto made = make_client_context(settings, files.now);
  REQUIRE(made.ok());
  CHECK(made->own_identity->partner_id == "grocer");
}

}  // namespace
}  // namespace bauta
