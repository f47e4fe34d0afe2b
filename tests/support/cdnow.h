// The CDNOW purchase histories (Fader, Hardie, Lee 2005) as the shared data folder keeps them.
#pragma once

#include <charconv>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "client/data/csv_reader.h"
#include "client/data/timestamp.h"
#include "common/base/result.h"
#include "common/model/repeat_purchase/purchase_summary.h"

namespace bauta::cdnow {

/// Time: weeks since 1997-01-01. The calibration ends with the day 1997-09-30, after 39 weeks.
inline constexpr double kEndOfWeek39 = 272.0 / 7;

/// Customer id (of the master file) to its purchases in time order.
using Histories = std::map<std::string, std::vector<Purchase>>;

/// `date_column` and `amount_column` count from 0; the id is the first column.
inline Result<Histories> read_histories(const std::filesystem::path& file, std::size_t date_column,
                                        std::size_t amount_column) {
  BAUTA_TRY(auto reader, client::CsvReader::open(file));
  const auto start = client::parse_timestamp("1997-01-01");
  Histories histories;
  for (bool header = true;; header = false) {
    BAUTA_TRY(const bool more, reader.next());
    if (!more) return histories;
    if (header) continue;
    const auto& record = reader.record();
    const auto bad = Error{ErrorCode::bad_data, file.filename().string() + ": line " + std::to_string(record.line)};
    if (!record.problem.empty() || record.fields.size() <= std::max(date_column, amount_column)) return bad;
    const auto time = client::parse_timestamp(record.fields[date_column]);
    const std::string_view text = record.fields[amount_column];
    double amount = 0;
    if (!time || std::from_chars(text.data(), text.data() + text.size(), amount).ec != std::errc()) return bad;
    histories[std::string(record.fields[0])].push_back({static_cast<double>((*time - *start) / 86400) / 7, amount});
  }
}

/// Every customer, 23,570 of them.
inline Result<Histories> read_master(const std::filesystem::path& folder) {
  return read_histories(folder / "master.csv.gz", 1, 3);
}
/// The 1-in-10 sample of 2,357 customers of the published estimates.
inline Result<Histories> read_sample(const std::filesystem::path& folder) {
  return read_histories(folder / "sample.csv.gz", 2, 4);
}

}  // namespace bauta::cdnow
