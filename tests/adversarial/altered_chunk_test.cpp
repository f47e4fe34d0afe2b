// The coordinator adds another chunk than the one a partner has uploaded; in the audit it serves the true one, or its
// own.
#include "tests/adversarial/audited_round.h"

using namespace bauta;
using namespace bauta::testing;

TEST_CASE("an altered chunk is found: by the sum where the true one is served, by its proof where it is not") {
  const auto alter = [](Words& sum) { sum[0] ^= 4; };
  SUBCASE("the true chunk is served") {
    Lab lab(5);
    lab.coordinator.doctors_sum = alter;
    CHECK(audited_round(lab) == "audit_sum");
    CHECK(convicted_by_audit(lab, ErrorCode::audit_sum));
  }
  SUBCASE("the altered chunk is served") {
    Lab lab(5);
    lab.coordinator.doctors_sum = alter;
    lab.coordinator.doctors_chunk = [](UploadedChunk& upload) { upload.bytes[0] ^= upload.partner == kVictim ? 4 : 0; };
    CHECK(audited_round(lab) == "audit_proof");
    CHECK(convicted_by_audit(lab, ErrorCode::audit_proof));
  }
}
