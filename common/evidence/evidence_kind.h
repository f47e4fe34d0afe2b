// Which lies a file can prove. One verifier a kind; each knows the items that it needs (docs/protocol.md §11).
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/federation/roster.h"
#include "common/masking/round_context.h"
#include "common/masking/wire.h"

namespace bauta {

/// Names of a file's items.
namespace evidence_item_name {
inline constexpr std::string_view kDescriptor = "descriptor";
inline constexpr std::string_view kFirst = "first";
inline constexpr std::string_view kSecond = "second";
inline constexpr std::string_view kKeySet = "key_set";
inline constexpr std::string_view kHeaderSet = "header_set";
inline constexpr std::string_view kSurvivorSet = "survivor_set";
inline constexpr std::string_view kCertificate = "certificate";
inline constexpr std::string_view kAggregate = "aggregate";
inline constexpr std::string_view kPlan = "plan";
inline constexpr std::string_view kModel = "model";
inline constexpr std::string_view kSum = "sum";
inline constexpr std::string_view kUnmask = "unmask";
inline constexpr std::string_view kLeaf = "leaf";
inline constexpr std::string_view kHeader = "header";
inline constexpr std::string_view kLeaves = "leaves";
inline constexpr std::string_view kSharePrefix = "share/";
}  // namespace evidence_item_name

/// Says who is convicted of what; an error says why the file proves nothing. Total on hostile input: whatever stands in
/// the file is true only as far as the roster's keys, and hashes of what they signed, make it so. `roster` is the
/// file's own, parsed; whether it is the federation's is for the reader to compare.
using EvidenceVerifier = Result<std::string> (*)(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);

struct EvidenceKind {
  std::string_view name;
  EvidenceVerifier verify;
};

/// Those that need no round code of either side; client/agent/evidence.h has all.
std::span<const EvidenceKind> evidence_kinds();

/// By the table `kinds`. Errors: not_found for a kind that is not in it, and those of the verifier.
Result<std::string> verify_evidence(std::span<const EvidenceKind> kinds, const std::shared_ptr<const Roster>& roster,
                                    const EvidenceFile& file);

/// A file to be filled with items.
EvidenceFile new_evidence(const Roster& roster, std::string_view kind);

/// For verifiers: what is in the file is sound, or does not belong together.
Error proves_nothing(std::string why);

/// For verifiers: an item, or `not_found`.
Result<ByteView> evidence_item(const EvidenceFile& file, std::string_view name);

/// The attempt that the item "descriptor" opens. Errors: not_found and those of open_descriptor.
Result<RoundContext> evidence_context(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);

/// "round 7, attempt 1", for verifiers' sentences.
std::string attempt_name(const RoundDescriptor& descriptor);

}  // namespace bauta
