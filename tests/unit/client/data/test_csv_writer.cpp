#include <doctest/doctest.h>

#include "client/data/csv_writer.h"

using namespace bauta::client;

TEST_CASE("fields with commas, quotation marks or line breaks are quoted, others stand as they are") {
  std::string out;
  append_csv_row(out, {"plain", "a,b", "say \"hello\"", "two\nlines", "", "ümlaut"});
  CHECK(out == "plain,\"a,b\",\"say \"\"hello\"\"\",\"two\nlines\",,ümlaut\r\n");
}

TEST_CASE("a record of one empty field is not an empty line") {
  std::string out;
  append_csv_row(out, {""});
  append_csv_row(out, {"x"});
  CHECK(out == "\"\"\r\nx\r\n");
}
