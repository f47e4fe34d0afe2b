// bauta-simulate: whole federations on one machine, made data, and the demo's report.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>

#include "common/base/file.h"
#include "common/base/progress_bar.h"
#include "common/federation/plan.h"
#include "deploy/simulation/make_data.h"
#include "deploy/simulation/report.h"
#include "deploy/simulation/run_simulation.h"
#include "deploy/simulation/scale.h"

namespace {

using namespace bauta;
using namespace bauta::simulation;

constexpr int kFailed = 1;
constexpr int kWrongUsage = 2;
constexpr std::size_t kMaxText = 16 * 1024 * 1024;

int failed(const Error& error) {
  std::fprintf(stderr, "bauta-simulate: %s\n", error.message.c_str());
  return kFailed;
}

using Table = std::string (*)(const nlohmann::ordered_json& report);

int finish(const Result<nlohmann::ordered_json>& report, const std::string& file, Table table = table_of) {
  if (!report.ok()) return failed(report.error());
  const std::string text = report->dump(2) + "\n";
  if (!file.empty()) {
    if (const Status written = write_file_atomically(file, as_bytes(text)); !written.ok())
      return failed(written.error());
  }
  std::fputs(table(*report).c_str(), stdout);
  return 0;
}

struct RunOptions {
  std::string data;
  std::string services;
  std::string plan;
  std::string work;
  std::string report;
  std::uint32_t rounds = 0;
  std::uint64_t seed = 1;
  double drop = 0;
  bool verbose = false;
  bool skip_tests = false;
};

int run(const RunOptions& options) {
  SimulationSettings settings;
  settings.data = options.data;
  settings.services = options.services;
  settings.seed = options.seed;
  settings.drop = options.drop;
  settings.evaluate = !options.skip_tests;
  if (options.rounds > 0) settings.rounds = options.rounds;
  if (!options.plan.empty()) {
    const auto plan = read_text_file(options.plan, kMaxPlanBytes);
    if (!plan.ok()) return failed(plan.error());
    settings.plan = *plan;
  }
  std::filesystem::path temporary;
  if (options.work.empty()) {
    std::error_code error;
    const std::filesystem::path folder = std::filesystem::temp_directory_path(error);
    if (error) return failed({ErrorCode::io, "TMPDIR names no folder for temporary files; see --work"});
    std::string pattern = (folder / "bauta-simulate-XXXXXX").string();
    if (!::mkdtemp(pattern.data()))
      return failed({ErrorCode::io, "no folder can be made at " + pattern + "; see --work"});
    temporary = pattern;
    settings.work = temporary;
  } else {
    settings.work = options.work;
  }
  const SystemClock clock;
  const Logger log = options.verbose ? Logger::to_stderr(LogLevel::info, LogFormat::text, clock) : Logger::silent();
  ProgressBar bar;
  const auto report = run_simulation(settings, log, [&](const SimulationProgress& progress) {
    bar.show(progress.round, progress.rounds, progress.doing);
  });
  bar.end_line();
  if (!temporary.empty()) std::filesystem::remove_all(temporary);
  return finish(report, options.report);
}

int scale(const ScaleSettings& settings, const std::string& report_file) {
  ProgressBar bar;
  const auto report =
      run_scale(settings, [&](const ScaleProgress& progress) { bar.show(progress.done, progress.of, progress.phase); });
  bar.end_line();
  const int status = finish(report, report_file, scale_table);
  return status == 0 && !report->at("exact").get<bool>() ? kFailed : status;
}

int merge(const std::string& run_file, const std::string& folder, const std::string& report_file) {
  const auto run_json = read_text_file(run_file, kMaxText);
  if (!run_json.ok()) return failed(run_json.error());
  const auto figures = figures_of_run(*run_json);
  if (!figures.ok()) return failed(with_context(run_file, figures.error()));
  std::error_code error;
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  if (files.empty()) return failed({ErrorCode::not_found, folder + " holds no service reports (*.json)"});
  std::sort(files.begin(), files.end());
  std::vector<std::string> services;
  for (const auto& file : files) {
    auto text = read_text_file(file, kMaxText);
    if (!text.ok()) return failed(text.error());
    services.push_back(*std::move(text));
  }
  return finish(make_report(services, *figures), report_file);
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Whole Bauta federations on one machine."};
  app.require_subcommand(1);
  app.set_version_flag("--version", "bauta-simulate " BAUTA_VERSION);

  RunOptions options;
  auto* run_command = app.add_subcommand("run", "run a federation in this process: real masking, no sockets");
  run_command->add_option("--data", options.data, "folder of services, as make-data writes it")->required();
  run_command->add_option("--services", options.services,
                          "folder of service files (*.toml); default DATA/services, or the demo's");
  run_command->add_option("--plan", options.plan, "what to train (TOML); default: the demo's plan");
  run_command->add_option("--rounds", options.rounds, "instead of the plan's")->check(CLI::Range(1, 100000));
  run_command->add_option("--seed", options.seed, "the same seed gives the same model")->capture_default_str();
  run_command->add_option("--drop", options.drop, "chance that a partner is killed in a round")
      ->check(CLI::Range(0.0, 1.0))
      ->capture_default_str();
  run_command->add_option("--report", options.report, "write the report as JSON to this file");
  run_command->add_option("--work", options.work, "keep state directories here; default: a temporary folder");
  run_command->add_flag("--skip-tests", options.skip_tests, "train only; no local-only twins, no held-out test");
  run_command->add_flag("--verbose", options.verbose, "log what every partner and the coordinator do");

  ScaleSettings scale_settings;
  std::string scale_report;
  scale_settings.threads = std::max(1U, std::thread::hardware_concurrency());
  auto* scale_command = app.add_subcommand(
      "scale", "one masked round of thousands of virtual partners: all cryptography real, no model, no sockets");
  scale_command->add_option("--partners", scale_settings.partners, "3 to 16384")->capture_default_str();
  scale_command->add_option("--dimension", scale_settings.dimension, "coordinates of an update")->capture_default_str();
  scale_command->add_option("--drop", scale_settings.drop, "share of the partners that vanish before their upload")
      ->check(CLI::Range(0.0, 0.49))
      ->capture_default_str();
  scale_command->add_option("--colluding", scale_settings.colluding, "share of colluding partners to withstand")
      ->check(CLI::Range(0.0, 0.49))
      ->capture_default_str();
  std::string graph = "auto";
  scale_command->add_option("--graph", graph, "complete, sparse or auto: by the work it costs")
      ->check(CLI::IsMember({"auto", "complete", "sparse"}))
      ->capture_default_str();
  scale_command->add_option("--bits", scale_settings.bits, "signed bits of a coordinate")->capture_default_str();
  scale_command->add_option("--lane", scale_settings.lane, "8, 12, 16 or 32 bits for a coordinate of the sum")
      ->capture_default_str();
  scale_command->add_option("--threads", scale_settings.threads, "default: one a core")->check(CLI::Range(1, 256));
  scale_command->add_option("--seed", scale_settings.seed, "the same seed gives the same sum")->capture_default_str();
  scale_command->add_option("--report", scale_report, "write the report as JSON to this file");

  std::string out;
  std::uint64_t seed = 1;
  bool small = false;
  auto* make_command =
      app.add_subcommand("make-data", "six unlike services that share latent interests, with the truth");
  make_command->add_option("--out", out, "folder to be made")->required();
  make_command->add_option("--seed", seed, "the same seed gives the same bytes")->capture_default_str();
  make_command->add_flag("--small", small, "a few hundred persons, for tests");

  std::string run_file;
  std::string folder;
  std::string report_file;
  auto* report_command = app.add_subcommand("report", "put the clients' own reports and the run's figures together");
  report_command->add_option("--run", run_file, "the run's JSON, as `bauta -o json runs show` prints it")->required();
  report_command->add_option("--services", folder, "folder of what `bauta-client evaluate` wrote")->required();
  report_command->add_option("--report", report_file, "write the report as JSON to this file");

  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : kWrongUsage;
  }
  if (run_command->parsed()) return run(options);
  if (scale_command->parsed()) {
    if (graph != "auto") scale_settings.graph = graph == "sparse" ? GraphKind::sparse : GraphKind::complete;
    return scale(scale_settings, scale_report);
  }
  if (report_command->parsed()) return merge(run_file, folder, report_file);
  const Status made = make_data(out, seed, small ? Scale::small : Scale::full);
  if (!made.ok()) return failed(made.error());
  std::printf("made services in %s\n", out.c_str());
  return 0;
}
