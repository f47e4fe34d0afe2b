// Rows about persons for the partner's own files, as CSV or JSON, written as they come so that millions need no memory.
#pragma once

#include <initializer_list>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/file.h"
#include "common/base/result.h"

namespace bauta::client {

enum class TableFormat { csv, json };

/// CSV (RFC 4180): a header line, then a line a row. JSON: the members of `about`, then under `name` an array with one
/// object a row and a line. A text that is not UTF-8 keeps its bytes in CSV; in JSON they become U+FFFD.
class PersonTable {
 public:
  PersonTable(TableFormat format, std::initializer_list<std::string_view> columns, const ByteSink& write);

  /// Before the first row.
  Status begin(const nlohmann::ordered_json& about, std::string_view name);
  /// Parallel to the columns; null is an empty field.
  Status row(std::initializer_list<nlohmann::ordered_json> values);
  Status end();

 private:
  Status flush(std::size_t beyond);

  TableFormat format_;
  std::vector<std::string> columns_;
  ByteSink write_;
  std::string pending_;
  bool first_ = true;
};

}  // namespace bauta::client
