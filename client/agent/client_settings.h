// client.toml: everything a partner sets for its client.
#pragma once

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "client/data/data_settings.h"
#include "client/data/samples.h"
#include "client/policy/policy.h"
#include "client/scoring/audience.h"
#include "client/storage/client_store.h"
#include "client/transport/https_link.h"
#include "common/base/config_reader.h"
#include "common/base/log.h"
#include "common/base/result.h"

namespace bauta::client {

/// [training]: what this partner decides of its own training; everything else is in the plan.
struct TrainingChoices {
  unsigned threads = 0;        ///< 0: as many as there are processors; the result is the same for any number
  bool item_residuals = true;  ///< learn something private of every single item
  double id_dropout = 0.5;     ///< how often that is left out in training, so that the shared part learns too
};

/// [contact]: whom `bauta-client target` never or not now addresses.
struct ContactSettings {
  ContactLimit limit;
  double hold_out = 0;       ///< share of persons who are never addressed
  std::string hold_out_key;  ///< chooses who; the partner's name where none is set
  std::size_t least = 100;   ///< a smaller audience is refused
};

struct ClientSettings {
  std::string name;  ///< this partner's id in the roster and in its certificate
  ClientStore::Settings store;
  std::filesystem::path roster;
  HttpClientSettings http;
  std::filesystem::path signing_key;
  std::filesystem::path signing_passphrase_file;  ///< empty: the key is not encrypted
  PolicySettings policy;
  std::uint64_t audit_chunks = 1;             ///< of every aggregate before it is applied; 0: none
  std::uint64_t upload_bytes_per_second = 0;  ///< 0: as fast as it goes
  BackoffSettings backoff;
  DataSettings data;
  TaskSettings task;
  TrainingChoices training;
  ContactSettings contact;
  LogLevel log_level = LogLevel::info;
  LogFormat log_format = LogFormat::text;
};

/// What a person typed for one setting: `--set policy.min_participants=5`, `--state-dir`.
struct SettingOverride {
  std::string key;
  std::string value;
  std::string origin;
};

struct ReadSettings {
  ClientSettings settings;
  std::vector<ConfigEntry> entries;  ///< as they took effect
};

/// Flag > variable BAUTA_CLIENT_* > file > default. Every problem at once, one line each.
Result<ReadSettings> read_client_settings(const std::filesystem::path& file,
                                          const std::map<std::string, std::string>& environment,
                                          const std::vector<SettingOverride>& overrides);

/// Plans allowed by `bauta-client plan allow`, which lie in the state directory, in allowed_plans/.
std::filesystem::path allowed_plans_folder(const ClientSettings& settings);
/// The allow-list: [policy] allowed_plans and those.
Result<PolicySettings> effective_policy(const ClientSettings& settings);

}  // namespace bauta::client
