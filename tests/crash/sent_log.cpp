// Preloaded into a client: writes down every byte that it hands to TLS, into files of BAUTA_CRASH_FOLDER/sent, in the
// order of their names. A record is {u64 connection, u32 size, bytes}, little-endian; size 0 says that the connection
// is new. Where there is no such folder, nothing is written.
#include <dlfcn.h>
#include <openssl/ssl.h>
#include <sys/uio.h>
#include <time.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <mutex>
#include <string>

#include "tests/crash/raw_calls.h"

namespace {

constexpr std::size_t kLongestFile = 8 * 1024 * 1024;  // the test removes what it has read

class SentLog {
 public:
  static SentLog* instance() {
    static SentLog* const made = [] {
      const char* const folder = std::getenv("BAUTA_CRASH_FOLDER");
      const std::string sent = folder ? std::string(folder) + "/sent" : "";
      return folder && ::access(sent.c_str(), F_OK) == 0 ? new SentLog(sent) : nullptr;  // as long as the process
    }();
    return made;
  }

  void add(const SSL* connection, const void* data, std::uint32_t size) {
    const std::lock_guard lock(mutex_);
    if (file_ < 0 || size_ > kLongestFile) open_next();
    std::uint64_t number = reinterpret_cast<std::uintptr_t>(connection);
    // Not const: iovec takes pointers to what may be written.
    std::array<iovec, 3> pieces{{{&number, sizeof number}, {&size, sizeof size}, {const_cast<void*>(data), size}}};
    const ssize_t written = ::writev(file_, pieces.data(), pieces.size());
    if (written != static_cast<ssize_t>(sizeof number + sizeof size + size)) std::abort();
    size_ += static_cast<std::size_t>(written);
  }

 private:
  explicit SentLog(std::string folder) : folder_(std::move(folder)) {}

  void open_next() {
    if (file_ >= 0) ::close(file_);
    timespec now{};
    ::clock_gettime(CLOCK_MONOTONIC, &now);
    std::array<char, 48> name{};
    std::snprintf(name.data(), name.size(), "/%012lld.%09ld", static_cast<long long>(now.tv_sec), now.tv_nsec);
    file_ = bauta::crash::raw::open((folder_ + name.data()).c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    if (file_ < 0) std::abort();
    size_ = 0;
  }

  std::mutex mutex_;
  std::string folder_;
  int file_ = -1;
  std::size_t size_ = 0;
};

template <class Function>
Function* next(const char* name) {
  return reinterpret_cast<Function*>(::dlsym(RTLD_NEXT, name));
}

}  // namespace

extern "C" SSL* SSL_new(SSL_CTX* context) {
  static auto* const real = next<decltype(SSL_new)>("SSL_new");
  SSL* const connection = real(context);
  if (SentLog* const log = SentLog::instance(); log && connection) log->add(connection, "", 0);
  return connection;
}

extern "C" int SSL_write_ex(SSL* connection, const void* data, std::size_t size, std::size_t* written) {
  static auto* const real = next<decltype(SSL_write_ex)>("SSL_write_ex");
  const int result = real(connection, data, size, written);
  SentLog* const log = SentLog::instance();
  if (!log) return result;
  if (result == 1) {
    log->add(connection, data, static_cast<std::uint32_t>(*written));
  } else if (const int error = SSL_get_error(connection, result);
             error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) {
    log->add(connection, data, static_cast<std::uint32_t>(size));  // some of it may have left
  }
  return result;
}
