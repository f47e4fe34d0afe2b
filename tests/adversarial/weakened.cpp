#include "tests/adversarial/weakened.h"

namespace bauta {
namespace {

std::set<Defence>& left_out() {
  static std::set<Defence> checks;
  return checks;
}

}  // namespace

bool defends(Defence defence) { return !left_out().contains(defence); }

namespace testing {

Weakened::Weakened(const std::set<Defence>& checks) : before_(left_out()) {
  left_out().insert(checks.begin(), checks.end());
}
Weakened::Weakened(std::initializer_list<Defence> checks) : Weakened(std::set<Defence>(checks)) {}
Weakened::~Weakened() { left_out() = before_; }

}  // namespace testing
}  // namespace bauta
