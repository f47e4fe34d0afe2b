// rapidcheck properties as doctest assertions, repeatable: the seed is 1 unless BAUTA_PROPERTY_SEED says otherwise.
#pragma once

#include <doctest/doctest.h>
#include <rapidcheck.h>
#include <rapidcheck/detail/TestListenerAdapter.h>

#include <cstdint>
#include <cstdlib>
#include <sstream>
#include <string>
#include <unordered_map>
#include <utility>

namespace bauta::testing {

inline std::uint64_t property_seed() {
  const char* const text = std::getenv("BAUTA_PROPERTY_SEED");  // NOLINT(concurrency-mt-unsafe)
  return text == nullptr ? 1 : std::strtoull(text, nullptr, 10);
}

/// Runs `testable` (a lambda with generated arguments, or with `*rc::gen...` and RC_ASSERT inside) on `cases` random
/// inputs and fails the test case with the shrunk counterexample.
template <class Testable>
void check_property(const std::string& description, Testable&& testable, int cases = 100) {
  rc::detail::TestParams params;
  params.seed = property_seed();
  params.maxSuccess = cases;
  rc::detail::TestListenerAdapter silent;
  const auto result =
      rc::detail::checkTestable(std::forward<Testable>(testable), rc::detail::TestMetadata{description, description},
                                params, silent, std::unordered_map<std::string, rc::detail::Reproduce>{});
  std::ostringstream message;
  rc::detail::printResultMessage(result, message);
  INFO(description << ", seed " << params.seed << ": " << message.str());
  CHECK(result.template is<rc::detail::SuccessResult>());
}

}  // namespace bauta::testing
