#include <doctest/doctest.h>

#include "client/data/timestamp.h"

using namespace bauta::client;

TEST_CASE("times are read in the few forms that leave no doubt") {
  CHECK(parse_timestamp("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_timestamp("2017-05-02T15:20:19Z") == 1493738419);
  CHECK(parse_timestamp("2017-05-02 15:20:19") == 1493738419);
  CHECK(parse_timestamp("2017-05-02T15:20:19.987Z") == 1493738419);
  CHECK(parse_timestamp("2016-02-29") == 1456704000);
  CHECK(parse_timestamp("2199-12-31T23:59:59Z").has_value());
}

TEST_CASE("times that leave a doubt are not read") {
  for (const char* text : {"", "2017", "2017-5-2", "2017-02-29", "2017-13-01", "2017-05-02T24:00:00Z",
                           "2017-05-02T15:20Z", "2017-05-02T15:20:19+02:00", "2017-05-02T15:20:19ZZ",
                           "2017-05-02T15:20:19.Z", "2017-05-02T", "02.05.2017", "1969-12-31T23:59:59Z", "2200-01-01",
                           "1493738419", " 2017-05-02", "2017-05-02_15:20:19", "2017-05-02T15:20:60Z"}) {
    CAPTURE(text);
    CHECK_FALSE(parse_timestamp(text).has_value());
  }
}
