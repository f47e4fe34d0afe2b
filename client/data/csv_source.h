// Three CSV files as a source.
#pragma once

#include <filesystem>

#include "client/data/csv_parser.h"
#include "client/data/source.h"

namespace bauta::client {

class CsvSource final : public EventSource {
 public:
  CsvSource(std::filesystem::path events, std::filesystem::path items, std::filesystem::path persons,
            CsvLimits limits = {});
  Status read(Table table, std::span<const std::string_view> columns, const RowVisitor& visit) override;

 private:
  std::filesystem::path events_, items_, persons_;
  CsvLimits limits_;
};

}  // namespace bauta::client
