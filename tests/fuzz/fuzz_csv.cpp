// A partner's CSV, whole and in pieces of any size: both readings must agree, and views stay inside their record.
#include <cstdint>
#include <string>
#include <vector>

#include "client/data/csv_parser.h"
#include "client/data/timestamp.h"
#include "common/base/bytes.h"

using namespace bauta;
using namespace bauta::client;

namespace {

struct Reading {
  std::vector<std::vector<std::string>> records;
  std::vector<std::string> problems;
  bool failed = false;
  bool operator==(const Reading&) const = default;
};

void take(const CsvRecord& record, Reading& reading) {
  reading.problems.emplace_back(record.problem);
  auto& fields = reading.records.emplace_back();
  if (!record.problem.empty()) return;
  for (const auto field : record.fields) {
    fields.emplace_back(field);
    (void)parse_timestamp(field);
  }
}

Reading read(std::string_view text, std::size_t piece_size) {
  Reading reading;
  CsvParser parser({64, 512});
  while (!text.empty()) {
    std::string_view piece = text.substr(0, piece_size);
    text.remove_prefix(piece.size());
    while (!piece.empty()) {
      const auto complete = parser.parse(piece);
      if (!complete.ok()) {
        reading.failed = true;
        return reading;
      }
      if (*complete) take(parser.record(), reading);
    }
  }
  const auto last = parser.finish();
  if (!last.ok())
    reading.failed = true;
  else if (*last)
    take(parser.record(), reading);
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text = as_text({data + 1, size - 1});
  BAUTA_CHECK(read(text, text.size() + 1) == read(text, 1 + data[0] % 7));
  return 0;
}
