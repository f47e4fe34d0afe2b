// A file read front to back in pieces, unpacked on the way when it is gzip.
#pragma once

#include <filesystem>
#include <memory>
#include <string_view>

#include "common/base/result.h"

namespace bauta::client {

/// Gzip is told by its two magic bytes, not by the name. One thread.
class InputFile {
 public:
  /// `io` when the file cannot be opened.
  static Result<InputFile> open(const std::filesystem::path& path);
  InputFile(InputFile&&) noexcept;
  InputFile& operator=(InputFile&&) noexcept;
  ~InputFile();

  /// The next bytes (at most 64 KiB), empty at the end; the view lives until the next call.
  /// Gzip data that end early, carry a wrong checksum or are followed by something else are `malformed`, never the end.
  Result<std::string_view> read();

 private:
  struct State;
  explicit InputFile(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace bauta::client
