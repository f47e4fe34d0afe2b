// bauta-client: a partner's agent and the commands its operator gives it.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "client/agent/audit_command.h"
#include "client/agent/client_settings.h"
#include "client/agent/daemon.h"
#include "client/agent/evaluation.h"
#include "client/agent/evidence_commands.h"
#include "client/agent/local_commands.h"
#include "client/agent/roster_commands.h"
#include "client/agent/service_data.h"
#include "client/commands/output_file.h"
#include "client/commands/recommend_command.h"
#include "client/commands/score_command.h"
#include "client/commands/target_command.h"
#include "common/base/allocator.h"
#include "common/base/file.h"
#include "common/base/printable.h"
#include "common/base/progress_bar.h"
#include "common/base/stop_signal.h"
#include "common/masking/round_context.h"

namespace {

using namespace bauta;
using namespace bauta::client;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr int kNotAudited = 3;

struct Options {
  std::string config;
  std::vector<std::string> set;
  std::string state_directory;
  std::string log_level;
  std::string log_format;
};

int failed(const Error& error) {
  std::fprintf(stderr, "bauta-client: %s\n", printable(error.message).c_str());
  return kFailed;
}

int print(const Result<std::string>& text) {
  if (!text.ok()) return failed(text.error());
  std::fputs(text->c_str(), stdout);
  return 0;
}

Result<ReadSettings> read_settings(const Options& options) {
  std::vector<SettingOverride> overrides;
  for (const std::string& entry : options.set) {
    const auto equals = entry.find('=');
    if (equals == std::string::npos || equals == 0) {
      return Error{ErrorCode::invalid_argument,
                   "--set " + entry + ": KEY=VALUE is needed, for example policy.min_participants=5"};
    }
    overrides.push_back({entry.substr(0, equals), entry.substr(equals + 1), "--set"});
  }
  const auto flag = [&](const std::string& value, const char* key, const char* name) {
    if (!value.empty()) overrides.push_back({key, value, name});
  };
  flag(options.state_directory, "state_dir", "--state-dir");
  flag(options.log_level, "log.level", "--log-level");
  flag(options.log_format, "log.format", "--log-format");
  return read_client_settings(options.config, process_environment(), overrides);
}

Logger logger_for(const ClientSettings& settings) {
  static const SystemClock clock;
  return Logger::to_stderr(settings.log_level, settings.log_format, clock);
}

std::string shown(const std::vector<ConfigEntry>& entries) {
  std::string text;
  for (const ConfigEntry& entry : entries) text += entry.key + " = " + entry.value + "  # " + entry.origin + "\n";
  return text;
}

int check_config(const ReadSettings& read, bool with_data) {
  if (const Status checked = check_setup(read.settings); !checked.ok()) return failed(checked.error());
  if (with_data) {
    const Logger log = logger_for(read.settings);
    if (const auto data = load_service_data(read.settings, log); !data.ok()) return failed(data.error());
  }
  std::puts("the configuration is in order");
  return 0;
}

int write_evaluation(const ClientSettings& settings, const std::string& config, const std::string& report) {
  if (const Status free = check_output(report, files_read(settings, {config})); !free.ok())
    return failed(with_context("--report", free.error()));
  const Logger log = logger_for(settings);
  const auto text = evaluate(settings, log);
  if (!text.ok()) return failed(text.error());
  const Status written = write_output(report, [&](const ByteSink& write) { return write(as_bytes(*text)); });
  if (!written.ok()) return failed(written.error());
  std::fputs(printable(evaluation_text(*text) + "report: " + report + "\n").c_str(), stderr);
  return 0;
}

bool names_audit_check(ErrorCode code) {
  return code == ErrorCode::audit_answer || code == ErrorCode::audit_proof || code == ErrorCode::audit_sum ||
         code == ErrorCode::audit_refused;
}

int run_audit(const ClientSettings& settings, std::uint64_t round_no, const std::string& share) {
  const auto part = parse_share(share);
  if (!part) {
    failed({ErrorCode::invalid_argument, "audit: --share is a number above 0 and up to 1, or up to 100%"});
    return kWrongUsage;
  }
  const auto text = audit_round(settings, round_no, *part,
                                [](std::string_view line) { std::fwrite(line.data(), 1, line.size(), stderr); });
  if (text.ok()) return print(text);
  const int status = failed(with_context(std::string(to_string(text.error().code)), text.error()));
  return names_audit_check(text.error().code) ? status : kNotAudited;
}

/// Where a command's table goes and in which form.
struct TableOptions {
  GivenModel given;
  std::string out;
  std::string format = "csv";
  std::string at;
  std::string explain;

  TableFormat table_format() const { return format == "json" ? TableFormat::json : TableFormat::csv; }
};

void add_table_options(CLI::App* command, TableOptions& table) {
  command->add_option("--out", table.out, "file for the result; default: standard output");
  command->add_option("-o,--output", table.format, "csv or json")
      ->check(CLI::IsMember({"csv", "json"}))
      ->capture_default_str();
  command->add_option(
      "--at", table.at,
      "of each history only what happened before this time is read, YYYY-MM-DD[THH:MM:SSZ] (the model stays today's); "
      "default: after the last event");
  CLI::Option* const model = command->add_option(
      "--model", table.given.model, "a shared model's file instead of the state directory's, as it is (with --plan)");
  CLI::Option* const plan = command->add_option("--plan", table.given.plan, "file of the plan that model was made by");
  model->needs(plan);
  plan->needs(model);
}

using TableCommand =
    std::function<Result<std::string>(const Logger& log, const OnProgress& on_progress, const ByteSink& write)>;

/// The table goes to the file or to standard output, what is said about it to standard error.
int run_table_command(const ClientSettings& settings, const std::string& config, const TableOptions& options,
                      const TableCommand& command) {
  if (!options.out.empty()) {
    const Status free =
        check_output(options.out, files_read(settings, {config, options.given.model, options.given.plan}));
    if (!free.ok()) return failed(with_context("--out", free.error()));
  }
  const Logger log = logger_for(settings);
  ProgressBar bar;
  std::string said;
  const auto produce = [&](const ByteSink& write) -> Status {
    BAUTA_TRY(said, command(log, bar.callback(), write));
    return {};
  };
  const auto to_stdout = [](ByteView bytes) -> Status {
    if (std::fwrite(bytes.data(), 1, bytes.size(), stdout) == bytes.size()) return {};
    return Error{ErrorCode::io, "standard output cannot be written"};
  };
  Status done = options.out.empty() ? produce(to_stdout) : write_output(options.out, produce);
  bar.end_line();
  if (done.ok() && std::fflush(stdout) != 0) done = Error{ErrorCode::io, "standard output cannot be written"};
  if (!done.ok()) return failed(done.error());
  std::fputs(printable(said).c_str(), stderr);
  return 0;
}

int run(int argc, char** argv) {
  CLI::App app("Takes part in masked rounds of training for one partner of a federation.", "bauta-client");
  app.set_version_flag("--version", std::string("bauta-client ") + BAUTA_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  app.footer(
      "-c,--config (or BAUTA_CLIENT_CONFIG) and the other options of `bauta-client --help` go with every command.");
  Options options;
  app.add_option("-c,--config", options.config, "client.toml")->envname("BAUTA_CLIENT_CONFIG");
  app.add_option("--set", options.set, "KEY=VALUE: overrides one setting; may be given often")->allow_extra_args(false);
  app.add_option("--state-dir", options.state_directory, "overrides state_dir");
  app.add_option("--log-level", options.log_level, "debug, info, warning or error");
  app.add_option("--log-format", options.log_format, "text or json");

  CLI::App* const run_command = app.add_subcommand("run", "take part in rounds until SIGTERM");
  CLI::App* const config = app.add_subcommand("config", "look at the configuration")->require_subcommand(1);
  CLI::App* const check = config->add_subcommand("check", "check settings, keys and certificates; connects to nothing");
  bool with_data = false;
  check->add_flag("--data", with_data, "read the data as well");
  CLI::App* const show = config->add_subcommand("show", "print every setting and where it comes from");
  CLI::App* const evaluate_command =
      app.add_subcommand("evaluate", "compare the shared model with one trained alone, on held-out data");
  std::string report;
  evaluate_command->add_option("--report", report, "where the report (JSON) goes")->required();
  CLI::App* const score_command_line = app.add_subcommand(
      "score", "a calibrated probability or an expected amount for each of your persons; nothing leaves");
  TableOptions table;
  std::string score_task = "propensity";
  ScoreOptions scoring;
  score_command_line
      ->add_option("--task", score_task,
                   "churn: no event at all within the task's horizon; propensity: the task's own event; value: the sum "
                   "of positive amounts")
      ->check(CLI::IsMember({"churn", "propensity", "value"}))
      ->capture_default_str();
  score_command_line->add_option("--item", scoring.item, "id of the offered item, where [task] kind is conversion");
  RecommendOptions recommending;
  CLI::App* const recommend_command_line =
      app.add_subcommand("recommend", "your items that each of your persons is likeliest to meet next; nothing leaves");
  recommend_command_line->add_option("--top", recommending.top, "items a person")
      ->check(CLI::Range(std::size_t{1}, std::size_t{1000}))
      ->capture_default_str();
  recommend_command_line->add_flag("--new-only", recommending.new_only,
                                   "leave out items that the person has had an event of the task's target with");
  for (CLI::App* const command : {score_command_line, recommend_command_line}) {
    command->add_option("--explain", table.explain,
                        "id of a person: the events of its history that carried the model's attention");
  }
  TargetOptions targeting;
  CLI::App* const target_command_line = app.add_subcommand(
      "target", "from a sentence such as \"customers likely to buy baby food within 14 days\" to whom to address");
  target_command_line->add_option("sentence", targeting.sentence, "what the persons shall be likely to do")->required();
  target_command_line
      ->add_option("--size", targeting.size, "how many persons; default: what the sentence says, else a tenth")
      ->check(CLI::Range(std::uint64_t{1}, std::uint64_t{1'000'000'000}));
  target_command_line->add_option("--controls", targeting.controls,
                                  "CSV file for the persons held out, to compare with ([contact] hold_out)");
  for (CLI::App* const command : {score_command_line, recommend_command_line, target_command_line})
    add_table_options(command, table);
  CLI::App* const release = app.add_subcommand("release", "lift a latch; logged for ever");
  std::string model, run_id, reason;
  CLI::Option* const model_option = release->add_option("--model", model, "allow another signature on this model");
  release->add_option("--run", run_id, "take part again in this distrusted run")->excludes(model_option);
  release->add_option("--reason", reason, "why")->required();
  CLI::App* const resume = app.add_subcommand("resume-after", "after a restored backup: go on after this round");
  std::uint64_t round_no = 0;
  resume->add_option("round", round_no, "the last round this client may have taken part in")
      ->required()
      ->check(CLI::Range(std::uint64_t{0}, kMaxRoundNo));
  CLI::App* const roster = app.add_subcommand("roster", "the pinned roster and its changes")->require_subcommand(1);
  CLI::App* const roster_show = roster->add_subcommand("show", "print it");
  CLI::App* const roster_sign =
      roster->add_subcommand("sign", "print what a new roster changes; with --out, agree to it");
  CLI::App* const roster_apply =
      roster->add_subcommand("apply", "pin a new roster that enough partners of the pinned one have signed");
  CLI::App* const roster_trust =
      roster->add_subcommand("trust", "pin a roster on your own word alone; logged for ever");
  std::string new_roster, signature_out;
  std::vector<std::string> signature_files;
  bool again = false, abandon = false;
  for (CLI::App* const command : {roster_sign, roster_apply, roster_trust}) {
    command->add_option("file", new_roster, "the new roster.toml")->required();
  }
  roster_sign->add_option("--out", signature_out, "where the signature goes; send it to the other partners");
  roster_sign->add_flag("--again", again, "although another successor of the pinned roster was signed before");
  roster_apply->add_option("signatures", signature_files, "partners' signature files")->required();
  for (CLI::App* const command : {roster_apply, roster_trust}) {
    command->add_flag("--abandon", abandon, "give up the attempt that is under way");
  }
  std::string trust_reason;
  roster_trust->add_option("--reason", trust_reason, "why")->required();
  CLI::App* const plan = app.add_subcommand("plan", "the allow-list of plans")->require_subcommand(1);
  CLI::App* const allow = plan->add_subcommand("allow", "let this client train the plan in FILE");
  std::string plan_file;
  allow->add_option("file", plan_file, "plan.toml")->required();
  CLI::App* const audit = app.add_subcommand(
      "audit",
      "check the sum of a finished round against the uploads, beside the running client, too: 0 it is their sum, 1 a "
      "check failed, 3 the round cannot be audited");
  std::uint64_t audited_round = 0;
  std::string share = "1";
  audit->add_option("--round", audited_round, "number of the round, one of the last two")->required();
  audit->add_option("--share", share, "how much of it, for example 0.25 or 25%; default: all");
  CLI::App* const evidence = app.add_subcommand("evidence", "what proves a lie")->require_subcommand(1);
  CLI::App* const evidence_list =
      evidence->add_subcommand("list", "the files in the state directory and what they prove");
  CLI::App* const evidence_verify = evidence->add_subcommand(
      "verify",
      "judge a file on any machine, without --config: 0 it convicts, 1 it proves nothing, 2 it is unreadable");
  std::string evidence_file, evidence_roster;
  evidence_verify->add_option("file", evidence_file, "an .evidence file")->required();
  evidence_verify->add_option("--roster", evidence_roster, "the federation's roster.toml; other rosters prove nothing");
  CLI::App* const status_command = app.add_subcommand("status", "what this client has done and holds");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (evidence_verify->parsed()) {
    const JudgedEvidence judged = judge_evidence_file(evidence_file, evidence_roster);
    std::fputs(judged.text.c_str(), judged.verdict == EvidenceVerdict::unreadable ? stderr : stdout);
    return static_cast<int>(judged.verdict);
  }
  if (options.config.empty()) {
    failed({ErrorCode::invalid_argument, "--config is required; --help says more"});
    return kWrongUsage;
  }
  const auto read = read_settings(options);
  if (!read.ok()) return failed(read.error());
  const ClientSettings& settings = read->settings;
  if (run_command->parsed()) {
    const Logger log = logger_for(settings);
    const Status ended = run_daemon(settings, log);
    return ended.ok() ? 0 : failed(ended.error());
  }
  if (check->parsed()) return check_config(*read, with_data);
  if (show->parsed()) return print(shown(read->entries));
  if (evaluate_command->parsed()) return write_evaluation(settings, options.config, report);
  if (score_command_line->parsed()) {
    scoring.task = score_task == "churn"   ? ScoreTask::churn
                   : score_task == "value" ? ScoreTask::value
                                           : ScoreTask::propensity;
    scoring.at = table.at;
    scoring.given = table.given;
    scoring.explain = table.explain;
    scoring.format = table.table_format();
    return run_table_command(settings, options.config, table,
                             [&](const Logger& log, const OnProgress& progress, const ByteSink& write) {
                               return score_command(settings, scoring, log, progress, write);
                             });
  }
  if (recommend_command_line->parsed()) {
    recommending.at = table.at;
    recommending.given = table.given;
    recommending.explain = table.explain;
    recommending.format = table.table_format();
    return run_table_command(settings, options.config, table,
                             [&](const Logger& log, const OnProgress& progress, const ByteSink& write) {
                               return recommend_command(settings, recommending, log, progress, write);
                             });
  }
  if (target_command_line->parsed()) {
    targeting.at = table.at;
    targeting.out = table.out;
    targeting.config = options.config;
    targeting.given = table.given;
    targeting.format = table.table_format();
    return run_table_command(settings, options.config, table,
                             [&](const Logger& log, const OnProgress& progress, const ByteSink& write) {
                               return target_command(settings, targeting, log, progress, write);
                             });
  }
  if (release->parsed()) {
    if (model.empty() == run_id.empty()) {
      failed({ErrorCode::invalid_argument, "release: --model or --run is needed"});
      return kWrongUsage;
    }
    return print(model.empty() ? release_run(settings, run_id, reason) : release_model(settings, model, reason));
  }
  if (resume->parsed()) return print(resume_after(settings, round_no));
  if (roster_show->parsed()) return print(show_roster(settings));
  if (roster_sign->parsed()) return print(sign_roster(settings, new_roster, signature_out, again));
  if (roster_apply->parsed()) {
    return print(apply_roster(settings, new_roster, {signature_files.begin(), signature_files.end()}, abandon));
  }
  if (roster_trust->parsed()) return print(trust_roster(settings, new_roster, trust_reason, abandon));
  if (allow->parsed()) return print(allow_plan(settings, plan_file));
  if (audit->parsed()) return run_audit(settings, audited_round, share);
  if (evidence_list->parsed()) return print(list_evidence_files(settings));
  if (status_command->parsed()) return print(status(settings));
  return kWrongUsage;
}

}  // namespace

int main(int argc, char** argv) {
  bauta::open_closed_streams();
  bauta::ignore_write_signals();
  bauta::keep_freed_memory();
  try {
    return run(argc, argv);
  } catch (const std::exception& exception) {
    std::fprintf(stderr, "bauta-client: %s\n", exception.what());
    return kFailed;
  }
}
