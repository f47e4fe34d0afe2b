// The services of an experiment: data, task and samples, read as a client reads them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <vector>

#include "client/data/data_settings.h"
#include "client/data/event_log.h"
#include "client/data/samples.h"
#include "tests/bench/must.h"

namespace bauta::bench {

struct ExperimentService {
  std::string name;
  client::EventLog log;
  client::TaskSettings task;
  client::SampleSets samples;
};

/// `services` is the folder of the service files, `data` that of the tables (or the one with services/ in it). Ends the
/// program where one cannot be read.
inline std::vector<ExperimentService> load_services(const std::filesystem::path& services, std::filesystem::path data,
                                                    std::span<const std::string> names) {
  if (std::filesystem::is_directory(data / "services")) data /= "services";
  std::vector<ExperimentService> loaded;
  for (const std::string& name : names) {
    const client::ServiceSettings settings = must(client::read_service_file(services / (name + ".toml"), data));
    const auto source = must(client::open_source(settings.data.source));
    ExperimentService service;
    service.name = name;
    service.log = must(client::load_event_log(*source, settings.data.load)).log;
    service.task = settings.task;
    service.samples = must(client::make_samples(service.log, service.task));
    loaded.push_back(std::move(service));
  }
  return loaded;
}

}  // namespace bauta::bench
