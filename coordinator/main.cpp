// bauta-coordinator: run, config check, config show, roster show, roster apply,
// token create, token list, token revoke, resume-after.
#include <fmt/format.h>

#include <cstdio>
#include <exception>
#include <functional>

#include "common/base/allocator.h"
#include "common/base/file.h"
#include "common/base/stop_signal.h"
#include "common/base/time_format.h"
#include "common/crypto/sha256.h"
#include "common/crypto/system_random.h"
#include "common/masking/round_context.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/daemon.h"
#include "coordinator/roster_commands.h"
#include "coordinator/storage/database.h"
#include "coordinator/storage/token_store.h"

namespace bauta::coordinator {
namespace {

struct Options {
  std::string config;
  std::string state_dir;
  std::string log_level;
  std::string token_name;
  std::uint64_t last_round = 0;
  std::string new_roster;
  std::vector<std::string> signatures;
  bool abandon = false;
};

Result<LoadedSettings> settings_of(const Options& options) {
  std::vector<SettingOverride> overrides;
  if (!options.state_dir.empty()) overrides.push_back({"state_dir", options.state_dir, "--state-dir"});
  if (!options.log_level.empty()) overrides.push_back({"log.level", options.log_level, "--log-level"});
  return load_settings(options.config, process_environment(), overrides);
}

Status run(const Options& options) {
  ignore_write_signals();
  keep_freed_memory();
  BAUTA_TRY(const StopSignal stop, StopSignal::install());
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  const SystemClock clock;
  SystemRandom random;
  const Logger log = Logger::to_stderr(loaded.settings.log_level, loaded.settings.log_format, clock);
  BAUTA_TRY(const std::unique_ptr<Daemon> daemon, Daemon::start(loaded.settings, clock, random, log));
  stop.wait();
  daemon->drain();
  return {};
}

Status config_check(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(const Identity identity, load_identity(loaded.settings));
  BAUTA_RETURN_IF_ERROR(check_listeners(loaded.settings, SystemClock().wall()));
  fmt::print("{} is usable; federation {}, {} partners\n", options.config, identity.roster->federation,
             identity.roster->size());
  return {};
}

Status config_show(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  for (const ConfigEntry& entry : loaded.effective) fmt::print("{} = {}  # {}\n", entry.key, entry.value, entry.origin);
  return {};
}

Status roster_show(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(const std::string text, show_roster(loaded.settings));
  fmt::print("{}", text);
  return {};
}

Status roster_apply(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(const std::string text,
            apply_roster(loaded.settings, options.new_roster, {options.signatures.begin(), options.signatures.end()},
                         options.abandon));
  fmt::print("{}", text);
  return {};
}

Status token_create(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(SqliteDatabase database, open_database(loaded.settings.state_dir));
  std::array<std::uint8_t, 32> secret{};
  SystemRandom().fill(secret);
  const std::string token = "bauta_" + to_hex(secret);
  BAUTA_RETURN_IF_ERROR(TokenStore(database).add(options.token_name, sha256(as_bytes(token)), SystemClock().wall()));
  fmt::print("{}\n", token);
  return {};
}

Status token_list(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(SqliteDatabase database, open_database(loaded.settings.state_dir));
  BAUTA_TRY(const std::vector<TokenRow> tokens, TokenStore(database).list());
  const auto text = [](WallTime time) {
    return format_time(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  };
  for (const TokenRow& token : tokens) {
    fmt::print("{}  created {}  {}\n", token.name, text(token.created_at),
               token.revoked_at ? "revoked " + text(*token.revoked_at) : "live");
  }
  return {};
}

Status token_revoke(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_TRY(SqliteDatabase database, open_database(loaded.settings.state_dir));
  return TokenStore(database).revoke(options.token_name, SystemClock().wall());
}

Status resume_after(const Options& options) {
  BAUTA_TRY(const LoadedSettings loaded, settings_of(options));
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(loaded.settings.state_dir));
  BAUTA_TRY(const FileDescriptor lock, lock_directory(loaded.settings.state_dir));
  BAUTA_TRY(SqliteDatabase database, open_database(loaded.settings.state_dir));
  BAUTA_RETURN_IF_ERROR(raise_number(database, kRoundCounter, options.last_round));
  fmt::print("the next round has a number above {}\n", options.last_round);
  return {};
}

int main_with(int argc, char** argv) {
  CLI::App app{
      "The coordinator of a federation: takes in masked updates, learns only their sum, publishes the models."};
  app.name("bauta-coordinator");
  app.set_version_flag("--version", "bauta-coordinator " BAUTA_VERSION);
  app.require_subcommand(1);
  Options options;
  std::function<Status(const Options&)> command;
  const auto add = [&](CLI::App& parent, const char* name, const char* help, Status (*function)(const Options&)) {
    CLI::App* sub = parent.add_subcommand(name, help);
    sub->add_option("--config", options.config, "coordinator.toml")->required()->envname("BAUTA_COORDINATOR_CONFIG");
    sub->add_option("--state-dir", options.state_dir, "overrides state_dir");
    sub->callback([&command, function] { command = function; });
    return sub;
  };
  CLI::App* run_command = add(app, "run", "Runs until SIGTERM or SIGINT, then drains and ends", run);
  run_command->add_option("--log-level", options.log_level, "debug, info, warning or error");
  CLI::App* config = app.add_subcommand("config", "Looks at the configuration")->require_subcommand(1);
  add(*config, "check", "Says whether the configuration and its files are usable", config_check);
  add(*config, "show", "Prints every setting and where it comes from", config_show);
  CLI::App* roster = app.add_subcommand("roster", "The roster and its changes")->require_subcommand(1);
  add(*roster, "show", "Prints it", roster_show);
  CLI::App* apply = add(*roster, "apply", "Follows a change that enough partners have signed", roster_apply);
  apply->add_option("file", options.new_roster, "the new roster.toml")->required();
  apply->add_option("signatures", options.signatures, "partners' signature files")->required();
  apply->add_flag("--abandon", options.abandon, "give up the attempt that is open");
  CLI::App* token = app.add_subcommand("token", "Operators' bearer tokens")->require_subcommand(1);
  add(*token, "create", "Makes a token and prints it; only its hash is kept", token_create)
      ->add_option("--name", options.token_name, "who or what it is for")
      ->required();
  add(*token, "list", "Lists the tokens by name", token_list);
  add(*token, "revoke", "Makes a token worthless at once", token_revoke)
      ->add_option("--name", options.token_name, "which one")
      ->required();
  add(app, "resume-after", "After a restored backup: partners refuse the numbers of rounds they have seen",
      resume_after)
      ->add_option("round", options.last_round, "the last round that any partner has seen; its `status` says so")
      ->required()
      ->check(CLI::Range(std::uint64_t{0}, kMaxRoundNo));
  if (const auto exit = parse_command_line(app, argc, argv)) return *exit;
  const Status status = command(options);
  if (status.ok()) return 0;
  fmt::print(stderr, "bauta-coordinator: {}\n", status.error().message);
  return 1;
}

}  // namespace
}  // namespace bauta::coordinator

int main(int argc, char** argv) {
  try {
    return bauta::coordinator::main_with(argc, argv);
  } catch (const std::exception& error) {
    fmt::print(stderr, "bauta-coordinator: {}\n", error.what());
    return 1;
  }
}
