#include "coordinator/partners/partner_registry.h"

#include <utility>

namespace bauta::coordinator {

PartnerRegistry::PartnerRegistry(std::shared_ptr<const Roster> roster, std::set<Digest> revoked_certificates,
                                 const Clock& clock)
    : roster_(std::move(roster)),
      revoked_certificates_(std::move(revoked_certificates)),
      clock_(clock),
      partners_(roster_->size()) {}

Result<PartnerIndex> PartnerRegistry::admit(const std::optional<CertificateIdentity>& peer) {
  if (!peer || peer->role != CertificateIdentity::Role::partner) {
    return Error{ErrorCode::forbidden, "a partner's certificate is needed here"};
  }
  const auto index = roster_->find(peer->partner_id);
  if (!index) {
    return Error{ErrorCode::forbidden, "partner '" + peer->partner_id + "' is not in the federation's roster"};
  }
  State& partner = partners_[*index];
  if (partner.revoked) return Error{ErrorCode::revoked, "partner '" + peer->partner_id + "' was revoked"};
  if (revoked_certificates_.contains(peer->fingerprint)) {
    return Error{ErrorCode::revoked, "the certificate of partner '" + peer->partner_id + "' was revoked"};
  }
  partner.last_seen = clock_.wall();
  partner.seen = clock_.steady();
  return *index;
}

void PartnerRegistry::mark_ready(PartnerIndex partner) { partners_[partner].ready = clock_.steady(); }

void PartnerRegistry::clear_ready() {
  for (State& partner : partners_) partner.ready.reset();
}

bool PartnerRegistry::within(const std::optional<SteadyTime>& time) const {
  return time && clock_.steady() - *time <= kPresence;
}

std::vector<PartnerIndex> PartnerRegistry::ready() const {
  std::vector<PartnerIndex> list;
  for (PartnerIndex i = 0; i < partners_.size(); ++i) {
    if (!partners_[i].revoked && within(partners_[i].ready)) list.push_back(i);
  }
  return list;
}

std::vector<PartnerIndex> PartnerRegistry::present() const {
  std::vector<PartnerIndex> list;
  for (PartnerIndex i = 0; i < partners_.size(); ++i) {
    if (is_present(i)) list.push_back(i);
  }
  return list;
}

bool PartnerRegistry::is_present(PartnerIndex partner) const {
  return !partners_[partner].revoked && within(partners_[partner].seen);
}

void PartnerRegistry::set_revoked(PartnerIndex partner, bool revoked) { partners_[partner].revoked = revoked; }

}  // namespace bauta::coordinator
