#include <doctest/doctest.h>

#include "coordinator/cli/api_client.h"
#include "coordinator/cli/command_line.h"
#include "coordinator/cli/output.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::coordinator;

TEST_CASE("a server's URL gives host and port, and nothing but a plain https URL is taken") {
  const auto plain = client_settings_of("https://coordinator.example", "ca.pem");
  REQUIRE(plain.ok());
  CHECK(plain->host == "coordinator.example");
  CHECK(plain->port == 8444);
  REQUIRE(plain->tls);
  CHECK(plain->tls->ca_file == "ca.pem");
  CHECK_FALSE(plain->tls->require_coordinator);
  const auto numbered = client_settings_of("https://[::1]:9000/", "ca.pem");
  REQUIRE(numbered.ok());
  CHECK(numbered->host == "::1");
  CHECK(numbered->port == 9000);
  for (const char* url :
       {"", "http://x", "https://", "https://:80", "https://x:", "https://x:0", "https://x:65536", "https://x:8o",
        "https://x/y", "https://u@x", "https://[::1", "https://[::1]x", "https://[::1]:", "https://x?y"}) {
    CAPTURE(url);
    const auto refused = client_settings_of(url, "ca.pem");
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().message.find("https://HOST") != std::string::npos);
  }
}

TEST_CASE("an empty token file is named before anything is sent") {
  testing::TemporaryDirectory directory;
  testing::write_plain(directory / "token", "\n");
  const SystemClock clock;
  const auto client = ApiClient::create({"https://localhost", directory / "ca.pem", directory / "token"}, clock);
  REQUIRE_FALSE(client.ok());
  CHECK(client.error().message.find("token create") != std::string::npos);
}

TEST_CASE("tables align their columns, shorten hashes and let nothing through that moves a cursor") {
  const auto rows = Json::parse(R"([{"name": "a", "hash": ")" + std::string(64, 'f') + R"(", "auc": 0.5, "none": null},
                                    {"name": "bb\u001b[31m", "hash": "x", "auc": 1, "more": true}])");
  CHECK(table_text(rows, {"name", "hash", "auc", "none"}) ==
        "name     hash          auc     none\n"
        "a        ffffffffffff  0.5000  -\n"
        "bb [31m  x             1       -\n");
  CHECK(object_text(Json::parse(R"({"a": 1, "long": "x"})")) == "a     1\nlong  x\n");
}

TEST_CASE("the progress line shows rounds, phase and metric, also for a run that says odd things") {
  CHECK(progress_text(Json::parse(R"({"rounds_total": 4, "rounds_done": 1, "state": "running", "mean_auc": 0.61234,
                                      "round": {"round_no": 7, "attempt": 2, "phase": "unmask"}})")) ==
        "[#######.......................] 1/4 rounds, round 7 attempt 2 unmask, mean AUC 0.6123");
  CHECK(progress_text(Json::parse(R"({"rounds_total": 0, "rounds_done": 9, "state": "created", "round": null})")) ==
        "[##############################] 1/1 rounds, created");
}

TEST_CASE("a command that does not exist is named in one line, and help is no failure") {
  const auto parse = [](std::vector<const char*> arguments) {
    CLI::App app{"test"};
    app.name("test");
    app.require_subcommand(1);
    CLI::App* const sub = app.add_subcommand("sub", "help");
    std::string needed;
    sub->add_option("--needed", needed, "help")->required();
    arguments.insert(arguments.begin(), "test");
    return parse_command_line(app, static_cast<int>(arguments.size()), arguments.data());
  };
  CHECK_FALSE(parse({"sub", "--needed", "x"}));
  CHECK(parse({"--help"}) == 0);
  CHECK(parse({"nonsense"}) == 2);
  CHECK(parse({}) == 2);
  CHECK(parse({"sub"}) == 2);
  CHECK(parse({"sub", "--needed", "x", "--more"}) == 2);
}
