// JSON answers as a person reads them: tables, key-value lists, one progress line.
#pragma once

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

namespace bauta::coordinator {

/// Of a whole hash.
inline constexpr std::size_t kHashDigits = 64;

/// One row an object; columns are its keys. A hash is cut to 12 digits.
std::string table_text(const nlohmann::ordered_json& rows, const std::vector<std::string_view>& columns);

/// "key: value", one a line, aligned.
std::string object_text(const nlohmann::ordered_json& object);

/// "[#####.....] 5/10 rounds, round 7 attempt 1 masked_update, mean AUC 0.6123"
std::string progress_text(const nlohmann::ordered_json& run);

}  // namespace bauta::coordinator
