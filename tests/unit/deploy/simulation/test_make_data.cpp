#include <doctest/doctest.h>

#include <cmath>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "client/data/csv_reader.h"
#include "client/data/data_settings.h"
#include "common/base/file.h"
#include "deploy/simulation/made_service.h"
#include "deploy/simulation/make_data.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::simulation;
using bauta::testing::TemporaryDirectory;

namespace {

void make(const std::filesystem::path& out, std::uint64_t seed, Scale scale = Scale::small) {
  const Status made = make_data(out, seed, scale);
  REQUIRE_MESSAGE(made.ok(), made.error().message);
}

nlohmann::json truth_in(const std::filesystem::path& out) {
  return nlohmann::json::parse(read_text_file(out / "ground_truth.json", 1 << 26).value());
}

std::map<std::string, Bytes> files_in(const std::filesystem::path& folder) {
  std::map<std::string, Bytes> files;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    files[std::filesystem::relative(entry.path(), folder).string()] = read_file(entry.path(), 1 << 26).value();
  }
  return files;
}

std::vector<std::vector<std::string>> rows_of(const std::filesystem::path& file) {
  auto reader = client::CsvReader::open(file).value();
  std::vector<std::vector<std::string>> rows;
  while (reader.next().value()) rows.emplace_back(reader.record().fields.begin(), reader.record().fields.end());
  return rows;
}

std::set<std::string> first_column(const std::filesystem::path& file) {
  std::set<std::string> values;
  for (const auto& row : rows_of(file)) values.insert(row[0]);
  return values;
}

}  // namespace

TEST_CASE("the same seed makes the same files, another seed makes others") {
  const TemporaryDirectory dir;
  make(dir / "a", 7);
  make(dir / "b", 7);
  make(dir / "c", 8);
  const auto a = files_in(dir / "a");
  CHECK(a.size() == 6 * 4 + 1);
  CHECK(a == files_in(dir / "b"));
  const auto c = files_in(dir / "c");
  CHECK(c.at("made_grocery/events.csv.gz") != a.at("made_grocery/events.csv.gz"));
  CHECK(c.at("services/made_grocery.toml") == a.at("services/made_grocery.toml"));
}

TEST_CASE("a second run into the same folder replaces the first") {
  const TemporaryDirectory dir;
  make(dir / "a", 7);
  make(dir / "a", 8);
  make(dir / "b", 8);
  CHECK(files_in(dir / "a") == files_in(dir / "b"));
}

TEST_CASE("clients read every made service without a complaint, and each task has both classes in every set") {
  const TemporaryDirectory dir;
  for (const std::uint64_t seed : {1, 2, 3, 4, 5}) {
    make(dir.path(), seed);
    for (const Recipe& recipe : recipes(8)) {
      CAPTURE(recipe.name);
      CAPTURE(seed);
      const std::string name(recipe.name);
      const auto settings = client::read_service_file(dir / "services" / (name + ".toml"), dir.path());
      REQUIRE_MESSAGE(settings.ok(), settings.error().message);
      CHECK(settings->name == name);
      CHECK(settings->task.cut == recipe.task.cut);
      CHECK(settings->task.horizon == recipe.task.horizon);
      auto source = client::open_source(settings->data.source).value();
      const auto loaded = client::load_event_log(*source, settings->data.load);
      REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
      CHECK(loaded->report.bad_by_reason.empty());
      CHECK(loaded->report.items_without_row == 0);
      const auto sets = client::make_samples(loaded->log, settings->task);
      REQUIRE_MESSAGE(sets.ok(), sets.error().message);
      for (const auto* set : {&sets->training, &sets->validation, &sets->test}) {
        std::size_t positives = 0;
        for (const client::Sample& sample : *set) positives += sample.label ? 1 : 0;
        CHECK(positives > 0);
        CHECK(positives < set->size());
      }
    }
  }
}

TEST_CASE("at full size there are large services and a tiny one, and what was foreseen is what happened") {
  const TemporaryDirectory dir;
  make(dir.path(), 1, Scale::full);
  const nlohmann::json truth = truth_in(dir.path());
  REQUIRE(truth["services"].size() == 6);
  CHECK(truth["services"]["made_grocery"]["events"] > 20'000);
  CHECK(truth["services"]["made_grocery"]["persons"] > 1'500);
  CHECK(truth["services"]["made_restaurants"]["persons"] < 300);
  for (const auto& named : truth["services"].items()) {
    CAPTURE(named.key());
    const nlohmann::json& service = named.value();
    const double samples = service["test_samples"];
    const double positives = service["test_positives"];
    const double expected = service["expected_positives"];
    CHECK(std::abs(positives - expected) < 4 * std::sqrt(samples * 0.25));
    CHECK(positives / samples > 0.05);
    CHECK(positives / samples < 0.6);
    CHECK(service["oracle_auc"] > 0.7);
    CHECK(service["oracle_auc"] < 0.95);
  }
}

TEST_CASE("the truth keeps silent about persons without consent, about two in a hundred") {
  const TemporaryDirectory dir;
  make(dir.path(), 1, Scale::full);
  const nlohmann::json truth = truth_in(dir.path());
  std::size_t persons = 0;
  std::size_t refusing = 0;
  for (const auto& [name, service] : truth["services"].items()) {
    for (const auto& row : rows_of(dir / name / "persons.csv.gz")) {
      if (row[0] == "person_id") continue;
      ++persons;
      if (row[1] == "1") continue;
      ++refusing;
      CHECK_FALSE(service["person_interests_percent"].contains(row[0]));
    }
  }
  const double share = static_cast<double>(refusing) / static_cast<double>(persons);
  CHECK(share > 0.01);
  CHECK(share < 0.03);
}

TEST_CASE("services share the words of interests and no person") {
  const TemporaryDirectory dir;
  make(dir.path(), 1);
  std::set<std::string> seen;
  for (const Recipe& recipe : recipes(8)) {
    auto persons = first_column(dir / recipe.name / "persons.csv.gz");
    persons.erase("person_id");
    for (const std::string& person : persons) CHECK(seen.insert(person).second);
    for (const auto& row : rows_of(dir / recipe.name / "items.csv.gz")) {
      if (row[0] == "item_id") continue;
      bool told = false;
      for (std::size_t i = 0; i < kInterests; ++i) {
        for (const std::string_view word : LatentWorld::words(i)) told = told || row[1].find(word) != std::string::npos;
      }
      CHECK(told);
    }
  }
}

TEST_CASE("no word tells two interests") {
  std::set<std::string_view> seen;
  for (std::size_t i = 0; i < kInterests; ++i) {
    for (const std::string_view word : LatentWorld::words(i)) CHECK(seen.insert(word).second);
  }
}

TEST_CASE("events are sorted by person, then time") {
  const TemporaryDirectory dir;
  make(dir.path(), 3);
  for (const Recipe& recipe : recipes(8)) {
    const auto rows = rows_of(dir / recipe.name / "events.csv.gz");
    for (std::size_t i = 2; i < rows.size(); ++i) {
      CHECK(std::pair(rows[i - 1][0], rows[i - 1][1]) <= std::pair(rows[i][0], rows[i][1]));
    }
  }
}

TEST_CASE("a folder that cannot be made is named") {
  const TemporaryDirectory dir;
  REQUIRE(write_file_atomically(dir / "file", as_bytes("in the way")).ok());
  const Status made = make_data(dir / "file", 1);
  REQUIRE_FALSE(made.ok());
  CHECK(made.error().message.find((dir / "file").string()) != std::string::npos);
}
