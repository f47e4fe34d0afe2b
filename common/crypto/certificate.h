// Who a certificate of the federation's own CA names.
#pragma once

#include <string>
#include <string_view>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"

namespace bauta {

struct CertificateIdentity {
  enum class Role : std::uint8_t { partner, coordinator };
  Role role = Role::partner;
  std::string partner_id;  ///< empty for the coordinator
  Digest fingerprint{};    ///< SHA-256 of the DER bytes; the store is asked for it on every request
  WallTime not_before{};
  WallTime not_after{};
};

/// 1 to 64 of [a-z0-9_-].
bool is_partner_id(std::string_view id);

/// The identity comes from exactly one subject alternative name of kind URI (RFC 5280 §4.2.1.6), either
/// "urn:bauta:partner:<id>" or "urn:bauta:coordinator"; subject and DNS names are not looked at. Checks neither
/// signature nor validity: the TLS layer has done that. Errors: malformed, unauthenticated.
Result<CertificateIdentity> certificate_identity(ByteView der);

/// The DER bytes of the first certificate in a PEM text. Errors: malformed.
Result<Bytes> certificate_der(std::string_view pem);

}  // namespace bauta
