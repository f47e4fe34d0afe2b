// A roster follows another by the signatures of its own partners and by nothing else.
#include "common/membership/roster_change.h"

#include <doctest/doctest.h>

#include <string>

#include "common/masking/transcript.h"
#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

constexpr PartnerIndex kNobody = 99;

struct Text {
  std::uint64_t version = 1;
  std::vector<PartnerIndex> partners = {0, 1, 2, 3, 4};  ///< "pN" with the N-th test key
  std::string more = "";                                 ///< lines at the top
  PartnerIndex other_key = kNobody;                      ///< whose key is another one
  std::string federation_id = std::string(64, 'a');

  std::string write() const {
    std::string text = "federation = \"test\"\nfederation_id = \"" + federation_id +
                       "\"\nversion = " + std::to_string(version) + "\n" + more + "\n[coordinator]\nsigning_key = \"" +
                       to_base64(TestFederation::coordinator_key().spki()) + "\"\n";
    for (const PartnerIndex partner : partners) {
      const SigningKey& key = TestFederation::partner_key(partner == other_key ? 20 : partner);
      text +=
          "[[partner]]\nid = \"p" + std::to_string(partner) + "\"\nsigning_key = \"" + to_base64(key.spki()) + "\"\n";
    }
    return text;
  }
  Roster roster() const {
    auto parsed = parse_roster(write());
    REQUIRE_MESSAGE(parsed.ok(), parsed.error().message);
    return *std::move(parsed);
  }
};

Bytes sign(const Roster& current, const Roster& next, PartnerIndex partner) {
  return sign_roster_change(current, next, TestFederation::partner_key(partner), partner);
}

Status check(const Roster& current, const Roster& next, const std::vector<Bytes>& signatures) {
  return check_roster_change(current, next, count_roster_signatures(current, next, signatures));
}

/// In force, and what is to follow it.
struct Change {
  Roster current = Text().roster();
  Roster next = Text{.version = 2, .partners = {0, 1, 2, 3, 4, 5}}.roster();
};

}  // namespace

TEST_CASE("a federation's name that would write to the terminal of whoever reads it is refused") {
  const std::string text = Text().write();
  const auto named = [&](std::string name) {
    std::string changed = text;
    return parse_roster(changed.replace(changed.find("test"), 4, name)).ok();
  };
  CHECK(named("Müller & Co, Zürich"));
  CHECK_FALSE(named("high-street\\n  version 3 becomes version 4"));
  CHECK_FALSE(named("high-street\\u001b[8m"));
  CHECK_FALSE(named("high-street\\u009b8m"));
  CHECK_FALSE(named("high-street\\u202e"));
  CHECK_FALSE(named(std::string(101, 'a')));
}

TEST_CASE("a majority of the partners in force changes the roster, one less does not") {
  const Change change;
  const Roster& current = change.current;
  const Roster& next = change.next;
  CHECK(current.change_signatures == 3);
  CHECK(check(current, next, {sign(current, next, 0), sign(current, next, 2), sign(current, next, 4)}).ok());
  const Status two = check(current, next, {sign(current, next, 0), sign(current, next, 2)});
  REQUIRE_FALSE(two.ok());
  CHECK(two.error().code == ErrorCode::threshold_lost);
  CHECK(two.error().message.find("p0, p2 have") != std::string::npos);
  CHECK(check(current, next, {}).error().code == ErrorCode::threshold_lost);
}

TEST_CASE("signatures that are no partner's own on this very change count nothing") {
  const Change change;
  const Roster& current = change.current;
  const Roster& next = change.next;
  const std::vector<Bytes> two = {sign(current, next, 0), sign(current, next, 1)};
  const auto with = [&](Bytes third) {
    auto all = two;
    all.push_back(std::move(third));
    const Status status = check(current, next, all);
    REQUIRE_FALSE(status.ok());
    CHECK(status.error().code == ErrorCode::threshold_lost);
    CHECK(status.error().message.find("p0, p1 have") != std::string::npos);
  };
  SUBCASE("forged") {
    auto blob = *decode<SignedBlob>(sign(current, next, 1));
    blob.signer = 2;
    with(encode(blob));
  }
  SUBCASE("altered") {
    Bytes altered = sign(current, next, 2);
    altered.back() ^= 1;
    with(altered);
  }
  SUBCASE("cut") {
    const Bytes whole = sign(current, next, 2);
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      with(Bytes(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(size)));
    }
  }
  SUBCASE("of the same partner again") { with(sign(current, next, 1)); }
  SUBCASE("of a newcomer, who is only in the new roster") { with(sign(current, next, 5)); }
  SUBCASE("of the coordinator") {
    with(sign_roster_change(current, next, TestFederation::coordinator_key(), kCoordinatorSigner));
    with(sign_roster_change(current, next, TestFederation::coordinator_key(), 2));
  }
  SUBCASE("on another new roster") { with(sign(current, Text{.version = 2, .partners = {0, 1, 2}}.roster(), 2)); }
  SUBCASE("from another roster") { with(sign(Text{.more = "# other"}.roster(), next, 2)); }
  SUBCASE("on another version") {
    RosterChange statement{current.federation_id, current.hash, next.hash, 3};
    with(sign_blob(label::kRosterChange, current.federation_id, TestFederation::partner_key(2), 2, encode(statement)));
  }
  SUBCASE("under another label") {
    const RosterChange statement{current.federation_id, current.hash, next.hash, 2};
    with(sign_blob(label::kCertify, current.federation_id, TestFederation::partner_key(2), 2, encode(statement)));
  }
  SUBCASE("longer than any signature is") { with(Bytes(kMaxRosterSignatureBytes + 1, 7)); }
}

TEST_CASE("how many must sign is what the roster in force says, whatever the new one would like") {
  const Roster strict = Text{.more = "change_signatures = 5"}.roster();
  const Roster lax = Text{.version = 2}.roster();
  CHECK(lax.change_signatures == 3);
  std::vector<Bytes> signatures;
  for (PartnerIndex u = 0; u < 4; ++u) signatures.push_back(sign(strict, lax, u));
  CHECK(check(strict, lax, signatures).error().code == ErrorCode::threshold_lost);
  signatures.push_back(sign(strict, lax, 4));
  CHECK(check(strict, lax, signatures).ok());
}

TEST_CASE("less than a majority, or more than there are, cannot be asked for") {
  for (const char* line : {"change_signatures = 2", "change_signatures = 6", "change_signatures = 0", "version = 0"}) {
    CAPTURE(line);
    std::string text = Text{.more = line}.write();
    if (std::string(line).starts_with("version")) text.erase(text.find("version = 1\n"), 12);
    CHECK_FALSE(parse_roster(text).ok());
  }
}

TEST_CASE("an old change cannot be replayed, nor an older roster come back under a majority of its own") {
  const Change change;
  const Roster& current = change.current;
  const Roster& next = change.next;
  const std::vector<PartnerIndex> three = {0, 1, 2};
  std::vector<Bytes> first;
  for (const PartnerIndex u : three) first.push_back(sign(current, next, u));
  REQUIRE(check(current, next, first).ok());
  // In force by now: the same files again, and the way back.
  CHECK_FALSE(check(next, next, first).ok());
  std::vector<Bytes> back;
  for (const PartnerIndex u : {0U, 1U, 2U, 3U, 4U, 5U}) back.push_back(sign(next, current, u));
  CHECK(check(next, current, back).error().code == ErrorCode::wrong_context);
  // A later roster with the same partners as the first does not bring the first change back.
  const Roster third = Text{.version = 3}.roster();
  CHECK_FALSE(check(third, next, first).ok());
  const Roster fourth = Text{.version = 4, .partners = {0, 1, 2, 3, 4, 5}}.roster();
  CHECK_FALSE(check(third, fourth, first).ok());
  // No version may be left out either: versions 4 on 2 could hide a version 3.
  CHECK(check(next, fourth, {}).error().code == ErrorCode::wrong_context);
}

TEST_CASE("a roster of another federation never follows") {
  const Change change;
  const Roster& current = change.current;
  const Roster other = Text{.version = 2, .federation_id = std::string(64, 'b')}.roster();
  CHECK(judge_succession(current, other).error().code == ErrorCode::wrong_context);
}

TEST_CASE("the differences are named in plain words") {
  const Change change;
  const Roster& current = change.current;
  const Roster& next = change.next;
  const auto all = [](const Roster& before, const Roster& after) {
    std::string text;
    for (const std::string& line : roster_differences(before, after)) text += line + "\n";
    return text;
  };
  const auto holds = [](const std::string& text, std::string_view part) {
    INFO(text);
    CHECK(text.find(part) != std::string::npos);
  };
  holds(all(current, next), "partner p5 joins");
  holds(all(current, next), "4 of 6 partners must sign a change, instead of 3 of 5");
  holds(all(current, next), "version 1 becomes version 2");
  const Roster fewer = Text{.version = 2, .partners = {0, 2, 3, 4}, .other_key = 3}.roster();
  holds(all(current, fewer), "partner p1 leaves");
  holds(all(current, fewer), "partner p3's signing key changes");
  holds(all(current, fewer), "other numbers");
  std::string text = Text{.version = 2}.write();
  const std::string key = to_base64(TestFederation::coordinator_key().spki());
  text.replace(text.find(key), key.size(), to_base64(TestFederation::partner_key(21).spki()));
  text.replace(text.find("\"test\""), 6, "\"renamed\"");
  text += "weight = 0.5\n";
  const Roster renamed = *parse_roster(text);
  holds(all(current, renamed), "COORDINATOR'S KEY changes");
  holds(all(current, renamed), "\"test\" to \"renamed\"");
  holds(all(current, renamed), "partner p4's weight changes from 1 to 0.5");
}
