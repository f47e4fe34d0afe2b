// RFC 4180 decoding without any input or output, so that it can be fed by a file, a test or a fuzzer alike.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/result.h"

namespace bauta::client {

struct CsvLimits {
  std::size_t field = 64 * 1024;  ///< bytes of one field; longer makes the record a bad one
  std::size_t record =
      1024 * 1024;  ///< bytes of one record as written; longer ends the reading (an open quote, mostly)
};

/// The views live until the parser is fed again.
struct CsvRecord {
  std::span<const std::string_view> fields;
  std::uint64_t line = 0;    ///< where it begins, from 1; quoted line ends count
  std::string_view problem;  ///< why the record cannot be trusted (its fields are then not to be used), or empty
};

/// Comma, double quote, LF or CRLF. Lines without any character are skipped. Stray quotes, a CR of its own, NUL bytes,
/// invalid UTF-8 and over-long fields make a bad record; the next one begins after the line end as usual. Holds one
/// record.
class CsvParser {
 public:
  explicit CsvParser(CsvLimits limits = {}) : limits_(limits) {}

  /// Takes bytes off the front of `piece` until a record is complete (true) or the piece is used up (false).
  /// `oversized` when a record exceeds the limit; the parser is then of no further use.
  Result<bool> parse(std::string_view& piece);
  /// The input has ended: true when a last record without a line end was pending. `malformed` inside open quotes.
  Result<bool> finish();
  const CsvRecord& record() const { return record_; }

 private:
  enum class State : std::uint8_t { field_start, plain, quoted, quote_in_quoted, carriage_return };

  bool take(char c);
  void keep(char c);
  void end_field();
  bool end_record();
  void blame(std::string_view problem);

  CsvLimits limits_;
  State state_ = State::field_start;
  std::uint64_t line_ = 1;
  std::uint64_t first_line_ = 1;
  std::uint64_t quote_line_ = 1;
  std::size_t record_bytes_ = 0;
  std::size_t field_begin_ = 0;
  bool delivered_ = false;  ///< record_ was handed out: forget it before the next byte
  bool any_high_ = false;   ///< some byte needs the UTF-8 check
  std::string text_;        ///< the fields back to back
  std::vector<std::size_t> ends_;
  std::vector<std::string_view> fields_;
  std::string_view problem_;
  CsvRecord record_;
};

}  // namespace bauta::client
