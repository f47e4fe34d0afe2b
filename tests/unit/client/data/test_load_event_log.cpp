#include <doctest/doctest.h>

#include "client/data/load_event_log.h"
#include "common/base/counter_random.h"
#include "common/base/file.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/memory_source.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using bauta::testing::FileSizeLimit;
using bauta::testing::MemorySource;
using bauta::testing::TemporaryDirectory;

namespace {

MemorySource small_shop() {
  MemorySource source;
  source.persons = {{"p2", "1"}, {"p1", "true"}, {"refuses", "0"}};
  source.items = {{"i2", "Tea", "Drinks > Hot", "B"}, {"i1", "Milk", "Drinks", ""}, {"only-refuses", "Secret", "", ""}};
  source.events = {
      {"p2", "2024-01-02T00:00:00Z", "purchase", "i2", "3.50", "web"},
      {"p1", "2024-01-03T00:00:00Z", "purchase", "i1", "", "store"},
      {"refuses", "2024-01-04T00:00:00Z", "purchase", "only-refuses", "9", "secret-channel"},
      {"p1", "2024-01-01T00:00:00Z", "login", "", "", ""},
  };
  return source;
}

LoadedData load(MemorySource& source, const LoadSettings& settings = {}) {
  auto loaded = load_event_log(source, settings);
  REQUIRE_MESSAGE(loaded.ok(), loaded.error().message);
  return std::move(loaded).value();
}

/// Everything an event log holds, as text.
std::string dump(const EventLog& log) {
  std::string text;
  for (const auto& person : log.persons) text += person + "\n";
  for (const auto begin : log.first_event) text += std::to_string(begin) + " ";
  for (const Item& item : log.items) text += item.id + "|" + item.title + "|" + item.category + "|" + item.brand + "\n";
  for (const auto& channel : log.channels) text += "channel " + channel + "\n";
  for (const Event& e : log.events) {
    text += std::to_string(e.occurred_at) + " " + std::to_string(e.item) + " " + std::to_string(e.amount) + " " +
            std::string(to_string(e.type)) + " " + std::to_string(e.channel) + "\n";
  }
  return text;
}

/// A random source: some persons refuse, some are unlisted, items and channels overlap between them.
MemorySource random_source(std::uint64_t seed) {
  CounterRandom random(seed, "load test");
  MemorySource source;
  const std::uint64_t persons = 2 + random.below(30);
  for (std::uint64_t p = 0; p < persons; ++p) {
    const std::uint64_t kind = random.below(5);
    const bool refuses = p > 0 && kind == 0;
    const bool unlisted = p > 0 && kind == 1;
    const std::string id = (refuses ? "refusing-" : unlisted ? "unlisted-" : "person-") + std::to_string(p);
    if (!unlisted) source.persons.push_back({id, refuses ? "0" : "1"});
    for (std::uint64_t e = p == 0 ? 1 : random.below(8) + (refuses ? 1 : 0); e > 0; --e) {
      const bool own_item = random.below(3) == 0;
      const std::string item = own_item ? "item-of-" + id : "item-" + std::to_string(random.below(20));
      source.events.push_back({id, "2024-01-0" + std::to_string(1 + random.below(9)) + "T00:00:00Z", "purchase", item,
                               std::to_string(random.below(100)),
                               own_item ? "channel-of-" + id : "channel-" + std::to_string(random.below(3))});
      source.items.push_back({item, "title of " + item, "", ""});
    }
  }
  for (std::size_t i = source.events.size(); i > 1; --i) {
    std::swap(source.events[i - 1], source.events[random.below(i)]);
  }
  std::sort(source.items.begin(), source.items.end());
  source.items.erase(std::unique(source.items.begin(), source.items.end()), source.items.end());
  return source;
}

std::string reasons(const LoadReport& report) {
  std::string text;
  for (const auto& [reason, rows] : report.bad_by_reason) text += reason + " x" + std::to_string(rows) + "\n";
  return text;
}

}  // namespace

TEST_CASE("persons, items and channels are sorted, events in time order") {
  MemorySource source = small_shop();
  const LoadedData loaded = load(source);
  const EventLog& log = loaded.log;
  CHECK(log.persons == std::vector<std::string>{"p1", "p2"});
  CHECK(log.channels == std::vector<std::string>{"", "store", "web"});
  REQUIRE(log.items.size() == 2);
  CHECK(log.items[0].title == "Milk");
  CHECK(log.items[1].category == "Drinks > Hot");
  REQUIRE(log.events.size() == 3);
  CHECK(log.of(0)[0].type == EventType::login);
  CHECK(log.of(0)[0].item == kNoItem);
  CHECK(log.of(0)[0].channel == 0);
  CHECK(std::isnan(log.of(0)[1].amount));
  CHECK(log.of(0)[1].item == 0);
  CHECK(log.of(1)[0].amount == 3.5F);
  CHECK(log.of(1)[0].channel == 2);
  CHECK(loaded.report.events_without_consent == 1);
  CHECK(loaded.report.persons_without_consent == 1);
  CHECK(loaded.report.items_not_needed == 1);
}

TEST_CASE("events of one person at the same moment keep the order of the source") {
  MemorySource source = small_shop();
  source.events = {{"p1", "2024-01-01T00:00:00Z", "mail_sent", "b", "", ""},
                   {"p1", "2024-01-01T00:00:00Z", "click", "a", "", ""},
                   {"p1", "2023-12-31T00:00:00Z", "visit", "c", "", ""}};
  const LoadedData loaded = load(source);
  REQUIRE(loaded.log.events.size() == 3);
  CHECK(loaded.log.events[0].type == EventType::visit);
  CHECK(loaded.log.events[1].type == EventType::mail_sent);
  CHECK(loaded.log.events[2].type == EventType::click);
}

TEST_CASE("a log is the same with refusing and unlisted persons' rows as if these rows had never been written") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    MemorySource with = random_source(seed);
    MemorySource without = with;
    const auto hidden = [](const MemorySource::Row& row) { return !row[0].starts_with("person-"); };
    std::erase_if(without.persons, hidden);
    std::erase_if(without.events, hidden);
    const std::string log = dump(load(with).log);
    CHECK(log == dump(load(without).log));
    CHECK(log.find("refusing-") == std::string::npos);
    CHECK(log.find("unlisted-") == std::string::npos);
  }
}

TEST_CASE("a log that does not fit the budget is the same as one that does, row by row") {
  const TemporaryDirectory dir;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    MemorySource source = random_source(seed);
    LoadSettings tight;
    tight.store = {dir.path(), 300};
    CHECK(dump(load(source, tight).log) == dump(load(source).log));
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a scratch folder without room ends the load with an error that names it") {
  const TemporaryDirectory dir;
  MemorySource source = random_source(1);
  LoadSettings tight;
  tight.store = {dir.path(), 300};
  const FileSizeLimit full(0);
  const auto refused = load_event_log(source, tight);
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::disk_full);
  CHECK(refused.error().message.find(dir.path().string()) != std::string::npos);
}

TEST_CASE("the report names nobody, not even where a refusing person's rows are broken") {
  MemorySource source = small_shop();
  source.persons.push_back({"refuses", "0"});
  source.events.push_back({"refuses", "never", "nothing", "only-refuses", "?", ""});
  source.events.push_back({"p1", "never", "purchase", "i1", "", ""});
  LoadSettings settings;
  settings.max_bad_share = 1;
  const LoadedData loaded = load(source, settings);
  CHECK(loaded.report.summary().find("only-refuses") == std::string::npos);
  CHECK(loaded.report.summary().find("'refuses'") == std::string::npos);
  CHECK(loaded.report.summary().find("p1") == std::string::npos);
  CHECK(loaded.report.events.bad == 1);  // a refusing person's row is dropped unread, not judged
}

TEST_CASE("only an accepted value is consent, byte for byte, and one refusal among two rows wins") {
  MemorySource source;
  source.persons = {{"a", "1"},  {"b", "true"}, {"c", "yes"}, {"d", "TRUE"}, {"e", ""},  {"f", "1 "}, {"g", "yes."},
                    {"h", "01"}, {"i", "no"},   {"j", "1"},   {"j", "0"},    {"k", "0"}, {"k", "1"}};
  for (const auto& row : source.persons) {
    source.events.push_back({row[0], "2024-01-01T00:00:00Z", "purchase", "x", "", ""});
  }
  LoadSettings settings;
  settings.max_bad_share = 1;
  CHECK(load(source, settings).log.persons == std::vector<std::string>{"a", "b", "c"});
  settings.consent_values = {"TRUE"};
  CHECK(load(source, settings).log.persons == std::vector<std::string>{"d"});
}

TEST_CASE("a persons row that may hide a refusal stops the load, whatever share of bad rows is allowed") {
  LoadSettings settings;
  settings.max_bad_share = 1;
  MemorySource source = small_shop();
  CHECK(load_event_log(source, settings).ok());
  const TemporaryDirectory directory;
  const auto with_persons = [&](std::string_view text) {
    REQUIRE(write_file_atomically(directory / "persons.csv", as_bytes(text)).ok());
    REQUIRE(write_file_atomically(directory / "items.csv", as_bytes("item_id,title,category,brand\n")).ok());
    REQUIRE(write_file_atomically(directory / "events.csv",
                                  as_bytes("person_id,occurred_at,event_type,item_id,amount,channel\n"
                                           "a,2024-01-01T00:00:00Z,purchase,i1,1,\n"))
                .ok());
    SourceSettings files;
    files.events = directory / "events.csv";
    files.items = directory / "items.csv";
    files.persons = directory / "persons.csv";
    const auto opened = open_source(files);
    REQUIRE(opened.ok());
    const auto loaded = load_event_log(**opened, settings);
    return loaded.ok() ? std::string() : loaded.error().message;
  };
  CHECK(with_persons("person_id,consent,name\na,1,Ann\n") == "");
  const std::string swallowed = with_persons("person_id,consent,name\na,1,\"Ann\na,0,Ann\nb,1,Bob\"\n");
  CHECK(swallowed.find("persons.csv:2: a line break in a value: whose consent") != std::string::npos);
  CHECK(with_persons("person_id,consent,name\na,1,Ann\na,0\n").find("persons.csv:3:") != std::string::npos);
  CHECK(with_persons("person_id,consent,name\na,1,Ann\na,\xff"
                     "0,Ann\n")
            .find("persons.csv:3:") != std::string::npos);
}

TEST_CASE("bad rows are counted by reason and never kept") {
  MemorySource source = small_shop();
  const MemorySource::Row good = source.events[0];
  const auto with = [&](std::size_t column, const std::string& value) {
    MemorySource::Row row = good;
    row[column] = value;
    source.events.push_back(row);
  };
  with(0, "");
  with(1, "yesterday");
  with(2, "purchse");
  with(3, std::string(300, 'x'));
  with(4, "1,50");
  with(4, "nan");
  with(4, "1e99");
  with(5, std::string(300, 'x'));
  source.persons.push_back({"", "1"});
  source.persons.push_back({"p1", "1"});
  source.persons.push_back({std::string(300, 'x'), "1"});
  source.items.push_back({"i1", "Cream", "", ""});
  source.items.push_back({"", "Nothing", "", ""});
  CHECK_FALSE(load_event_log(source, {}).ok());
  LoadSettings settings;
  settings.max_bad_share = 0.8;
  const LoadedData loaded = load(source, settings);
  CHECK(reasons(loaded.report) ==
        "events: amount is not finite x2\n"
        "events: empty person_id x1\n"
        "events: over-long channel x1\n"
        "events: over-long item_id x1\n"
        "events: unknown event_type (name it in [data.type_map]) x1\n"
        "events: unreadable amount x1\n"
        "events: unreadable occurred_at (YYYY-MM-DDTHH:MM:SSZ is needed) x1\n"
        "items: duplicate item_id x1\n"
        "items: empty item_id x1\n"
        "persons: duplicate person_id x1\n"
        "persons: empty person_id x1\n"
        "persons: over-long person_id x1\n");
  CHECK(loaded.log.events.size() == 3);
  CHECK(loaded.log.items[0].title == "Milk");
  CHECK(loaded.report.examples.size() == 13);
}

TEST_CASE("the share of bad rows decides, and the refusal names counts, files and lines") {
  MemorySource source = small_shop();
  source.events.clear();
  for (int i = 0; i < 99; ++i) source.events.push_back({"p1", "2024-01-01T00:00:00Z", "purchase", "i1", "", ""});
  source.events.push_back({"p1", "2024-01-01T00:00:00Z", "Purchase", "i1", "", ""});
  CHECK(load(source).report.events.bad == 1);
  source.events.push_back({"p1", "2024-01-32", "purchase", "i1", "", ""});
  const auto refused = load_event_log(source, {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::bad_data);
  const std::string& message = refused.error().message;
  CHECK(message.starts_with("2 of 101 rows of the events table are unusable, more than max_bad_share = 0.01 allows"));
  CHECK(message.find("1 x events: unknown event_type") != std::string::npos);
  CHECK(message.find("events:101: unknown event_type (name it in [data.type_map]) 'Purchase'") != std::string::npos);
  CHECK(message.find("events:102: unreadable occurred_at") != std::string::npos);
}

TEST_CASE("at most twenty examples are kept, cut short and printable") {
  MemorySource source = small_shop();
  for (int i = 0; i < 50; ++i)
    source.events.push_back({"p1", "\x1b[31m" + std::string(100, 'x'), "purchase", "", "", ""});
  LoadSettings settings;
  settings.max_bad_share = 1;
  const LoadedData loaded = load(source, settings);
  CHECK(loaded.report.events.bad == 50);
  REQUIRE(loaded.report.examples.size() == 20);
  CHECK(loaded.report.examples[0].reason.ends_with("'?[31m" + std::string(35, 'x') + "...'"));
}

TEST_CASE("the service's own names of event types are mapped, all others stay unknown") {
  MemorySource source = small_shop();
  source.events.push_back({"p1", "2024-01-05T00:00:00Z", "Kauf", "i1", "", ""});
  LoadSettings settings;
  settings.type_map.emplace("Kauf", EventType::purchase);
  const LoadedData loaded = load(source, settings);
  CHECK(loaded.report.events.bad == 0);
  CHECK(loaded.log.of(0).back().type == EventType::purchase);
}

TEST_CASE("an item without a row is kept without text and counted") {
  MemorySource source = small_shop();
  source.events.push_back({"p1", "2024-01-05T00:00:00Z", "purchase", "unlisted", "", ""});
  const LoadedData loaded = load(source);
  CHECK(loaded.report.items_without_row == 1);
  REQUIRE(loaded.log.items.size() == 3);
  CHECK(loaded.log.items[2].id == "unlisted");
  CHECK(loaded.log.items[2].title == "");
}

TEST_CASE("more channels than an event can name are refused, not folded together") {
  MemorySource source = small_shop();
  source.events.clear();
  for (int i = 0; i < 300; ++i) {
    source.events.push_back({"p1", "2024-01-01T00:00:00Z", "visit", "", "", "c" + std::to_string(i)});
  }
  const auto refused = load_event_log(source, {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().message.find("45 x events: more than 255 different channels") != std::string::npos);
}

TEST_CASE("nobody who consents is an error that says so") {
  MemorySource source = small_shop();
  for (auto& row : source.persons) row[1] = "0";
  const auto refused = load_event_log(source, {});
  REQUIRE_FALSE(refused.ok());
  CHECK(refused.error().code == ErrorCode::bad_data);
  CHECK(refused.error().message.starts_with("no event of a consenting person: 0 persons consent, 3 do not"));
}
