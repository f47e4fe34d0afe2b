#include "client/data/interner.h"

#include <algorithm>

namespace bauta::client {

std::uint32_t Interner::operator()(std::string_view name) {
  const auto found = index_.find(name);
  if (found != index_.end()) return found->second;
  const auto number = static_cast<std::uint32_t>(names_.size());
  index_.emplace(names_.emplace_back(name), number);
  return number;
}

std::optional<std::uint32_t> Interner::find(std::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? std::nullopt : std::optional(found->second);
}

std::vector<std::uint32_t> sorted_order(const std::deque<std::string>& names) {
  std::vector<std::uint32_t> by_name(names.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) by_name[i] = i;
  std::sort(by_name.begin(), by_name.end(), [&](std::uint32_t a, std::uint32_t b) { return names[a] < names[b]; });
  std::vector<std::uint32_t> rank(names.size());
  for (std::uint32_t i = 0; i < by_name.size(); ++i) rank[by_name[i]] = i;
  return rank;
}

}  // namespace bauta::client
