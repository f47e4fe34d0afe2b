#include "client/agent/latches.h"

#include <algorithm>
#include <limits>

namespace bauta::client {
namespace {

constexpr std::string_view kAccepted = "accepted";
constexpr std::string_view kFetched = "fetched model";

Error damaged(std::string_view latch) {
  return {ErrorCode::database,
          "the latch " + std::string(latch) + " is damaged; `bauta-client resume-after` starts over"};
}

Result<std::optional<Digest>> digest_latch(const ClientStore& store, std::string_view key) {
  BAUTA_TRY(const auto bytes, store.latch(key));
  if (!bytes) return std::optional<Digest>();
  Digest digest;
  if (bytes->size() != digest.size()) return damaged(key);
  std::copy(bytes->begin(), bytes->end(), digest.begin());
  return std::optional(digest);
}

}  // namespace

StoredItem accepted_invitation_latch(const OpenedInvitation& invitation) {
  const RoundId id = invitation.id();
  const auto& cohort = invitation.context.descriptor.cohort;
  Bytes bytes;
  append_u64(bytes, id.round_no);
  append_u32(bytes, id.attempt);
  append_u32(bytes, static_cast<std::uint32_t>(cohort.size()));
  for (const PartnerIndex partner : cohort) append_u32(bytes, partner);
  append(bytes, invitation.descriptor_blob);
  return {std::string(kAccepted), std::move(bytes)};
}

Result<std::optional<AcceptedInvitation>> accepted_invitation(const ClientStore& store) {
  BAUTA_TRY(const auto bytes, store.latch(kAccepted));
  if (!bytes) return std::optional<AcceptedInvitation>();
  ByteView rest = *bytes;
  if (rest.size() < 16) return damaged(kAccepted);
  AcceptedInvitation accepted;
  accepted.id = {read_u64(rest.first(8)), read_u32(rest.subspan(8, 4))};
  const std::size_t n = read_u32(rest.subspan(12, 4));
  rest = rest.subspan(16);
  if (rest.size() / 4 < n) return damaged(kAccepted);
  for (std::size_t i = 0; i < n; ++i) accepted.cohort.push_back(read_u32(rest.subspan(4 * i, 4)));
  rest = rest.subspan(4 * n);
  accepted.descriptor.assign(rest.begin(), rest.end());
  return std::optional(std::move(accepted));
}

Result<PolicyMemory> policy_memory(const ClientStore& store, const RoundId& id) {
  BAUTA_TRY(const std::uint64_t resumed_after, store.resumed_after());
  BAUTA_TRY(auto accepted, accepted_invitation(store));
  PolicyMemory memory;
  if (resumed_after > 0) memory.latest = {resumed_after, std::numeric_limits<std::uint32_t>::max()};
  if (accepted) {
    memory.latest = std::max(memory.latest, accepted->id);
    if (accepted->id == id) memory.descriptor = std::move(accepted->descriptor);
    if (accepted->id.round_no == id.round_no) memory.cohort = std::move(accepted->cohort);
  }
  return memory;
}

std::string signed_survivors_key(const Digest& model_hash) { return "u3/" + to_hex(model_hash); }

Result<std::optional<Digest>> signed_survivors(const ClientStore& store, const Digest& model_hash) {
  return digest_latch(store, signed_survivors_key(model_hash));
}

StoredItem signed_survivors_latch(const Digest& model_hash, const Digest& u3) {
  return {signed_survivors_key(model_hash), Bytes(u3.begin(), u3.end())};
}

Result<std::optional<Digest>> fetched_model(const ClientStore& store) { return digest_latch(store, kFetched); }

Status put_fetched_model(ClientStore& store, const Digest& model_hash) { return store.put_latch(kFetched, model_hash); }

std::string distrusted_key(std::string_view run_id) { return "distrusted/" + std::string(run_id); }

Result<bool> is_distrusted(const ClientStore& store, std::string_view run_id) {
  BAUTA_TRY(const auto bytes, store.latch(distrusted_key(run_id)));
  return bytes.has_value();
}

Status distrust(ClientStore& store, std::string_view run_id) {
  return store.put_latch(distrusted_key(run_id), as_bytes("an aggregate that does not hold"));
}

Result<std::optional<Digest>> pinned_roster(const ClientStore& store) {
  return digest_latch(store, kPinnedRosterLatch);
}

}  // namespace bauta::client
