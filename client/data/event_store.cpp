#include "client/data/event_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <new>
#include <tuple>
#include <type_traits>

#include "common/base/file.h"

namespace bauta::client {
namespace {

static_assert(sizeof(RawEvent) == 24 && std::is_trivially_copyable_v<RawEvent>);
static_assert(sizeof(Event) == 24 && std::is_trivially_copyable_v<Event>);

constexpr std::size_t kWritten = 4096;  // events that are written at a time

template <class T>
ByteView bytes_of(const std::vector<T>& values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size() * sizeof(T)};
}

/// A whole file, read-only.
class Mapping {
 public:
  Mapping(const void* begin, std::size_t bytes) : begin_(begin), bytes_(bytes) {}
  ~Mapping() { ::munmap(const_cast<void*>(begin_), bytes_); }
  Mapping(const Mapping&) = delete;
  Mapping& operator=(const Mapping&) = delete;

  template <class T>
  std::span<const T> as() const {
    return {static_cast<const T*>(begin_), bytes_ / sizeof(T)};
  }

 private:
  const void* begin_;
  std::size_t bytes_;
};

/// A file without a name: nobody finds it, and it ends with its descriptor and its mapping.
class NamelessFile {
 public:
  static Result<NamelessFile> create(std::filesystem::path folder) {
    std::error_code error;
    if (folder.empty()) folder = std::filesystem::temp_directory_path(error);
    if (error) return file_error("find the temporary folder", "TMPDIR", error.value());
    if (!std::filesystem::exists(folder, error)) BAUTA_RETURN_IF_ERROR(ensure_private_directory(folder));
    std::string path = (folder / "events-XXXXXX").string();
    FileDescriptor file(::mkostemp(path.data(), O_CLOEXEC));  // mode 0600
    if (!file.valid()) return file_error("create", path, errno);
    if (::unlink(path.c_str()) != 0) return file_error("remove", path, errno);
    return NamelessFile(std::move(file), path);
  }

  Status write(ByteView bytes) {
    BAUTA_RETURN_IF_ERROR(write_all(file_.get(), bytes, path_));
    bytes_ += bytes.size();
    return {};
  }

  /// Of what was written, of which there must be something. Synced first: a page that could not be written later, on a
  /// network or thin disk, would be read back with something else in it.
  Result<std::shared_ptr<const Mapping>> map() const {
    BAUTA_RETURN_IF_ERROR(sync_file(file_.get(), path_));
    void* const begin = ::mmap(nullptr, bytes_, PROT_READ, MAP_SHARED, file_.get(), 0);
    if (begin == MAP_FAILED) return file_error("map", path_, errno);
    return std::make_shared<const Mapping>(begin, bytes_);
  }

 private:
  NamelessFile(FileDescriptor file, std::filesystem::path path) : file_(std::move(file)), path_(std::move(path)) {}

  FileDescriptor file_;
  std::filesystem::path path_;  // for messages
  std::size_t bytes_ = 0;
};

bool before(const RawEvent& a, const RawEvent& b) {
  return std::tie(a.person, a.occurred_at) < std::tie(b.person, b.occurred_at);
}

/// What is left of one sorted run.
struct Cursor {
  const RawEvent* next;
  const RawEvent* end;
  std::size_t run;
};

/// For a heap with the least on top; an earlier run holds what arrived earlier.
bool after(const Cursor& a, const Cursor& b) {
  return std::tie(a.next->person, a.next->occurred_at, a.run) > std::tie(b.next->person, b.next->occurred_at, b.run);
}

struct Ranks {
  std::span<const std::uint32_t> item, channel;

  Event renumbered(const RawEvent& raw) const {
    Event event;
    event.occurred_at = raw.occurred_at;
    event.item = raw.item == kNoItem ? kNoItem : item[raw.item];
    event.amount = raw.amount;
    event.type = raw.type;
    event.channel = raw.channel == 0 ? std::uint8_t{0} : static_cast<std::uint8_t>(1 + channel[raw.channel - 1U]);
    return event;
  }
};

}  // namespace

/// Sorted runs back to back in one file.
class EventStore::Runs {
 public:
  explicit Runs(NamelessFile file) : file_(std::move(file)) {}

  Status add(const std::vector<RawEvent>& run) {
    BAUTA_RETURN_IF_ERROR(file_.write(bytes_of(run)));
    ends_.push_back((ends_.empty() ? 0 : ends_.back()) + run.size());
    return {};
  }

  /// Reads the runs through a mapping, so that no run needs a buffer of its own.
  Result<EventArray> merge(NamelessFile out, const Ranks& ranks) const {
    BAUTA_TRY(const auto runs, file_.map());
    std::vector<Cursor> heap;
    const RawEvent* const events = runs->as<RawEvent>().data();
    for (std::size_t run = 0, begin = 0; run < ends_.size(); begin = ends_[run++]) {
      heap.push_back({events + begin, events + ends_[run], run});
    }
    std::make_heap(heap.begin(), heap.end(), after);

    std::vector<Event> written;
    written.reserve(kWritten);
    while (!heap.empty()) {
      std::pop_heap(heap.begin(), heap.end(), after);
      Cursor& least = heap.back();
      written.push_back(ranks.renumbered(*least.next++));
      if (least.next == least.end) {
        heap.pop_back();
      } else {
        std::push_heap(heap.begin(), heap.end(), after);
      }
      if (written.size() == kWritten || heap.empty()) {
        BAUTA_RETURN_IF_ERROR(out.write(bytes_of(written)));
        written.clear();
      }
    }
    BAUTA_TRY(auto mapping, out.map());
    const auto sorted = mapping->as<Event>();
    return EventArray(std::move(mapping), sorted);
  }

 private:
  NamelessFile file_;
  std::vector<std::size_t> ends_;
};

// Sorting a buffer takes half as much again, and where all events stay in memory both forms of them are there at the
// end: half of the budget is for the buffer.
EventStore::EventStore(EventStoreSettings settings)
    : settings_(std::move(settings)),
      capacity_(std::max<std::size_t>(1, settings_.memory_bytes / (2 * sizeof(RawEvent)))) {}

EventStore::~EventStore() = default;

Status EventStore::append(const RawEvent& event) {
  if (buffer_.capacity() == 0) {
    try {
      buffer_.reserve(capacity_);  // the kernel gives a page when it is first written to
    } catch (const std::bad_alloc&) {
      return Error{ErrorCode::invalid_argument,
                   fmt::format("there is no memory for [data] memory_megabytes = {}; set it lower",
                               settings_.memory_bytes >> 20)};
    }
  }
  if (buffer_.size() == capacity_) {
    if (Status spilled = spill(); !spilled.ok()) return named(std::move(spilled).error());
  }
  buffer_.push_back(event);
  return {};
}

Result<EventArray> EventStore::sorted(std::span<const std::uint32_t> item_rank,
                                      std::span<const std::uint32_t> channel_rank) {
  const Ranks ranks{item_rank, channel_rank};
  if (runs_ == nullptr) {
    sort_buffer();
    std::vector<Event> events;
    events.reserve(buffer_.size());
    for (const RawEvent& raw : buffer_) events.push_back(ranks.renumbered(raw));
    std::vector<RawEvent>().swap(buffer_);
    return EventArray(std::move(events));
  }
  auto merged = [&]() -> Result<EventArray> {
    BAUTA_RETURN_IF_ERROR(spill());
    std::vector<RawEvent>().swap(buffer_);
    BAUTA_TRY(NamelessFile out, NamelessFile::create(settings_.scratch));
    return runs_->merge(std::move(out), ranks);
  }();
  runs_.reset();
  if (!merged.ok()) return named(std::move(merged).error());
  return merged;
}

void EventStore::sort_buffer() {
  if (!std::is_sorted(buffer_.begin(), buffer_.end(), before)) {
    std::stable_sort(buffer_.begin(), buffer_.end(), before);
  }
}

Status EventStore::spill() {
  sort_buffer();
  if (runs_ == nullptr) {
    BAUTA_TRY(NamelessFile file, NamelessFile::create(settings_.scratch));
    runs_ = std::make_unique<Runs>(std::move(file));
  }
  BAUTA_RETURN_IF_ERROR(runs_->add(buffer_));
  buffer_.clear();
  return {};
}

Error EventStore::named(Error error) const {
  error.message += fmt::format("; the events are more than [data] memory_megabytes = {} holds and go to [data] scratch",
                               settings_.memory_bytes >> 20);
  return error;
}

}  // namespace bauta::client
