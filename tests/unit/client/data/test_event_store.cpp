#include <doctest/doctest.h>
#include <sys/stat.h>

#include <algorithm>
#include <filesystem>
#include <optional>
#include <tuple>

#include "client/data/event_store.h"
#include "common/base/counter_random.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

constexpr std::uint64_t kBytesPerEvent = 48;  // of the budget, so that a budget of 48 n keeps n events in memory
constexpr std::uint32_t kItems = 50;
constexpr std::uint32_t kChannels = 9;

/// Few persons and few times, so that many events tie; the amount is the order of arrival.
std::vector<RawEvent> random_events(CounterRandom& random, std::size_t count) {
  std::vector<RawEvent> events(count);
  for (std::size_t i = 0; i < count; ++i) {
    events[i].person = static_cast<std::uint32_t>(random.below(5));
    events[i].occurred_at = static_cast<UnixSeconds>(random.below(20)) - 10;
    events[i].item = random.below(4) == 0 ? kNoItem : static_cast<std::uint32_t>(random.below(kItems));
    events[i].amount = static_cast<float>(i);
    events[i].type = static_cast<EventType>(random.below(26));
    events[i].channel = static_cast<std::uint8_t>(random.below(1 + kChannels));
  }
  return events;
}

std::vector<std::uint32_t> shuffled(CounterRandom& random, std::uint32_t count) {
  std::vector<std::uint32_t> ranks(count);
  for (std::uint32_t i = 0; i < count; ++i) ranks[i] = i;
  for (std::uint32_t i = count; i > 1; --i) std::swap(ranks[i - 1], ranks[random.below(i)]);
  return ranks;
}

using Key = std::tuple<UnixSeconds, std::uint32_t, float, EventType, std::uint8_t>;
Key key(const Event& event) { return {event.occurred_at, event.item, event.amount, event.type, event.channel}; }
std::vector<Key> keys(const EventArray& events) {
  std::vector<Key> all;
  for (const Event& event : events) all.push_back(key(event));
  return all;
}

/// What sorted() has to give, by the plainest means.
std::vector<Key> expected(std::vector<RawEvent> events, const std::vector<std::uint32_t>& items,
                          const std::vector<std::uint32_t>& channels) {
  std::stable_sort(events.begin(), events.end(), [](const RawEvent& a, const RawEvent& b) {
    return std::pair(a.person, a.occurred_at) < std::pair(b.person, b.occurred_at);
  });
  std::vector<Key> all;
  for (const RawEvent& raw : events) {
    const std::uint32_t item = raw.item == kNoItem ? kNoItem : items[raw.item];
    const std::uint32_t channel = raw.channel == 0 ? 0 : 1 + channels[raw.channel - 1U];
    all.emplace_back(raw.occurred_at, item, raw.amount, raw.type, static_cast<std::uint8_t>(channel));
  }
  return all;
}

/// Appends `count` events in falling order, as long as that works.
Status fill(EventStore& store, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    RawEvent event;
    event.occurred_at = -static_cast<UnixSeconds>(i);
    BAUTA_RETURN_IF_ERROR(store.append(event));
  }
  return {};
}

bool contains(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

/// Modes of the open files that once had a name in `folder`.
std::vector<mode_t> open_files_of(const std::filesystem::path& folder) {
  std::vector<mode_t> modes;
  for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
    std::error_code none;
    const std::string target = std::filesystem::read_symlink(entry.path(), none).string();
    struct stat status {};
    if (!contains(target, folder.string()) || ::stat(entry.path().c_str(), &status) != 0) continue;
    modes.push_back(status.st_mode & 07777U);
  }
  return modes;
}

}  // namespace

TEST_CASE("events come out by person, time and arrival, renumbered, whether they fit the budget or not") {
  const TemporaryDirectory dir;
  for (std::uint64_t seed = 0; seed < 15; ++seed) {
    CounterRandom random(seed, "event store test");
    const std::size_t count = 1 + random.below(1500);
    const std::vector<RawEvent> events = random_events(random, count);
    const auto items = shuffled(random, kItems);
    const auto channels = shuffled(random, kChannels);
    const std::vector<Key> wanted = expected(events, items, channels);
    for (const std::uint64_t in_memory : {count, count - 1, 1 + random.below(30)}) {
      EventStore store({dir.path(), in_memory * kBytesPerEvent});
      for (const RawEvent& event : events) REQUIRE(store.append(event).ok());
      const auto sorted = store.sorted(items, channels);
      REQUIRE_MESSAGE(sorted.ok(), sorted.error().message);
      CHECK(keys(*sorted) == wanted);
    }
  }
}

TEST_CASE("a budget of nothing sorts one event at a time") {
  const TemporaryDirectory dir;
  EventStore store({dir.path(), 0});
  REQUIRE(fill(store, 30).ok());
  const auto sorted = store.sorted({}, {});
  REQUIRE(sorted.ok());
  REQUIRE(sorted->size() == 30);
  CHECK((*sorted)[0].occurred_at == -29);
}

TEST_CASE("a store without events gives none") {
  EventStore store({});
  const auto sorted = store.sorted({}, {});
  REQUIRE(sorted.ok());
  CHECK(sorted->empty());
}

TEST_CASE("files are needed only beyond the budget, are private and have no name while they are used") {
  const TemporaryDirectory dir;
  EventStore store({dir.path(), 1000 * kBytesPerEvent});
  REQUIRE(fill(store, 1000).ok());
  CHECK(open_files_of(dir.path()).empty());
  REQUIRE(fill(store, 1000).ok());
  CHECK(open_files_of(dir.path()) == std::vector<mode_t>{0600});
  CHECK(std::filesystem::is_empty(dir.path()));

  auto sorted = store.sorted({}, {});
  REQUIRE(sorted.ok());
  CHECK(std::filesystem::is_empty(dir.path()));
  CHECK(open_files_of(dir.path()).empty());  // the mapping is all that keeps the second one
}

TEST_CASE("sorted events outlive their store, and copies share them") {
  const TemporaryDirectory dir;
  EventArray copy;
  {
    EventStore store({dir.path(), 10 * kBytesPerEvent});
    REQUIRE(fill(store, 100).ok());
    auto sorted = store.sorted({}, {});
    REQUIRE(sorted.ok());
    copy = *sorted;
    CHECK(copy.data() == sorted->data());
  }
  REQUIRE(copy.size() == 100);
  CHECK(copy[0].occurred_at == -99);
  CHECK(copy[99].occurred_at == 0);
}

TEST_CASE("a missing scratch folder is made for its owner alone, an existing one keeps its mode") {
  const TemporaryDirectory dir;
  struct stat status {};
  {
    EventStore store({dir / "state/scratch", kBytesPerEvent});
    REQUIRE(fill(store, 3).ok());
  }
  REQUIRE(::stat((dir / "state/scratch").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0700);

  REQUIRE(::chmod((dir / "state/scratch").c_str(), 0755) == 0);
  EventStore store({dir / "state/scratch", kBytesPerEvent});
  REQUIRE(fill(store, 3).ok());
  REQUIRE(::stat((dir / "state/scratch").c_str(), &status) == 0);
  CHECK((status.st_mode & 07777U) == 0755);
}

TEST_CASE("a disk that is full while events are read is an error that names the settings, and nothing stays") {
  const TemporaryDirectory dir;
  {
    EventStore store({dir.path(), 100 * kBytesPerEvent});
    const FileSizeLimit full(300 * sizeof(RawEvent));
    REQUIRE(fill(store, 400).ok());
    const Status refused = fill(store, 100);
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::disk_full);
    CHECK(contains(refused.error().message, dir.path().string()));
    CHECK(contains(refused.error().message, "[data] scratch"));
    CHECK(contains(refused.error().message, "memory_megabytes"));
  }
  CHECK(std::filesystem::is_empty(dir.path()));
  CHECK(open_files_of(dir.path()).empty());
}

TEST_CASE("a disk that is full while events are merged is an error that names the settings, and nothing stays") {
  const TemporaryDirectory dir;
  {
    EventStore store({dir.path(), 100 * kBytesPerEvent});
    REQUIRE(fill(store, 401).ok());
    std::optional<FileSizeLimit> full(200 * sizeof(Event));
    const auto refused = store.sorted({}, {});
    full.reset();
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::disk_full);
    CHECK(contains(refused.error().message, "[data] scratch"));
    CHECK(open_files_of(dir.path()).empty());
  }
  CHECK(std::filesystem::is_empty(dir.path()));
}

TEST_CASE("a scratch folder that cannot be used is an error that names the settings") {
  const TemporaryDirectory dir;
  write_plain(dir / "file", "not a folder");
  EventStore store({dir / "file", kBytesPerEvent});
  const Status refused = fill(store, 3);
  REQUIRE_FALSE(refused.ok());
  CHECK(contains(refused.error().message, (dir / "file").string()));
  CHECK(contains(refused.error().message, "[data] scratch"));
}
