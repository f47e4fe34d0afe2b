// The records of one CSV file, plain or gzip, in bounded memory.
#pragma once

#include <filesystem>
#include <string_view>

#include "client/data/csv_parser.h"
#include "client/data/input_file.h"

namespace bauta::client {

class CsvReader {
 public:
  static Result<CsvReader> open(const std::filesystem::path& path, CsvLimits limits = {});

  /// True when record() holds the next record, false at the end. Errors name the file and, where there is one, the
  /// line.
  Result<bool> next();
  const CsvRecord& record() const { return parser_.record(); }

 private:
  CsvReader(std::string name, InputFile file, CsvLimits limits)
      : name_(std::move(name)), file_(std::move(file)), parser_(limits) {}

  std::string name_;
  InputFile file_;
  CsvParser parser_;
  std::string_view piece_;
  bool begun_ = false;
  bool ended_ = false;
};

}  // namespace bauta::client
