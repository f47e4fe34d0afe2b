#include "client/data/csv_writer.h"

namespace bauta::client {
namespace {

void append_field(std::string& out, std::string_view field) {
  if (field.find_first_of(",\"\r\n") == std::string_view::npos) {
    out += field;
    return;
  }
  out += '"';
  for (const char c : field) {
    if (c == '"') out += '"';
    out += c;
  }
  out += '"';
}

}  // namespace

void append_csv_row(std::string& out, std::span<const std::string_view> fields) {
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (i > 0) out += ',';
    append_field(out, fields[i]);
  }
  // An empty line would be no record at all for many readers.
  if (fields.size() == 1 && fields[0].empty()) out += "\"\"";
  out += "\r\n";
}

}  // namespace bauta::client
