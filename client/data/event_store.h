// Sorts the events of a log of any length in bounded memory: what fits the budget is sorted there, what does not goes
// in sorted runs to a temporary file, is merged into a second one and read through a mapping (the external merge sort
// of Knuth, The Art of Computer Programming, vol. 3, section 5.4).
#pragma once

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "client/data/event_log.h"
#include "common/base/result.h"

namespace bauta::client {

struct EventStoreSettings {
  /// Where the temporary files lie; made with mode 0700 where it is missing. Empty: the system's temporary folder.
  std::filesystem::path scratch;
  std::uint64_t memory_bytes = std::uint64_t{64} << 20;  ///< at most this much anonymous memory, and 24 bytes a run
};

/// An event as it was read.
struct RawEvent {
  UnixSeconds occurred_at = 0;
  std::uint32_t person = 0;      ///< their place among the persons sorted by id
  std::uint32_t item = kNoItem;  ///< a provisional number: the order is known only when all are read
  float amount = std::nanf("");
  EventType type = EventType::other;
  std::uint8_t channel = 0;  ///< 0 = none, else 1 + a provisional number
};

/// One thread at a time. The files hold personal data. They have mode 0600 and lose their name before a byte is written
/// to them, so that nobody finds them and none stays after a crash; as after any deletion, the freed blocks of
/// the disk are not overwritten. The disk holds 48 bytes an event while they are merged, 24 as long as they are used.
/// A medium that fails while a mapped page is read ends the process (SIGBUS).
class EventStore {
 public:
  explicit EventStore(EventStoreSettings settings);
  ~EventStore();
  EventStore(const EventStore&) = delete;
  EventStore& operator=(const EventStore&) = delete;

  /// Errors name the settings that mend them: disk_full, io, or invalid_argument where there is no memory for the
  /// budget. After one the store is of no further use.
  Status append(const RawEvent& event);

  /// All events by person, then time, then arrival, with item i renumbered to item_rank[i] and channel 1 + c to
  /// 1 + channel_rank[c]. Errors as of append. Ends the store's use.
  Result<EventArray> sorted(std::span<const std::uint32_t> item_rank, std::span<const std::uint32_t> channel_rank);

 private:
  class Runs;

  void sort_buffer();
  Status spill();
  Error named(Error error) const;

  EventStoreSettings settings_;
  std::size_t capacity_;  ///< events of the buffer
  std::vector<RawEvent> buffer_;
  std::unique_ptr<Runs> runs_;  ///< null as long as everything fits the buffer
};

}  // namespace bauta::client
