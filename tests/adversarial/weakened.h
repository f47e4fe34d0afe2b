// The switches of the test build: which checks this process does without.
#pragma once

#include <initializer_list>
#include <set>

#include "common/base/defence.h"

namespace bauta::testing {

/// As long as it lives the given checks are left out, beside those that are left out already. One thread only.
class Weakened {
 public:
  Weakened(std::initializer_list<Defence> left_out);
  explicit Weakened(const std::set<Defence>& left_out);
  ~Weakened();
  Weakened(const Weakened&) = delete;
  Weakened& operator=(const Weakened&) = delete;

 private:
  std::set<Defence> before_;
};

}  // namespace bauta::testing
