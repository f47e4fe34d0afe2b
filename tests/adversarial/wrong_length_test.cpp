// A vector of another length than the round's.
#include "tests/adversarial/upload_bytes.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

TEST_CASE("a vector of another length is refused when it is announced, and when its bytes come") {
  StepwiseRound round = round_with_long_vectors();
  round.until_shared();
  round.mask({0, 1, 3, 4});
  auto longer = round.plain.at(2);
  longer.resize(longer.size() + 8192);
  MerkleBuilder tree;
  tree.update(wire_bytes(longer));
  MaskedUpdateHeader header = *decode<MaskedUpdateHeader>(
      decode<SignedBlob>(*round.harness.client(0).masked_update(**round.round().share_package(0), {}))->payload);
  header.partner = 2;
  header.vector_root = tree.finish();
  for (const std::int64_t by : {-1, 1, 16384}) {
    header.dimension = round.descriptor.dimension + static_cast<std::uint64_t>(by);
    CHECK(round.refusal(Phase::masked_update, 2, round.sign(label::kMaskedUpdate, 2, encode(header))) ==
          ErrorCode::malformed);
  }
  // Announced with the right dimension, the root of the longer vector, and then its bytes.
  header.dimension = round.descriptor.dimension;
  round.accept(Phase::masked_update, 2, round.sign(label::kMaskedUpdate, 2, encode(header)));
  const std::uint64_t whole = round.round().context().layout().byte_count();
  UploadsOnDisk uploads;
  const auto sent = uploads.send(2, whole, wire_bytes(longer));
  REQUIRE_FALSE(sent.ok());
  CHECK(sent.error().code == ErrorCode::oversized);
  const auto cut = uploads.send(2, whole, wire_bytes(longer).subspan(uploads.size_of(2), whole - uploads.size_of(2)));
  REQUIRE((cut.ok() && *cut));
  CHECK(round.round().receive_upload(2, **cut).error().code == ErrorCode::bad_share);
  // A shorter one is never whole.
  REQUIRE(uploads.remove(2).ok());
  const auto shorter = uploads.send(2, whole, wire_bytes(longer).first(whole - 8));
  REQUIRE(shorter.ok());
  CHECK_FALSE(*shorter);
  CHECK(round.round().survivors().empty());
}
