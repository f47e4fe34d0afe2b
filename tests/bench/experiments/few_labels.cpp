// Experiment: what does the next-event loss give a service that has few labels? A service of offers (coupon_mail) is
// trained alone with a conversion label on each person's last offer only, or on some of those, once with the plan's
// weights and once with the weights of the next event at 0. The history itself teaches in the first arm.
//
//   cmake --build build/release --target few_labels
//   build/release/tests/bench/experiments/few_labels --data DIR --out FILE.json
#include <CLI/CLI.hpp>
#include <map>

#include "tests/bench/experiments/drawn_samples.h"
#include "tests/bench/experiments/experiment_options.h"
#include "tests/bench/experiments/experiment_report.h"
#include "tests/bench/experiments/federation.h"
#include "tests/bench/experiments/report_file.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

/// Of each person the latest sample, in the order of `samples`.
std::vector<Sample> last_of_each_person(std::span<const Sample> samples) {
  std::map<std::uint32_t, std::size_t> last;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const auto [at, is_new] = last.try_emplace(samples[i].person, i);
    if (!is_new && samples[i].cut >= samples[at->second].cut) at->second = i;
  }
  std::vector<Sample> out;
  for (std::size_t i = 0; i < samples.size(); ++i)
    if (last.at(samples[i].person) == i) out.push_back(samples[i]);
  return out;
}

bool has_both_labels(std::span<const Sample> samples) {
  const auto positives = std::count_if(samples.begin(), samples.end(), [](const Sample& s) { return s.label; });
  return positives > 0 && static_cast<std::size_t>(positives) < samples.size();
}

std::vector<Scored> test_scores(const ExperimentService& service, const Plan& plan, std::vector<Sample> training) {
  SampleSets samples = service.samples;
  samples.training = std::move(training);
  BehaviourTrainer trainer = must(BehaviourTrainer::create(service.log, service.task, std::move(samples), plan,
                                                           trainer_options(service, plan, {})));
  const OwnModel model = must(trainer.train_alone(total_steps(plan) + tuning_steps(plan)));
  return must(trainer.score(model.parameters, service.samples.test));
}

int main_of(int argc, char** argv) {
  ExperimentOptions options;
  options.names = {"coupon_mail"};
  options.seeds = {1, 2, 3, 4, 5};
  std::vector<std::size_t> labels = {100, 300, 1000};
  CLI::App app("What the next-event loss gives a service with few labels.", "few_labels");
  add_options(app, options);
  app.add_option("--labels", labels, "how many labels, beside all")->delimiter(',');
  CLI11_PARSE(app, argc, argv);

  const std::vector<ExperimentService> services = load_services(options);
  const ExperimentService& service = services.front();
  const std::vector<Sample> last = last_of_each_person(service.samples.training);
  const auto persons = persons_of(service.samples.test);
  std::erase_if(labels, [&](std::size_t count) { return count >= last.size(); });
  labels.push_back(last.size());
  Json head = report_of(options);
  head["service"] = service.name;
  head["last_offers"] = last.size();
  ReportFile report(options.out, std::move(head), options.resume);
  for (const std::uint64_t seed : seeds_of(options)) {
    if (report.has(seed)) continue;
    const Plan with = experiment_plan(options, seed);
    Plan without = with;
    without.training.weights.next_item = 0;
    without.training.weights.next_kind = 0;
    std::vector<Json> points(labels.size());
    side_by_side(labels.size(), options.threads, [&](std::size_t i) {
      const std::vector<Sample> few = drawn_samples(last, labels[i], seed, "labels to train with");
      if (!has_both_labels(few)) return;
      const auto first = test_scores(service, with, few);
      const auto second = test_scores(service, without, few);
      points[i] = {{"labels", labels[i]},
                   {"with", auc_with_interval(first, persons)},
                   {"without", auc_with_interval(second, persons)},
                   {"difference", auc_difference(first, second, persons)}};
      std::fprintf(stderr, "seed %llu: %zu labels\n", static_cast<unsigned long long>(seed), labels[i]);
    });
    std::erase_if(points, [](const Json& point) { return point.is_null(); });
    report.add({{"seed", seed}, {"points", points}});
  }
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::main_of(argc, argv); }
