#include "common/evidence/evidence_kind.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/evidence/coordinator_lies.h"
#include "common/evidence/partner_lies.h"

namespace bauta {

std::span<const EvidenceKind> evidence_kinds() {
  static constexpr EvidenceKind kKinds[] = {
      {evidence_kind::kTwoDescriptors, verify_two_descriptors},
      {evidence_kind::kFalseDescriptor, verify_false_descriptor},
      {evidence_kind::kTwoAnswers, verify_two_answers},
      {evidence_kind::kWrongModel, verify_wrong_model},
      {evidence_kind::kTwoMessages, verify_two_messages},
      {evidence_kind::kWrongShare, verify_wrong_share},
      {evidence_kind::kFalseDealing, verify_false_dealing},
  };
  return kKinds;
}

Result<std::string> verify_evidence(std::span<const EvidenceKind> kinds, const std::shared_ptr<const Roster>& roster,
                                    const EvidenceFile& file) {
  const auto kind = std::find_if(kinds.begin(), kinds.end(), [&](const auto& each) { return each.name == file.kind; });
  if (kind == kinds.end()) {
    return Error{ErrorCode::not_found, fmt::format("this version knows no evidence of the kind {}", file.kind)};
  }
  return kind->verify(roster, file);
}

EvidenceFile new_evidence(const Roster& roster, std::string_view kind) {
  const ByteView text = as_bytes(roster.text);
  return {std::string(kind), Bytes(text.begin(), text.end()), {}};
}

Error proves_nothing(std::string why) { return {ErrorCode::wrong_context, std::move(why)}; }

Result<ByteView> evidence_item(const EvidenceFile& file, std::string_view name) {
  const auto found = file.items.find(std::string(name));
  if (found == file.items.end()) {
    return Error{ErrorCode::not_found, fmt::format("the file lacks its item \"{}\"", name)};
  }
  return ByteView(found->second);
}

Result<RoundContext> evidence_context(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const ByteView blob, evidence_item(file, evidence_item_name::kDescriptor));
  return open_descriptor(roster, blob);
}

std::string attempt_name(const RoundDescriptor& descriptor) {
  return fmt::format("round {}, attempt {}", descriptor.round_no, descriptor.attempt);
}

}  // namespace bauta
