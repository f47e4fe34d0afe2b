// Who the partners are to the running coordinator: the roster, who was revoked, and who is there at the moment.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/crypto/certificate.h"
#include "common/federation/roster.h"

namespace bauta::coordinator {

/// A partner that asked for an invitation this long ago may have vanished.
inline constexpr Milliseconds kPresence{60'000};

/// In memory; what was revoked is kept by the store and told to this object. Control thread.
class PartnerRegistry {
 public:
  /// `revoked_certificates`: fingerprints.
  PartnerRegistry(std::shared_ptr<const Roster> roster, std::set<Digest> revoked_certificates, const Clock& clock);

  const Roster& roster() const { return *roster_; }

  /// The partner that a verified certificate names, and notes that it was seen. Errors: forbidden (no certificate of a
  /// partner, or not in the roster), revoked (the partner, or this certificate).
  Result<PartnerIndex> admit(const std::optional<CertificateIdentity>& peer);

  /// The partner waits for an invitation.
  void mark_ready(PartnerIndex partner);
  /// Nobody is ready until it asks again: a round has ended, and some may have vanished in it.
  void clear_ready();
  /// Asked for an invitation within kPresence and since clear_ready(), and not revoked. In roster order.
  std::vector<PartnerIndex> ready() const;
  /// Made any request within kPresence, and not revoked. In roster order.
  std::vector<PartnerIndex> present() const;
  bool is_present(PartnerIndex partner) const;

  void set_revoked(PartnerIndex partner, bool revoked);
  bool is_revoked(PartnerIndex partner) const { return partners_[partner].revoked; }
  /// Since the start of this process.
  std::optional<WallTime> last_seen(PartnerIndex partner) const { return partners_[partner].last_seen; }

 private:
  struct State {
    bool revoked = false;
    std::optional<WallTime> last_seen;
    std::optional<SteadyTime> seen;
    std::optional<SteadyTime> ready;
  };
  bool within(const std::optional<SteadyTime>& time) const;

  std::shared_ptr<const Roster> roster_;
  std::set<Digest> revoked_certificates_;
  const Clock& clock_;
  std::vector<State> partners_;
};

}  // namespace bauta::coordinator
