#include "tests/bench/experiments/experiment_options.h"

#include "common/base/bytes.h"
#include "common/base/file.h"

namespace bauta::bench {
namespace {

/// The plan's text with "table.key=value" in it instead of what the table says.
std::string with_settings(std::string text, const std::vector<std::string>& settings) {
  for (const std::string& setting : settings) {
    const std::size_t equals = setting.find('=');
    const std::size_t dot = setting.rfind('.', equals);
    if (equals == std::string::npos || dot == std::string::npos) give_up("--set wants table.key=value, not " + setting);
    const std::string header = "[" + setting.substr(0, dot) + "]";
    const std::string key = setting.substr(dot + 1, equals - dot - 1);
    std::size_t table = text.find(header);
    if (table == std::string::npos) {
      text += "\n" + header;
      table = text.size() - header.size();
    }
    const std::size_t end = std::min(text.find("\n[", table), text.size());
    const std::size_t at = text.find("\n" + key + " =", table);
    if (at < end) text.erase(at, text.find('\n', at + 1) - at);
    text.insert(table + header.size(), "\n" + key + " = " + setting.substr(equals + 1) + "\n");
  }
  return text;
}

std::string plan_text(const ExperimentOptions& options) {
  return with_settings(must(read_text_file(options.plan, kMaxPlanBytes)), options.set);
}

}  // namespace

void add_options(CLI::App& app, ExperimentOptions& options) {
  app.add_option("--data", options.data, "folder of the services")->required();
  app.add_option("--out", options.out, "where the figures go (JSON)")->required();
  app.add_option("--plan", options.plan, "what is trained");
  app.add_option("--services", options.services, "folder of the service files");
  app.add_option("--names", options.names, "which of them")->delimiter(',');
  app.add_option("--seeds", options.seeds, "plan seeds")->delimiter(',');
  app.add_option("--set", options.set, "key = value of the plan, for example training.dropout=0.2")
      ->allow_extra_args(false);
  app.add_option("--threads", options.threads, "services that train at a time");
  app.add_flag("--resume", options.resume, "keep the seeds that --out has already");
  app.add_flag("--short", options.short_run, "two rounds of one seed, to see that it runs");
}

std::vector<ExperimentService> load_services(const ExperimentOptions& options) {
  return load_services(options.services, options.data, options.names);
}

Plan experiment_plan(const ExperimentOptions& options, std::uint64_t seed) {
  Plan plan = must(parse_plan(plan_text(options)));
  plan.model.seed = seed;
  if (options.short_run) plan.round.rounds = 2;
  return plan;
}

nlohmann::ordered_json report_of(const ExperimentOptions& options) {
  const std::string text = plan_text(options);
  const Plan plan = experiment_plan(options, options.seeds.front());
  return {{"short", options.short_run},  {"plan_sha256", to_hex(plan_hash(text))},
          {"rounds", plan.round.rounds}, {"local_steps", plan.training.local_steps},
          {"set", options.set},          {"names", options.names}};
}

std::vector<std::uint64_t> seeds_of(const ExperimentOptions& options) {
  return options.short_run ? std::vector{options.seeds.front()} : options.seeds;
}

}  // namespace bauta::bench
