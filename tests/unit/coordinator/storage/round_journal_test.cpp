#include "coordinator/storage/round_journal.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include "coordinator/storage/database.h"
#include "tests/support/crashing_child.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/temporary_directory.h"

namespace bauta::coordinator {
namespace {

using testing::TemporaryDirectory;

RoundEvent event(RoundEvent::Kind kind, PartnerIndex partner, Bytes bytes) {
  RoundEvent out;
  out.kind = kind;
  out.phase = Phase::share_keys;
  out.partner = partner;
  out.bytes = std::move(bytes);
  return out;
}

TEST_CASE("events come back in the order of appending, each attempt by itself") {
  const TemporaryDirectory directory;
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  RoundJournal journal(database);
  const std::vector<RoundEvent> first = {event(RoundEvent::Kind::opened, 0, {1, 2}),
                                         event(RoundEvent::Kind::message, 4, {})};
  const std::vector<RoundEvent> second = {event(RoundEvent::Kind::voided, 0xFFFFFFFF, {9})};
  REQUIRE(journal.append({3, 1}, first).ok());
  REQUIRE(journal.append({3, 2}, second).ok());
  REQUIRE(journal.append({3, 1}, second).ok());
  const auto events = journal.read({3, 1}).value();
  REQUIRE(events.size() == 3);
  CHECK(events[0].kind == RoundEvent::Kind::opened);
  CHECK(events[0].bytes == Bytes{1, 2});
  CHECK(events[1].kind == RoundEvent::Kind::message);
  CHECK(events[1].partner == 4);
  CHECK(events[1].phase == Phase::share_keys);
  CHECK(events[2].partner == 0xFFFFFFFF);
  CHECK(journal.open_rounds().value() == std::vector<RoundKey>{{3, 1}, {3, 2}});
  REQUIRE(journal.forget({3, 1}).ok());
  CHECK(journal.read({3, 1})->empty());
  CHECK(journal.read({3, 2})->size() == 1);
}

TEST_CASE("events and rows are written together or not at all") {
  const TemporaryDirectory directory;
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  RoundJournal journal(database);
  const std::vector<RoundEvent> events = {event(RoundEvent::Kind::opened, 0, {1})};
  const Status refused = journal.append({1, 1}, events, [&]() -> Status {
    BAUTA_RETURN_IF_ERROR(next_number(database, "x").ok() ? Status() : Status(Error{}));
    return Error{ErrorCode::conflict, "no"};
  });
  CHECK(refused.error().code == ErrorCode::conflict);
  CHECK(journal.read({1, 1})->empty());
  REQUIRE(journal
              .append({1, 1}, events,
                      [&]() -> Status {
                        const auto number = next_number(database, "x");
                        CHECK(number.value() == 1);
                        return {};
                      })
              .ok());
  CHECK(next_number(database, "x").value() == 2);
  CHECK(journal.read({1, 1})->size() == 1);
}

TEST_CASE("a journal survives SIGKILL up to its last finished append") {
  const TemporaryDirectory directory;
  REQUIRE(testing::crash_after([&] {
    auto database = open_database(directory.path());
    RoundJournal journal(*database);
    const std::vector<RoundEvent> events = {event(RoundEvent::Kind::opened, 0, {1}),
                                            event(RoundEvent::Kind::message, 1, {2})};
    if (!journal.append({1, 1}, events).ok()) ::_exit(2);
    const Status unfinished = journal.append({1, 1}, events, []() -> Status {
      ::kill(::getpid(), SIGKILL);
      return {};
    });
    ::_exit(unfinished.ok() ? 3 : 4);
  }));
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  CHECK(RoundJournal(database).read({1, 1})->size() == 2);
}

TEST_CASE("a full disk keeps the event out and the journal whole") {
  const TemporaryDirectory directory;
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  RoundJournal journal(database);
  const std::vector<RoundEvent> small = {event(RoundEvent::Kind::opened, 0, {1})};
  const std::vector<RoundEvent> large = {event(RoundEvent::Kind::message, 1, Bytes(2'000'000))};
  REQUIRE(journal.append({1, 1}, small).ok());
  {
    const testing::FileSizeLimit limit(1'000'000);
    CHECK(journal.append({1, 1}, large).error().code == ErrorCode::disk_full);
  }
  CHECK(journal.read({1, 1})->size() == 1);
  CHECK(journal.append({1, 1}, large).ok());
}

TEST_CASE("an event of a kind that does not exist is a damaged journal") {
  const TemporaryDirectory directory;
  SqliteDatabase database = std::move(open_database(directory.path())).value();
  RoundJournal journal(database);
  const std::vector<RoundEvent> events = {event(RoundEvent::Kind::opened, 0, {1})};
  REQUIRE(journal.append({1, 1}, events).ok());
  REQUIRE(database.run("damage", "UPDATE journal SET kind = 99").ok());
  CHECK(journal.read({1, 1}).error().code == ErrorCode::database);
}

}  // namespace
}  // namespace bauta::coordinator
