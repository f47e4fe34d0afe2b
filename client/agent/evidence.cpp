#include "client/agent/evidence.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "client/round/client_round.h"
#include "client/round/false_answer.h"
#include "client/round/finished_round.h"
#include "common/evidence/coordinator_lies.h"

namespace bauta::client {
namespace {

namespace name = evidence_item_name;

constexpr std::string_view kAudit = "audit";  // the kind, and the item that holds the audit

/// Under which key of the outbox an answer is stored, and its name in a file; in the order of the phases.
constexpr std::pair<std::string_view, std::string_view> kAnswers[] = {
    {item::kKeySet, name::kKeySet},           {item::kSharePackage, name::kHeaderSet},
    {item::kSurvivorSet, name::kSurvivorSet}, {item::kCertificate, name::kCertificate},
    {item::kAggregate, name::kAggregate},
};

Bytes copy(ByteView bytes) { return Bytes(bytes.begin(), bytes.end()); }

/// What the coordinator has signed of an answer: of a share package only the header set.
Bytes signed_part(std::string_view key, ByteView answer) {
  if (key != item::kSharePackage) return copy(answer);
  auto package = decode<SharePackage>(answer);
  return package.ok() ? std::move(package->header_set) : Bytes();
}

Result<std::string> verify_audit(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const ByteView aggregate, evidence_item(file, name::kAggregate));
  BAUTA_TRY(const ByteView audit, evidence_item(file, kAudit));
  const Status checked = check_audit_evidence(roster, aggregate, audit);
  if (checked.ok()) return proves_nothing("the chunk of the sum is the sum of the uploads");
  const Error& failed = checked.error();
  if (failed.code != ErrorCode::audit_answer && failed.code != ErrorCode::audit_proof &&
      failed.code != ErrorCode::audit_sum) {
    return failed;
  }
  BAUTA_TRY(const auto shown, decode<AuditEvidence>(audit));
  BAUTA_TRY(const auto record, decode<RoundRecord>(shown.record));
  BAUTA_TRY(const RoundContext context, open_descriptor(roster, record.descriptor));
  return fmt::format("the coordinator signed an aggregate for {} that fails its audit, {}: {}",
                     attempt_name(context.descriptor), to_string(failed.code), failed.message);
}

}  // namespace

const std::vector<EvidenceKind>& client_evidence_kinds() {
  static const std::vector<EvidenceKind> kKinds = [] {
    std::vector<EvidenceKind> kinds(evidence_kinds().begin(), evidence_kinds().end());
    kinds.push_back({evidence_kind::kFalseAnswer, verify_false_answer});
    kinds.push_back({kAudit, verify_audit});
    return kinds;
  }();
  return kKinds;
}

std::vector<EvidenceFile> evidence_in_invitation(const Roster& roster, ByteView accepted_descriptor,
                                                 ByteView invitation) {
  const auto opened = decode<Invitation>(invitation);
  if (!opened.ok()) return {};
  EvidenceFile impossible = new_evidence(roster, evidence_kind::kFalseDescriptor);
  impossible.items = {{std::string(name::kDescriptor), opened->descriptor}, {std::string(name::kPlan), opened->plan}};
  std::vector<EvidenceFile> files = {std::move(impossible)};
  if (!accepted_descriptor.empty()) {
    EvidenceFile two = new_evidence(roster, evidence_kind::kTwoDescriptors);
    two.items = {{std::string(name::kFirst), copy(accepted_descriptor)},
                 {std::string(name::kSecond), opened->descriptor}};
    files.push_back(std::move(two));
  }
  return files;
}

EvidenceFile evidence_of_audit(const Roster& roster, ByteView aggregate, const AuditEvidence& shown) {
  EvidenceFile file = new_evidence(roster, kAudit);
  file.items = {{std::string(name::kAggregate), copy(aggregate)}, {std::string(kAudit), encode(shown)}};
  return file;
}

EvidenceFile evidence_of_attempt(const Roster& roster, std::string_view kind, const StoredItems& messages) {
  EvidenceFile file = new_evidence(roster, kind);
  const auto descriptor = messages.find(std::string(item::kDescriptor));
  if (descriptor != messages.end()) file.items.emplace(name::kDescriptor, descriptor->second);
  for (const auto& [key, in_file] : kAnswers) {
    const auto stored = messages.find(std::string(key));
    if (stored != messages.end()) file.items.emplace(in_file, signed_part(key, stored->second));
  }
  return file;
}

std::vector<EvidenceFile> evidence_in_answer(const Roster& roster, const StoredItems& messages, std::string_view key,
                                             ByteView answer) {
  const auto place =
      std::find_if(std::begin(kAnswers), std::end(kAnswers), [&](const auto& each) { return each.first == key; });
  if (place == std::end(kAnswers)) return {};
  EvidenceFile lie = evidence_of_attempt(roster, evidence_kind::kFalseAnswer, messages);
  const std::string in_file(place->second);
  std::vector<EvidenceFile> files;
  if (const auto former = lie.items.find(in_file); former != lie.items.end()) {
    EvidenceFile two = new_evidence(roster, evidence_kind::kTwoAnswers);
    two.items = {{std::string(name::kDescriptor), lie.items.at(std::string(name::kDescriptor))},
                 {std::string(name::kFirst), former->second},
                 {std::string(name::kSecond), signed_part(key, answer)}};
    files.push_back(std::move(two));
  }
  lie.items[in_file] = signed_part(key, answer);
  files.push_back(std::move(lie));
  return files;
}

}  // namespace bauta::client
