#include "client/agent/audit_command.h"

#include <doctest/doctest.h>

using namespace bauta::client;

TEST_CASE("the share of an audit is a number up to one or a percentage") {
  CHECK(parse_share("0.25") == 0.25);
  CHECK(parse_share("25%") == 0.25);
  CHECK(parse_share("100%") == 1);
  CHECK(parse_share("1") == 1);
  CHECK(parse_share("1e-3") == 1e-3);
  for (const char* text : {"", "%", "0", "0%", "-0.1", "1.01", "101%", "25", "nan", "inf", "0.25x", "0.25 ", "25%%"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_share(text));
  }
}

TEST_CASE("what an audit covers is said for tampering of one to fifty percent of the chunks") {
  const std::string text = describe_coverage(611, 153);
  CHECK(text.find(" 1 % of the chunks (7) escapes this with a chance of 0.13\n") != std::string::npos);
  CHECK(text.find(" 5 % of the chunks (31) escapes this with a chance of 0.0001\n") != std::string::npos);
  CHECK(text.find("10 % of the chunks (62) escapes this with a chance of 5.6e-09\n") != std::string::npos);
  CHECK(text.find("50 % of the chunks (306) escapes this with a chance of 3.7e-58\n") != std::string::npos);
  // One altered chunk of one that was checked has nowhere to hide.
  CHECK(describe_coverage(1, 1).find("chance of 0\n") != std::string::npos);
}
