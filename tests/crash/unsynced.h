// What a power cut would take: whatever was written below the state directory and not fsync'd since. Strictly by POSIX:
// fsync of a file saves its bytes, not its name; fsync of a directory saves the names in it. Old bytes and old names
// are kept until then and can be put back.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <random>
#include <string>
#include <vector>

namespace bauta::crash {

/// What of it is gone after the crash. The numbers are known to crash_injector.py.
enum class Loss : std::uint32_t {
  nothing = 0,     ///< the process died, the machine did not
  everything = 1,  ///< a power cut before anything was written back
  some = 2,        ///< a power cut in between: any sectors, and all names changed after some moment
};

/// Not thread-safe. before_… is called ahead of the system call, while the old state can still be read.
class Unsynced {
 public:
  /// `folder` holds hard links and lies on the file system of the state directory.
  explicit Unsynced(std::string folder) : folder_(std::move(folder)) {}

  void before_write(int fd, off_t offset, std::size_t size);
  void before_truncate(int fd, off_t new_end);
  /// Keeps the file that rename or unlink is about to take the name from; pass on what it returns.
  std::string before_name_goes(const std::string& path);

  void created(const std::string& path, bool is_directory);
  void renamed(const std::string& from, const std::string& to, std::string kept);
  void removed(const std::string& path, std::string kept);

  void file_synced(int fd);
  void directory_synced(const std::string& directory);

  /// Leaves the files as the crash would. `seed` decides what goes with Loss::some.
  void lose(Loss loss, std::uint32_t seed);

 private:
  struct Record {
    enum class Kind { written, truncated, created, created_directory, renamed, removed };
    Kind kind{};
    // written, truncated
    ino_t file = 0;
    off_t offset = 0;      // of the first byte that changed
    off_t former_end = 0;  // the file's length before
    std::vector<char> former;
    // names
    std::string path;  // the new one
    std::string from;  // renamed
    std::string kept;  // the hard link to what had the name
  };

  static bool is_name(const Record& record) { return record.kind > Record::Kind::truncated; }
  std::string link_to(ino_t file) const { return folder_ + "/file-" + std::to_string(file); }
  void remember(Record::Kind kind, int fd, off_t offset, off_t end);
  void put_back_bytes(const Record& record, Loss loss, std::minstd_rand& random) const;
  static void put_back_name(const Record& record);

  std::string folder_;
  std::uint64_t kept_ = 0;
  std::vector<Record> records_;  // in the order of the calls
};

}  // namespace bauta::crash
