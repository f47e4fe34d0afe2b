#include "tests/crash/unsynced.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>

#include "tests/crash/raw_calls.h"

namespace bauta::crash {
namespace {

constexpr off_t kSector = 512;

std::string directory_of(const std::string& path) { return path.substr(0, path.rfind('/')); }

void require(bool done) {
  if (!done) std::abort();  // the test would go on with a state that no crash leaves
}

}  // namespace

void Unsynced::remember(Record::Kind kind, int fd, off_t offset, off_t end) {
  struct stat status {};
  if (::fstat(fd, &status) != 0 || status.st_nlink == 0) return;  // removed while open: it is lost anyway
  Record record;
  record.kind = kind;
  record.file = status.st_ino;
  record.offset = offset;
  record.former_end = status.st_size;
  const std::string link = link_to(record.file);
  if (::access(link.c_str(), F_OK) != 0) {
    const std::string self = "/proc/self/fd/" + std::to_string(fd);
    require(::linkat(AT_FDCWD, self.c_str(), AT_FDCWD, link.c_str(), AT_SYMLINK_FOLLOW) == 0);
  }
  end = std::min(end, record.former_end);
  if (end > offset) {
    record.former.resize(static_cast<std::size_t>(end - offset));
    // A descriptor of our own only where the program's cannot read: closing one drops SQLite's locks on the file.
    const bool write_only = (::fcntl(fd, F_GETFL) & O_ACCMODE) == O_WRONLY;
    const int reader = write_only ? raw::open(link.c_str(), O_RDONLY | O_CLOEXEC, 0) : fd;
    require(::pread(reader, record.former.data(), record.former.size(), offset) ==
            static_cast<ssize_t>(record.former.size()));
    if (write_only) ::close(reader);
  }
  records_.push_back(std::move(record));
}

void Unsynced::before_write(int fd, off_t offset, std::size_t size) {
  remember(Record::Kind::written, fd, offset, offset + static_cast<off_t>(size));
}

void Unsynced::before_truncate(int fd, off_t new_end) {
  struct stat status {};
  if (::fstat(fd, &status) == 0) remember(Record::Kind::truncated, fd, new_end, status.st_size);
}

std::string Unsynced::before_name_goes(const std::string& path) {
  const std::string kept = folder_ + "/name-" + std::to_string(kept_++);
  return ::link(path.c_str(), kept.c_str()) == 0 ? kept : "";
}

void Unsynced::created(const std::string& path, bool is_directory) {
  Record record;
  record.kind = is_directory ? Record::Kind::created_directory : Record::Kind::created;
  record.path = path;
  records_.push_back(std::move(record));
}

void Unsynced::renamed(const std::string& from, const std::string& to, std::string kept) {
  Record record;
  record.kind = Record::Kind::renamed;
  record.path = to;
  record.from = from;
  record.kept = std::move(kept);
  records_.push_back(std::move(record));
}

void Unsynced::removed(const std::string& path, std::string kept) {
  Record record;
  record.kind = Record::Kind::removed;
  record.path = path;
  record.kept = std::move(kept);
  records_.push_back(std::move(record));
}

void Unsynced::file_synced(int fd) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return;
  std::erase_if(records_, [&](const Record& record) { return !is_name(record) && record.file == status.st_ino; });
  raw::unlink(link_to(status.st_ino).c_str());
}

void Unsynced::directory_synced(const std::string& directory) {
  std::erase_if(records_, [&](const Record& record) {
    if (!is_name(record) || directory_of(record.path) != directory) return false;
    if (!record.kept.empty()) raw::unlink(record.kept.c_str());
    return true;
  });
}

void Unsynced::put_back_bytes(const Record& record, Loss loss, std::minstd_rand& random) const {
  const auto is_lost = [&] { return loss == Loss::everything || random() % 2 == 0; };
  const int fd = raw::open(link_to(record.file).c_str(), O_RDWR | O_CLOEXEC, 0);
  require(fd >= 0);
  const auto size = static_cast<off_t>(record.former.size());
  if (record.kind == Record::Kind::truncated) {
    if (is_lost()) {
      require(raw::pwrite(fd, record.former.data(), record.former.size(), record.offset) == size);
      require(raw::ftruncate(fd, record.former_end) == 0);
    }
  } else {
    for (off_t at = 0; at < size;) {
      const off_t count = std::min(kSector - (record.offset + at) % kSector, size - at);
      if (is_lost()) {
        require(raw::pwrite(fd, record.former.data() + at, static_cast<std::size_t>(count), record.offset + at) ==
                count);
      }
      at += count;
    }
    struct stat status {};
    require(::fstat(fd, &status) == 0);
    if (status.st_size > record.former_end) {
      if (loss == Loss::some) {
        // The length may have been written back before the bytes: then they are zeros.
        const std::vector<char> zeros(kSector);
        for (off_t at = record.former_end; at < status.st_size; at += kSector) {
          const auto count = static_cast<std::size_t>(std::min(kSector, status.st_size - at));
          if (is_lost()) require(raw::pwrite(fd, zeros.data(), count, at) == static_cast<ssize_t>(count));
        }
      }
      if (is_lost()) require(raw::ftruncate(fd, record.former_end) == 0);
    }
  }
  ::close(fd);
}

void Unsynced::put_back_name(const Record& record) {
  switch (record.kind) {
    case Record::Kind::created: raw::unlink(record.path.c_str()); return;
    case Record::Kind::created_directory: ::rmdir(record.path.c_str()); return;
    case Record::Kind::renamed: raw::rename(record.path.c_str(), record.from.c_str()); [[fallthrough]];
    case Record::Kind::removed:
      if (!record.kept.empty()) require(raw::rename(record.kept.c_str(), record.path.c_str()) == 0);
      return;
    case Record::Kind::written:
    case Record::Kind::truncated: return;
  }
}

void Unsynced::lose(Loss loss, std::uint32_t seed) {
  if (loss == Loss::nothing) return;
  std::minstd_rand random(seed + 1);
  auto names = static_cast<std::size_t>(std::count_if(records_.begin(), records_.end(), is_name));
  if (loss == Loss::some) names = random() % (names + 1);
  for (auto record = records_.rbegin(); record != records_.rend(); ++record) {
    if (!is_name(*record)) {
      put_back_bytes(*record, loss, random);
    } else if (names > 0) {
      put_back_name(*record);
      --names;
    }
  }
}

}  // namespace bauta::crash
