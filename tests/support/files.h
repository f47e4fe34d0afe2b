// Small files for tests, plain and gzip.
#pragma once

#include <zlib.h>

#include <filesystem>
#include <fstream>
#include <string>
#include <string_view>

#include "common/base/result.h"

namespace bauta::testing {

inline void write_plain(const std::filesystem::path& path, std::string_view text) {
  std::ofstream out(path, std::ios::binary);
  out << text;
  BAUTA_CHECK(out.good());
}

inline void write_gzip(const std::filesystem::path& path, std::string_view text) {
  gzFile file = gzopen(path.c_str(), "wb");
  BAUTA_CHECK(file != nullptr);
  BAUTA_CHECK(gzwrite(file, text.data(), static_cast<unsigned>(text.size())) == static_cast<int>(text.size()));
  BAUTA_CHECK(gzclose(file) == Z_OK);
}

}  // namespace bauta::testing
