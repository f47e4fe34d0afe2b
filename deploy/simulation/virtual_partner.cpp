#include "deploy/simulation/virtual_partner.h"

namespace bauta::simulation {

const Bytes& VirtualPartner::advertise_keys(RandomSource& random) {
  keys_ = client::advertise_keys(membership_, *context_, true, random);
  return keys_.message;
}

Result<Bytes> VirtualPartner::share_keys(const client::AcceptedKeys& u1, RandomSource& random) {
  BAUTA_RETURN_IF_ERROR(client::check_own_keys(membership_, *context_, keys_, u1));
  BAUTA_TRY(dealt_, client::share_keys(membership_, *context_, keys_, u1, random));
  dealt_.agreed.clear();  // of thousands of partners they would need more memory than they save time
  return dealt_.message;
}

Result<Bytes> VirtualPartner::masked_update(const client::AcceptedKeys& u1, const client::AcceptedHeaders& u2,
                                            std::span<const DeliveredLeaf> leaves, std::span<std::uint64_t> words) {
  BAUTA_TRY(held_, client::accept_leaves(membership_, *context_, keys_, u1, dealt_, u2, leaves));
  dealt_.message = {};
  BAUTA_TRY(header_, client::mask_update(membership_, *context_, keys_, u1, dealt_, u2, held_.complaints, words));
  return header_;
}

Result<Bytes> VirtualPartner::certify(const client::AcceptedSurvivors& u3) {
  constexpr std::uint32_t kHonestSurvivors = 2;
  BAUTA_TRY(const bool survived, client::check_own_survival(membership_, *context_, u3, header_, kHonestSurvivors));
  if (!survived) return Error{ErrorCode::refused_by_policy, "this partner's upload is not in U3"};
  return client::certify_survivors(membership_, *context_, u3);
}

Bytes VirtualPartner::unmask(const client::AcceptedSurvivors& u3) {
  return client::unmask(membership_, *context_, held_, u3);
}

}  // namespace bauta::simulation
