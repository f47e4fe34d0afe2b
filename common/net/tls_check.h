// TLS files judged before anything listens or connects.
#pragma once

#include "common/base/clock.h"
#include "common/base/result.h"
#include "common/net/tls_settings.h"

namespace bauta {

/// Everything that would make the listener fail at its start, and with client_ca_file also what would make every
/// partner refuse it: a certificate of another CA, or without extended key usage serverAuth. Errors name the file.
Status check_tls(const TlsServerSettings& settings, WallTime now);

/// The same for a partner's own certificate, which needs clientAuth.
Status check_tls(const TlsClientSettings& settings, WallTime now);

}  // namespace bauta
