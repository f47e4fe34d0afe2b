#include "common/base/printable.h"

#include <doctest/doctest.h>

using namespace bauta;

TEST_CASE("what a terminal would act on is not shown, and everything else is as it was") {
  CHECK(printable("caf\xC3\xA9 \xE2\x82\xAC 5 \xE2\x80\x93 \xF0\x9F\x8D\x80\nnext") ==
        "caf\xC3\xA9 \xE2\x82\xAC 5 \xE2\x80\x93 \xF0\x9F\x8D\x80\nnext");
  CHECK(printable("a\x1b]0;title\x07z\r\t\x7f") == "a?]0;title?z???");
  CHECK(printable("\xC2\x9B\x32J|\xE2\x80\xAE|\xE2\x81\xA6|\xEF\xBB\xBF|\xE2\x80\xA8") == "?2J|?|?|?|?");
  CHECK(printable("\x9b\x32J") == "?2J");
  CHECK(printable("\xE2") == "\xE2");
  CHECK(printable("\xF0\x1b") == "\xF0?");
  CHECK(printable("").empty());
}

TEST_CASE("a name is printable where nothing of it would be hidden") {
  CHECK(is_printable("demo \xE2\x80\x93 two"));
  CHECK_FALSE(is_printable("demo\r0123"));
  CHECK_FALSE(is_printable("two\nlines"));
  CHECK_FALSE(
      is_printable("\xE2\x80\xAE"
                   "omed"));
}
