// An upload is broken off and goes on with the bytes of another vector.
#include "tests/adversarial/upload_bytes.h"

using namespace bauta;
using namespace bauta::testing;

TEST_CASE("an upload that goes on with other bytes misses its signed root, and the right bytes are taken afterwards") {
  StepwiseRound round = round_with_long_vectors();
  round.until_shared();
  round.mask(round.everybody());
  UploadsOnDisk uploads;
  const ByteView vector = wire_bytes(round.masked.at(2));
  const ByteView other = wire_bytes(round.masked.at(3));
  REQUIRE(vector.size() > 2 * kMerkleChunk);
  REQUIRE(uploads.send(2, vector.size(), vector.first(kMerkleChunk)).ok());
  const auto mixed = uploads.send(2, vector.size(), other.subspan(uploads.size_of(2)));
  REQUIRE((mixed.ok() && *mixed));
  CHECK(round.round().receive_upload(2, **mixed).error().code == ErrorCode::bad_share);
  CHECK_FALSE(round.round().survivors().contains(2));
  REQUIRE(uploads.remove(2).ok());
  const auto right = uploads.send(2, vector.size(), vector);
  REQUIRE((right.ok() && *right));
  CHECK(round.round().receive_upload(2, **right).ok());
}
