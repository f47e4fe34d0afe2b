// The pinned roster and the commands that change it, on real files.
#include "client/agent/roster_commands.h"

#include "client/agent/latches.h"
#include "client/agent/local_commands.h"
#include "common/base/file.h"
#include "common/crypto/system_random.h"
#include "common/membership/roster_files.h"
#include "tests/unit/client/agent/home.h"

using namespace bauta;
using namespace bauta::client;
using namespace bauta::testing;

namespace {

/// The home of p1 with a proposal: partner p3 leaves.
struct Federation : Home {
  ClientSettings settings_ = settings();
  std::filesystem::path next = folder / "next.toml";

  Federation() {
    std::string proposed = *read_text_file(settings_.roster);
    proposed = "version = 2\n" + proposed.substr(0, proposed.rfind("[[partner]]"));
    proposed +=
        "[[partner]]\nid = \"p4\"\nsigning_key = \"" + to_base64(TestFederation::partner_key(4).spki()) + "\"\n";
    write_plain(next, proposed);
  }
  std::shared_ptr<const Roster> current() const { return *read_roster(settings_.roster); }
  /// A signature file as the other partners would send it.
  std::filesystem::path signature_of(PartnerIndex partner) const {
    const Bytes signature =
        sign_roster_change(*current(), **read_roster(next), TestFederation::partner_key(partner), partner);
    const std::filesystem::path file = folder / ("p" + std::to_string(partner) + ".signature");
    write_plain(file, as_text(signature));
    return file;
  }
  /// As the daemon does, which pins it the first time.
  void start(const Roster& roster) const {
    ClientStore opened = store();
    REQUIRE(start_with_roster(opened, roster).ok());
  }
  ClientStore store() const {
    SystemRandom random;
    auto opened = ClientStore::open(settings_.store, random);
    REQUIRE(opened.ok());
    return *std::move(opened);
  }
};

}  // namespace

TEST_CASE("the roster is shown with the own line marked, its version and how many sign a change") {
  const Home home;
  const auto text = show_roster(home.settings());
  REQUIRE(text.ok());
  CHECK(text->find("p1") < text->find("(this client)"));
  CHECK(text->find("(this client)") < text->find("p2"));
  CHECK(text->find("version     1") != std::string::npos);
  CHECK(text->find("3 of 4") != std::string::npos);
}

TEST_CASE("a change is signed only on request, and one successor of a roster only") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  const auto looked = sign_roster(settings, federation.next, {}, false);
  REQUIRE(looked.ok());
  CHECK(looked->find("partner p3 leaves") != std::string::npos);
  CHECK(looked->find("nothing signed") != std::string::npos);
  const std::filesystem::path out = federation.folder / "own.out";
  REQUIRE(sign_roster(settings, federation.next, out, false).ok());
  CHECK(*open_roster_signature(*federation.current(), **read_roster(federation.next), *read_file(out, 1000)) == 1);
  CHECK(sign_roster(settings, federation.next, out, false).ok());
  write_plain(federation.next, *read_text_file(federation.next) + "# another text\n");
  check_refused(status_of(sign_roster(settings, federation.next, out, false)), {"another successor", "--again"});
  CHECK(sign_roster(settings, federation.next, out, true).ok());
}

TEST_CASE("enough signatures of the partners in force change the pinned roster, and it is on record") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  const auto before = federation.current();
  federation.start(*before);
  const auto first = federation.signature_of(0);
  const auto second = federation.signature_of(2);
  check_refused(status_of(apply_roster(settings, federation.next, {first, second, first}, false)),
                {"3 of the 4", "p0, p2"});
  CHECK(federation.current()->hash == before->hash);

  REQUIRE(apply_roster(settings, federation.next, {first, second, federation.signature_of(3)}, false).ok());
  CHECK(federation.current()->version == 2);
  const auto record = settings.store.state_directory / "rosters" / ("1-" + to_hex(before->hash));
  CHECK(*read_text_file(record.string() + ".toml") == before->text);
  CHECK(read_file(record.string() + ".p3.signature", 1000).ok());
  CHECK(status(settings)->find("roster apply version 2") != std::string::npos);
  // The daemon takes this file and no other; the files of the change do not work twice.
  ClientStore store = federation.store();
  CHECK(check_pinned_roster(store, *federation.current()).ok());
  check_refused(check_pinned_roster(store, *before), {"roster apply", "roster trust"});
}

TEST_CASE("a change that was cut off between latch and file is ended by the same command") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  const std::vector<std::filesystem::path> all = {federation.signature_of(0), federation.signature_of(2),
                                                  federation.signature_of(3)};
  const auto before = federation.current();
  REQUIRE(apply_roster(settings, federation.next, all, false).ok());
  write_plain(settings.roster, before->text);
  REQUIRE(apply_roster(settings, federation.next, all, false).ok());
  CHECK(federation.current()->version == 2);
  CHECK_FALSE(apply_roster(settings, federation.next, all, false).ok());
}

TEST_CASE("a roster file that was exchanged behind the client's back cannot be the start of a change") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  federation.start(*federation.current());
  write_plain(settings.roster, federation.current()->text + "# slipped in\n");
  const std::vector<std::filesystem::path> all = {federation.signature_of(0), federation.signature_of(2),
                                                  federation.signature_of(3)};
  check_refused(status_of(apply_roster(settings, federation.next, all, false)), {"has pinned"});
  check_refused(status_of(sign_roster(settings, federation.next, federation.folder / "mine", false)), {"has pinned"});
  check_refused(status_of(sign_roster(settings, federation.next, {}, false)), {"has pinned"});
  check_refused(status_of(show_roster(settings)), {"has pinned"});
  CHECK_FALSE(std::filesystem::exists(federation.folder / "mine"));
  // Also where it was exchanged for the very successor.
  write_plain(settings.roster, (*read_roster(federation.next))->text);
  check_refused(status_of(show_roster(settings)), {"has pinned"});
  check_refused(status_of(sign_roster(settings, federation.next, {}, false)), {"has pinned"});
}

TEST_CASE("no change while the daemon runs or an attempt is under way, unless that is given up") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  const std::vector<std::filesystem::path> all = {federation.signature_of(0), federation.signature_of(2),
                                                  federation.signature_of(3)};
  {
    ClientStore store = federation.store();
    CHECK(apply_roster(settings, federation.next, all, true).error().code == ErrorCode::busy);
    const StoredItem item("out/1", Bytes{1});
    REQUIRE(store.put_all(7, 1, std::span(&item, 1)).ok());
  }
  check_refused(status_of(apply_roster(settings, federation.next, all, false)), {"7.1", "--abandon"});
  REQUIRE(apply_roster(settings, federation.next, all, true).ok());
  CHECK(federation.store().rounds_under_way()->empty());
  CHECK(status(settings)->find("abandoned") != std::string::npos);
}

TEST_CASE("the operator's own word pins any roster, and is kept for ever") {
  const Federation federation;
  const ClientSettings& settings = federation.settings_;
  federation.start(*federation.current());
  CHECK_FALSE(trust_roster(settings, federation.next, "", false).ok());
  REQUIRE(trust_roster(settings, federation.next, "two partners went bankrupt", false).ok());
  CHECK(federation.current()->version == 2);
  CHECK(status(settings)->find("two partners went bankrupt") != std::string::npos);
  // Also where the file in force is gone.
  std::filesystem::remove(settings.roster);
  CHECK(trust_roster(settings, federation.next, "the disk was lost", false).ok());
}
