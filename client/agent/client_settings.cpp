#include "client/agent/client_settings.h"

#include "common/base/file.h"

namespace bauta::client {
namespace {

void read_coordinator(ConfigTable table, HttpClientSettings& http) {
  http.host = table.text("host", kRequired);
  http.port = static_cast<std::uint16_t>(table.integer("port", {1, 65535}, kRequired));
  http.server_name = table.text("server_name", "");
  http.tls->ca_file = table.path("ca", kRequired);
}

void read_tls(ConfigTable table, TlsClientSettings& tls) {
  tls.certificate_file = table.path("certificate", kRequired);
  tls.key_file = table.path("key", kRequired);
  tls.passphrase_file = table.path("passphrase_file", std::filesystem::path());
}

void read_policy(ConfigTable table, PolicySettings& policy) {
  for (const std::string& text : table.texts("allowed_plans", std::vector<std::string>())) {
    if (const auto digest = digest_from_hex(text)) {
      policy.allowed_plans.insert(*digest);
    } else {
      table.problem("allowed_plans", "holds \"" + text.substr(0, 80) + "\", which is not the 64 digits of sha256sum");
    }
  }
  // Below three, each of two partners could subtract its own update from the sum and read the other's.
  policy.min_participants =
      static_cast<std::uint32_t>(table.integer("min_participants", {3, 10'000}, policy.min_participants));
  policy.min_colluding = table.number("min_colluding", {0, 0.49}, policy.min_colluding);
  policy.honest_survivors =
      static_cast<std::uint32_t>(table.integer("honest_survivors", {2, 10'000}, policy.honest_survivors));
}

void read_training(ConfigTable table, TrainingChoices& training) {
  training.threads = static_cast<unsigned>(table.integer("threads", {0, 256}, training.threads));
  training.item_residuals = table.boolean("item_residuals", training.item_residuals);
  training.id_dropout = table.number("id_dropout", {0, 0.9}, training.id_dropout);
}

void read_contact(ConfigTable table, const std::string& name, ContactSettings& contact) {
  if (const auto most = table.integer("most", {0, 1'000'000}, 0); most > 0)
    contact.limit.most = static_cast<std::uint32_t>(most);
  contact.limit.days = static_cast<int>(table.integer("days", {1, 3660}, contact.limit.days));
  contact.limit.mail_channels = table.texts("mail_channels", contact.limit.mail_channels);
  contact.hold_out = table.number("hold_out", {0, 0.9}, contact.hold_out);
  contact.hold_out_key = table.text("hold_out_key", "");
  if (contact.hold_out_key.empty()) contact.hold_out_key = name;
  contact.least =
      static_cast<std::size_t>(table.integer("least", {1, 1'000'000'000}, static_cast<std::int64_t>(contact.least)));
}

void read_transport(ConfigTable table, ClientSettings& settings) {
  using std::chrono::hours;
  using std::chrono::seconds;
  settings.upload_bytes_per_second = table.byte_size("upload_bytes_per_second", {}, 0);
  settings.http.connect_timeout =
      table.duration("connect_timeout_seconds", {Milliseconds(100), hours(1)}, settings.http.connect_timeout);
  // A long poll is silent for 25 s.
  settings.http.idle_timeout =
      table.duration("idle_timeout_seconds", {seconds(30), hours(1)}, settings.http.idle_timeout);
  settings.backoff.first = table.duration("retry_first_seconds", {Milliseconds(10), hours(1)}, settings.backoff.first);
  settings.backoff.most = table.duration("retry_most_seconds", {settings.backoff.first, hours(24)},
                                         std::max(settings.backoff.most, settings.backoff.first));
}

}  // namespace

Result<ReadSettings> read_client_settings(const std::filesystem::path& file,
                                          const std::map<std::string, std::string>& environment,
                                          const std::vector<SettingOverride>& overrides) {
  BAUTA_TRY(ConfigReader reader, ConfigReader::from_file(file));
  reader.override_from_environment("BAUTA_CLIENT_", environment);
  for (const SettingOverride& entry : overrides) reader.override_value(entry.key, entry.value, entry.origin);
  ConfigTable root = reader.root();
  ReadSettings read;
  ClientSettings& settings = read.settings;
  settings.http.tls.emplace();
  settings.name = root.text("name", kRequired);
  settings.store.state_directory = root.path("state_dir", kRequired);
  settings.store.witness = root.path("witness", std::filesystem::path());
  settings.roster = root.path("roster", kRequired);
  read_coordinator(root.table("coordinator"), settings.http);
  read_tls(root.table("tls"), *settings.http.tls);
  ConfigTable signing = root.table("signing");
  settings.signing_key = signing.path("key", kRequired);
  settings.signing_passphrase_file = signing.path("passphrase_file", std::filesystem::path());
  read_policy(root.table("policy"), settings.policy);
  settings.audit_chunks =
      static_cast<std::uint64_t>(root.table("audit").integer("chunks", {0, 1'000'000}, settings.audit_chunks));
  read_transport(root.table("transport"), settings);
  settings.data = read_data_settings(root.table("data"));
  std::filesystem::path& scratch = settings.data.load.store.scratch;
  if (scratch.empty()) scratch = settings.store.state_directory / "scratch";
  settings.task = read_task_settings(root.table("task"));
  read_training(root.table("training"), settings.training);
  read_contact(root.table("contact"), settings.name, settings.contact);
  ConfigTable log = root.table("log");
  settings.log_level =
      log_level_from(log.choice("level", {"debug", "info", "warning", "error"}, "info")).value_or(LogLevel::info);
  settings.log_format = log_format_from(log.choice("format", {"text", "json"}, "text")).value_or(LogFormat::text);
  BAUTA_RETURN_IF_ERROR(reader.finish());
  read.entries = reader.effective();
  return read;
}

std::filesystem::path allowed_plans_folder(const ClientSettings& settings) {
  return settings.store.state_directory / "allowed_plans";
}

Result<PolicySettings> effective_policy(const ClientSettings& settings) {
  PolicySettings policy = settings.policy;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(allowed_plans_folder(settings), none)) {
    if (entry.path().extension() != ".toml") continue;
    BAUTA_TRY(const std::string text, read_text_file(entry.path(), kMaxPlanBytes));
    policy.allowed_plans.insert(plan_hash(text));
  }
  return policy;
}

}  // namespace bauta::client
