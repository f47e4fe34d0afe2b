// Every message decoder; what decodes must encode again and decode to the same bytes.
#include <cstdint>

#include "common/masking/transcript.h"
#include "common/masking/wire.h"

using namespace bauta;

namespace {

template <class Message>
void round_trip(ByteView bytes) {
  const auto decoded = decode<Message>(bytes);
  if (!decoded.ok()) return;
  const Bytes encoded = encode(*decoded);
  const auto again = decode<Message>(encoded);
  BAUTA_CHECK(again.ok());
  BAUTA_CHECK(encode(*again) == encoded);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const ByteView bytes(data + 1, size - 1);
  // What came later has numbers that leave the corpus its meaning.
  if (data[0] == 254) round_trip<RosterChange>(bytes);
  if (data[0] == 255) round_trip<EvidenceFile>(bytes);
  switch (data[0] % 20) {
    case 0: round_trip<SignedBlob>(bytes); break;
    case 1: round_trip<RoundDescriptor>(bytes); break;
    case 2: round_trip<Invitation>(bytes); break;
    case 3: round_trip<AdvertiseKeys>(bytes); break;
    case 4: round_trip<KeySet>(bytes); break;
    case 5: round_trip<ShareKeysHeader>(bytes); break;
    case 6: round_trip<ShareLeaf>(bytes); break;
    case 7: round_trip<ShareKeys>(bytes); break;
    case 8: round_trip<HeaderSet>(bytes); break;
    case 9: round_trip<SharePackage>(bytes); break;
    case 10: round_trip<MaskedUpdateHeader>(bytes); break;
    case 11: round_trip<SurvivorSet>(bytes); break;
    case 12: round_trip<SurvivorStatement>(bytes); break;
    case 13: round_trip<Certificate>(bytes); break;
    case 14: round_trip<UnmaskShares>(bytes); break;
    case 15: round_trip<Aggregate>(bytes); break;
    case 16: round_trip<AuditAnswer>(bytes); break;
    case 17: round_trip<RoundRecord>(bytes); break;
    case 18: round_trip<AuditEvidence>(bytes); break;
    default: (void)claimed_signer(bytes); break;
  }
  return 0;
}
