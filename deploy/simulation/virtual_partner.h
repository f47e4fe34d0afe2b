// A partner of a masked round without disk, policy or data: the protocol's own code of all five phases, and of its
// state only what a phase hands to the next. What every partner checks alike is verified once by the caller and shared.
#pragma once

#include <span>

#include "client/round/phase5_unmask.h"
#include "common/base/random_source.h"

namespace bauta::simulation {

/// One thread at a time; different partners are independent. `context` and what is passed to a phase outlive the call.
class VirtualPartner {
 public:
  VirtualPartner(client::Membership membership, const RoundContext& context)
      : membership_(std::move(membership)), context_(&context) {}

  PartnerIndex self() const { return membership_.self; }

  const Bytes& advertise_keys(RandomSource& random);
  Result<Bytes> share_keys(const client::AcceptedKeys& u1, RandomSource& random);
  /// Takes the shares dealt to this partner, masks `words` in place and returns the signed header.
  Result<Bytes> masked_update(const client::AcceptedKeys& u1, const client::AcceptedHeaders& u2,
                              std::span<const DeliveredLeaf> leaves, std::span<std::uint64_t> words);
  /// Errors: threshold_lost, or refused_by_policy for a survivor set without this partner.
  Result<Bytes> certify(const client::AcceptedSurvivors& u3);
  Bytes unmask(const client::AcceptedSurvivors& u3);

 private:
  client::Membership membership_;
  const RoundContext* context_;
  client::AdvertisedKeys keys_;
  client::DealtShares dealt_;
  client::AcceptedShares held_;
  Bytes header_;
};

}  // namespace bauta::simulation
