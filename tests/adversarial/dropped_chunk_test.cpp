// The coordinator leaves a partner's upload out of the sum, or its chunk out of what it serves for the audit.
#include "tests/adversarial/audited_round.h"

using namespace bauta;
using namespace bauta::testing;

TEST_CASE("a partner's chunk that is missing in the sum is found by it") {
  Lab lab(5);
  lab.coordinator.doctors_sum = [&](Words& sum) {
    const auto& context = lab.context(kAuditedRound);
    sum = difference(std::move(sum), lab.plain(kVictim, kAuditedRound), context);
  };
  CHECK(audited_round(lab) == "audit_sum");
  CHECK(convicted_by_audit(lab, ErrorCode::audit_sum));
}

TEST_CASE("a chunk that is empty, or another one of the same upload, is under no signed root") {
  for (const bool empty : {true, false}) {
    Lab lab(5);
    lab.coordinator.doctors_chunk = [empty](UploadedChunk& upload) {
      if (upload.partner != kVictim) return;
      if (empty) {
        std::fill(upload.bytes.begin(), upload.bytes.end(), std::uint8_t{0});
      } else {
        std::rotate(upload.bytes.begin(), upload.bytes.begin() + 8, upload.bytes.end());
      }
    };
    CHECK(audited_round(lab) == "audit_proof");
    CHECK(convicted_by_audit(lab, ErrorCode::audit_proof));
  }
}
