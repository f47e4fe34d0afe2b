// The services of an experiment: data, task and samples, read as a client reads them.
#pragma once

#include <filesystem>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "client/data/data_settings.h"
#include "client/data/event_log.h"
#include "client/data/load_event_log.h"
#include "client/data/samples.h"
#include "tests/bench/must.h"

namespace bauta::bench {

struct ServiceLog {
  std::string name;
  client::EventLog log;
  client::TaskSettings task;
};

struct ExperimentService : ServiceLog {
  client::SampleSets samples;
};

/// `services` is the folder of the service files, `data` that of the tables (or the one with services/ in it). Ends the
/// program where it cannot be read.
inline ServiceLog load_service_log(const std::filesystem::path& services, std::filesystem::path data,
                                   const std::string& name) {
  if (std::filesystem::is_directory(data / "services" / name)) data /= "services";
  const client::ServiceSettings settings = must(client::read_service_file(services / (name + ".toml"), data));
  const auto source = must(client::open_source(settings.data.source));
  return {name, must(client::load_event_log(*source, settings.data.load)).log, settings.task};
}

/// The same for all of them, with the samples of their tasks.
inline std::vector<ExperimentService> load_services(const std::filesystem::path& services,
                                                    const std::filesystem::path& data,
                                                    std::span<const std::string> names) {
  std::vector<ExperimentService> loaded;
  for (const std::string& name : names) {
    ServiceLog service = load_service_log(services, data, name);
    client::SampleSets samples = must(client::make_samples(service.log, service.task));
    loaded.push_back({std::move(service), std::move(samples)});
  }
  return loaded;
}

}  // namespace bauta::bench
