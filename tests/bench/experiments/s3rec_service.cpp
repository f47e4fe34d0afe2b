#include "tests/bench/experiments/s3rec_service.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>
#include <unordered_map>

#include "client/data/input_file.h"
#include "tests/bench/must.h"

namespace bauta::experiment {
namespace {

using bench::must;

constexpr std::size_t kShortest = 4;  // an event to learn from and one to predict, then validation and test

std::string read_all(const std::filesystem::path& file) {
  auto input = must(client::InputFile::open(file));
  std::string text;
  for (std::string_view piece = must(input.read()); !piece.empty(); piece = must(input.read())) text += piece;
  return text;
}

/// The item ids of each person that is kept.
std::vector<std::vector<std::string>> read_sequences(const std::filesystem::path& file, std::size_t persons) {
  std::istringstream lines(read_all(file));
  std::vector<std::vector<std::string>> all;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string word;
    words >> word;  // the person's own number
    std::vector<std::string>& items = all.emplace_back();
    while (words >> word) items.push_back(word);
    if (items.size() < kShortest) bench::give_up("a line of " + file.string() + " is too short");
  }
  if (persons == 0 || persons >= all.size()) return all;
  std::vector<std::vector<std::string>> some;
  for (std::size_t i = 0; i < persons; ++i) some.push_back(std::move(all[i * all.size() / persons]));
  return some;
}

std::vector<std::string> codes_of(const nlohmann::json& attributes, const std::string& prefix) {
  std::vector<std::string> codes;
  for (const auto& number : attributes) {
    std::string code = prefix + ':' + std::to_string(number.get<int>());
    if (std::find(codes.begin(), codes.end(), code) == codes.end()) codes.push_back(std::move(code));
  }
  return codes;
}

}  // namespace

S3RecService load_s3rec(const std::filesystem::path& folder, const std::string& name, std::size_t persons) {
  const auto sequences = read_sequences(folder / (name + ".txt.gz"), persons);
  const auto attributes = nlohmann::json::parse(read_all(folder / (name + "_item2attributes.json.gz")), nullptr, false);
  if (!attributes.is_object()) bench::give_up("the attributes of " + name + " are no JSON object");
  S3RecService service;
  service.name = name;
  client::EventLog& log = service.log;
  log.channels = {""};
  std::unordered_map<std::string, std::uint32_t> numbers;
  std::vector<client::Event> events;
  for (const auto& sequence : sequences) {
    log.persons.push_back(std::to_string(log.persons.size()));
    log.first_event.push_back(events.size());
    client::UnixSeconds at =
        S3RecService::kTestAt - S3RecService::kWeek * static_cast<client::UnixSeconds>(sequence.size() - 1);
    for (const std::string& id : sequence) {
      const auto [found, is_new] = numbers.try_emplace(id, static_cast<std::uint32_t>(log.items.size()));
      if (is_new) {
        client::Item& item = log.items.emplace_back();
        item.id = id;
        if (attributes.contains(id)) item.attributes = codes_of(attributes[id], name);
      }
      client::Event event;
      event.occurred_at = at;
      event.item = found->second;
      event.type = client::EventType::view;
      events.push_back(event);
      at += S3RecService::kWeek;
    }
  }
  log.first_event.push_back(events.size());
  log.events = std::move(events);
  return service;
}

std::vector<client::Sample> S3RecService::samples_at(client::UnixSeconds cut) const {
  std::vector<client::Sample> samples;
  for (std::uint32_t person = 0; person < log.persons.size(); ++person)
    samples.push_back({person, client::kNoItem, cut, false});
  return samples;
}

std::uint32_t S3RecService::item_at(std::size_t person, client::UnixSeconds at) const {
  return log.of(person)[log.before(person, at).size()].item;
}

}  // namespace bauta::experiment
