// Where a command's result goes: a file that its user named.
#pragma once

#include <filesystem>
#include <functional>
#include <span>
#include <vector>

#include "client/agent/client_settings.h"
#include "common/base/file.h"

namespace bauta::client {

/// What a command reads and must not write over: the data, the state directory, and the files named besides.
std::vector<std::filesystem::path> files_read(const ClientSettings& settings,
                                              std::vector<std::filesystem::path> besides = {});

/// Before the work: invalid_argument where `path` is a directory, lies in none, or is one of `read` or below one of
/// these.
Status check_output(const std::filesystem::path& path, std::span<const std::filesystem::path> read);

/// A regular file is replaced at once when all is written (write_file_atomically), one behind a symbolic link where it
/// lies; devices and pipes are written to as they are. What an earlier process of the same command left behind
/// when it was killed is removed.
Status write_output(const std::filesystem::path& path, const std::function<Status(const ByteSink& write)>& produce);

}  // namespace bauta::client
