// Columns are matched by name, never by place.
#pragma once

#include <span>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace bauta::client {

/// For each wanted column its index in `present`. bad_data, naming `source`, the missing or repeated column and what
/// there is.
Result<std::vector<std::size_t>> column_order(std::string_view source, std::span<const std::string_view> present,
                                              std::span<const std::string_view> wanted);

}  // namespace bauta::client
