#include "client/data/column_order.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace bauta::client {

Result<std::vector<std::size_t>> column_order(std::string_view source, std::span<const std::string_view> present,
                                              std::span<const std::string_view> wanted) {
  std::vector<std::size_t> order;
  for (const std::string_view name : wanted) {
    const auto found = std::find(present.begin(), present.end(), name);
    if (found == present.end()) {
      return Error{ErrorCode::bad_data,
                   fmt::format("{}: column '{}' is missing; there are: {}", source, name, fmt::join(present, ", "))};
    }
    if (std::find(found + 1, present.end(), name) != present.end()) {
      return Error{ErrorCode::bad_data, fmt::format("{}: column '{}' occurs twice", source, name)};
    }
    order.push_back(static_cast<std::size_t>(found - present.begin()));
  }
  return order;
}

}  // namespace bauta::client
