#include "client/round/false_answer.h"

#include <fmt/format.h>

#include "client/round/phase5_unmask.h"
#include "common/crypto/x25519.h"
#include "common/masking/transcript.h"

namespace bauta::client {
namespace {

namespace name = evidence_item_name;

/// An error unless the coordinator has signed `blob` for this attempt; whether it is any good is another question.
template <class Answer>
Status check_signed_for(const RoundContext& context, std::string_view label, ByteView blob) {
  BAUTA_TRY(const Bytes payload, open_blob(label, *context.roster, kCoordinatorSigner, blob));
  const auto answer = decode<Answer>(payload);
  if (answer.ok() && answer->rctx != context.rctx) {
    return proves_nothing(fmt::format("what was signed as {} belongs to another attempt", label));
  }
  return {};
}

}  // namespace

Result<std::string> verify_false_answer(const std::shared_ptr<const Roster>& roster, const EvidenceFile& file) {
  BAUTA_TRY(const RoundContext context, evidence_context(roster, file));
  const Membership stranger{roster, 0, nullptr};
  const auto item = [&](std::string_view key) -> const Bytes* {
    const auto found = file.items.find(std::string(key));
    return found == file.items.end() ? nullptr : &found->second;
  };
  const auto convicted = [&](std::string_view what, const Error& refusal) {
    return fmt::format("the coordinator signed for {} {} that no honest one signs: {}",
                       attempt_name(context.descriptor), what, refusal.message);
  };
  const Error sound = proves_nothing("everything in the file is what an honest coordinator signs");

  const Bytes* const key_set = item(name::kKeySet);
  if (!key_set) return sound;
  BAUTA_RETURN_IF_ERROR(check_signed_for<KeySet>(context, label::kKeySet, *key_set));
  const auto u1 = verify_key_set(context, *key_set);
  if (!u1.ok()) return convicted("a key set", u1.error());
  for (const auto& [partner, keys] : u1->keys) {
    if (!is_small_order(keys.e_pk) && !is_small_order(keys.m_pk)) continue;
    return convicted("a key set", {ErrorCode::malformed,
                                   fmt::format("a key of {} is of small order", roster->entries[partner].partner_id)});
  }

  const Bytes* const header_set = item(name::kHeaderSet);
  if (!header_set) return sound;
  BAUTA_RETURN_IF_ERROR(check_signed_for<HeaderSet>(context, label::kHeaderSet, *header_set));
  const auto u2 = verify_header_set(context, *u1, *header_set);
  if (!u2.ok()) return convicted("a header set", u2.error());

  const Bytes* const survivor_set = item(name::kSurvivorSet);
  if (!survivor_set) return sound;
  BAUTA_RETURN_IF_ERROR(check_signed_for<SurvivorSet>(context, label::kSurvivorSet, *survivor_set));
  const auto u3 = verify_survivor_set(context, *u1, *u2, *survivor_set);
  if (!u3.ok()) return convicted("a survivor set", u3.error());

  if (const Bytes* const certificate = item(name::kCertificate)) {
    BAUTA_RETURN_IF_ERROR(check_signed_for<Certificate>(context, label::kCertificate, *certificate));
    const Status checked = check_certificate(stranger, context, *u3, *certificate);
    if (!checked.ok()) return convicted("a certificate", checked.error());
  }
  const Bytes* const aggregate = item(name::kAggregate);
  if (!aggregate) return sound;
  BAUTA_RETURN_IF_ERROR(check_signed_for<Aggregate>(context, label::kAggregate, *aggregate));
  const auto verified = verify_aggregate(context, *u1, *u2, *u3, {}, *aggregate);
  if (!verified.ok()) return convicted("an aggregate", verified.error());
  return sound;
}

}  // namespace bauta::client
