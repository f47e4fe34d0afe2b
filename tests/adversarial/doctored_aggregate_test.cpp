// The coordinator publishes another sum than that of the uploads, alike to everybody and consistent in itself.
#include "tests/adversarial/audited_round.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

// One lane in every chunk is moved by one step.
void doctor(Words& sum) {
  for (std::size_t i = 0; i < sum.size(); i += kMerkleChunk / 8) sum[i] ^= 1;
}

}  // namespace

TEST_CASE("a doctored aggregate is applied only by who looks at none of its chunks") {
  {
    Lab lab(5);
    for (const PartnerIndex partner : lab.everybody()) {
      lab.host(partner).audit_chunks = 0;
      lab.host(partner).reopen();
    }
    lab.coordinator.doctors_sum = doctor;
    CHECK(audited_round(lab) == "");
  }
  Lab lab(5);
  lab.coordinator.doctors_sum = doctor;
  CHECK(audited_round(lab) == "audit_sum");
  CHECK(convicted_by_audit(lab, ErrorCode::audit_sum));
}
