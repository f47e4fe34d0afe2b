#include "common/base/uuid.h"

#include <doctest/doctest.h>

#include <set>

#include "tests/support/seeded_random.h"

namespace bauta {
namespace {

TEST_CASE("a run id is a version 7 UUID that begins with its time") {
  testing::SeededRandom random(1);
  // The instant of the example in RFC 9562, appendix A.6.
  const std::string id = make_uuid_v7(WallTime(Milliseconds(0x017F22E279B0)), random);
  CHECK(is_uuid(id));
  CHECK(id.substr(0, 15) == "017f22e2-79b0-7");
  CHECK(std::string_view("89ab").find(id[19]) != std::string_view::npos);
}

TEST_CASE("ids sort by time and do not repeat within one millisecond") {
  testing::SeededRandom random(2);
  std::set<std::string> seen;
  for (int i = 0; i < 1000; ++i) CHECK(seen.insert(make_uuid_v7(WallTime(Milliseconds(5)), random)).second);
  CHECK(make_uuid_v7(WallTime(Milliseconds(6)), random) > *seen.rbegin());
}

TEST_CASE("only the canonical form is a UUID") {
  CHECK(is_uuid("017f22e2-79b0-7cc3-98c4-dc0c0c07398f"));
  for (const char* text : {"", "017F22E2-79B0-7CC3-98C4-DC0C0C07398F", "017f22e279b07cc398c4dc0c0c07398f",
                           "017f22e2-79b0-7cc3-98c4-dc0c0c07398", "017f22e2-79b0-7cc3-98c4-dc0c0c07398g",
                           "017f22e2/79b0-7cc3-98c4-dc0c0c07398f"}) {
    CAPTURE(text);
    CHECK(!is_uuid(text));
  }
}

}  // namespace
}  // namespace bauta
