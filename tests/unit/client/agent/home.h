// A partner's configuration, keys and roster in a folder of their own, for tests of its operator's commands.
#pragma once

#include <doctest/doctest.h>

#include <initializer_list>
#include <map>
#include <string>
#include <vector>

#include "client/agent/client_settings.h"
#include "tests/support/files.h"
#include "tests/support/round_harness.h"
#include "tests/support/temporary_directory.h"

namespace bauta::testing {

using client::ClientSettings;
using client::ReadSettings;
using client::SettingOverride;

inline constexpr std::string_view kSmallPlan = "name = \"t\"\n[round]\nmin_participants = 3\n";

/// A folder with a configuration of partner p1 that is in order.
struct Home {
  TemporaryDirectory folder;
  std::string text;

  Home() {
    std::string roster = "federation = \"test\"\nfederation_id = \"" + std::string(64, 'a') + "\"\n[coordinator]\n" +
                         "signing_key = \"" + to_base64(TestFederation::coordinator_key().spki()) + "\"\n";
    for (std::size_t i = 0; i < 4; ++i) {
      roster += "[[partner]]\nid = \"p" + std::to_string(i) + "\"\nsigning_key = \"" +
                to_base64(TestFederation::partner_key(i).spki()) + "\"\n";
    }
    write_plain(folder / "roster.toml", roster);
    write_plain(folder / "signing.key", TestFederation::partner_key(1).to_pem());
    write_plain(folder / "plan.toml", kSmallPlan);
    text = R"(name = "p1"
state_dir = "state"
roster = "roster.toml"
[coordinator]
host = "coordinator.example"
port = 8443
ca = "ca.pem"
[tls]
certificate = "tls.pem"
key = "tls.key"
[signing]
key = "signing.key"
[data]
kind = "csv"
events = "e.csv"
items = "i.csv"
persons = "p.csv"
[task]
kind = "propensity"
target = "purchase"
horizon_days = 28
cut = "2024-01-01"
)";
  }

  Result<ReadSettings> read(const std::map<std::string, std::string>& environment = {},
                            const std::vector<SettingOverride>& overrides = {}) const {
    write_plain(folder / "client.toml", text);
    return client::read_client_settings(folder / "client.toml", environment, overrides);
  }
  ClientSettings settings() const {
    auto read_in = read();
    REQUIRE_MESSAGE(read_in.ok(), (read_in.ok() ? "" : read_in.error().message));
    return read_in->settings;
  }
  void replace(const std::string& from, const std::string& to) { text.replace(text.find(from), from.size(), to); }
};

inline void check_refused(const Status& status, std::initializer_list<std::string> words) {
  REQUIRE(!status.ok());
  CHECK(status.error().message.find('\n') == std::string::npos);
  for (const std::string& word : words) {
    CAPTURE(word);
    CHECK(status.error().message.find(word) != std::string::npos);
  }
}

template <class T>
Status status_of(const Result<T>& result) {
  return result.ok() ? Status() : Status(result.error());
}

}  // namespace bauta::testing
