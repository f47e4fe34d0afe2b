// Churn and customer value by the classical repeat-purchase models, fitted over staged shops from sums alone, and
// by the heads of the behaviour model.
//
//     cmake --preset release && cmake --build build/release --target repeat_purchase
//     build/release/tests/bench/experiments/repeat_purchase --data DIR --out docs/figures/churn_and_value.json
//     python3 tests/bench/experiments/churn_and_value.py
//
// DIR is the folder with cdnow/ and services/gift_shop/ in it. Tables go to standard output, everything to FILE.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "common/base/file.h"
#include "common/federation/plan.h"
#include "common/model/repeat_purchase/bg_nbd.h"
#include "common/model/repeat_purchase/gamma_gamma.h"
#include "tests/bench/experiments/purchase_comparison.h"
#include "tests/bench/experiments/purchase_heads.h"
#include "tests/bench/experiments/purchase_line.h"
#include "tests/bench/must.h"

namespace {

using namespace bauta;
using namespace bauta::experiment;
using Json = nlohmann::ordered_json;

struct Options {
  std::filesystem::path data;
  std::filesystem::path out;
  std::filesystem::path plan = std::filesystem::path(BAUTA_SOURCE_DIR) / "tests/bench/experiments/repeat_purchase.toml";
  std::vector<std::uint64_t> seeds = {1, 2, 3};
  bool short_run = false;
  bool validation_only = false;

  BootstrapSettings bootstrap(std::uint64_t seed) const { return {short_run ? 200U : 1000U, 0.95, seed}; }
};

/// Six decimals are more than an interval is worth.
double rounded(double value) { return std::round(value * 1e6) / 1e6; }
Json to_json(const std::optional<double>& value) { return value ? Json(rounded(*value)) : Json(nullptr); }
Json to_json(const std::optional<Interval>& i) { return i ? Json{rounded(i->low), rounded(i->high)} : Json(nullptr); }

Json to_json(const Measured& m) {
  Json out;
  out["auc"] = to_json(m.auc);
  out["auc_interval"] = to_json(m.auc_interval);
  if (m.log_loss) {
    out["log_loss"] = to_json(m.log_loss);
    out["calibration_error"] = to_json(m.calibration_error);
  }
  out["gini"] = to_json(m.gini);
  out["gini_interval"] = to_json(m.gini_interval);
  if (!m.calibration) return out;
  out["value_total_error"] = rounded(m.calibration->total_error);
  out["value_relative_error"] = rounded(m.calibration->relative_error);
  return out;
}

Json deciles_of(const Measured& m) {
  Json out;
  if (!m.calibration) return out;
  for (const ValueBin& bin : m.calibration->bins) {
    out.push_back({{"count", bin.count},
                   {"mean_predicted", rounded(bin.mean_predicted)},
                   {"mean_actual", rounded(bin.mean_actual)}});
  }
  return out;
}

Json to_json(const Differences& d) {
  return {{"auc", to_json(d.auc)}, {"log_loss", to_json(d.log_loss)}, {"gini", to_json(d.gini)}};
}

std::string text(const char* format, const std::optional<double>& value) {
  char buffer[64];
  if (!value) return "-";
  std::snprintf(buffer, sizeof buffer, format, *value);
  return buffer;
}
std::string text(const std::optional<Interval>& i) {
  char buffer[64];
  if (!i) return "-";
  std::snprintf(buffer, sizeof buffer, "[%+.4f,%+.4f]", i->low, i->high);
  return buffer;
}
std::string with_interval(const std::optional<double>& value, const std::optional<Interval>& i) {
  char buffer[64];
  if (!value || !i) return text("%.4f", value);
  std::snprintf(buffer, sizeof buffer, "%.4f [%.4f, %.4f]", *value, i->low, i->high);
  return buffer;
}
std::optional<double> total_error(const Measured& m) {
  return m.calibration ? std::optional(m.calibration->total_error) : std::nullopt;
}
std::optional<double> relative_error(const Measured& m) {
  return m.calibration ? std::optional(m.calibration->relative_error) : std::nullopt;
}

std::vector<Histories> histories_of(std::span<const Shop> shops) {
  std::vector<Histories> histories;
  for (const Shop& shop : shops) histories.push_back(shop.histories);
  return histories;
}

/// Whether shops that only show sums fit what one company with all customers would.
template <class Model>
Json report_fits(const char* name, const Shop& all, std::span<const Histories> shops) {
  struct Arm {
    const char* name;
    std::span<const Histories> partners;
    Sums sums;
  };
  const Arm arms[] = {{"pooled", {&all.histories, 1}, Sums::plain},
                      {"summed", shops, Sums::plain},
                      {"summed, two lanes", shops, Sums::two_lanes},
                      {"summed, one lane", shops, Sums::one_lane}};
  ParameterVector pooled;
  Json out;
  for (const Arm& arm : arms) {
    const Fit fit = bench::must(fit_over<Model>(arm.partners, arm.sums));
    const ParameterVector parameters = fit.logarithms.array().exp();
    if (pooled.size() == 0) pooled = parameters;
    const double apart = (parameters - pooled).cwiseQuotient(pooled).cwiseAbs().maxCoeff();
    std::printf("  %-11s %-18s", name, arm.name);
    for (const double p : parameters) std::printf(" %11.6f", p);
    std::printf("  LL %.4f  rounds %u%s  apart %.1e\n", fit.sums.log_likelihood, fit.rounds,
                fit.converged ? "" : " (not converged)", apart);
    out.push_back({{"arm", arm.name},
                   {"parameters", std::vector<double>(parameters.begin(), parameters.end())},
                   {"log_likelihood", fit.sums.log_likelihood},
                   {"customers", fit.sums.customers},
                   {"rounds", fit.rounds},
                   {"converged", fit.converged},
                   {"largest_relative_difference_to_pooled", apart}});
  }
  return out;
}

/// What may be held against `scorer`: sizes only of what it has said about this horizon.
bool says_sizes(const Scorer& scorer, double horizon) { return horizon <= scorer.reach; }

Measured measure(const Scorer& scorer, double horizon, const ScoredShop& scored, const BootstrapSettings& bootstrap) {
  Measured m = measure(scored, bootstrap);
  if (!scorer.probabilities || !says_sizes(scorer, horizon)) m.log_loss = m.calibration_error = std::nullopt;
  if (!says_sizes(scorer, horizon)) m.calibration.reset();
  return m;
}

/// One scorer's scores of the customers, shop by shop: by the model of all shops, or by each shop's own.
struct Row {
  std::string name;
  const Scorer& scorer;
  std::vector<ScoredShop> shops;
};

/// What rows are compared with: all with the first, those of the last scorer, the one in question, with the others too.
constexpr const char* kReferences[] = {"bg_nbd", "expected_purchases", "line", "heads_alone"};

Json report_rows(std::span<const Row> rows, double horizon, const BootstrapSettings& bootstrap) {
  Json out;
  std::map<std::string, ScoredShop> scored;
  std::map<std::string, Measured> measured;
  for (const Row& row : rows) {
    scored[row.name] = join(row.shops);
    measured[row.name] = measure(row.scorer, horizon, scored[row.name], bootstrap);
  }
  const auto difference = [&](const Row& row, const std::string& reference) {
    Differences d = compare(scored.at(row.name), scored.at(reference), bootstrap);
    if (!measured.at(row.name).log_loss || !measured.at(reference).log_loss) d.log_loss.reset();
    return d;
  };
  const char* const kColumns = "  %-19s %-24s %-18s %9s %9s   %-24s %-18s %7s %7s\n";
  std::printf(kColumns, "all shops", "churn AUC [95 %]", "minus the first", "log-loss", "calibr.", "value Gini [95 %]",
              "minus the first", "total", "deciles");
  for (const Row& row : rows) {
    const Measured& m = measured.at(row.name);
    Json& figures = out[row.name] = to_json(m);
    figures["value_deciles"] = deciles_of(m);
    const SizeIntervals sizes = size_intervals(scored.at(row.name), bootstrap);
    if (m.calibration_error) figures["calibration_error_interval"] = to_json(sizes.calibration_error);
    if (m.calibration) figures["value_total_error_interval"] = to_json(sizes.total_error);
    Differences from_first;
    for (const std::string reference : kReferences) {
      const bool first = reference == kReferences[0];
      if (row.name == reference || (!first && &row.scorer != &rows.back().scorer)) continue;
      const Differences d = difference(row, reference);
      figures["minus"][reference] = to_json(d);
      if (first) from_first = d;
    }
    std::printf(kColumns, row.name.c_str(), with_interval(m.auc, m.auc_interval).c_str(), text(from_first.auc).c_str(),
                text("%.4f", m.log_loss).c_str(), text("%.4f", m.calibration_error).c_str(),
                with_interval(m.gini, m.gini_interval).c_str(), text(from_first.gini).c_str(),
                text("%+.3f", total_error(m)).c_str(), text("%.3f", relative_error(m)).c_str());
  }
  return out;
}

void print_deciles(const ScoredShop& scored) {
  const auto calibration = value_calibration(scored.value);
  if (!calibration) return;
  std::printf("  decile, mean predicted and actual value:");
  for (const ValueBin& bin : calibration->bins) std::printf("  %.2f/%.2f", bin.mean_predicted, bin.mean_actual);
  std::printf("\n");
}

Json report_shop(std::size_t number, const Shop& shop, const Scorer& scorer, double horizon, const ScoredShop& shared,
                 const ScoredShop& alone, const BootstrapSettings& bootstrap) {
  const Measured s = measure(scorer, horizon, shared, bootstrap);
  const Measured a = measure(scorer, horizon, alone, bootstrap);
  Differences d = compare(shared, alone, bootstrap);
  if (!s.log_loss) d.log_loss.reset();
  const Canary canary = permuted_labels(shared, bootstrap);
  const auto buyers = std::count_if(shared.churn.begin(), shared.churn.end(), [](const Scored& c) { return !c.label; });
  std::printf("  %4zu %9zu %6ld  %s %s %-20s  %s %s %-20s  %s %s %-20s  %6s %6s  %s%s\n", number + 1,
              shop.histories.size(), buyers, text("%.4f", a.auc).c_str(), text("%.4f", s.auc).c_str(),
              text(d.auc).c_str(), text("%.4f", a.log_loss).c_str(), text("%.4f", s.log_loss).c_str(),
              text(d.log_loss).c_str(), text("%.4f", a.gini).c_str(), text("%.4f", s.gini).c_str(),
              text(d.gini).c_str(), text("%.3f", relative_error(a)).c_str(), text("%.3f", relative_error(s)).c_str(),
              with_interval(canary.auc, canary.interval).c_str(), canary.holds_half() ? "" : " !");
  return {
      {"customers", shop.histories.size()},
      {"buyers", buyers},
      {"alone", to_json(a)},
      {"shared", to_json(s)},
      {"shared_minus_alone", to_json(d)},
      {"permuted_labels",
       {{"auc", to_json(canary.auc)}, {"interval", to_json(canary.interval)}, {"holds_half", canary.holds_half()}}}};
}

Json report_shops(std::span<const Shop> shops, double horizon, const Row& shared, const Row& alone,
                  const BootstrapSettings& bootstrap) {
  std::printf("  %s, alone (a shop's own) against shared (of all shops)\n", shared.name.c_str());
  std::printf("  shop customers buyers  %-36s  %-36s  %-36s  %-13s  %s\n", "AUC alone, shared, difference",
              "log-loss alone, shared, difference", "Gini alone, shared, difference", "deciles a., s.",
              "permuted labels");
  Json out;
  for (std::size_t i = 0; i < shops.size(); ++i)
    out.push_back(report_shop(i, shops[i], shared.scorer, horizon, shared.shops[i], alone.shops[i], bootstrap));
  return out;
}

Row shared_row(const Scorer& scorer, std::span<const Shop> shops, double horizon, std::uint64_t seed) {
  const Predictor shared = scorer.train(histories_of(shops), horizon, seed);
  Row row{scorer.name, scorer, {}};
  for (const Shop& shop : shops) row.shops.push_back(score(shared, shop));
  return row;
}

Row alone_row(const Scorer& scorer, std::span<const Shop> shops, double horizon, std::uint64_t seed) {
  Row row{scorer.name + "_alone", scorer, {}};
  for (const Shop& shop : shops) row.shops.push_back(score(scorer.train({&shop.histories, 1}, horizon, seed), shop));
  return row;
}

Json report_data(const PurchaseData& data, std::span<const Shop> shops, std::span<const Scorer> models,
                 const BootstrapSettings& bootstrap) {
  std::printf("\n%s, seed %lu: %zu customers, cut %s, held out %.0f weeks\n", data.name.c_str(), bootstrap.seed,
              data.all.histories.size(), data.cut.c_str(), data.horizon);
  Json out = {{"data", data.name}, {"seed", bootstrap.seed}, {"cut", data.cut}, {"horizon_weeks", data.horizon}};
  const std::vector<Histories> histories = histories_of(shops);
  out["fits"]["bg_nbd"] = report_fits<BgNbd>("BG/NBD", data.all, histories);
  out["fits"]["gamma_gamma"] = report_fits<GammaGamma>("Gamma-Gamma", data.all, histories);
  std::vector<Row> rows;
  for (const Scorer& scorer : models) {
    rows.push_back(shared_row(scorer, shops, data.horizon, bootstrap.seed));
    // Readings of the same fit, and what is no model at all, are not looked at shop by shop.
    if (scorer.probabilities) rows.push_back(alone_row(scorer, shops, data.horizon, bootstrap.seed));
  }
  out["all_shops"] = report_rows(rows, data.horizon, bootstrap);
  print_deciles(join(rows.front().shops));
  for (std::size_t i = 0; i + 1 < rows.size(); ++i) {
    if (&rows[i].scorer != &rows[i + 1].scorer) continue;
    out["shops"][rows[i].name] = report_shops(shops, data.horizon, rows[i], rows[i + 1], bootstrap);
  }
  return out;
}

/// What becomes of shops that are summed with shops of another kind, country and currency.
Json report_unlike(std::span<const PurchaseData> sets, std::span<const std::vector<Shop>> shops,
                   const BootstrapSettings& bootstrap) {
  std::printf("\nall shops of all data in one sum, against shops of one kind only, seed %lu\n", bootstrap.seed);
  std::vector<Histories> everybody;
  for (const auto& some : shops) {
    for (const Shop& shop : some) everybody.push_back(shop.histories);
  }
  const Scorer scorer = scorers().front();
  Json out;
  for (std::size_t i = 0; i < sets.size(); ++i) {
    const double horizon = sets[i].horizon;
    const ScoredShop mixed = score(scorer.train(everybody, horizon, bootstrap.seed), sets[i].all);
    const ScoredShop own = score(scorer.train(histories_of(shops[i]), horizon, bootstrap.seed), sets[i].all);
    const Measured m = measure(mixed, bootstrap);
    const Measured o = measure(own, bootstrap);
    const Differences d = compare(mixed, own, bootstrap);
    std::printf("  %-21s AUC %s %s %s  log-loss %s %s %s  Gini %s %s %s  value deciles %s %s\n", sets[i].name.c_str(),
                text("%.4f", o.auc).c_str(), text("%.4f", m.auc).c_str(), text(d.auc).c_str(),
                text("%.4f", o.log_loss).c_str(), text("%.4f", m.log_loss).c_str(), text(d.log_loss).c_str(),
                text("%.4f", o.gini).c_str(), text("%.4f", m.gini).c_str(), text(d.gini).c_str(),
                text("%.3f", relative_error(o)).c_str(), text("%.3f", relative_error(m)).c_str());
    out.push_back({{"data", sets[i].name},
                   {"seed", bootstrap.seed},
                   {"own_kind", to_json(o)},
                   {"all_kinds", to_json(m)},
                   {"all_kinds_minus_own", to_json(d)}});
  }
  return out;
}

struct Tally {
  double alone = 0, shared = 0;
  int count = 0, better = 0, worse = 0;

  void add(const Json& shop, const char* metric, bool less_is_better) {
    const Json& interval = shop["shared_minus_alone"][metric];
    if (interval.is_null()) return;
    ++count;
    alone += shop["alone"][metric].get<double>();
    shared += shop["shared"][metric].get<double>();
    const bool above = interval[0] > 0.0;
    const bool below = interval[1] < 0.0;
    better += (less_is_better ? below : above) ? 1 : 0;
    worse += (less_is_better ? above : below) ? 1 : 0;
  }
  void print() const {
    if (count == 0) {
      std::printf("  %-32s", "-");
    } else {
      std::printf("  %.4f  %.4f  %4d %4d      ", alone / count, shared / count, better, worse);
    }
  }
};

/// Over the seeds, for one shop (by size) or for all: means, and how often an interval leaves zero on either side.
void print_tallies(const Json& runs, const std::string& data, const std::string& scorer,
                   std::optional<std::size_t> of) {
  Tally auc, loss, gini;
  for (const Json& run : runs) {
    if (run["data"] != data) continue;
    const Json& shops = run["shops"][scorer];
    for (std::size_t i = 0; i < shops.size(); ++i) {
      if (of && *of != i) continue;
      auc.add(shops[i], "auc", false);
      loss.add(shops[i], "log_loss", true);
      gini.add(shops[i], "gini", false);
    }
  }
  std::printf("  %-21s %-5s", data.c_str(), of ? std::to_string(*of + 1).c_str() : "all");
  auc.print();
  loss.print();
  gini.print();
  std::printf("\n");
}

void print_summaries(const Json& runs, std::span<const PurchaseData> sets) {
  int canaries = 0, half = 0;
  for (const auto& scorer : runs.front()["shops"].items()) {
    std::printf("\n%s, means over the seeds; + and - count intervals that are surely better or worse than alone\n",
                scorer.key().c_str());
    std::printf("  %-21s %-5s  %-32s  %-32s  %-32s\n", "data", "shop", "AUC alone, shared, +, -",
                "log-loss alone, shared, +, -", "Gini alone, shared, +, -");
    for (const PurchaseData& data : sets) {
      for (std::size_t i = 0; i < scorer.value().size(); ++i) print_tallies(runs, data.name, scorer.key(), i);
      print_tallies(runs, data.name, scorer.key(), std::nullopt);
    }
    for (const Json& run : runs) {
      for (const Json& shop : run["shops"][scorer.key()]) {
        ++canaries;
        half += shop["permuted_labels"]["holds_half"].get<bool>() ? 1 : 0;
      }
    }
  }
  std::printf("  permuted labels: %d of %d intervals (95 %%) hold an AUC of one half\n", half, canaries);
}

Plan read_plan(const Options& options) {
  Plan plan = bench::must(parse_plan(bench::must(read_text_file(options.plan, kMaxPlanBytes))));
  if (options.short_run) plan.round.rounds = 3;
  return plan;
}

/// For choosing the heads' plan: nothing that is held out is looked at.
void print_validation(const Options& options) {
  const Plan plan = read_plan(options);
  const std::vector<PurchaseData> sets = {bench::must(load_cdnow(options.data, options.short_run, 13)),
                                          bench::must(load_gift_shop(options.data))};
  for (const std::uint64_t seed : options.seeds) {
    for (const PurchaseData& data : sets) {
      const std::vector<Histories> shops = histories_of(stage_shops(data.all, seed));
      const HeadsValidation all = validate_heads(shops, plan, seed);
      std::string rounds;
      double loss = 0;
      for (const Histories& shop : shops) {
        const HeadsValidation own = validate_heads({&shop, 1}, plan, seed);
        loss += own.log_loss * static_cast<double>(own.samples) / static_cast<double>(all.samples);
        rounds += " " + std::to_string(own.round);
      }
      std::printf("%s, seed %lu, log-loss: federated %.4f (round %u), alone %.4f (rounds%s)\n", data.name.c_str(), seed,
                  all.log_loss, all.round, loss, rounds.c_str());
    }
  }
}

Json run(const Options& options) {
  // The last holds the first one's customers again.
  const std::vector<PurchaseData> sets = {bench::must(load_cdnow(options.data, options.short_run, 39)),
                                          bench::must(load_gift_shop(options.data)),
                                          bench::must(load_cdnow(options.data, options.short_run, 13))};
  const auto unlike = std::span(sets).first(2);
  std::vector<Scorer> models = scorers();
  models.push_back(label_line());
  models.push_back(behaviour_heads(read_plan(options)));
  Json out = {{"seeds", options.seeds}, {"short", options.short_run}};
  for (const std::uint64_t seed : options.seeds) {
    const BootstrapSettings bootstrap = options.bootstrap(seed);
    std::vector<std::vector<Shop>> shops;
    for (const PurchaseData& data : sets) {
      shops.push_back(stage_shops(data.all, seed));
      out["runs"].push_back(report_data(data, shops.back(), models, bootstrap));
    }
    out["unlike_shops"].push_back(report_unlike(unlike, shops, bootstrap));
  }
  print_summaries(out["runs"], sets);
  return out;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Churn and customer value by BG/NBD and Gamma-Gamma, fitted over staged shops from sums alone");
  app.add_option("--data", options.data, "folder with cdnow/ and services/gift_shop/ in it")->required();
  app.add_option("--out", options.out, "where the report (JSON) goes");
  app.add_option("--plan", options.plan, "how the behaviour model is trained");
  app.add_option("--seeds", options.seeds, "of the staging into shops and the intervals")->delimiter(',');
  app.add_flag("--short", options.short_run, "the sample of CDNOW, one seed, fewer replicates, three rounds");
  app.add_flag("--validation-only", options.validation_only, "for choosing a plan: nothing held out is looked at");
  CLI11_PARSE(app, argc, argv);
  if (options.short_run) options.seeds.resize(1);
  if (options.validation_only) {
    print_validation(options);
    return 0;
  }
  if (options.out.empty()) bench::give_up("--out FILE.json is missing");
  const Json report = run(options);
  std::ofstream file(options.out);
  file << report.dump(1) << '\n';
  if (!file.flush()) bench::give_up("cannot write " + options.out.string());
}
