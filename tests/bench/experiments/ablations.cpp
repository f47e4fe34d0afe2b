// Experiment: what is each part of the model and of the rounds worth? Two services that have nothing in common but the
// model, one that asks about an offer and one that asks about the next weeks, train together: once as the plan says and
// once with each part taken away or replaced. On each one's later test samples, against the whole: the shared model and
// the personalised one.
//
// Rows of the token table that few events touch are what FedAdam is said to serve better than FedAvg (Reddi et al.
// 2021, §1): so also the AUC on the quarter of the test samples whose histories' rows are rarest, and how far rows of
// each frequency have moved from where they began.
//
//   cmake --build build/release --target ablations
//   build/release/tests/bench/experiments/ablations --data DIR --out FILE.json
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <numeric>

#include "tests/bench/experiments/experiment_options.h"
#include "tests/bench/experiments/experiment_report.h"
#include "tests/bench/experiments/federation.h"
#include "tests/bench/experiments/report_file.h"

namespace bauta::bench {
namespace {

using namespace bauta::client;

constexpr const char* kWhole = "whole";

struct Variant {
  std::string name;
  std::vector<std::string> set;  ///< as --set
  FederationOptions federation;
};

std::vector<Variant> variants() {
  FederationOptions plain_averaging, no_residuals, no_private_parts;
  plain_averaging.plain_averaging = true;
  no_residuals.item_residuals = false;
  no_private_parts.private_parts = false;
  return {{kWhole, {}, {}},
          {"pooling", {"model.attention='uniform'"}, {}},
          {"softmax", {"model.attention='softmax'"}, {}},
          {"plain_gru", {"model.evolution='plain'"}, {}},
          {"no_next_event", {"training.weights.next_item=0", "training.weights.next_kind=0"}, {}},
          {"fedavg", {}, plain_averaging},
          {"no_residuals", {}, no_residuals},
          {"no_private_parts", {}, no_private_parts}};
}

/// Touches of every row of the token table by the events before each service's cut.
std::vector<std::uint64_t> touches_of_rows(std::span<const ExperimentService> services, Federation& federation,
                                           std::uint32_t table_rows) {
  std::vector<std::uint64_t> touches(table_rows, 0);
  for (std::size_t i = 0; i < services.size(); ++i) {
    const TokenBags& items = federation.trainer(i).features().items();
    const EventLog& log = services[i].log;
    for (std::uint32_t person = 0; person < log.persons.size(); ++person)
      for (const Event& event : log.before(person, services[i].task.cut))
        if (event.item != kNoItem)
          for (const TokenRow row : items[event.item]) ++touches[row.row()];
  }
  return touches;
}

/// Of every test sample, the mean logarithm of how often the rows of its history are touched; low is rare.
std::vector<double> familiarity(const ExperimentService& service, const TokenBags& items,
                                std::span<const std::uint64_t> touches, std::size_t history) {
  std::vector<double> out;
  for (const Sample& sample : service.samples.test) {
    std::span<const Event> events = service.log.before(sample.person, sample.cut);
    events = events.last(std::min(history, events.size()));
    double sum = 0;
    std::size_t count = 0;
    for (const Event& event : events) {
      if (event.item == kNoItem) continue;
      for (const TokenRow row : items[event.item]) {
        sum += std::log1p(static_cast<double>(touches[row.row()]));
        ++count;
      }
    }
    out.push_back(count == 0 ? 0 : sum / static_cast<double>(count));
  }
  return out;
}

/// The rarest quarter of the samples, in their order.
std::vector<std::size_t> rarest_quarter(std::span<const double> familiarity) {
  std::vector<std::size_t> order(familiarity.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return familiarity[a] < familiarity[b]; });
  order.resize(order.size() / 4);
  std::sort(order.begin(), order.end());
  return order;
}

template <class T>
std::vector<T> picked(std::span<const T> all, std::span<const std::size_t> which) {
  std::vector<T> out;
  for (const std::size_t i : which) out.push_back(all[i]);
  return out;
}

/// How far rows have moved, by how often they are touched: root mean square of a coordinate's way.
Json moves_of_rows(std::span<const float> from, std::span<const float> to, const Tensor& table,
                   std::span<const std::uint64_t> touches) {
  struct Bin {
    std::uint64_t least, below;
    std::size_t rows = 0;
    double squares = 0;
  };
  std::vector<Bin> bins = {{1, 10}, {10, 100}, {100, 1000}, {1000, ~0ULL}};
  for (std::size_t row = 0; row < touches.size(); ++row) {
    const auto bin = std::find_if(bins.begin(), bins.end(),
                                  [&](const Bin& b) { return b.least <= touches[row] && touches[row] < b.below; });
    if (bin == bins.end()) continue;
    ++bin->rows;
    for (std::size_t c = 0; c < table.columns; ++c) {
      const std::size_t at = table.offset + row * table.columns + c;
      bin->squares += std::pow(static_cast<double>(to[at]) - static_cast<double>(from[at]), 2);
    }
  }
  Json out = Json::array();
  for (const Bin& bin : bins) {
    const auto coordinates = static_cast<double>(bin.rows * table.columns);
    out.push_back({{"touched_at_least", bin.least},
                   {"rows", bin.rows},
                   {"moved", bin.rows == 0 ? Json() : Json(std::sqrt(bin.squares / coordinates))}});
  }
  return out;
}

/// Test scores of one variant's two models of one service.
struct Found {
  std::vector<Scored> shared, personalised;
};

class Ablations {
 public:
  Ablations(std::span<const ExperimentService> services, const ExperimentOptions& options,
            const std::vector<std::string>& names, std::uint64_t seed)
      : services_(services), options_(options), names_(names), seed_(seed), rarest_(services.size()) {}

  Json report() {
    Json reports = Json::array();
    for (const Variant& variant : variants())
      if (variant.name == kWhole || std::find(names_.begin(), names_.end(), variant.name) != names_.end())
        reports.push_back(measure(variant));
    return reports;
  }

 private:
  Json measure(const Variant& variant) {
    std::fprintf(stderr, "seed %llu: %s\n", static_cast<unsigned long long>(seed_), variant.name.c_str());
    ExperimentOptions own = options_;
    own.set.insert(own.set.end(), variant.set.begin(), variant.set.end());
    const Plan plan = experiment_plan(own, seed_);
    FederationOptions federation_options = variant.federation;
    federation_options.threads = options_.threads;
    Federation federation(services_, plan, federation_options);
    const std::vector<float> initial(federation.shared().begin(), federation.shared().end());
    const auto touches = touches_of_rows(services_, federation, plan.model.table_rows);
    for (std::uint32_t round = 0; round < plan.round.rounds; ++round) federation.round();

    std::vector<Found> found(services_.size());
    side_by_side(services_.size(), options_.threads, [&](std::size_t i) {
      BehaviourTrainer& trainer = federation.trainer(i);
      const OwnModel own_model = must(trainer.fine_tune(federation.shared(), tuning_steps(plan)));
      found[i] = {must(trainer.score(federation.shared(), services_[i].samples.test)),
                  must(trainer.score(own_model.parameters, services_[i].samples.test))};
    });
    if (whole_.empty()) {
      whole_ = found;
      for (std::size_t i = 0; i < services_.size(); ++i)
        rarest_[i] = rarest_quarter(
            familiarity(services_[i], federation.trainer(i).features().items(), touches, plan.model.history));
    }
    Json all = Json::array();
    for (std::size_t i = 0; i < services_.size(); ++i)
      all.push_back({{"name", services_[i].name},
                     {"shared", compared(i, found[i].shared, whole_[i].shared)},
                     {"personalised", compared(i, found[i].personalised, whole_[i].personalised)}});
    const Tensor& table = federation.trainer(0).layout().at("token.table");
    return {{"name", variant.name},
            {"set", variant.set},
            {"services", std::move(all)},
            {"rows", moves_of_rows(initial, federation.shared(), table, touches)}};
  }

  /// On all test samples and on the rarest.
  Json compared(std::size_t service, std::span<const Scored> scored, std::span<const Scored> whole) const {
    const auto persons = persons_of(services_[service].samples.test);
    const auto& rare = rarest_[service];
    const auto rare_persons = picked<std::uint32_t>(persons, rare);
    const auto rare_scored = picked(scored, rare), rare_whole = picked(whole, rare);
    return {{"all", auc_with_interval(scored, persons)},
            {"all_minus_whole", auc_difference(scored, whole, persons)},
            {"rare", auc_with_interval(rare_scored, rare_persons)},
            {"rare_minus_whole", auc_difference(rare_scored, rare_whole, rare_persons)}};
  }

  std::span<const ExperimentService> services_;
  const ExperimentOptions& options_;
  const std::vector<std::string>& names_;
  std::uint64_t seed_;
  std::vector<Found> whole_;
  std::vector<std::vector<std::size_t>> rarest_;
};

int main_of(int argc, char** argv) {
  ExperimentOptions options;
  options.names = {"coupon_mail", "gift_shop"};
  CLI::App app("What each part of the model and of the rounds is worth.", "ablations");
  add_options(app, options);
  std::vector<std::string> names;
  for (const Variant& variant : variants()) names.push_back(variant.name);
  app.add_option("--variants", names, "which are measured besides the whole")
      ->delimiter(',')
      ->check(CLI::IsMember(names));
  CLI11_PARSE(app, argc, argv);

  const std::vector<ExperimentService> services = load_services(options);
  ReportFile report(options.out, report_of(options), options.resume);
  for (const std::uint64_t seed : seeds_of(options))
    if (!report.has(seed))
      report.add({{"seed", seed}, {"variants", Ablations(services, options, names, seed).report()}});
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::main_of(argc, argv); }
