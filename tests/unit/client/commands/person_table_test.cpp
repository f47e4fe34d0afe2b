#include "client/commands/person_table.h"

#include <doctest/doctest.h>

using namespace bauta;
using namespace bauta::client;
using Json = nlohmann::ordered_json;

namespace {

std::string written(TableFormat format, std::size_t rows) {
  std::string out;
  PersonTable table(format, {"person_id", "score"}, [&](ByteView bytes) {
    out.append(bytes.begin(), bytes.end());
    return Status();
  });
  REQUIRE(table.begin({{"task", "churn"}}, "persons").ok());
  for (std::size_t i = 0; i < rows; ++i) REQUIRE(table.row({"p, \"" + std::to_string(i) + "\"", 0.25}).ok());
  REQUIRE(table.row({"last", Json()}).ok());
  REQUIRE(table.end().ok());
  return out;
}

}  // namespace

TEST_CASE("a table of persons as CSV has a header, quoted ids and empty fields for what is not known") {
  CHECK(written(TableFormat::csv, 1) == "person_id,score\r\n\"p, \"\"0\"\"\",0.25\r\nlast,\r\n");
}

TEST_CASE("a long table as JSON is one object with what is said about it and all rows") {
  const Json read = Json::parse(written(TableFormat::json, 5000));
  CHECK(read["task"] == "churn");
  REQUIRE(read["persons"].size() == 5001);
  CHECK(read["persons"][4999]["person_id"] == "p, \"4999\"");
  CHECK(read["persons"][5000]["score"].is_null());
}

TEST_CASE("bytes that are no UTF-8 do not break the JSON") {
  std::string out;
  PersonTable table(TableFormat::json, {"person_id"}, [&](ByteView bytes) {
    out.append(bytes.begin(), bytes.end());
    return Status();
  });
  REQUIRE(table.begin(Json::object(), "persons").ok());
  REQUIRE(table.row({std::string("\xff")}).ok());
  REQUIRE(table.end().ok());
  CHECK(Json::parse(out)["persons"].size() == 1);
}

TEST_CASE("what cannot be written ends the table") {
  PersonTable table(TableFormat::csv, {"person_id"}, [](ByteView) {
    return Status(Error{ErrorCode::disk_full, "full"});
  });
  REQUIRE(table.begin({}, "persons").ok());
  REQUIRE(table.row({"p"}).ok());
  const Status ended = table.end();
  REQUIRE(!ended.ok());
  CHECK(ended.error().code == ErrorCode::disk_full);
}
