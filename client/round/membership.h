// Who this client is in its federation.
#pragma once

#include <memory>

#include "common/crypto/signature.h"
#include "common/federation/roster.h"

namespace bauta::client {

struct Membership {
  std::shared_ptr<const Roster> roster;  ///< as pinned on this client's disk
  PartnerIndex self = 0;
  const SigningKey* signing_key = nullptr;  ///< belongs to roster->entries[self]
};

}  // namespace bauta::client
