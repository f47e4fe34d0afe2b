// A benchmark that fails says why and ends, from whatever thread.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "common/base/result.h"

namespace bauta::bench {

[[noreturn]] inline void give_up(const std::string& reason) {
  std::fprintf(stderr, "bench: %s\n", reason.c_str());
  std::_Exit(1);
}

template <class T>
T must(Result<T> result) {
  if (!result.ok()) give_up(result.error().message);
  return *std::move(result);
}

inline void must(const Status& status) {
  if (!status.ok()) give_up(status.error().message);
}

}  // namespace bauta::bench
