// Vectors of numbers in a client's own state directory, with a few words about them: private parts, checkpoints, the
// models it serves. Page of the format, integers little-endian:
//
//   8 bytes   "BAUTAVEC"
//   u32       length of the header, at most kMaxVectorHeaderBytes
//   header    JSON: {"kind": text, "lengths": [n, …], "about": …}
//   4 · Σn    IEEE binary32, the vectors one after another
//   32 bytes  SHA-256 of everything before
#pragma once

#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace bauta::client {

inline constexpr std::size_t kMaxVectorHeaderBytes = 256UL * 1024 * 1024;  ///< item ids may stand in it

struct VectorFile {
  std::string about;  ///< JSON text
  std::vector<std::vector<float>> vectors;
};

/// Written whole or not at all, mode 0600, without a copy of the vectors in memory. `about` is JSON.
Status write_vectors(const std::filesystem::path& path, std::string_view kind, std::string_view about,
                     std::span<const std::span<const float>> vectors);
/// Empty where there is no such file. `malformed` (naming the file) for another kind, a damaged file or a number that
/// is not finite. What the header says is held against the length of the file before memory is taken for it.
Result<std::optional<VectorFile>> read_vectors(const std::filesystem::path& path, std::string_view kind);

}  // namespace bauta::client
