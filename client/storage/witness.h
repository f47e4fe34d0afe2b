// The witness of a client's database: which generation of which incarnation it has reached (client_store.h).
//
// One file of two lines of 64 bytes. The generations of an incarnation take turns on them, each written in place: of a
// crash within a write the other line is left, which is one generation older.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>

#include "common/base/file.h"

namespace bauta::client {

struct Generation {
  Bytes incarnation;  ///< 16 random bytes
  std::uint64_t number = 0;
};

/// One thread at a time.
class Witness {
 public:
  explicit Witness(std::filesystem::path path) : path_(std::move(path)) {}

  const std::filesystem::path& path() const { return path_; }
  /// Nothing where there is no file. Errors: malformed for a file that no write has left, io.
  Result<std::optional<Generation>> read() const;
  /// On the medium when it returns ok.
  Status write(const Generation& generation);

 private:
  std::filesystem::path path_;
  // After the first write, and of that incarnation.
  FileDescriptor file_;
  Bytes incarnation_;
};

}  // namespace bauta::client
