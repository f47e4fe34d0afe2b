#include "common/base/file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <csignal>
#include <optional>
#include <system_error>

namespace bauta {
namespace {

constexpr std::string_view kTemporary = ".tmp.";
constexpr int kMostTemporaries = 100;  // of one name, left behind by processes of the same number

std::string describe(int errno_value) { return std::generic_category().message(errno_value); }

/// The directory of `path`, "." for a bare name.
std::filesystem::path directory_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

template <class Buffer>
Result<Buffer> read_whole(const std::filesystem::path& path, std::uint64_t max_bytes) {
  BAUTA_TRY(const FileDescriptor file, open_file(path, O_RDONLY));
  BAUTA_TRY(const std::uint64_t length, length_of(file.get(), path));
  const auto too_long = [&] {
    return Error{ErrorCode::oversized, fmt::format("{} is longer than the {} bytes allowed", path.string(), max_bytes)};
  };
  if (length > max_bytes) return too_long();

  // One byte more than the file claims, so that the end is seen without growing; pipes claim nothing.
  Buffer out;
  std::size_t filled = 0;
  out.resize(length + 1);
  while (true) {
    if (filled == out.size()) out.resize(out.size() * 2 + 4096);
    const ssize_t count = ::read(file.get(), out.data() + filled, out.size() - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("read", path, errno);
    if (count == 0) break;
    filled += static_cast<std::size_t>(count);
    if (filled > max_bytes) return too_long();
  }
  out.resize(filled);
  return out;
}

}  // namespace

void FileDescriptor::reset() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

Error file_error(std::string_view action, const std::filesystem::path& path, int errno_value) {
  switch (errno_value) {
    case ENOSPC:
    case EDQUOT:
      return {ErrorCode::disk_full, fmt::format("cannot {} {}: {}; free space on that file system and try again",
                                                action, path.string(), describe(errno_value))};
    case EFBIG:
      return {ErrorCode::disk_full, fmt::format("cannot {} {}: {}; raise the file size limit (ulimit -f, LimitFSIZE=)",
                                                action, path.string(), describe(errno_value))};
    case ENOENT:
    case ENOTDIR:
      return {ErrorCode::not_found, fmt::format("cannot {} {}: {}", action, path.string(), describe(errno_value))};
    case EACCES:
    case EPERM:
    case EROFS:
      return {ErrorCode::io, fmt::format("cannot {} {}: {}; check the owner and mode of the file and its folders",
                                         action, path.string(), describe(errno_value))};
    default: return {ErrorCode::io, fmt::format("cannot {} {}: {}", action, path.string(), describe(errno_value))};
  }
}

Result<Bytes> read_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  return read_whole<Bytes>(path, max_bytes);
}

Result<std::string> read_text_file(const std::filesystem::path& path, std::uint64_t max_bytes) {
  return read_whole<std::string>(path, max_bytes);
}

void open_closed_streams() {
  for (int stream = 0; stream <= 2; ++stream) {
    if (::fcntl(stream, F_GETFD) >= 0 || errno != EBADF) continue;
    // The lowest free number is this one.
    if (::open("/dev/null", O_RDWR) < 0) return;
  }
}

Result<FileDescriptor> open_file(const std::filesystem::path& path, int flags) {
  while (true) {
    FileDescriptor file(::open(path.c_str(), flags | O_CLOEXEC, 0600));
    if (file.valid()) return file;
    if (errno != EINTR) return file_error((flags & O_CREAT) != 0 ? "create" : "open", path, errno);
  }
}

Result<std::uint64_t> length_of(int fd, const std::filesystem::path& path) {
  struct stat status {};
  if (::fstat(fd, &status) != 0) return file_error("read", path, errno);
  if (S_ISDIR(status.st_mode)) return file_error("read", path, EISDIR);
  return static_cast<std::uint64_t>(std::max<off_t>(status.st_size, 0));
}

Status write_all(int fd, ByteView bytes, const std::filesystem::path& path) {
  while (!bytes.empty()) {
    const ssize_t count = ::write(fd, bytes.data(), bytes.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("write", path, errno);
    bytes = bytes.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status read_at(int fd, std::uint64_t offset, MutableByteView out, const std::filesystem::path& path) {
  while (!out.empty()) {
    const ssize_t count = ::pread(fd, out.data(), out.size(), static_cast<off_t>(offset));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return file_error("read", path, errno);
    if (count == 0) {
      return Error{ErrorCode::io, fmt::format("{} is shorter than it was: something else changed it", path.string())};
    }
    offset += static_cast<std::uint64_t>(count);
    out = out.subspan(static_cast<std::size_t>(count));
  }
  return {};
}

Status sync_file(int fd, const std::filesystem::path& path) {
  // After a failed fsync the kernel may have dropped the dirty pages: trying again would report a success that is none.
  if (::fsync(fd) != 0) return file_error("sync", path, errno);
  return {};
}

Status sync_directory(const std::filesystem::path& directory) {
  BAUTA_TRY(const FileDescriptor opened, open_file(directory, O_RDONLY | O_DIRECTORY));
  return sync_file(opened.get(), directory);
}

Status write_file_atomically(const std::filesystem::path& path, ByteView bytes) {
  return write_file_atomically(path, [bytes](const ByteSink& write) { return write(bytes); });
}

Status write_file_atomically(const std::filesystem::path& path,
                             const std::function<Status(const ByteSink& write)>& produce) {
  static std::atomic<std::uint64_t> serial{0};
  std::filesystem::path temporary;
  const auto create = [&]() -> Result<FileDescriptor> {
    for (int tries = 0;; ++tries) {
      temporary = path;
      temporary += fmt::format("{}{}.{}", kTemporary, ::getpid(), serial.fetch_add(1));
      // Never what is there already: it may be a link to another's file.
      auto file = open_file(temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW);
      struct stat there {};
      if (file.ok() || tries == kMostTemporaries || ::lstat(temporary.c_str(), &there) != 0) return file;
    }
  };
  BAUTA_TRY(const FileDescriptor file, create());
  const Status written = [&]() -> Status {
    BAUTA_RETURN_IF_ERROR(produce([&](ByteView bytes) { return write_all(file.get(), bytes, path); }));
    BAUTA_RETURN_IF_ERROR(sync_file(file.get(), path));
    if (::rename(temporary.c_str(), path.c_str()) != 0) return file_error("replace", path, errno);
    return {};
  }();
  if (!written.ok()) {
    ::unlink(temporary.c_str());
    return written.error();
  }
  return sync_directory(directory_of(path));
}

namespace {

/// The process of a temporary file's name: NAME.tmp.PROCESS.SERIAL; empty for every other name.
std::optional<pid_t> process_of(std::string_view name) {
  const std::size_t at = name.rfind(kTemporary);
  if (at == std::string_view::npos) return std::nullopt;
  const std::string_view numbers = name.substr(at + kTemporary.size());
  const std::size_t dot = numbers.find('.');
  if (dot == std::string_view::npos || numbers.find_first_not_of("0123456789", dot + 1) != std::string_view::npos ||
      dot + 1 == numbers.size())
    return std::nullopt;
  pid_t process = 0;
  const auto [end, error] = std::from_chars(numbers.data(), numbers.data() + dot, process);
  if (error != std::errc() || end != numbers.data() + dot || process <= 0) return std::nullopt;
  return process;
}

bool is_dead(pid_t process) { return ::kill(process, 0) != 0 && errno == ESRCH; }

}  // namespace

Status remove_temporaries(const std::filesystem::path& directory) {
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const auto process = process_of(it->path().filename().string());
    if (process && (*process == ::getpid() || is_dead(*process))) BAUTA_RETURN_IF_ERROR(remove_file(it->path()));
  }
  if (error) return file_error("list", directory, error.value());
  return {};
}

void remove_temporaries_of(const std::filesystem::path& path) {
  const std::string prefix = path.filename().string() + std::string(kTemporary);
  std::error_code error;
  for (std::filesystem::directory_iterator it(directory_of(path), error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    const auto process = process_of(name);
    if (name.starts_with(prefix) && process && is_dead(*process)) ::unlink(it->path().c_str());
  }
}

Status ensure_private_directory(const std::filesystem::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT) return file_error("use directory", path, errno);
    const std::filesystem::path parent = directory_of(path);
    if (parent != path && !std::filesystem::exists(parent)) BAUTA_RETURN_IF_ERROR(ensure_private_directory(parent));
    if (::mkdir(path.c_str(), 0700) == 0) return sync_directory(parent);
    if (errno != EEXIST) return file_error("create directory", path, errno);
    if (::stat(path.c_str(), &status) != 0) return file_error("use directory", path, errno);
  }
  if (!S_ISDIR(status.st_mode)) return file_error("use directory", path, ENOTDIR);
  if (status.st_uid != ::geteuid()) {
    return Error{ErrorCode::io,
                 fmt::format("the directory {} belongs to user {}, not to user {} that this program runs as; "
                             "change its owner or name another directory",
                             path.string(), status.st_uid, ::geteuid())};
  }
  if ((status.st_mode & 077) != 0 && ::chmod(path.c_str(), 0700) != 0)
    return file_error("narrow the mode of", path, errno);
  return {};
}

Result<FileDescriptor> lock_directory(const std::filesystem::path& directory) {
  const std::filesystem::path path = directory / "lock";
  BAUTA_TRY(FileDescriptor file, open_file(path, O_RDWR | O_CREAT));
  if (::flock(file.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return file_error("lock", path, errno);
    std::string holder = read_text_file(path, 64).ok() ? read_text_file(path, 64).value() : "";
    while (!holder.empty() && holder.back() == '\n') holder.pop_back();
    return Error{ErrorCode::busy, fmt::format("{} is in use by another process{}; stop it first", directory.string(),
                                              holder.empty() ? "" : " (" + holder + ")")};
  }
  // Only a help for the message above; the lock itself is the kernel's.
  if (::ftruncate(file.get(), 0) != 0) return file_error("write", path, errno);
  BAUTA_RETURN_IF_ERROR(write_all(file.get(), as_bytes(fmt::format("process {}\n", ::getpid())), path));
  return file;
}

Status remove_file(const std::filesystem::path& path) {
  if (::unlink(path.c_str()) != 0) {
    if (errno == ENOENT) return {};
    return file_error("remove", path, errno);
  }
  return sync_directory(directory_of(path));
}

}  // namespace bauta
