// Preloaded into a daemon (LD_PRELOAD): stands in front of every function that changes files, and lets the process die
// before, in the middle of or after the call that a test names; then it takes away what a power cut would take. The
// program under test is the very one that is shipped.
//
// BAUTA_CRASH_STATE   the state directory; calls on other files pass through
// BAUTA_CRASH_FOLDER  the test's, on the same file system:
//   control           struct Control, mapped by both sides
//   trace             while Control::tracing: a line for each call, "operation path"
//   unsynced/         hard links for putting back
//   kept/             copies of every update, masked vector and sum that was ever renamed into its place
// fsync is not passed on: no machine loses its power here, and the test is faster.
#include <signal.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/stat.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>
#include <string_view>

#include "tests/crash/raw_calls.h"
#include "tests/crash/unsynced.h"

namespace bauta::crash {
namespace {

enum class Side : std::uint32_t { before = 0, after = 1, torn = 2 };

/// Little-endian, known to crash_injector.py. The test writes all but what is marked, `armed` last.
struct Control {
  std::uint32_t armed;
  Side side;
  Loss loss;
  std::uint32_t seed;
  std::uint64_t at;      ///< which call to die at, from 1, counted anew at every origin; 0: none
  std::uint64_t calls;   ///< (shim) calls since the last origin
  std::uint32_t cycles;  ///< (shim) how often the origin was met since it was armed
  std::uint32_t tracing;
  std::array<char, 128> origin;        ///< part of "operation path"; empty: counting begins at once
  std::array<char, 128> ignored_sync;  ///< part of the path of files and folders whose fsync saves nothing
  std::array<char, 256> died_at;       ///< (shim) "operation path"
};

constexpr std::array<std::string_view, 3> kKept = {".update", ".vector", ".sum"};

bool contains(std::string_view text, const std::array<char, 128>& part) {
  return part[0] != '\0' && text.find(part.data()) != std::string_view::npos;
}

/// All but instance(), is_ours() and path_of() under its mutex.
class Injector {
 public:
  /// Null where the process is not under test.
  static Injector* instance() {
    static Injector* const made = [] {
      const char* const state = std::getenv("BAUTA_CRASH_STATE");
      const char* const folder = std::getenv("BAUTA_CRASH_FOLDER");
      return state && folder ? new Injector(state, folder) : nullptr;  // lives as long as the process
    }();
    return made;
  }

  bool is_ours(std::string_view path) const {
    // The -shm file of SQLite is shared memory: it is made anew after a crash.
    return path.starts_with(state_) && (path.size() == state_.size() || path[state_.size()] == '/') &&
           !path.ends_with("-shm");
  }

  /// The path of an open file of the state directory, "" for anything else. Asked for without the mutex and without
  /// allocating: a signal handler may write to its pipe while its thread is in here.
  std::string_view path_of(int fd, std::array<char, PATH_MAX>& space) const {
    std::array<char, 32> link{};
    std::snprintf(link.data(), link.size(), "/proc/self/fd/%d", fd);
    const ssize_t size = ::readlink(link.data(), space.data(), space.size());
    const std::string_view path(space.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
    return is_ours(path) ? path : std::string_view();
  }

  /// Counts the call, makes it, and lets the process die on the side that was asked for. `perform` makes the call, or
  /// half of it where it is torn.
  template <class Perform>
  auto counted(std::string_view operation, std::string_view path, Perform perform) {
    const bool here = count(operation, path);
    if (here && control_->side == Side::before) die();
    const auto result = perform(here && control_->side == Side::torn);
    const int error = errno;
    if (here) die();
    errno = error;
    return result;
  }

  bool ignores_sync(std::string_view path) const { return contains(path, control_->ignored_sync); }

  void keep(const std::string& path) const {
    const bool wanted = std::any_of(kKept.begin(), kKept.end(), [&](auto ending) { return path.ends_with(ending); });
    if (!wanted) return;
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    std::array<char, 48> moment{};
    std::snprintf(moment.data(), moment.size(), "/kept/%012lld.%09ld-", static_cast<long long>(now.tv_sec),
                  now.tv_nsec);
    // A copy: the file's own bytes may still be lost. Made aside, so that the test never sees half of one.
    const std::string copy = folder_ + moment.data() + path.substr(path.rfind('/') + 1);
    const std::string aside = folder_ + "/unsynced/copy";
    const int from = raw::open(path.c_str(), O_RDONLY | O_CLOEXEC, 0);
    const int to = raw::open(aside.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    while (::sendfile(to, from, nullptr, 1 << 20) > 0) {
    }
    ::close(from);
    ::close(to);
    if (raw::rename(aside.c_str(), copy.c_str()) != 0) std::abort();
  }

  std::mutex mutex;
  Unsynced unsynced;

 private:
  Injector(std::string state, std::string folder)
      : unsynced(folder + "/unsynced"), state_(std::move(state)), folder_(std::move(folder)) {
    const int control = raw::open((folder_ + "/control").c_str(), O_RDWR | O_CLOEXEC, 0);
    void* const mapped = ::mmap(nullptr, sizeof(Control), PROT_READ | PROT_WRITE, MAP_SHARED, control, 0);
    trace_ = raw::open((folder_ + "/trace").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (mapped == MAP_FAILED || trace_ < 0) std::abort();
    ::close(control);
    control_ = static_cast<Control*>(mapped);
  }

  bool count(std::string_view operation, std::string_view path) {
    current_ = std::string(operation) + " " + std::string(path.substr(std::min(path.size(), state_.size() + 1)));
    if (control_->tracing != 0) {
      const std::string line = current_ + "\n";
      if (raw::write(trace_, line.data(), line.size()) < 0) std::abort();
    }
    if (control_->armed == 0) return false;
    if (control_->origin[0] != '\0') {
      if (contains(current_, control_->origin)) {
        ++control_->cycles;
        control_->calls = 0;
        return false;
      }
      if (control_->cycles == 0) return false;
    }
    return ++control_->calls == control_->at;
  }

  [[noreturn]] void die() {
    unsynced.lose(control_->loss, control_->seed);
    std::snprintf(control_->died_at.data(), control_->died_at.size(), "%s", current_.c_str());
    control_->armed = 0;
    ::kill(::getpid(), SIGKILL);
    while (true) ::pause();
  }

  std::string state_;
  std::string folder_;
  std::string current_;
  Control* control_ = nullptr;
  int trace_ = -1;
};

ssize_t tracked_write(int fd, const void* data, std::size_t size, off_t offset, bool at_position) {
  const auto perform = [&](std::size_t count) {
    return at_position ? raw::write(fd, data, count) : raw::pwrite(fd, data, count, offset);
  };
  Injector* const injector = Injector::instance();
  if (!injector) return perform(size);
  std::array<char, PATH_MAX> space;
  const std::string_view path = injector->path_of(fd, space);
  if (path.empty()) return perform(size);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("write", path, [&](bool torn) {
    const std::size_t count = torn ? size / 2 : size;
    injector->unsynced.before_write(fd, at_position ? ::lseek(fd, 0, SEEK_CUR) : offset, count);
    return perform(count);
  });
}

int tracked_open(const char* path, int flags, mode_t mode) {
  Injector* const injector = Injector::instance();
  if (!injector || (flags & O_CREAT) == 0 || !injector->is_ours(path) || ::access(path, F_OK) == 0) {
    return raw::open(path, flags, mode);
  }
  const std::lock_guard lock(injector->mutex);
  return injector->counted("create", path, [&](bool) {
    const int fd = raw::open(path, flags, mode);
    if (fd >= 0) injector->unsynced.created(path, false);
    return fd;
  });
}

int tracked_truncate(int fd, off_t size) {
  Injector* const injector = Injector::instance();
  if (!injector) return raw::ftruncate(fd, size);
  std::array<char, PATH_MAX> space;
  const std::string_view path = injector->path_of(fd, space);
  if (path.empty()) return raw::ftruncate(fd, size);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("truncate", path, [&](bool) {
    injector->unsynced.before_truncate(fd, size);
    return raw::ftruncate(fd, size);
  });
}

int tracked_sync(int fd, int (*real)(int)) {
  Injector* const injector = Injector::instance();
  if (!injector) return real(fd);
  std::array<char, PATH_MAX> space;
  const std::string_view path = injector->path_of(fd, space);
  if (path.empty()) return real(fd);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("sync", path, [&](bool) {
    if (injector->ignores_sync(path)) return 0;
    injector->unsynced.file_synced(fd);
    injector->unsynced.directory_synced(std::string(path));
    return 0;
  });
}

}  // namespace
}  // namespace bauta::crash

using bauta::crash::Injector;
namespace raw = bauta::crash::raw;

extern "C" {

ssize_t write(int fd, const void* data, std::size_t size) {
  return bauta::crash::tracked_write(fd, data, size, 0, true);
}
ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return bauta::crash::tracked_write(fd, data, size, offset, false);
}
ssize_t pwrite64(int fd, const void* data, std::size_t size, off64_t offset) {
  return bauta::crash::tracked_write(fd, data, size, offset, false);
}

int open(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return bauta::crash::tracked_open(path, flags, mode);
}
int open64(const char* path, int flags, ...) {
  std::va_list arguments;
  va_start(arguments, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(arguments, mode_t) : 0;
  va_end(arguments);
  return bauta::crash::tracked_open(path, flags, mode);
}

int ftruncate(int fd, off_t size) noexcept { return bauta::crash::tracked_truncate(fd, size); }
int ftruncate64(int fd, off64_t size) noexcept { return bauta::crash::tracked_truncate(fd, size); }

int fsync(int fd) { return bauta::crash::tracked_sync(fd, raw::fsync); }
int fdatasync(int fd) { return bauta::crash::tracked_sync(fd, raw::fdatasync); }

int rename(const char* from, const char* to) noexcept {
  Injector* const injector = Injector::instance();
  if (!injector || !injector->is_ours(to)) return raw::rename(from, to);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("rename", to, [&](bool) {
    std::string former = injector->unsynced.before_name_goes(to);
    const int result = raw::rename(from, to);
    if (result == 0) {
      injector->unsynced.renamed(from, to, std::move(former));
      injector->keep(to);
    }
    return result;
  });
}

int unlink(const char* path) noexcept {
  Injector* const injector = Injector::instance();
  if (!injector || !injector->is_ours(path) || ::access(path, F_OK) != 0) return raw::unlink(path);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("remove", path, [&](bool) {
    std::string former = injector->unsynced.before_name_goes(path);
    const int result = raw::unlink(path);
    if (result == 0) injector->unsynced.removed(path, std::move(former));
    return result;
  });
}

int remove(const char* path) noexcept {
  const int result = unlink(path);
  return result != 0 && errno == EISDIR ? ::rmdir(path) : result;
}

int mkdir(const char* path, mode_t mode) noexcept {
  Injector* const injector = Injector::instance();
  if (!injector || !injector->is_ours(path)) return raw::mkdir(path, mode);
  const std::lock_guard lock(injector->mutex);
  return injector->counted("create", path, [&](bool) {
    const int result = raw::mkdir(path, mode);
    if (result == 0) injector->unsynced.created(path, true);
    return result;
  });
}

}  // extern "C"
