#include "deploy/simulation/report.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace bauta::simulation {
namespace {

using nlohmann::ordered_json;

std::string auc_text(const ordered_json& service, const std::string& key) {
  const auto& value = service.at(key);
  if (!value.is_number()) return "not measurable";
  const auto& interval = service.at(key + "_interval");
  if (!interval.is_array()) return fmt::format("{:.3f}", value.get<double>());
  return fmt::format("{:.3f} [{:.3f}, {:.3f}]", value.get<double>(), interval[0].get<double>(),
                     interval[1].get<double>());
}

}  // namespace

Result<ordered_json> make_report(const std::vector<std::string>& services, const RunFigures& figures) {
  ordered_json report;
  report["services"] = ordered_json::array();
  for (const std::string& text : services) {
    auto service = ordered_json::parse(text, nullptr, false);
    for (const char* key : {"name", "persons", "events", "auc_local", "auc_local_interval", "auc_served",
                            "auc_served_interval", "served", "difference", "difference_interval"}) {
      if (!service.is_object() || !service.contains(key)) {
        return Error{ErrorCode::malformed, std::string("a service's report has no \"") + key + "\""};
      }
    }
    report["services"].push_back(std::move(service));
  }
  report["rounds_completed"] = figures.rounds_completed;
  report["dropouts_survived"] = figures.dropouts_survived;
  report["bytes_per_client_round"] = figures.bytes_per_client_round;
  report["seconds"] = figures.seconds;
  report["model_hash"] = figures.model_hash;
  return report;
}

Result<RunFigures> figures_of_run(std::string_view run_json) {
  const auto run = nlohmann::json::parse(run_json, nullptr, false);
  RunFigures figures;
  try {
    figures.rounds_completed = run.at("rounds_done").get<std::uint64_t>();
    figures.dropouts_survived = run.at("dropouts_survived").get<std::uint64_t>();
    figures.seconds = run.value("seconds", 0.0);
    if (run.at("bytes_per_client_round").is_number()) {
      figures.bytes_per_client_round = run.at("bytes_per_client_round").get<double>();
    }
    if (run.at("model_hash").is_string()) figures.model_hash = run.at("model_hash").get<std::string>();
  } catch (const nlohmann::json::exception& error) {
    return Error{ErrorCode::malformed, std::string("the run's JSON lacks a figure: ") + error.what()};
  }
  return figures;
}

std::string table_of(const ordered_json& report) {
  std::string table = fmt::format("{:<16} {:>8} {:>8}  {:<22} {:<22} {}\n", "service", "persons", "events",
                                  "AUC alone [95 %]", "AUC served [95 %]", "served - alone [95 %]");
  for (const auto& service : report.at("services")) {
    std::string difference = auc_text(service, "difference");
    if (service.at("difference").is_number() && service.at("difference").get<double>() >= 0)
      difference = "+" + difference;
    table += fmt::format("{:<16} {:>8} {:>8}  {:<22} {:<22} {}\n", service.at("name").get<std::string>(),
                         service.at("persons").get<std::uint64_t>(), service.at("events").get<std::uint64_t>(),
                         auc_text(service, "auc_local"), auc_text(service, "auc_served"),
                         difference + ", " + service.at("served").at("model").get<std::string>());
  }
  table += fmt::format("\nrounds {}, dropouts survived {}, {:.0f} bytes per client and round, {:.1f} s\nmodel {}\n",
                       report.at("rounds_completed").get<std::uint64_t>(),
                       report.at("dropouts_survived").get<std::uint64_t>(),
                       report.at("bytes_per_client_round").get<double>(), report.at("seconds").get<double>(),
                       report.at("model_hash").get<std::string>());
  return table;
}

}  // namespace bauta::simulation
