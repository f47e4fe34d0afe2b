#include "client/data/csv_parser.h"

#include <fmt/format.h>

#include "client/data/utf8.h"

namespace bauta::client {

Result<bool> CsvParser::parse(std::string_view& piece) {
  if (delivered_) {
    delivered_ = false;
    text_.clear();
    ends_.clear();
    problem_ = {};
    any_high_ = false;
    field_begin_ = 0;
    record_bytes_ = 0;
    first_line_ = line_;
    record_ = {};
  }
  for (std::size_t i = 0; i < piece.size(); ++i) {
    if (++record_bytes_ > limits_.record) {
      return Error{ErrorCode::oversized,
                   fmt::format("line {}: the record that begins here is longer than {} bytes; is a quote left open?",
                               first_line_, limits_.record)};
    }
    if (take(piece[i])) {
      piece.remove_prefix(i + 1);
      delivered_ = true;
      return true;
    }
  }
  piece = {};
  return false;
}

Result<bool> CsvParser::finish() {
  if (state_ == State::quoted) {
    return Error{ErrorCode::malformed,
                 fmt::format("line {}: a quoted field begins here and is never closed", quote_line_)};
  }
  if (delivered_ || record_bytes_ == 0) return false;
  if (state_ == State::carriage_return) blame("a carriage return without line feed");
  delivered_ = end_record();
  return delivered_;
}

/// True when `c` completed a record.
bool CsvParser::take(char c) {
  if (state_ == State::carriage_return) {
    state_ = State::plain;
    if (c != '\n') blame("a carriage return without line feed");
  }
  if (c == '\n') ++line_;
  if (state_ == State::quoted) {
    if (c == '"') {
      state_ = State::quote_in_quoted;
    } else {
      keep(c);
    }
    return false;
  }
  switch (c) {
    case ',': end_field(); return false;
    case '\n': return end_record();
    case '\r': state_ = State::carriage_return; return false;
    case '"':
      if (state_ == State::field_start) {
        state_ = State::quoted;
        quote_line_ = line_;
      } else if (state_ == State::quote_in_quoted) {
        keep('"');
        state_ = State::quoted;
      } else {
        blame("a quote inside an unquoted field");
      }
      return false;
    default:
      if (state_ == State::quote_in_quoted) blame("text after a closing quote");
      state_ = State::plain;
      keep(c);
      return false;
  }
}

void CsvParser::keep(char c) {
  if (text_.size() - field_begin_ >= limits_.field) {
    blame("a field longer than the limit");
    return;
  }
  if (c == '\0') blame("a NUL byte");
  if (static_cast<unsigned char>(c) >= 0x80) any_high_ = true;
  text_.push_back(c);
}

void CsvParser::end_field() {
  ends_.push_back(text_.size());
  field_begin_ = text_.size();
  state_ = State::field_start;
}

/// False for a line without any character, which is forgotten.
bool CsvParser::end_record() {
  if (record_bytes_ <= 2 && text_.empty() && ends_.empty() && problem_.empty() && state_ != State::quote_in_quoted) {
    state_ = State::field_start;
    record_bytes_ = 0;
    first_line_ = line_;
    return false;
  }
  end_field();
  fields_.clear();
  std::size_t begin = 0;
  for (const std::size_t end : ends_) {
    fields_.push_back(std::string_view(text_).substr(begin, end - begin));
    if (any_high_ && !is_utf8(fields_.back())) blame("invalid UTF-8");
    begin = end;
  }
  record_ = {fields_, first_line_, problem_};
  return true;
}

void CsvParser::blame(std::string_view problem) {
  if (problem_.empty()) problem_ = problem;
}

}  // namespace bauta::client
