#include "common/crypto/certificate.h"

#include <doctest/doctest.h>

#include <fstream>
#include <iterator>
#include <random>

#include "common/crypto/sha256.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_pki.h"

namespace bauta {
namespace {

using testing::CertificateOrder;
using testing::TestAuthority;

TEST_CASE("a partner's certificate gives its id, fingerprint and validity") {
  const testing::TemporaryDirectory folder;
  const TestAuthority authority(folder.path());
  const auto issued = authority.partner("grocer_7-b");
  const auto identity = certificate_identity(issued.der);
  REQUIRE(identity.ok());
  CHECK(identity->role == CertificateIdentity::Role::partner);
  CHECK(identity->partner_id == "grocer_7-b");
  CHECK(identity->fingerprint == sha256(issued.der));
  CHECK(identity->not_after - identity->not_before == std::chrono::hours(25));

  std::ifstream file(issued.certificate_file);
  const std::string pem((std::istreambuf_iterator<char>(file)), std::istreambuf_iterator<char>());
  const auto der = certificate_der(pem);
  REQUIRE(der.ok());
  CHECK(*der == issued.der);
}

TEST_CASE("the coordinator is a role, not an id") {
  const testing::TemporaryDirectory folder;
  const auto identity = certificate_identity(TestAuthority(folder.path()).coordinator().der);
  REQUIRE(identity.ok());
  CHECK(identity->role == CertificateIdentity::Role::coordinator);
  CHECK(identity->partner_id.empty());
}

TEST_CASE("a certificate whose name is missing, doubtful or doubled has no identity") {
  const testing::TemporaryDirectory folder;
  const TestAuthority authority(folder.path());
  CertificateOrder order;
  order.file_stem = "odd";
  for (const std::vector<std::string>& names :
       std::vector<std::vector<std::string>>{{},
                                             {"DNS:urn.bauta.partner"},
                                             {"URI:urn:bauta:partner:"},
                                             {"URI:urn:bauta:partner:Grocer"},
                                             {"URI:urn:bauta:partner:a/b"},
                                             {"URI:urn:bauta:partner:" + std::string(65, 'a')},
                                             {"URI:urn:bauta:coordinator:x"},
                                             {"URI:urn:other:partner:a"},
                                             {"URI:URN:BAUTA:PARTNER:a"},
                                             {"URI:urn:bauta:partner:a", "URI:urn:bauta:partner:a"},
                                             {"URI:urn:bauta:partner:a", "URI:https://example.org"},
                                             {"URI:urn:bauta:partner:a", "URI:urn:bauta:coordinator"}}) {
    order.alternative_names = names;
    const auto identity = certificate_identity(authority.issue(order).der);
    REQUIRE_FALSE(identity.ok());
    CHECK(identity.error().code == ErrorCode::unauthenticated);
  }
}

TEST_CASE("bytes that are no certificate, or more than one, are malformed") {
  const testing::TemporaryDirectory folder;
  const auto der = TestAuthority(folder.path()).partner("a").der;
  CHECK(certificate_identity(Bytes()).error().code == ErrorCode::malformed);
  for (std::size_t length = 0; length < der.size(); length += 7) {
    CHECK_FALSE(certificate_identity(ByteView(der).first(length)).ok());
  }
  Bytes longer = der;
  longer.push_back(0);
  CHECK(certificate_identity(longer).error().code == ErrorCode::malformed);
  std::mt19937 random(3);
  for (int i = 0; i < 2000; ++i) {
    Bytes damaged = der;
    damaged[random() % damaged.size()] = static_cast<std::uint8_t>(random());
    const auto identity = certificate_identity(damaged);
    if (identity.ok()) CHECK(identity->fingerprint == sha256(damaged));
  }
  CHECK_FALSE(certificate_der("no PEM").ok());
}

}  // namespace
}  // namespace bauta
