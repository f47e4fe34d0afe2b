// The nine real services of the shared data folder; skipped where BAUTA_DATA does not name it.
#include <doctest/doctest.h>

#include <algorithm>
#include <cstdlib>
#include <map>

#include "client/data/data_settings.h"
#include "common/base/counter_random.h"

using namespace bauta;
using namespace bauta::client;

namespace {

/// Persons with consent, events of everybody, from the data folder's own description.
struct Counts {
  std::size_t persons;
  std::uint64_t events;
};
const std::map<std::string, Counts> kServices = {
    {"grocery", {2282, 47417}},    {"drugstore", {1784, 9136}},      {"fresh_food", {2024, 17004}},
    {"fuel", {411, 674}},          {"coupon_mail", {1530, 8691}},    {"store_visits", {2341, 47243}},
    {"gift_shop", {4282, 406829}}, {"fashion_banner", {532, 10046}}, {"city_places", {1052, 147938}},
};

/// CRC-32 as in zlib: the flag in the data is 0 where it is divisible by 50.
std::uint32_t crc32_of(std::string_view text) {
  std::uint32_t crc = 0xFFFFFFFF;
  for (const char c : text) {
    crc ^= static_cast<unsigned char>(c);
    for (int i = 0; i < 8; ++i) crc = (crc >> 1) ^ (0xEDB88320U & (0U - (crc & 1U)));
  }
  return ~crc;
}

/// BAUTA_DATA may name the data folder or its services.
std::optional<std::filesystem::path> services_folder() {
  const char* data = std::getenv("BAUTA_DATA");
  if (data == nullptr) return std::nullopt;
  for (const auto& folder : {std::filesystem::path(data) / "services", std::filesystem::path(data)}) {
    if (std::filesystem::exists(folder / "grocery")) return folder;
  }
  return std::nullopt;
}

double base_rate(const std::vector<Sample>& samples) {
  const auto positive = std::count_if(samples.begin(), samples.end(), [](const Sample& s) { return s.label; });
  return static_cast<double>(positive) / static_cast<double>(samples.size());
}

}  // namespace

TEST_CASE("all nine real services load, hold consenting persons only and give samples of both classes") {
  const auto folder = services_folder();
  if (!folder) {
    MESSAGE("skipped: set BAUTA_DATA to the data folder (the one with services/grocery in it)");
    return;
  }
  for (const auto& service : kServices) {
    const std::string& name = service.first;  // clang 14 cannot capture structured bindings
    const Counts& counts = service.second;
    CAPTURE(name);
    const auto file = std::filesystem::path(BAUTA_SOURCE_DIR) / "deploy/demo/services" / (name + ".toml");
    const auto settings = read_service_file(file, *folder);
    REQUIRE_MESSAGE(settings.ok(), settings.error().message);
    CHECK(settings->name == name);
    auto source = open_source(settings->data.source);
    REQUIRE(source.ok());
    const auto loaded = load_event_log(**source, settings->data.load);
    REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
    CHECK(loaded->log.persons.size() == counts.persons);
    CHECK(loaded->report.events.rows == counts.events);
    CHECK(loaded->report.events.bad == 0);
    CHECK(loaded->report.items.bad == 0);
    for (const std::string& person : loaded->log.persons) {
      if (crc32_of(person) % 50 == 0) FAIL("a person without consent was kept");
    }
    const auto samples = make_samples(loaded->log, settings->task);
    REQUIRE_MESSAGE(samples.ok(), samples.error().message);
    for (const auto* set : {&samples->training, &samples->validation, &samples->test}) {
      CHECK(base_rate(*set) > 0);
      CHECK(base_rate(*set) < 0.75);
    }
    MESSAGE(name, ": training ", samples->training.size(), " (", base_rate(samples->training), "), validation ",
            samples->validation.size(), " (", base_rate(samples->validation), "), test ", samples->test.size(), " (",
            base_rate(samples->test), ")");
  }
}
