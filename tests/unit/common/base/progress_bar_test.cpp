#include "common/base/progress_bar.h"

#include <doctest/doctest.h>

using namespace bauta;

namespace {

std::string shown(bool terminal, const std::function<void(ProgressBar&)>& work) {
  std::string text;
  {
    ProgressBar bar(terminal, [&](std::string_view piece) { text += piece; });
    work(bar);
  }
  return text;
}

}  // namespace

TEST_CASE("a bar fills with the work and never beyond its end") {
  CHECK(progress_line(0, 0, "x") == "[..............................] 0/0 x");
  CHECK(progress_line(1, 2, "x") == "[###############...............] 1/2 x");
  CHECK(progress_line(9, 3, "x") == "[##############################] 9/3 x");
}

TEST_CASE("on a terminal one line is rewritten, covers the longer one before it and is ended") {
  const std::string text = shown(true, [](ProgressBar& bar) {
    bar.show(1, 2, "long name");
    bar.show(2, 2, "x");
  });
  CHECK(text == "\r" + progress_line(1, 2, "long name") + "\r" + progress_line(2, 2, "x") + std::string(8, ' ') + "\n");
}

TEST_CASE("elsewhere there is a plain line at each tenth and where the work turns to something else") {
  std::size_t lines = 0;
  const std::string text = shown(false, [](ProgressBar& bar) {
    for (std::uint64_t i = 0; i <= 1000; ++i) bar.show(i, 1000, "reading");
    bar.show(0, 10, "scoring");
  });
  for (const char c : text) lines += c == '\n' ? 1 : 0;
  CHECK(lines == 12);
  CHECK(text.find('\r') == std::string::npos);
  CHECK(text.ends_with("0/10 scoring\n"));
}

TEST_CASE("nothing is written where nothing was shown") {
  CHECK(shown(true, [](ProgressBar&) {}).empty());
}
