// One chunk of an upload is garbage, or missing, or stands in another's place.
#include "tests/adversarial/upload_bytes.h"

using namespace bauta;
using namespace bauta::testing;

TEST_CASE("a garbage chunk keeps its sender out of the sum, and the others' sum is exact") {
  StepwiseRound round = round_with_long_vectors();
  round.until_shared();
  round.mask(round.everybody());
  const ByteView vector = wire_bytes(round.masked.at(2));
  const Bytes honest(vector.begin(), vector.end());
  Bytes garbage = honest;
  std::fill(garbage.begin() + kMerkleChunk, garbage.begin() + 2 * kMerkleChunk, std::uint8_t{0xA5});
  Bytes swapped = honest;
  std::swap_ranges(swapped.begin(), swapped.begin() + kMerkleChunk, swapped.begin() + kMerkleChunk);
  Bytes last_bit = honest;
  last_bit.back() ^= 0x80;
  for (const Bytes& bytes : {garbage, swapped, last_bit}) {
    UploadsOnDisk uploads;
    const auto root = uploads.send(2, bytes.size(), bytes);
    REQUIRE((root.ok() && *root));
    CHECK(round.round().receive_upload(2, **root).error().code == ErrorCode::bad_share);
  }
  round.upload({0, 1, 3, 4});
  round.close();
  round.certify({0, 1, 3, 4});
  round.close();
  round.unmask({0, 1, 3});
  CHECK(round.opened_sum() == round.plain_sum());
  CHECK(round.round().survivors() == std::set<PartnerIndex>{0, 1, 3, 4});
}
