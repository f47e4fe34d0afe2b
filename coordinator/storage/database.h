// coordinator.db: opening it, its schema, and its counters. All functions of this folder run on the disk thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>

#include "common/storage/sqlite.h"

namespace bauta::coordinator {

/// Opens or creates state_directory/coordinator.db (the directory too, mode 0700) and brings its schema up to date.
/// Refuses to create one beside the models of former runs: the database they belong to was lost.
Result<SqliteDatabase> open_database(const std::filesystem::path& state_directory);

/// 1, 2, 3 … per name, durable and never reset; a number whose use was lost in a crash is not given out again.
Result<std::uint64_t> next_number(SqliteDatabase& database, std::string_view counter);

/// The number given out last, 0 where there was none.
Result<std::uint64_t> last_number(SqliteDatabase& database, std::string_view counter);

/// The next number is above `at_least`, whatever was given out before; after a restored backup.
Status raise_number(SqliteDatabase& database, std::string_view counter, std::uint64_t at_least);

/// The counter of round numbers: one for the whole federation.
inline constexpr std::string_view kRoundCounter = "round_no";

}  // namespace bauta::coordinator
