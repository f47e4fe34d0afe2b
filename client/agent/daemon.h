// `bauta-client run`.
#pragma once

#include "client/agent/client_settings.h"
#include "common/base/log.h"

namespace bauta::client {

/// Takes part in rounds until SIGTERM or SIGINT; ok then. Once in a process.
Status run_daemon(const ClientSettings& settings, const Logger& log);

/// Everything `run` checks before it connects, but for the data. For `config check`.
Status check_setup(const ClientSettings& settings);

}  // namespace bauta::client
