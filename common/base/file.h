// Files: whole reads with a limit, atomic durable writes, private directories. Every error names the path.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <string>
#include <utility>

#include "common/base/bytes.h"
#include "common/base/result.h"

namespace bauta {

/// Owns one descriptor and closes it. Move-only.
class FileDescriptor {
 public:
  FileDescriptor() = default;
  explicit FileDescriptor(int fd) : fd_(fd) {}
  ~FileDescriptor() { reset(); }
  FileDescriptor(const FileDescriptor&) = delete;
  FileDescriptor& operator=(const FileDescriptor&) = delete;
  FileDescriptor(FileDescriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  FileDescriptor& operator=(FileDescriptor&& other) noexcept {
    if (this != &other) {
      reset();
      fd_ = std::exchange(other.fd_, -1);
    }
    return *this;
  }

  bool valid() const { return fd_ >= 0; }
  int get() const { return fd_; }
  int release() { return std::exchange(fd_, -1); }
  void reset();

 private:
  int fd_ = -1;
};

/// The error for a failed system call on `path`. `action` is a verb phrase ("write", "create directory").
/// No space, quota or file size limit → disk_full, a missing file → not_found, everything else → io.
Error file_error(std::string_view action, const std::filesystem::path& path, int errno_value);

/// The whole file; `oversized` beyond max_bytes, also where the file grows while it is read.
Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes);
Result<std::string> read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes = 1024 * 1024);

/// Standard input, output and error go nowhere where the caller has closed them, so that no file opened later takes
/// their number and what is said about it. Once, at the start of main.
void open_closed_streams();

/// Opens with O_CLOEXEC; a created file has mode 0600. `flags` as for open(2).
Result<FileDescriptor> open_file(const std::filesystem::path& path, int flags);

/// The bytes in an open file, 0 for a pipe; io for a directory. `path` is for the error only, here and below.
Result<std::uint64_t> length_of(int fd, const std::filesystem::path& path);

/// Writes all of it at the descriptor's position.
Status write_all(int fd, ByteView bytes, const std::filesystem::path& path);

/// Fills all of `out` from byte `offset` on; io where the file ends before. Threads may read one descriptor at a time.
Status read_at(int fd, std::uint64_t offset, MutableByteView out, const std::filesystem::path& path);

/// fsync; returns only once the bytes are on the medium.
Status sync_file(int fd, const std::filesystem::path& path);

/// fsync of a directory: makes names created, renamed or removed in it durable.
Status sync_directory(const std::filesystem::path& directory);

/// Readers see the old bytes or the new ones, also after a power cut: temporary file in the same directory (mode 0600),
/// fsync, rename, fsync of the directory. After an error the old file is untouched and no temporary file remains.
Status write_file_atomically(const std::filesystem::path& path, ByteView bytes);

using ByteSink = std::function<Status(ByteView bytes)>;
/// The same with bytes that come in pieces: `produce` calls `write` for each. Its error comes back and nothing is
/// written.
Status write_file_atomically(const std::filesystem::path& path,
                             const std::function<Status(const ByteSink& write)>& produce);

/// Removes the temporary files that write_file_atomically left in `directory` when its process was killed; those of
/// other processes that live stay.
Status remove_temporaries(const std::filesystem::path& directory);
/// Those of dead processes that were to become `path`, wherever it lies; what cannot be removed stays.
void remove_temporaries_of(const std::filesystem::path& path);

/// Creates the directory and missing parents with mode 0700; an existing one that group or others may enter is
/// narrowed to 0700, and refused where it belongs to somebody else.
Status ensure_private_directory(const std::filesystem::path& path);

/// One process at a time: holds an exclusive lock on `directory`/lock until the descriptor is closed (also by a crash).
/// Where another process holds it: ErrorCode::busy, naming that process.
Result<FileDescriptor> lock_directory(const std::filesystem::path& directory);

/// Removes the file durably; a file that is not there is no error.
Status remove_file(const std::filesystem::path& path);

}  // namespace bauta
