#include "common/base/config_reader.h"

#include <doctest/doctest.h>

#include <algorithm>

#include "common/base/file.h"
#include "tests/support/seeded_random.h"
#include "tests/support/temporary_directory.h"

namespace bauta {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

ConfigReader reader_of(std::string_view text) {
  auto reader = ConfigReader::from_text(text, "coordinator.toml");
  if (!reader.ok()) FAIL(reader.error().message);
  return std::move(reader).value();
}

std::string problems_of(ConfigReader& reader) {
  const Status status = reader.finish();
  return status.ok() ? "" : status.error().message;
}

TEST_CASE("values of every kind are read") {
  ConfigReader reader = reader_of(R"(
name = "demo"
port = 8443
rate = 0.5
whole = 2
enabled = true
timeout_seconds = 2.5
limit = "1.5 MiB"
plain_limit = 1000
level = "info"
hosts = ["a", "b"]
[listener]
port = 1
[[sources]]
sql = "select 1"
[[sources]]
sql = "select 2"
[headers]
a = "x"
b = "y"
)");
  ConfigTable root = reader.root();
  CHECK(root.text("name", kRequired) == "demo");
  CHECK(root.integer("port", {1, 65535}, kRequired) == 8443);
  CHECK(root.number("rate", {0, 1}, kRequired) == 0.5);
  CHECK(root.number("whole", {0, 5}, kRequired) == 2.0);
  CHECK(root.boolean("enabled", false));
  CHECK(root.duration("timeout_seconds", {seconds(1), hours(1)}, kRequired) == Milliseconds(2500));
  CHECK(root.byte_size("limit", {}, kRequired) == 1'572'864);
  CHECK(root.byte_size("plain_limit", {}, kRequired) == 1000);
  CHECK(root.choice("level", {"debug", "info"}, kRequired) == "info");
  CHECK(root.texts("hosts", kRequired) == std::vector<std::string>{"a", "b"});
  CHECK(root.table("listener").integer("port", {}, kRequired) == 1);
  CHECK(!root.table("absent").present());
  CHECK(root.table("absent").integer("port", {}, 9) == 9);
  auto sources = root.tables("sources");
  REQUIRE(sources.size() == 2);
  CHECK(sources[1].text("sql", kRequired) == "select 2");
  CHECK(sources[0].text("sql", kRequired) == "select 1");
  CHECK(root.table("headers").text_map() == std::map<std::string, std::string>{{"a", "x"}, {"b", "y"}});
  CHECK(problems_of(reader) == "");
}

TEST_CASE("an unknown key is refused with its line and the key that was meant") {
  ConfigReader reader = reader_of("name = \"x\"\n\n[partner_listner]\nport = 1\n[other]\nprot = 2\n");
  ConfigTable root = reader.root();
  root.text("name", kRequired);
  root.table("partner_listener").integer("port", {}, 1);
  root.table("other").integer("port", {}, 1);
  CHECK(problems_of(reader) ==
        "unknown key other.prot in coordinator.toml line 6; did you mean port?\n"
        "unknown key partner_listner in coordinator.toml line 3; did you mean partner_listener?");
}

TEST_CASE("all problems are reported at once, one line each") {
  ConfigReader reader =
      reader_of("port = 70000\nrate = nan\nname = 3\nlevel = \"loud\"\nhosts = [1]\ndeadline = -1\n[t]\n");
  ConfigTable root = reader.root();
  root.integer("port", {1, 65535}, 1);
  root.number("rate", {}, 1);
  root.text("name", kRequired);
  root.text("host", kRequired);
  root.choice("level", {"debug", "info"}, "info");
  root.texts("hosts", std::vector<std::string>{});
  root.duration("deadline", {seconds(1), hours(1)}, seconds(2));
  root.integer("t", {0}, 1);
  CHECK(problems_of(reader) ==
        "port in coordinator.toml line 1 must be an integer from 1 to 65535, not 70000\n"
        "rate in coordinator.toml line 2 must be a finite number, not nan\n"
        "name in coordinator.toml line 3 must be a string, not 3\n"
        "host is missing in coordinator.toml: it must be a string\n"
        "level in coordinator.toml line 4 must be one of \"debug\", \"info\", not 'loud'\n"
        "hosts in coordinator.toml line 5 must be an array of strings, not an array\n"
        "deadline in coordinator.toml line 6 must be seconds from 1 to 3600, not -1\n"
        "t in coordinator.toml line 7 must be an integer of at least 0, not a table");
}

TEST_CASE("a problem in a value gives the fallback or the least allowed value") {
  ConfigReader reader = reader_of("port = 0");
  CHECK(reader.root().integer("port", {1, 9}, 5) == 5);
  CHECK(reader.root().integer("port", {1, 9}, kRequired) == 1);
  CHECK(reader.root().integer("absent", {3, 9}, kRequired) == 3);
}

TEST_CASE("a flag beats the environment, the environment beats the text, the text beats the default") {
  ConfigReader reader = reader_of("a = 1\nb = 1\nc = 1\n[listener]\nport = 1\n");
  reader.override_from_environment("BAUTA_TEST_", {{"BAUTA_TEST_B", "2"},
                                                   {"BAUTA_TEST_C", "2"},
                                                   {"BAUTA_TEST_LISTENER__PORT", "77"},
                                                   {"BAUTA_TEST_NEW__ON", "true"},
                                                   {"BAUTA_OTHER", "9"},
                                                   {"PATH", "x"}});
  reader.override_value("c", "3", "--c");
  ConfigTable root = reader.root();
  CHECK(root.integer("a", {}, 0) == 1);
  CHECK(root.integer("b", {}, 0) == 2);
  CHECK(root.integer("c", {}, 0) == 3);
  CHECK(root.integer("d", {}, 0) == 0);
  CHECK(root.table("listener").integer("port", {}, 0) == 77);
  CHECK(root.table("new").present());
  CHECK(root.table("new").boolean("on", false));
  CHECK(problems_of(reader) == "");
  const auto& entries = reader.effective();
  REQUIRE(entries.size() == 6);
  CHECK(entries[0].origin == "coordinator.toml line 1");
  CHECK(entries[1].origin == "BAUTA_TEST_B");
  CHECK(entries[2].origin == "--c");
  CHECK(entries[3].origin == "default");
  CHECK(entries[4].key == "listener.port");
  CHECK(entries[4].value == "77");
}

TEST_CASE("an override that is wrong or unknown is reported by its own name") {
  ConfigReader reader = reader_of("port = 1");
  reader.override_value("port", "many", "--port");
  reader.override_value("prot", "1", "BAUTA_TEST_PROT");
  reader.root().integer("port", {1, 9}, 1);
  CHECK(problems_of(reader) ==
        "port in --port must be an integer from 1 to 9, not \"many\"\n"
        "BAUTA_TEST_PROT sets the unknown key prot; did you mean port?");
}

TEST_CASE("overrides of every kind are read") {
  ConfigReader reader = reader_of("");
  for (const auto& [key, value] : std::map<std::string, std::string>{{"t", "x y"},
                                                                     {"n", "1e-3"},
                                                                     {"s", "64 KiB"},
                                                                     {"l", "a,b,,c"},
                                                                     {"d", "0.25"},
                                                                     {"p", "dir/file"},
                                                                     {"c", "two"}}) {
    reader.override_value(key, value, "--" + key);
  }
  ConfigTable root = reader.root();
  CHECK(root.text("t", kRequired) == "x y");
  CHECK(root.number("n", {}, kRequired) == 1e-3);
  CHECK(root.byte_size("s", {}, kRequired) == 65536);
  CHECK(root.texts("l", kRequired) == std::vector<std::string>{"a", "b", "c"});
  CHECK(root.duration("d", {}, kRequired) == Milliseconds(250));
  CHECK(root.path("p", kRequired) == "dir/file");
  CHECK(root.choice("c", {"one", "two"}, kRequired) == "two");
  CHECK(problems_of(reader) == "");
}

TEST_CASE("sizes need a unit that exists and fit their bounds") {
  const auto size_of = [](std::string_view text) {
    ConfigReader reader = reader_of(text);
    const auto size = reader.root().byte_size("s", {10, 1'000'000}, kRequired);
    return reader.finish().ok() ? std::optional(size) : std::nullopt;
  };
  CHECK(size_of("s = \"10 kB\"") == 10'000);
  CHECK(size_of("s = \"0.5KiB\"") == 512);
  for (const char* text :
       {"s = 9", "s = -1", "s = 1000001", "s = \"1 MiB\"", "s = \"KiB\"", "s = \"1 kib\"", "s = \"1e9 B\"",
        "s = \"1 KiB \"", "s = \"9999999999999999999999 TiB\"", "s = 1.5", "s = \"\""}) {
    CAPTURE(text);
    CHECK(!size_of(text));
  }
}

TEST_CASE("relative paths are taken from the folder of the file") {
  const testing::TemporaryDirectory directory;
  REQUIRE(
      write_file_atomically(directory / "c.toml", as_bytes("a = \"state/db\"\nb = \"/srv/x\"\nempty = \"\"\n")).ok());
  ConfigReader reader = std::move(ConfigReader::from_file(directory / "c.toml")).value();
  CHECK(reader.root().path("a", kRequired) == directory / "state/db");
  CHECK(reader.root().path("b", kRequired) == "/srv/x");
  reader.root().path("empty", kRequired);
  CHECK(problems_of(reader).find("empty in ") == 0);
  CHECK(ConfigReader::from_file(directory / "none.toml").error().code == ErrorCode::not_found);
}

TEST_CASE("a text that is not TOML says where") {
  const auto reader = ConfigReader::from_text("a = 1\nb = \n", "coordinator.toml");
  REQUIRE(!reader.ok());
  CHECK(reader.error().code == ErrorCode::malformed);
  CHECK(reader.error().message.find("coordinator.toml line 2, column ") == 0);
}

TEST_CASE("problems of the caller carry the key's place") {
  ConfigReader reader = reader_of("[a]\nb = 1\n");
  ConfigTable table = reader.root().table("a");
  table.problem("b", "must be even");
  CHECK(problems_of(reader) == "a.b in coordinator.toml line 2 must be even");
}

TEST_CASE("a table where a value belongs and a value where a table belongs are refused") {
  ConfigReader reader = reader_of("listener = 3\nsources = [1]\n");
  CHECK(reader.root().table("listener").integer("port", {}, 4) == 4);
  CHECK(reader.root().tables("sources").empty());
  CHECK(problems_of(reader) ==
        "listener in coordinator.toml line 1 must be a table, not 3\n"
        "sources in coordinator.toml line 2 must be an array of tables ([[sources]]), not an array");
}

TEST_CASE("a long list of problems is cut and counted") {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "key" + std::to_string(i) + " = 1\n";
  ConfigReader reader = reader_of(text);
  const std::string message = problems_of(reader);
  CHECK(std::count(message.begin(), message.end(), '\n') == 25);
  CHECK(message.ends_with("\nand 75 more"));
}

TEST_CASE("text from the network is bounded in size and nesting") {
  CHECK(ConfigReader::from_text(std::string(11, '#'), "plan", 10).error().code == ErrorCode::oversized);
  const auto repeated = [](std::string_view part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
  };
  const std::string deep_key = "a" + repeated(".a", 20'000) + " = 1";
  const std::string deep_inline = "a = {" + repeated("a.b.c.d = {", 5'000);
  for (const std::string& text : {deep_key, deep_inline, "[" + deep_key + "]", "a = " + repeated("[", 20'000),
                                  "x = '''\n''''\n" + deep_key, "x = \"\\\"\"\n" + deep_key}) {
    CHECK(ConfigReader::from_text(text, "plan").error().code == ErrorCode::malformed);
  }
  CHECK(ConfigReader::from_text("sql = \"" + repeated("a.b, ", 500) + repeated(".", 500) + "\"", "plan").ok());
  CHECK(ConfigReader::from_text("sql = '''\n" + repeated("[{.", 500) + "'''", "plan").ok());
  CHECK(ConfigReader::from_text("# " + repeated(".[", 500) + "\na.b.c.d.e.f = 1", "plan").ok());
}

TEST_CASE("characters beyond ASCII stand in strings and comments only") {
  // U+FEBF in a bare key sends toml++ 3.3 into undefined behaviour; found by fuzzing.
  for (const char* text :
       {"nam\xEF\xBA\xBF = 1", "a = 1\n\xC3\xA9 = 2", "a = \xE2\x80\x9Cx\xE2\x80\x9D", "x\xEF\xBB\xBF = 1"}) {
    CHECK(ConfigReader::from_text(text, "plan").error().code == ErrorCode::malformed);
  }
  CHECK(ConfigReader::from_text("a = 1\n\xC3\xA9 = 2", "plan").error().message ==
        "plan line 2: characters other than ASCII need quotes around them");
  ConfigReader reader =
      reader_of("\xEF\xBB\xBF# caf\xC3\xA9\n\"\xC3\xA9\" = 'caf\xC3\xA9'\nb = \"\"\"\n\xC3\xA9\"\"\"\n");
  CHECK(reader.root().text("\xC3\xA9", kRequired) == "caf\xC3\xA9");
  CHECK(reader.root().text("b", kRequired) == "\xC3\xA9");
}

TEST_CASE("any bytes are answered by a value or an error, never by an exception") {
  testing::SeededRandom random(3);
  const std::string_view alphabet = "ab01.=\"'[]{}\n#, -_:TZ\\u\xff\xc3\xa9";
  int parsed = 0;
  for (int i = 0; i < 30'000; ++i) {
    std::string text;
    for (std::uint64_t length = random.below(40); length > 0; --length) text += alphabet[random.below(alphabet.size())];
    auto reader = ConfigReader::from_text(text, "plan");
    if (!reader.ok()) continue;
    ++parsed;
    ConfigTable root = reader->root();
    root.text("a", kRequired);
    root.table("b").integer("a", {}, kRequired);
    root.tables("ab");
    [[maybe_unused]] const Status status = reader->finish();
  }
  CHECK(parsed > 100);
}

}  // namespace
}  // namespace bauta
