// What convicts a partner: statements under its own signature. Items are SignedBlobs as received, where nothing else is
// said. A file is judged so that no coordinator, alone or with other partners, can make one against an honest partner.
#pragma once

#include "common/evidence/evidence_kind.h"

namespace bauta {

namespace evidence_kind {
/// "descriptor", "first", "second": two different messages of one phase of one attempt.
inline constexpr std::string_view kTwoMessages = "two-messages";
/// "descriptor", "header_set", "survivor_set", "unmask" (the holder's phase-5 message), and unsigned "leaf" (a
/// SharePackage of the one leaf): the share that it revealed is not the one whose hash its dealer signed.
/// Holds the holder's shares of this attempt: for a judge, not for publication.
inline constexpr std::string_view kWrongShare = "wrong-share";
/// "descriptor", "key_set", "header" (the dealer's phase-2 header), and unsigned "leaves" (a SharePackage of t of its
/// leaves) and "share/HOLDER" for each of them: the shares match the hashes that the dealer signed, but give another
/// secret than it committed to. Of a dealer that survived the shares are those of its seed, else of its mask key.
inline constexpr std::string_view kFalseDealing = "false-dealing";
}  // namespace evidence_kind

Result<std::string> verify_two_messages(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);
Result<std::string> verify_wrong_share(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);
Result<std::string> verify_false_dealing(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);

}  // namespace bauta
