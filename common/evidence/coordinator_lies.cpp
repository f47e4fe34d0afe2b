#include "common/evidence/coordinator_lies.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <set>

#include "common/federation/plan.h"
#include "common/masking/merkle.h"
#include "common/masking/transcript.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"

namespace bauta {
namespace {

using namespace evidence_item_name;

/// What was signed as a descriptor, whether or not it can be one.
Result<RoundDescriptor> signed_descriptor(const Roster& roster, ByteView blob) {
  BAUTA_TRY(const Bytes payload, open_blob(label::kDescriptor, roster, kCoordinatorSigner, blob));
  BAUTA_TRY(auto descriptor, decode<RoundDescriptor>(payload));
  if (descriptor.federation_id != roster.federation_id || descriptor.roster_hash != roster.hash) {
    return proves_nothing("a descriptor is of another federation, or of another roster than the file's");
  }
  return descriptor;
}

/// Two payloads under one label: nothing where they are not both that. An error where they do not exclude each other.
template <class Answer>
Result<std::optional<std::string>> two_of(const RoundContext& context, std::string_view label, std::string_view what,
                                          ByteView first, ByteView second) {
  const auto a = open_blob(label, *context.roster, kCoordinatorSigner, first);
  const auto b = open_blob(label, *context.roster, kCoordinatorSigner, second);
  if (!a.ok() || !b.ok()) return std::optional<std::string>();
  if (*a == *b) return proves_nothing(fmt::format("both say the same: it is one {}, signed twice", what));
  BAUTA_TRY(const auto one, decode<Answer>(*a));
  BAUTA_TRY(const auto other, decode<Answer>(*b));
  if (one.rctx != context.rctx || other.rctx != context.rctx) {
    return proves_nothing(fmt::format("the two are not both of {}", attempt_name(context.descriptor)));
  }
  if constexpr (std::is_same_v<Answer, Certificate>) {
    if (one.u3_hash == other.u3_hash) return proves_nothing("both certificates are for the same U3");
  }
  return std::optional(
      fmt::format("the coordinator signed two different {}s for {}", what, attempt_name(context.descriptor)));
}

}  // namespace

Result<std::string> verify_two_descriptors(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const ByteView first, evidence_item(file, kFirst));
  BAUTA_TRY(const ByteView second, evidence_item(file, kSecond));
  BAUTA_TRY(const RoundDescriptor a, signed_descriptor(*roster, first));
  BAUTA_TRY(const RoundDescriptor b, signed_descriptor(*roster, second));
  if (a.round_no != b.round_no) return proves_nothing("the two descriptors are of different rounds");
  if (a.attempt == b.attempt) {
    if (decode<SignedBlob>(first)->payload == decode<SignedBlob>(second)->payload) {
      return proves_nothing("both say the same: it is one descriptor, signed twice");
    }
    return fmt::format("the coordinator signed two different descriptors for {}", attempt_name(a));
  }
  if (a.cohort == b.cohort) return proves_nothing("the two descriptors are of different attempts with one cohort");
  return fmt::format("the coordinator signed two different cohorts for round {}, in its attempts {} and {}", a.round_no,
                     a.attempt, b.attempt);
}

Result<std::string> verify_false_descriptor(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const ByteView blob, evidence_item(file, kDescriptor));
  BAUTA_TRY(const RoundDescriptor offered, signed_descriptor(*roster, blob));
  const auto convicted = [&](std::string_view why) {
    return fmt::format("the coordinator signed a round descriptor for {} that cannot be: {}", attempt_name(offered),
                       why);
  };
  if (const auto opened = open_descriptor(roster, blob); !opened.ok()) return convicted(opened.error().message);
  BAUTA_TRY(const ByteView text, evidence_item(file, kPlan));
  const Digest hash = plan_hash(as_text(text));
  if (hash != offered.plan_hash) return proves_nothing("the plan in the file is not the one that the descriptor names");
  BAUTA_TRY(const Plan plan, parse_plan(as_text(text)));
  BAUTA_TRY(const ParameterLayout layout, ParameterLayout::create(plan.model));
  RoundDescriptor expected = descriptor_for(*roster, plan, hash, layout.size(), offered.cohort);
  expected.run_id = offered.run_id;
  expected.round_no = offered.round_no;
  expected.attempt = offered.attempt;
  expected.model_hash = offered.model_hash;
  if (encode(expected) == encode(offered)) return proves_nothing("the descriptor is what its plan prescribes");
  return convicted("it is not what the plan that it names prescribes");
}

Result<std::string> verify_two_answers(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  BAUTA_TRY(const ByteView a, evidence_item(file, kFirst));
  BAUTA_TRY(const ByteView b, evidence_item(file, kSecond));
  using Found = Result<std::optional<std::string>>;
  using Find = Found (*)(const RoundContext&, ByteView, ByteView);
  static constexpr Find kPhases[] = {
      [](const RoundContext& round, ByteView first, ByteView second) -> Found {
        return two_of<KeySet>(round, label::kKeySet, "key set", first, second);
      },
      [](const RoundContext& round, ByteView first, ByteView second) -> Found {
        return two_of<HeaderSet>(round, label::kHeaderSet, "header set", first, second);
      },
      [](const RoundContext& round, ByteView first, ByteView second) -> Found {
        return two_of<SurvivorSet>(round, label::kSurvivorSet, "survivor set", first, second);
      },
      [](const RoundContext& round, ByteView first, ByteView second) -> Found {
        return two_of<Certificate>(round, label::kCertificate, "certificate", first, second);
      },
      [](const RoundContext& round, ByteView first, ByteView second) -> Found {
        return two_of<Aggregate>(round, label::kAggregate, "aggregate", first, second);
      },
  };
  for (const Find find : kPhases) {
    BAUTA_TRY(auto found, find(context, a, b));
    if (found) return *std::move(found);
  }
  return Error{ErrorCode::bad_signature, "the coordinator has not signed both, or not for the same phase"};
}

Result<std::string> verify_wrong_model(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  BAUTA_TRY(const ByteView survivor_blob, evidence_item(file, kSurvivorSet));
  BAUTA_TRY(const Bytes survivor_payload, open_blob(label::kSurvivorSet, *roster, kCoordinatorSigner, survivor_blob));
  BAUTA_TRY(const auto set, decode<SurvivorSet>(survivor_payload));
  BAUTA_TRY(const ByteView aggregate_blob, evidence_item(file, kAggregate));
  BAUTA_TRY(const Bytes aggregate_payload, open_blob(label::kAggregate, *roster, kCoordinatorSigner, aggregate_blob));
  BAUTA_TRY(const auto aggregate, decode<Aggregate>(aggregate_payload));
  if (set.rctx != context.rctx || aggregate.rctx != context.rctx ||
      aggregate.u3_hash != u3_hash(context.rctx, set.l1, set.u2_hash, set.headers)) {
    return proves_nothing("descriptor, survivor set and aggregate are not of one attempt");
  }
  std::set<PartnerIndex> survivors;
  for (const Bytes& header : set.headers) {
    BAUTA_TRY(const PartnerIndex survivor, claimed_signer(header));
    if (survivor >= roster->size()) return proves_nothing("a survivor is not in the roster");
    survivors.insert(survivor);
  }

  BAUTA_TRY(const ByteView plan_text, evidence_item(file, kPlan));
  BAUTA_TRY(const ByteView model_bytes, evidence_item(file, kModel));
  BAUTA_TRY(const ByteView sum, evidence_item(file, kSum));
  if (plan_hash(as_text(plan_text)) != context.descriptor.plan_hash) return proves_nothing("the plan is another one");
  if (vector_root(sum) != aggregate.sum_root) return proves_nothing("the sum is not the one that was signed");
  BAUTA_TRY(const Plan plan, parse_plan(as_text(plan_text)));
  BAUTA_TRY(ModelFile model, decode_model(model_bytes));
  if (model_hash(model.state, context.descriptor.plan_hash) != context.descriptor.model_hash) {
    return proves_nothing("the model is not the one that the round began with");
  }
  if (sum.size() != context.layout().byte_count() || model.state.parameters.size() != context.parameters()) {
    return proves_nothing("the sum or the model has another length than the round's");
  }
  std::vector<std::uint64_t> words(context.layout().word_count());
  std::copy(sum.begin(), sum.end(), wire_bytes_mutable(words).begin());
  const auto convicted = [&](std::string_view why) {
    return fmt::format("the coordinator signed an aggregate for {} {}", attempt_name(context.descriptor), why);
  };
  const auto decoded = decode_sum(context, survivors, words);
  if (!decoded.ok()) return convicted("that is to be rejected: " + decoded.error().message);
  if (const Status applied = apply(model.state, decoded->mean_update, plan.server); !applied.ok()) {
    return convicted("that no model survives: " + applied.error().message);
  }
  const Digest reached = model_hash(model.state, context.descriptor.plan_hash);
  if (reached == aggregate.next_model_hash) return proves_nothing("the sum leads to the model that was announced");
  return convicted(fmt::format("that announces the model {}, while its own sum leads to {}",
                               to_hex(aggregate.next_model_hash), to_hex(reached)));
}

}  // namespace bauta
