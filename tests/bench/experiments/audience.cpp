// Experiment: who will do what a sentence about a held-out category asks for? AUC and lift at 1 % and 10 % of each
// scorer on services with item text, after the cut of deploy/demo/services, means over the sentences with intervals
// from a bootstrap over persons.
//
//   cmake --build build/release --target audience
//   build/release/tests/bench/experiments/audience --data DIR --out FILE.json
//
// The canary repeats everything on logs in which persons have exchanged their futures (all events from the cut on), so
// that a scorer that only reads the past is at 0.5 on average, and one that peeks is not.
//
// coupon_mail is not among them unless named with --only: its held-out words leave one sentence with five positives.
#include "client/scoring/audience.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <filesystem>
#include <map>
#include <nlohmann/json.hpp>
#include <numeric>

#include "common/base/bytes.h"
#include "common/base/counter_random.h"
#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/evaluation/bootstrap.h"
#include "common/evaluation/metrics.h"
#include "common/federation/plan.h"
#include "tests/bench/experiments/audience_baselines.h"
#include "tests/bench/experiments/audience_model.h"
#include "tests/bench/experiments/audience_questions.h"
#include "tests/bench/experiments/exchanged_futures.h"
#include "tests/bench/experiments/experiment_services.h"
#include "tests/bench/experiments/report_file.h"
#include "tests/bench/must.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;
using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path data, out, services;
  std::vector<std::string> names = {"grocery", "drugstore", "fresh_food", "gift_shop", "store_visits"};
  std::vector<std::uint64_t> seeds = {1};
  std::filesystem::path plan;
  std::uint64_t steps = 1000;
  int exchanges = 0;
  bool is_short = false;
  bool resume = false;
};

/// Everything that is compared, trained on nothing from the task's cut on; the baselines draw nothing.
std::vector<NamedScorer> scorers_of(const Options& options, const EventLog& log, const TaskSettings& task,
                                    std::uint64_t seed) {
  std::vector<NamedScorer> scorers = baseline_scorers(log);
  const Plan plan = must(parse_plan(must(read_text_file(options.plan, kMaxPlanBytes))));
  for (NamedScorer& scorer : model_scorers(log, task, {plan, options.steps, seed}))
    scorers.push_back(std::move(scorer));
  return scorers;
}

QuestionSettings question_settings(const Options& options, const TaskSettings& task) {
  QuestionSettings questions;
  questions.cut = task.cut;
  questions.type = task.target;
  if (task.kind == TaskKind::propensity) questions.horizon_days = static_cast<int>(task.horizon / 86400);
  if (options.is_short) questions.most = 3;
  return questions;
}

/// One scorer's answers to all questions; `persons` are the same for every scorer.
struct Answers {
  std::vector<std::vector<Scored>> samples;
  std::vector<std::vector<std::uint32_t>> persons;

  std::vector<ScoredQuestion> questions() const {
    std::vector<ScoredQuestion> all;
    for (std::size_t q = 0; q < samples.size(); ++q) all.push_back({samples[q], persons[q]});
    return all;
  }
};

Answers answer(const EventLog& log, const std::vector<AudienceQuestion>& questions, const NamedScorer& scorer,
               UnixSeconds cut) {
  Answers answers;
  for (const AudienceQuestion& question : questions) {
    const std::vector<double> scores = scorer.score(question, cut);
    auto& samples = answers.samples.emplace_back();
    auto& persons = answers.persons.emplace_back();
    for (const Sample& sample : must(demand_samples(log, question.sentence, question.items, cut))) {
      samples.push_back({scores[sample.person], sample.label});
      persons.push_back(sample.person);
    }
  }
  return answers;
}

const std::vector<std::pair<std::string, Measure>>& measures() {
  static const std::vector<std::pair<std::string, Measure>> all = {{"auc", {Measure::Kind::auc, 0}},
                                                                   {"lift_1", {Measure::Kind::lift, 0.01}},
                                                                   {"lift_10", {Measure::Kind::lift, 0.1}}};
  return all;
}

Json value_json(const std::optional<double>& mean, const std::vector<double>& replicates) {
  const auto interval = percentile_interval(replicates);
  if (!mean || !interval) return nullptr;
  return Json{{"mean", *mean}, {"low", interval->low}, {"high", interval->high}};
}

std::vector<double> differences(const std::vector<double>& a, const std::vector<double>& b) {
  std::vector<double> result;
  for (std::size_t i = 0; i < std::min(a.size(), b.size()); ++i) result.push_back(a[i] - b[i]);
  return result;
}

/// Measures of every scorer, and its paired difference to the strongest baselines.
Json measure_scorers(const EventLog& log, const std::vector<AudienceQuestion>& questions,
                     const std::vector<NamedScorer>& scorers, UnixSeconds cut, const BootstrapSettings& settings) {
  const std::vector<std::string> references = {"rfm_matching", "lookalike", "lookalike_6", "bauta_history"};
  std::map<std::string, Answers> answers;
  for (const NamedScorer& scorer : scorers) answers[scorer.name] = answer(log, questions, scorer, cut);
  Json out;
  for (const auto& [measure_name, measure] : measures()) {
    std::map<std::string, std::pair<std::optional<double>, std::vector<double>>> values;
    for (const NamedScorer& scorer : scorers) {
      const auto asked = answers.at(scorer.name).questions();
      values[scorer.name] = {mean_over_questions(asked, measure), bootstrap_means(asked, measure, settings)};
    }
    for (const NamedScorer& scorer : scorers) {
      const auto& own = values.at(scorer.name);
      out[scorer.name][measure_name] = value_json(own.first, own.second);
      for (const std::string& name : references) {
        const auto& other = values.at(name);
        if (name == scorer.name || !own.first || !other.first) continue;
        out[scorer.name][measure_name + "_minus_" + name] =
            value_json(*own.first - *other.first, differences(own.second, other.second));
      }
      const auto asked = answers.at(scorer.name).questions();
      Json& each = out[scorer.name][measure_name + "_of_questions"];
      each = Json::array();
      for (const ScoredQuestion& question : asked) {
        const auto value = mean_over_questions(std::span(&question, 1), measure);
        each.push_back(value ? Json(*value) : Json(nullptr));
      }
    }
  }
  return out;
}

/// Mean AUC of every scorer over several exchanges of futures, with 95 % limits of that mean.
Json canary(const Options& options, const ServiceLog& service, const std::vector<AudienceQuestion>& questions,
            std::uint64_t seed) {
  const UnixSeconds cut = service.task.cut;
  const int exchanges = options.exchanges > 0 ? options.exchanges : options.is_short ? 2 : 5;
  std::map<std::string, std::vector<double>> aucs;
  for (int i = 0; i < exchanges; ++i) {
    const EventLog exchanged = with_exchanged_futures(service.log, cut, mix64(seed) + static_cast<std::uint64_t>(i));
    for (const NamedScorer& scorer : scorers_of(options, exchanged, service.task, seed)) {
      const Answers answers = answer(exchanged, questions, scorer, cut);
      if (const auto mean = mean_over_questions(answers.questions(), {})) aucs[scorer.name].push_back(*mean);
    }
  }
  Json out;
  for (const auto& [name, values] : aucs) {
    const auto count = static_cast<double>(values.size());
    const double mean = std::accumulate(values.begin(), values.end(), 0.0) / count;
    double squares = 0;
    for (const double value : values) squares += (value - mean) * (value - mean);
    const double half = count > 1 ? 1.96 * std::sqrt(squares / (count - 1) / count) : 0.5;
    out[name] = Json{{"mean", mean}, {"low", mean - half}, {"high", mean + half}};
  }
  return out;
}

/// What past weeks promise for the best tenth, as the product estimates it, beside what came true after the cut.
Json promises(const EventLog& log, const std::vector<AudienceQuestion>& questions, const NamedScorer& scorer,
              UnixSeconds cut) {
  constexpr double kShare = 0.1;
  constexpr int kWeeks = 8;
  Json out{{"scorer", scorer.name}, {"share", kShare}, {"questions", Json::array()}};
  int held = 0;
  for (const AudienceQuestion& question : questions) {
    std::vector<PastWeek> weeks;
    for (int back = 0; back < kWeeks; ++back) {
      PastWeek week;
      week.cut = cut - (question.sentence.horizon_days + 7 * back) * std::int64_t{86400} - 1;
      const std::vector<double> scores = scorer.score(question, week.cut);
      for (const Sample& sample : must(demand_samples(log, question.sentence, question.items, week.cut))) {
        week.scores.push_back(scores[sample.person]);
        week.labels.push_back(sample.label);
      }
      weeks.push_back(std::move(week));
    }
    const auto asked = answer(log, {question}, scorer, cut).samples;
    const auto addressed = static_cast<std::size_t>(kShare * static_cast<double>(asked.front().size()));
    const auto expected = expected_precision(weeks, kShare, question.sentence.horizon_days, addressed);
    const auto truth = precision_at(asked.front(), kShare);
    if (!expected || !truth) continue;
    const bool holds = expected->interval.low <= *truth && *truth <= expected->interval.high;
    held += holds ? 1 : 0;
    out["questions"].push_back(Json{{"held_out", question.name},
                                    {"expected", expected->value},
                                    {"low", expected->interval.low},
                                    {"high", expected->interval.high},
                                    {"truth", *truth},
                                    {"holds", holds}});
  }
  out["held"] = held;
  return out;
}

Json questions_json(const EventLog& log, const std::vector<AudienceQuestion>& questions, UnixSeconds cut) {
  Json list = Json::array();
  for (const AudienceQuestion& question : questions) {
    const auto samples = must(demand_samples(log, question.sentence, question.items, cut));
    const auto positives =
        std::count_if(samples.begin(), samples.end(), [](const Sample& sample) { return sample.label; });
    std::size_t items = 0;
    for (const auto& alternative : question.items.alternatives) items += alternative.items;
    list.push_back(Json{{"held_out", question.name},
                        {"sentence", canonical_sentence(question.sentence)},
                        {"items", items},
                        {"persons", samples.size()},
                        {"positives", positives}});
  }
  return list;
}

std::string shown(const Json& value) {
  if (value.is_null()) return fmt::format("{:>23}", "-");
  return fmt::format("{:6.3f} [{:6.3f}, {:6.3f}]", value["mean"].get<double>(), value["low"].get<double>(),
                     value["high"].get<double>());
}

void print_run(const Json& run) {
  fmt::print("  {:<14} {:<23} {:<23} {:<23} {}\n", "", "AUC", "lift at 1 %", "lift at 10 %", "canary AUC");
  for (const auto& [name, measured] : run["scorers"].items()) {
    fmt::print("  {:<14} {} {} {} {}\n", name, shown(measured["auc"]), shown(measured["lift_1"]),
               shown(measured["lift_10"]), shown(run["canary"].value(name, Json())));
  }
  const Json& promised = run["expected_precision"];
  fmt::print("  precision in the best tenth promised by past weeks ({}):", promised["scorer"].get<std::string>());
  for (const Json& question : promised["questions"]) {
    fmt::print(" {:.3f}/{:.3f}{}", question["expected"].get<double>(), question["truth"].get<double>(),
               question["holds"].get<bool>() ? "" : "!");
  }
  fmt::print("; the interval holds the truth in {} of {}\n", promised["held"].get<int>(), promised["questions"].size());
}

Json examine(const Options& options, const ServiceLog& service) {
  const UnixSeconds cut = service.task.cut;
  const QuestionSettings settings = question_settings(options, service.task);
  const auto questions = audience_questions(service.log, settings);
  Json out{{"service", service.name}, {"cut", format_time(cut)}, {"horizon_days", settings.horizon_days}};
  out["questions"] = questions_json(service.log, questions, cut);
  out["runs"] = Json::array();
  fmt::print("{}: {} sentences at {}\n", service.name, questions.size(), format_time(cut));
  for (const Json& question : out["questions"]) {
    fmt::print("  {}: {} of {} persons, {} items\n", question["sentence"].get<std::string>(),
               question["positives"].get<std::size_t>(), question["persons"].get<std::size_t>(),
               question["items"].get<std::size_t>());
  }
  if (questions.empty()) return out;
  for (const std::uint64_t seed : options.seeds) {
    const BootstrapSettings bootstrap{options.is_short ? 100U : 1000U, 0.95, seed};
    const auto scorers = scorers_of(options, service.log, service.task, seed);
    Json run{{"seed", seed}};
    run["scorers"] = measure_scorers(service.log, questions, scorers, cut, bootstrap);
    for (const NamedScorer& scorer : scorers) {
      if (scorer.name == "bauta") run["expected_precision"] = promises(service.log, questions, scorer, cut);
    }
    run["canary"] = canary(options, service, questions, seed);
    print_run(run);
    std::fflush(stdout);
    out["runs"].push_back(std::move(run));
  }
  return out;
}

int run(const Options& options) {
  const std::string plan = must(read_text_file(options.plan, kMaxPlanBytes));
  ReportFile report(options.out,
                    {{"experiment", "audience"},
                     {"short", options.is_short},
                     {"plan_sha256", to_hex(plan_hash(plan))},
                     {"steps", options.steps},
                     {"seeds", options.seeds}},
                    options.resume, "services", "service");
  for (const std::string& name : options.names)
    if (!report.has(name)) report.add(examine(options, load_service_log(options.services, options.data, name)));
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) {
  bauta::bench::Options options;
  options.services = BAUTA_SOURCE_DIR "/deploy/demo/services";
  options.plan = BAUTA_SOURCE_DIR "/deploy/demo/plan.toml";
  CLI::App app{"Who will do what a sentence asks for? Baselines on real services."};
  app.add_option("--data", options.data, "folder with grocery/events.csv.gz and so on")->required();
  app.add_option("--out", options.out, "JSON report")->required();
  app.add_option("--services", options.services, "service files");
  app.add_option("--only", options.names, "services to examine")->delimiter(',');
  app.add_option("--seeds", options.seeds, "seeds of bootstrap, canary and models")->delimiter(',');
  app.add_flag("--short", options.is_short, "three sentences a service, 100 replicates, 2 exchanges");
  app.add_option("--plan", options.plan, "shape and training of our model");
  app.add_option("--steps", options.steps, "training steps of our model")->capture_default_str();
  app.add_option("--exchanges", options.exchanges, "exchanges of futures in the canary; our model is trained in each");
  app.add_flag("--resume", options.resume, "keep the services that --out has already");
  CLI11_PARSE(app, argc, argv);
  return bauta::bench::run(options);
}
