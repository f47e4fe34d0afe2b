// Hostile bytes against every decoder of the wire.
#include <doctest/doctest.h>

#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

template <class Message>
void survives_mutation(const Bytes& valid) {
  REQUIRE(decode<Message>(valid).ok());
  SeededRandom random(17);
  for (std::size_t length = 0; length < valid.size(); ++length) {
    (void)decode<Message>(ByteView(valid).first(length));
  }
  for (int i = 0; i < 2000; ++i) {
    Bytes mutated = valid;
    for (std::uint64_t flips = 1 + random.below(4); flips > 0; --flips) {
      mutated[random.below(mutated.size())] ^= static_cast<std::uint8_t>(1 + random.below(255));
    }
    const auto decoded = decode<Message>(mutated);
    if (decoded.ok()) (void)encode(*decoded);
  }
  Bytes unknown_field = valid;
  append(unknown_field, Bytes{0xf8, 0x07, 0x01});  // field 127, varint 1
  CHECK(decode<Message>(unknown_field).error().code == ErrorCode::malformed);
}

}  // namespace

TEST_CASE("decoders survive truncated and mutated messages and refuse unknown fields") {
  const TestFederation federation(4);
  const auto descriptor = test_descriptor(federation, 20, 20, 32);
  survives_mutation<RoundDescriptor>(encode(descriptor));
  survives_mutation<SignedBlob>(sign_descriptor(federation, descriptor));
  survives_mutation<Invitation>(encode(Invitation{Bytes(50, 1), Bytes(60, 2)}));
  survives_mutation<AdvertiseKeys>(encode(AdvertiseKeys{{1}, 2, {3}, {4}, {5}}));
  survives_mutation<KeySet>(encode(KeySet{{1}, {Bytes(30, 1), Bytes(40, 2)}}));
  survives_mutation<ShareKeysHeader>(encode(ShareKeysHeader{{1}, {2}, 3, {0, 1, 3}, {4}, {5}}));
  survives_mutation<ShareLeaf>(encode(ShareLeaf{1, {2}, {3}, Bytes(kSealedShares, 4)}));
  survives_mutation<ShareKeys>(encode(ShareKeys{Bytes(30, 1), {Bytes(40, 2)}}));
  survives_mutation<HeaderSet>(encode(HeaderSet{{1}, {2}, {Bytes(40, 2)}}));
  survives_mutation<SharePackage>(encode(SharePackage{Bytes(30, 1), {{1, Bytes(40, 2), {Digest{1}, Digest{2}}}}}));
  survives_mutation<MaskedUpdateHeader>(encode(MaskedUpdateHeader{{1}, {2}, {3}, 4, 5, {6}, {1, 2}}));
  survives_mutation<SurvivorSet>(encode(SurvivorSet{{1}, {2}, {3}, {Bytes(40, 2)}}));
  survives_mutation<SurvivorStatement>(encode(SurvivorStatement{{1}, {2}}));
  survives_mutation<Certificate>(encode(Certificate{{1}, {2}, {Bytes(40, 2)}}));
  survives_mutation<UnmaskShares>(encode(UnmaskShares{{1}, {2}, {{1, {3}}, {2, {4}}}}));
  survives_mutation<Aggregate>(encode(Aggregate{{1}, {2}, Bytes(30, 1), {3}, {4}, {{1, {3}}, {2, {4}}}}));
  survives_mutation<AuditAnswer>(encode(AuditAnswer{{1}, {2}, 3, 4, {{5, Bytes(30, 1), {Digest{1}, Digest{2}}}}}));
  survives_mutation<RoundRecord>(
      encode(RoundRecord{Bytes(30, 1), Bytes(40, 2), Bytes(50, 3), Bytes(60, 4), Bytes(70, 5)}));
  survives_mutation<AuditEvidence>(
      encode(AuditEvidence{Bytes(30, 1), 2, {Bytes(40, 3), Bytes(50, 4)}, Bytes(60, 5), {Digest{1}, Digest{2}}}));
}

TEST_CASE("what the encoder writes the decoder reads back") {
  const TestFederation federation(6);
  const auto descriptor = test_descriptor(federation, 20, 18, 32);
  const auto again = decode<RoundDescriptor>(encode(descriptor));
  REQUIRE(again.ok());
  CHECK(encode(*again) == encode(descriptor));
  CHECK(again->cohort == descriptor.cohort);
  CHECK(again->thresholds == descriptor.thresholds);
}

TEST_CASE("lists that are not strictly ascending, wrong lengths and impossible partners are malformed") {
  CHECK_FALSE(decode<ShareKeysHeader>(encode(ShareKeysHeader{{1}, {2}, 3, {1, 1}, {4}, {5}})).ok());
  CHECK_FALSE(decode<ShareKeysHeader>(encode(ShareKeysHeader{{1}, {2}, 3, {2, 1}, {4}, {5}})).ok());
  CHECK_FALSE(decode<ShareKeysHeader>(encode(ShareKeysHeader{{1}, {2}, 99'999, {1, 2}, {4}, {5}})).ok());
  CHECK_FALSE(decode<ShareLeaf>(encode(ShareLeaf{1, {2}, {3}, Bytes(kSealedShares - 1, 4)})).ok());
  CHECK_FALSE(decode<UnmaskShares>(encode(UnmaskShares{{1}, {2}, {{2, {3}}, {1, {4}}}})).ok());
  CHECK_FALSE(decode<SignedBlob>(encode(SignedBlob{Bytes(5, 1), 1, Bytes(129, 1)})).ok());
}

TEST_CASE("a message of a million empty fields is refused before it takes memory") {
  Bytes many;
  for (int i = 0; i < 1'000'000; ++i) {
    many.push_back(0x12);  // field 2, a string, of no bytes
    many.push_back(0x00);
  }
  const auto decoded = decode<KeySet>(many);
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().message.find("more fields") != std::string::npos);
  CHECK_FALSE(decode<EvidenceFile>(many).ok());
}
