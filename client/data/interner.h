// Names to dense numbers, and the numbers these get once the names are sorted.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace bauta::client {

/// Numbers names in order of first sight.
class Interner {
 public:
  std::uint32_t operator()(std::string_view name);
  std::optional<std::uint32_t> find(std::string_view name) const;
  const std::deque<std::string>& names() const { return names_; }

 private:
  std::deque<std::string> names_;  // a deque keeps the keys of index_ in place
  std::unordered_map<std::string_view, std::uint32_t> index_;
};

/// By number: the place of its name among all names, sorted.
std::vector<std::uint32_t> sorted_order(const std::deque<std::string>& names);

}  // namespace bauta::client
