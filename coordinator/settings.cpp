#include "coordinator/settings.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/crypto/certificate.h"
#include "common/membership/roster_files.h"
#include "common/net/tls_check.h"

namespace bauta::coordinator {
namespace {

constexpr std::uint64_t kMaxKeyFileBytes = 64 * 1024;

ListenerSettings read_listener(ConfigTable& table, std::int64_t default_port) {
  ListenerSettings listener;
  listener.address = table.text("address", "127.0.0.1");
  // Without a scope such as %eth0, which the listener resolves.
  const std::string bare = listener.address.substr(0, listener.address.find('%'));
  in6_addr parsed{};
  if (inet_pton(AF_INET, bare.c_str(), &parsed) != 1 && inet_pton(AF_INET6, bare.c_str(), &parsed) != 1) {
    table.problem("address", "an IPv4 or IPv6 address is needed, no name");
  }
  listener.port = static_cast<std::uint16_t>(table.integer("port", {0, 65535}, default_port));
  return listener;
}

TlsServerSettings read_tls(ConfigTable& table, bool mutual) {
  TlsServerSettings tls;
  tls.certificate_file = table.path("certificate", kRequired);
  tls.key_file = table.path("key", kRequired);
  tls.passphrase_file = table.path("passphrase_file", std::filesystem::path());
  if (mutual) tls.client_ca_file = table.path("ca", kRequired);
  return tls;
}

Settings read_settings(ConfigTable root) {
  Settings settings;
  settings.state_dir = root.path("state_dir", kRequired);
  settings.roster = root.path("roster", kRequired);
  ConfigTable signing = root.table("signing");
  settings.signing_key = signing.path("key", kRequired);
  settings.signing_passphrase_file = signing.path("passphrase_file", std::filesystem::path());
  ConfigTable partner = root.table("partner_listener");
  settings.partner_listener = read_listener(partner, 8443);
  settings.partner_tls = read_tls(partner, true);
  ConfigTable operators = root.table("operator_listener");
  settings.operator_listener = read_listener(operators, 8444);
  settings.operator_tls = read_tls(operators, false);
  ConfigTable health = root.table("health_listener");
  settings.health_listener = read_listener(health, 8445);
  const auto is_any = [](const ListenerSettings& l) { return l.address == "0.0.0.0" || l.address == "::"; };
  const auto same = [&](const ListenerSettings& a, const ListenerSettings& b) {
    return a.port != 0 && a.port == b.port && (a.address == b.address || is_any(a) || is_any(b));
  };
  if (same(settings.operator_listener, settings.partner_listener)) {
    operators.problem("port", "the partner listener has this port already");
  }
  if (same(settings.health_listener, settings.partner_listener) ||
      same(settings.health_listener, settings.operator_listener)) {
    health.problem("port", "another listener has this port already");
  }
  ConfigTable log = root.table("log");
  settings.log_format = *log_format_from(log.choice("format", {"text", "json"}, "text"));
  settings.log_level = *log_level_from(log.choice("level", {"debug", "info", "warning", "error"}, "info"));
  ConfigTable limits = root.table("limits");
  Limits& bounds = settings.limits;
  bounds.connections = static_cast<std::uint32_t>(limits.integer("connections", {8, 100'000}, bounds.connections));
  bounds.connections_per_address = static_cast<std::uint32_t>(
      limits.integer("connections_per_address", {1, 100'000}, bounds.connections_per_address));
  bounds.uploads = static_cast<std::uint32_t>(limits.integer("uploads", {1, 10'000}, bounds.uploads));
  bounds.spool_bytes = limits.byte_size("spool_bytes", {1 << 20}, bounds.spool_bytes);
  bounds.drain = limits.duration("drain_seconds", {Milliseconds(0), Milliseconds(600'000)}, bounds.drain);
  bounds.unmask_threads = static_cast<std::uint32_t>(limits.integer("unmask_threads", {0, 256}, bounds.unmask_threads));
  return settings;
}

/// The first line, without its end; empty for no file.
Result<std::string> read_passphrase(const std::filesystem::path& file) {
  if (file.empty()) return std::string();
  BAUTA_TRY(std::string text, read_text_file(file, 4096));
  text.erase(std::min(text.find_first_of("\r\n"), text.size()));
  return text;
}

Status check_names_coordinator(const std::filesystem::path& file, WallTime now) {
  BAUTA_TRY(const std::string pem, read_text_file(file));
  auto der = certificate_der(pem);
  if (!der.ok()) return with_context(file.string(), der.error());
  const auto identity = certificate_identity(*der);
  if (!identity.ok()) return with_context(file.string(), identity.error());
  if (identity->role != CertificateIdentity::Role::coordinator) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("{} is a partner's certificate, not the coordinator's", file.string())};
  }
  if (identity->not_after <= now) {
    const auto end = std::chrono::floor<std::chrono::seconds>(identity->not_after).time_since_epoch().count();
    return Error{ErrorCode::tls,
                 fmt::format("the certificate {} expired at {}; have the federation's CA issue a new one",
                             file.string(), format_time(end))};
  }
  return {};
}

}  // namespace

Result<LoadedSettings> load_settings(const std::filesystem::path& file,
                                     const std::map<std::string, std::string>& environment,
                                     const std::vector<SettingOverride>& overrides) {
  BAUTA_TRY(ConfigReader reader, ConfigReader::from_file(file));
  reader.override_from_environment("BAUTA_COORDINATOR_", environment);
  for (const SettingOverride& change : overrides) reader.override_value(change.key, change.value, change.origin);
  LoadedSettings loaded;
  loaded.settings = read_settings(reader.root());
  BAUTA_RETURN_IF_ERROR(reader.finish());
  loaded.effective = reader.effective();
  return loaded;
}

Result<Identity> load_identity(const Settings& settings) {
  BAUTA_TRY(auto roster, read_roster(settings.roster));
  BAUTA_TRY(const std::string pem, read_text_file(settings.signing_key, kMaxKeyFileBytes));
  BAUTA_TRY(const std::string passphrase, read_passphrase(settings.signing_passphrase_file));
  auto key = SigningKey::from_pem(pem, passphrase);
  if (!key.ok()) return with_context(settings.signing_key.string(), std::move(key).error());
  if (key->spki() != roster->coordinator_key.spki()) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the signing key {} is not the one that the roster {} names for the coordinator",
                             settings.signing_key.string(), settings.roster.string())};
  }
  return Identity{std::move(roster), std::make_shared<const SigningKey>(*std::move(key))};
}

Status check_certificates(const Settings& settings, WallTime now) {
  return check_names_coordinator(settings.partner_tls.certificate_file, now);
}

Status check_listeners(const Settings& settings, WallTime now) {
  BAUTA_RETURN_IF_ERROR(check_certificates(settings, now));
  BAUTA_RETURN_IF_ERROR(check_tls(settings.partner_tls, now));
  return check_tls(settings.operator_tls, now);
}

}  // namespace bauta::coordinator
