#include "deploy/simulation/make_data.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/data/data_settings.h"
#include "client/data/load_event_log.h"
#include "client/data/samples.h"
#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/evaluation/metrics.h"
#include "deploy/simulation/made_service.h"

namespace bauta::simulation {
namespace {

using Json = nlohmann::ordered_json;

/// Gzip without a name or a time in its header, so that the same text gives the same bytes.
Status write_gzip(const std::filesystem::path& path, const std::string& text) {
  z_stream stream{};
  if (deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    return Error{ErrorCode::internal, "no memory to pack " + path.string()};
  }
  Bytes packed(deflateBound(&stream, text.size()));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));  // zlib only reads it
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = packed.data();
  stream.avail_out = static_cast<uInt>(packed.size());
  const int code = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  if (code != Z_STREAM_END) return Error{ErrorCode::internal, "cannot pack " + path.string()};
  return write_file_atomically(path, packed);
}

/// Already in the order of the shared data: by person, then time, then what causes before what follows.
std::string events_csv(const MadeService& service) {
  std::string text = "person_id,occurred_at,event_type,item_id,amount,channel\n";
  for (const MadeEvent& event : service.events) {
    fmt::format_to(std::back_inserter(text), "{},{},{},{},{},{}\n", service.persons[event.person].id,
                   format_time(event.occurred_at), to_string(event.type),
                   event.item == kNothing ? std::string_view{} : std::string_view(service.items[event.item].id),
                   std::isnan(event.amount) ? std::string{} : fmt::format("{:.2f}", event.amount), event.channel);
  }
  return text;
}

/// Only items that occur, as a business would export them. No value holds a comma or a quote.
std::string items_csv(const MadeService& service) {
  std::vector<bool> occurs(service.items.size(), false);
  for (const MadeEvent& event : service.events) {
    if (event.item != kNothing) occurs[event.item] = true;
  }
  std::string text = "item_id,title,category,brand\n";
  for (std::size_t i = 0; i < service.items.size(); ++i) {
    const MadeItem& item = service.items[i];
    if (occurs[i]) text += fmt::format("{},{},{},{}\n", item.id, item.title, item.category, item.brand);
  }
  return text;
}

std::string persons_csv(const MadeService& service) {
  std::vector<bool> occurs(service.persons.size(), false);
  for (const MadeEvent& event : service.events) occurs[event.person] = true;
  std::string text = "person_id,consent\n";
  for (std::size_t p = 0; p < service.persons.size(); ++p) {
    if (occurs[p]) text += fmt::format("{},{}\n", service.persons[p].id, service.persons[p].consents ? 1 : 0);
  }
  return text;
}

std::string service_toml(const Recipe& recipe) {
  constexpr double kDay = 86400;
  const client::TaskSettings& task = recipe.task;
  std::string text = fmt::format(
      "# {}\nname = \"{}\"\n\n[data]\nevents = \"{}/events.csv.gz\"\nitems = \"{}/items.csv.gz\"\n"
      "persons = \"{}/persons.csv.gz\"\n\n[task]\n",
      recipe.story, recipe.name, recipe.name, recipe.name, recipe.name);
  if (task.kind == client::TaskKind::conversion) {
    text += fmt::format("kind = \"conversion\"\noffer = \"{}\"\n", to_string(task.offer));
  } else {
    text += "kind = \"propensity\"\n";
  }
  text += fmt::format("target = \"{}\"\nhorizon_days = {}\ncut = \"{}\"\n", to_string(task.target),
                      static_cast<double>(task.horizon) / kDay, format_time(task.cut));
  return text;
}

/// What the generator knows of one sample: the probability of its label given everything before its cut.
class Oracle {
 public:
  explicit Oracle(const MadeService& service) : service_(service) {
    for (std::uint32_t p = 0; p < service.persons.size(); ++p) persons_.emplace(service.persons[p].id, p);
    for (std::uint32_t i = 0; i < service.items.size(); ++i) items_.emplace(service.items[i].id, i);
  }

  double chance(const client::EventLog& log, const client::Sample& sample) const {
    const std::uint32_t person = persons_.at(log.persons[sample.person]);
    if (sample.item != client::kNoItem) {
      return service_.offer_chance.at({person, items_.at(log.items[sample.item].id)});
    }
    constexpr client::UnixSeconds kDay = 86400;
    const auto last = (log.before(sample.person, sample.cut).back().occurred_at - kFirstDay) / kDay;
    return service_.persons[person].activity.chance_of_target(static_cast<int>((sample.cut - kFirstDay) / kDay),
                                                              static_cast<int>(service_.recipe.task.horizon / kDay),
                                                              static_cast<int>(last));
  }

 private:
  const MadeService& service_;
  std::map<std::string, std::uint32_t, std::less<>> persons_, items_;
};

Json percent(const Interests& interests) {
  Json list = Json::array();
  for (const double weight : interests) list.push_back(std::lround(100 * weight));
  return list;
}

double rounded(double value) { return std::round(value * 1e4) / 1e4; }

/// Reads the written files back as a client would: the samples judged are the very samples a client makes.
Result<Json> truth_of(const MadeService& service, const std::filesystem::path& out) {
  const std::filesystem::path file = out / "services" / fmt::format("{}.toml", service.recipe.name);
  BAUTA_TRY(const client::ServiceSettings settings, client::read_service_file(file, out));
  BAUTA_TRY(const auto source, client::open_source(settings.data.source));
  BAUTA_TRY(const client::LoadedData loaded, client::load_event_log(*source, settings.data.load));
  BAUTA_TRY(const client::SampleSets sets, client::make_samples(loaded.log, settings.task));

  const Oracle oracle(service);
  std::vector<Scored> scored;
  std::size_t positives = 0;
  double expected = 0;
  for (const client::Sample& sample : sets.test) {
    const double chance = oracle.chance(loaded.log, sample);
    expected += chance;
    positives += sample.label ? 1 : 0;
    scored.push_back({std::log(chance / (1 - chance)), sample.label});
  }
  Json truth;
  truth["story"] = service.recipe.story;
  truth["persons"] = loaded.log.persons.size();
  truth["events"] = loaded.log.events.size();
  truth["test_samples"] = sets.test.size();
  truth["test_positives"] = positives;
  truth["expected_positives"] = rounded(expected);
  const auto oracle_auc = auc(scored);
  truth["oracle_auc"] = oracle_auc ? Json(rounded(*oracle_auc)) : Json();
  truth["item_interest"] = Json::object();
  for (const MadeItem& item : service.items) truth["item_interest"][item.id] = LatentWorld::name(item.interest);
  truth["person_interests_percent"] = Json::object();
  for (const MadePerson& person : service.persons) {
    if (person.consents) truth["person_interests_percent"][person.id] = percent(person.latent.interests);
  }
  return truth;
}

Json world_truth(const LatentWorld& world) {
  Json interests = Json::array();
  for (std::size_t i = 0; i < kInterests; ++i) {
    interests.push_back(
        {{"name", LatentWorld::name(i)}, {"pull", rounded(world.pull[i])}, {"words", LatentWorld::words(i)}});
  }
  return interests;
}

Status make_folder(const std::filesystem::path& path) {
  std::error_code error;
  std::filesystem::create_directories(path, error);
  if (error) return file_error("create directory", path, error.value());
  return {};
}

}  // namespace

Status make_data(const std::filesystem::path& out, std::uint64_t seed, Scale scale) {
  const LatentWorld world = LatentWorld::make(seed);
  BAUTA_RETURN_IF_ERROR(make_folder(out / "services"));
  Json truth;
  truth["seed"] = seed;
  truth["interests"] = world_truth(world);
  truth["clusters_percent"] = Json::array();
  for (const Interests& cluster : world.clusters) truth["clusters_percent"].push_back(percent(cluster));
  for (const Recipe& recipe : recipes(scale == Scale::small ? 8 : 1)) {
    const MadeService service = make_service(world, recipe, seed);
    const std::filesystem::path folder = out / recipe.name;
    BAUTA_RETURN_IF_ERROR(make_folder(folder));
    BAUTA_RETURN_IF_ERROR(write_gzip(folder / "events.csv.gz", events_csv(service)));
    BAUTA_RETURN_IF_ERROR(write_gzip(folder / "items.csv.gz", items_csv(service)));
    BAUTA_RETURN_IF_ERROR(write_gzip(folder / "persons.csv.gz", persons_csv(service)));
    BAUTA_RETURN_IF_ERROR(
        write_file_atomically(out / "services" / fmt::format("{}.toml", recipe.name), as_bytes(service_toml(recipe))));
    auto service_truth = truth_of(service, out);
    if (!service_truth.ok()) return with_context(recipe.name, std::move(service_truth).error());
    truth["services"][std::string(recipe.name)] = std::move(service_truth).value();
  }
  return write_file_atomically(out / "ground_truth.json", as_bytes(truth.dump(1) + "\n"));
}

}  // namespace bauta::simulation
