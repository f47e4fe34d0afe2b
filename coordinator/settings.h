// coordinator.toml.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "common/base/config_reader.h"
#include "common/base/log.h"
#include "common/crypto/signature.h"
#include "common/federation/roster.h"
#include "common/net/tls_settings.h"

namespace bauta::coordinator {

struct ListenerSettings {
  std::string address;
  std::uint16_t port = 0;  ///< 0: any free one; the log says which
};

struct Limits {
  std::uint32_t connections = 1024;             ///< per listener
  std::uint32_t connections_per_address = 256;  ///< per listener; raise it behind a proxy that hides the addresses
  std::uint32_t uploads = 16;                   ///< at a time
  std::uint64_t spool_bytes = std::uint64_t{64} << 30;
  Milliseconds drain{10'000};
  std::uint32_t unmask_threads = 0;  ///< that open a sum; 0: one a processor
};

struct Settings {
  std::filesystem::path state_dir;
  std::filesystem::path roster;
  std::filesystem::path signing_key;
  std::filesystem::path signing_passphrase_file;  ///< empty: the key is not encrypted
  ListenerSettings partner_listener;
  TlsServerSettings partner_tls;
  ListenerSettings operator_listener;
  TlsServerSettings operator_tls;
  ListenerSettings health_listener;
  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  Limits limits;
};

/// A flag of the command line, as it overrides the file.
struct SettingOverride {
  std::string key;
  std::string value;
  std::string origin;  ///< "--state-dir"
};

struct LoadedSettings {
  Settings settings;
  std::vector<ConfigEntry> effective;  ///< for `config show`
};

/// Flags over BAUTA_COORDINATOR_* over the file over defaults. All problems at once.
Result<LoadedSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& environment,
                                     const std::vector<SettingOverride>& overrides);

struct Identity {
  std::shared_ptr<const Roster> roster;
  std::shared_ptr<const SigningKey> signing_key;  ///< the one that the roster names
};

/// Reads the roster and the signing key and checks that they belong together.
Result<Identity> load_identity(const Settings& settings);

/// Before anything is opened: that the partner listener's certificate names the coordinator and is valid at `now`.
Status check_certificates(const Settings& settings, WallTime now);

/// For `config check`: also that all TLS files can be read and belong together, and that the partner listener's
/// certificate holds before the CA.
Status check_listeners(const Settings& settings, WallTime now);

}  // namespace bauta::coordinator
