#include "common/crypto/system_random.h"

#include <sys/random.h>

#include <cerrno>

#include "common/base/result.h"

namespace bauta {

void SystemRandom::fill(MutableByteView out) {
  while (!out.empty()) {
    const ssize_t got = getrandom(out.data(), out.size(), 0);
    if (got < 0 && errno == EINTR) continue;
    BAUTA_CHECK(got > 0);
    out = out.subspan(static_cast<std::size_t>(got));
  }
}

}  // namespace bauta
