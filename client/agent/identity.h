// Who this client is: the pinned roster, its place in it and its signing key, all checked against each other.
#pragma once

#include <memory>

#include "client/agent/client_settings.h"
#include "client/round/membership.h"
#include "common/crypto/certificate.h"

namespace bauta::client {

struct Identity {
  std::shared_ptr<const Roster> roster;
  PartnerIndex self = 0;
  std::unique_ptr<const SigningKey> signing_key;

  Membership membership() const { return {roster, self, signing_key.get()}; }
};

/// Errors, each naming the file and what mends it: the roster or key cannot be read, the roster does not hold [name],
/// the signing key is not the one that the roster pins.
Result<Identity> read_identity(const ClientSettings& settings);

/// Whether the TLS certificate names this partner and is valid at `now`.
Status check_certificate(const ClientSettings& settings, const std::optional<CertificateIdentity>& certificate,
                         WallTime now);

}  // namespace bauta::client
