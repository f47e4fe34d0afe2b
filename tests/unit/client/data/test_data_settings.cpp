#include <doctest/doctest.h>

#include "client/data/data_settings.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

constexpr std::string_view kCsv =
    "name = \"shop\"\n[data]\nevents = \"shop/e.csv\"\nitems = \"/abs/i.csv\"\npersons = \"shop/p.csv\"\n";
constexpr std::string_view kTask =
    "[task]\nkind = \"propensity\"\ntarget = \"visit\"\ncut = \"2024-05-01T00:00:00Z\"\n";

Result<ServiceSettings> read(const std::string& text) {
  const TemporaryDirectory dir;
  write_plain(dir / "service.toml", text);
  return read_service_file(dir / "service.toml", "/data");
}

std::string error_of(const std::string& text) {
  const auto settings = read(text);
  return settings.ok() ? "" : settings.error().message;
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("a service file with defaults") {
  const auto settings = read(std::string(kCsv) + std::string(kTask));
  REQUIRE_MESSAGE(settings.ok(), settings.error().message);
  CHECK(settings->name == "shop");
  CHECK(settings->data.source.kind == SourceSettings::Kind::csv);
  CHECK(settings->data.source.events == "/data/shop/e.csv");
  CHECK(settings->data.source.items == "/abs/i.csv");
  CHECK(settings->data.load.consent_column == "consent");
  CHECK(settings->data.load.max_bad_share == 0.01);
  CHECK(settings->data.load.store.scratch.empty());
  CHECK(settings->data.load.store.memory_bytes == 64 * 1024 * 1024);
  CHECK(settings->task.kind == TaskKind::propensity);
  CHECK(settings->task.target == EventType::visit);
  CHECK(settings->task.horizon == 28 * 86400);
  CHECK(settings->task.stride == 14 * 86400);
  CHECK(settings->task.training_cuts == 6);
  CHECK(settings->task.cut == 1714521600);
}

TEST_CASE("a service file with everything set") {
  const auto settings = read(R"(name = "mailer"
[data]
kind = "sqlite"
database = "mail.db"
events_sql = "SELECT 1"
items_sql = "SELECT 2"
persons_sql = "SELECT 3"
max_bad_share = 0.5
consent_column = "opt_in"
consent_values = ["ja"]
scratch = "/var/scratch"
memory_megabytes = 100000
[data.type_map]
"Brief gesendet" = "mail_sent"
[task]
kind = "conversion"
offer = "mail_sent"
target = "coupon_redeemed"
horizon_days = 0.5
cut = "2024-05-01"
)");
  REQUIRE_MESSAGE(settings.ok(), settings.error().message);
  CHECK(settings->data.source.kind == SourceSettings::Kind::sqlite);
  CHECK(settings->data.source.database == "/data/mail.db");
  CHECK(settings->data.source.persons_sql == "SELECT 3");
  CHECK(settings->data.load.max_bad_share == 0.5);
  CHECK(settings->data.load.consent_values == std::vector<std::string>{"ja"});
  CHECK(settings->data.load.store.scratch == "/var/scratch");
  CHECK(settings->data.load.store.memory_bytes == 100'000ULL * 1024 * 1024);
  CHECK(settings->data.load.type_map.at("Brief gesendet") == EventType::mail_sent);
  CHECK(settings->task.kind == TaskKind::conversion);
  CHECK(settings->task.offer == EventType::mail_sent);
  CHECK(settings->task.horizon == 43200);
}

TEST_CASE("wrong settings are named") {
  const std::string csv(kCsv);
  const std::string task(kTask);
  CHECK(contains(error_of(csv + task + "offer = \"view\"\n"), "offer"));
  CHECK(contains(error_of(csv + "[task]\nkind = \"propensity\"\ntarget = \"buy\"\ncut = \"2024-05-01\"\n"),
                 "'buy' is no event type"));
  CHECK(contains(error_of(csv + "[task]\nkind = \"propensity\"\ntarget = \"visit\"\ncut = \"soon\"\n"),
                 "'soon' is no time of the form"));
  CHECK(contains(error_of(csv + task + "horizon_days = 0\n"), "horizon_days"));
  CHECK(contains(error_of(csv + "consent_values = [\"\"]\n" + task), "an empty value cannot mean consent"));
  CHECK(contains(error_of(csv + "memory_megabytes = 0\n" + task), "memory_megabytes"));
  CHECK(contains(error_of(csv + "[data.type_map]\nbuy = \"bought\"\n" + task), "'bought' is no event type"));
  CHECK(contains(error_of(task), "events"));
  CHECK(contains(error_of("name = \"../x\"\n" + csv.substr(csv.find("[data]")) + task), "name"));
}
