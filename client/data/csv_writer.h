// Rows of comma-separated values as RFC 4180 has them.
#pragma once

#include <initializer_list>
#include <span>
#include <string>
#include <string_view>

namespace bauta::client {

/// Appends one record with its line end (CR LF). A field with a comma, a quotation mark or a line break is quoted.
void append_csv_row(std::string& out, std::span<const std::string_view> fields);
inline void append_csv_row(std::string& out, std::initializer_list<std::string_view> fields) {
  append_csv_row(out, std::span(fields.begin(), fields.size()));
}

}  // namespace bauta::client
