#include "client/data/csv_reader.h"

namespace bauta::client {
namespace {

constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";  // spreadsheets write it; it is no text

}  // namespace

Result<CsvReader> CsvReader::open(const std::filesystem::path& path, CsvLimits limits) {
  BAUTA_TRY(InputFile file, InputFile::open(path));
  return CsvReader(path.string(), std::move(file), limits);
}

Result<bool> CsvReader::next() {
  while (true) {
    if (ended_) return false;
    if (piece_.empty()) {
      BAUTA_TRY(piece_, file_.read());
      if (piece_.empty()) {
        ended_ = true;
        auto last = parser_.finish();
        if (!last.ok()) return with_context(name_, std::move(last).error());
        return last;
      }
      if (!begun_ && piece_.starts_with(kByteOrderMark)) piece_.remove_prefix(kByteOrderMark.size());
      begun_ = true;
    }
    auto complete = parser_.parse(piece_);
    if (!complete.ok()) return with_context(name_, std::move(complete).error());
    if (*complete) return true;
  }
}

}  // namespace bauta::client
