// The witness of a client's database: which generation of which incarnation it has reached (client_store.h).
//
// One file of two blocks with a line each. The generations of an incarnation take turns on them, each written in place.
// A line that is damaged was being written in a crash, after its generation had been committed: then the other line
// tells that generation, as the one that follows its own.
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
  /// The generation that follows the one written before, or any of another incarnation, after it was committed. On the
  /// medium when it returns ok; after an error the next one writes the whole file anew.
  Status write(const Generation& generation);

 private:
  Status replace(const std::string& line);
  Status overwrite(const std::string& line, std::uint64_t number) const;

  std::filesystem::path path_;
  // After the first write, and of that incarnation.
  FileDescriptor file_;
  Bytes incarnation_;
};

}  // namespace bauta::client
