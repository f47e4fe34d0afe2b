// What convicts a coordinator: statements under its signature that no honest one signs, whatever happened to it.
// Refusals that rest on something unsigned (a leaf or a sum as it was delivered, a set of another round, our own
// message missing) convict nobody and are in no kind here. Items are SignedBlobs as received, where nothing else is
// said.
#pragma once

#include "common/evidence/evidence_kind.h"

namespace bauta {

namespace evidence_kind {
/// "first", "second": two descriptors of one attempt, or of one round with different cohorts.
inline constexpr std::string_view kTwoDescriptors = "two-descriptors";
/// "descriptor" that cannot be: thresholds, lanes, cohort; with "plan" (TOML text): not what the plan prescribes.
inline constexpr std::string_view kFalseDescriptor = "false-descriptor";
/// "descriptor", "first", "second": two different sets, certificates or aggregates of one phase of one attempt.
inline constexpr std::string_view kTwoAnswers = "two-answers";
/// "descriptor", "key_set", "header_set", "survivor_set", "certificate", "aggregate", up to the one that lies
/// (client/round/false_answer.h).
inline constexpr std::string_view kFalseAnswer = "false-answer";
/// "descriptor", "survivor_set", "aggregate", and unsigned "plan" (TOML), "model" (file of the model before the round),
/// "sum" (packed): the announced model is not the one that the announced sum leads to.
inline constexpr std::string_view kWrongModel = "wrong-model";
}  // namespace evidence_kind

Result<std::string> verify_two_descriptors(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);
Result<std::string> verify_false_descriptor(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);
Result<std::string> verify_two_answers(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);
Result<std::string> verify_wrong_model(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file);

}  // namespace bauta
