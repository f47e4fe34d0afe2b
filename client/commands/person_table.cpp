#include "client/commands/person_table.h"

#include "client/data/csv_writer.h"

namespace bauta::client {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::size_t kPieceBytes = 64 * 1024;

std::string dumped(const Json& value) { return value.dump(-1, ' ', false, Json::error_handler_t::replace); }

std::string field_of(const Json& value) {
  if (value.is_null()) return "";
  return value.is_string() ? value.get<std::string>() : dumped(value);
}

}  // namespace

PersonTable::PersonTable(TableFormat format, std::initializer_list<std::string_view> columns, const ByteSink& write)
    : format_(format), columns_(columns.begin(), columns.end()), write_(write) {}

Status PersonTable::begin(const Json& about, std::string_view name) {
  if (format_ == TableFormat::csv) {
    const std::vector<std::string_view> header(columns_.begin(), columns_.end());
    append_csv_row(pending_, header);
  } else {
    pending_ = dumped(about);
    pending_.back() = about.empty() ? ' ' : ',';
    pending_ += dumped(std::string(name)) + ":[";
  }
  return {};
}

Status PersonTable::row(std::initializer_list<Json> values) {
  BAUTA_CHECK(values.size() == columns_.size());
  if (format_ == TableFormat::csv) {
    std::vector<std::string> fields;
    for (const Json& value : values) fields.push_back(field_of(value));
    const std::vector<std::string_view> views(fields.begin(), fields.end());
    append_csv_row(pending_, views);
  } else {
    Json object = Json::object();
    std::size_t column = 0;
    for (const Json& value : values) object[columns_[column++]] = value;
    pending_ += (first_ ? "\n" : ",\n") + dumped(object);
  }
  first_ = false;
  return flush(kPieceBytes);
}

Status PersonTable::end() {
  if (format_ == TableFormat::json) pending_ += "\n]}\n";
  return flush(0);
}

Status PersonTable::flush(std::size_t beyond) {
  if (pending_.size() <= beyond) return {};
  const Status written = write_(as_bytes(pending_));
  pending_.clear();
  return written;
}

}  // namespace bauta::client
