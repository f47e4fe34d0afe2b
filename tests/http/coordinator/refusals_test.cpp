// What partners are refused, with which status and code.
#include <thread>

#include "common/evidence/evidence_folder.h"
#include "common/evidence/evidence_kind.h"
#include "common/masking/transcript.h"
#include "common/masking/wire.h"
#include "tests/http/coordinator/coordinator_fixture.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

struct Expected {
  int status;
  std::string code;
};

void check(const HttpResponse& response, const Expected& expected) {
  CHECK_MESSAGE(response.status == expected.status, response.text());
  CHECK(code_of(response) == expected.code);
  CHECK(response.content_type == "application/problem+json");
}

}  // namespace

TEST_CASE("partners that are unknown or revoked are refused on every route") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  const auto stranger = f.client_named("stranger");
  for (const std::string target : {"/v1/invitation", "/v1/rounds/1/1/keys", "/v1/nothing"}) {
    HttpCall call;
    call.target = target;
    const auto response = stranger->send(call);
    REQUIRE(response.ok());
    check(*response, {403, "forbidden"});
  }
  CHECK(f.operator_json("POST", "/v1/partners/p1/revoke")["status"] == "revoked");
  check(f.get(1, "/v1/invitation"), {403, "revoked"});
  check(f.post(1, f.path(1, "/keys"), f.partners[1].keys()), {403, "revoked"});
  f.restart();
  check(f.get(1, "/v1/invitation"), {403, "revoked"});
  CHECK(f.operator_json("POST", "/v1/partners/p1/reinstate")["status"] == "active");
  f.keys({1});
}

TEST_CASE("a partner cannot speak for another") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  check(f.post(0, f.path(0, "/keys"), f.partners[1].keys()), {422, "bad_signature"});
  f.keys(kFour);
  f.shares(kFour);
  const auto package = f.get(1, f.path(1, "/shares"));
  const Bytes header = f.partners[1].update_header(package.body);
  check(f.post(0, f.path(0, "/update"), header), {422, "bad_signature"});
  // Without a header of its own there is nowhere to upload to, whatever others have sent.
  REQUIRE(f.post(1, f.path(1, "/update"), header).status == 200);
  check(f.put(0, f.path(0, "/update/vector"), f.partners[1].vector(), 0), {409, "wrong_phase"});
}

TEST_CASE("messages too early, too late, changed or damaged are refused with their reason, once each in the log") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  check(f.post(0, f.path(0, "/shares"), Bytes(10)), {409, "wrong_phase"});
  check(f.post(0, f.path(0, "/unmask"), Bytes(10)), {409, "wrong_phase"});
  check(f.get(0, f.path(0, "/aggregate/vector")), {409, "wrong_phase"});
  check(f.get(0, f.path(0, "/update/vector")), {409, "wrong_phase"});
  check(f.post(0, f.path(0, "/keys"), Bytes(100, 0xff)), {400, "malformed"});
  check(f.post(0, f.path(0, "/keys"), {}), {422, "bad_signature"});
  Bytes damaged = f.partners[0].keys();
  damaged[damaged.size() / 3] ^= 1;
  const auto refused = f.post(0, f.path(0, "/keys"), damaged);
  CHECK((refused.status == 422 || refused.status == 400));
  f.keys({0});
  check(f.post(0, f.path(0, "/keys"), damaged), {409, "conflict"});
  CHECK(f.events("evidence kept").empty());
  // Two that it has signed convict it, once; f.federation's roster judges the file anywhere.
  auto other = *decode<AdvertiseKeys>(decode<SignedBlob>(f.partners[0].keys())->payload);
  for (int i = 0; i < 2; ++i) {
    other.nonce[0] ^= 1U << i;
    check(f.post(0, f.path(0, "/keys"),
                 sign_blob(label::kAdvertiseKeys, f.federation.roster()->federation_id, TestFederation::partner_key(0),
                           0, encode(other))),
          {409, "conflict"});
  }
  const auto kept = f.events("evidence kept");
  REQUIRE(kept.size() == 1);
  const auto evidence = read_evidence(kept[0]["file"].get<std::string>());
  REQUIRE(evidence.ok());
  CHECK(verify_evidence(evidence_kinds(), f.federation.roster(), *evidence).value() ==
        "the partner p0 signed two different advertise-keys messages for round 1, attempt 1");
  f.keys({1, 2});
  f.clock.advance(std::chrono::seconds(10));
  REQUIRE(f.get(0, f.path(0, "/keys")).status == 200);
  check(f.post(3, f.path(3, "/keys"), f.partners[3].keys()), {409, "late"});
  check(f.post(3, f.path(3, "/keys"), f.partners[3].keys()), {409, "late"});
  std::size_t late = 0;
  for (const auto& event : f.events("message refused"))
    late += event["partner"] == "p3" && event["code"] == "late" ? 1 : 0;
  CHECK(late == 1);
}

TEST_CASE("bodies are bounded before they are read") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  check(f.post(0, f.path(0, "/keys"), Bytes(max_message_bytes(1, 4) + 1)), {413, "oversized"});
  check(f.post(0, f.path(0, "/shares"), Bytes(max_message_bytes(2, 4) + 1)), {413, "oversized"});
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  const auto bytes = f.partners[0].vector();
  Bytes longer(bytes.begin(), bytes.end());
  longer.push_back(0);
  check(f.put(0, f.path(0, "/update/vector"), longer, 0), {413, "oversized"});
  HttpCall with_body;
  with_body.target = "/v1/invitation";
  with_body.body = Bytes(1);
  check(f.send(0, with_body), {413, "oversized"});
}

TEST_CASE("an upload goes on only where it ended, and only whole chunks of a cut one are kept") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3, 4096));
  f.join(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  const auto vector = f.partners[0].vector();
  const std::string target = f.path(0, "/update/vector");
  REQUIRE(vector.size() > 2 * 65'536);
  const auto wrong = f.put(0, target, vector.first(1000), 64);
  check(wrong, {409, "conflict"});
  CHECK(wrong.header("Upload-Offset") == "0");
  HttpCall none;
  none.method = "PUT";
  none.target = target;
  none.body = Bytes(10);
  check(f.send(0, none), {400, "invalid_argument"});
  for (const char* text : {"", "-1", "0x10", "1e3", "99999999999999999999", "0 0"}) {
    none.headers = {{"Upload-Offset", text}};
    CHECK(f.send(0, none).status >= 400);
  }
  CHECK(nlohmann::json::parse(f.put(0, target, vector.first(65'536 + 100), 0).text())["offset"] == 65'536);
  const auto again = f.put(0, target, vector.subspan(65'536 + 100), 65'536 + 100);
  check(again, {409, "conflict"});
  CHECK(again.header("Upload-Offset") == "65536");
  check(f.put(0, target, vector, 65'536), {413, "oversized"});
  CHECK(nlohmann::json::parse(f.put(0, target, vector.subspan(65'536, 65'536), 65'536).text())["offset"] == 131'072);
  const auto done = f.put(0, target, vector.subspan(131'072), 131'072);
  CHECK(nlohmann::json::parse(done.text())["complete"] == true);
  // The answer was lost: the last piece comes again.
  CHECK(nlohmann::json::parse(f.put(0, target, vector.subspan(131'072), 131'072).text())["complete"] == true);
  f.uploads({1, 2, 3});
  f.certify(kFour);
  f.unmask(kFour);
  f.accept(kFour, kFour);
}

TEST_CASE("a slow upload is ended with its phase and holds no place any longer") {
  CoordinatorFixture f(4);
  f.settings.limits.uploads = 1;
  f.restart();
  f.start_run(test_plan(2, 3, 4096));
  f.join(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  f.uploads({1, 2, 3});
  HttpCall slow;
  slow.method = "PUT";
  slow.target = f.path(0, "/update/vector");
  const auto vector = f.partners[0].vector();
  slow.body = Bytes(vector.begin(), vector.end());
  slow.headers = {{"Upload-Offset", "0"}};
  slow.bytes_per_second = 5000;  // would take half a minute
  std::optional<HttpResponse> answer;
  std::thread uploading([&] { answer = f.send(0, slow); });
  while (f.events("upload started").size() < 4) std::this_thread::yield();
  f.clock.advance(std::chrono::seconds(86));
  const auto survivors = f.get(1, f.path(1, "/survivors"));
  uploading.join();
  CHECK(survivors.status == 200);
  REQUIRE(answer);
  CHECK(answer->status >= 400);
  CHECK(code_of(*answer) == "late");
  f.certify({1, 2, 3});
  f.unmask({1, 2, 3});
  f.accept({1, 2, 3}, {1, 2, 3});
}

TEST_CASE("bytes that do not hash to the signed root are thrown away, and the right ones are taken afterwards") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3, 4096));
  f.join(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  const auto vector = f.partners[0].vector();
  Bytes other(vector.begin(), vector.end());
  other[70'000] ^= 1;
  check(f.put(0, f.path(0, "/update/vector"), other, 0), {422, "bad_share"});
  CHECK(nlohmann::json::parse(f.get(0, f.path(0, "/update/vector")).text())["offset"] == 0);
  f.uploads(kFour);
  f.certify(kFour);
  f.unmask(kFour);
  f.accept(kFour, kFour);
}

TEST_CASE("a bit that belongs to no lane is refused while it arrives") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3, 256, "[update]\nbits = 8\nlane = 12\n"));
  f.join(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  const auto vector = f.partners[0].vector();
  Bytes other(vector.begin(), vector.end());
  other[807] |= 0x80;
  check(f.put(0, f.path(0, "/update/vector"), other, 0), {400, "malformed"});
  CHECK(f.get(0, f.path(0, "/update/vector")).status == 200);
}

TEST_CASE("rounds that are not there, paths that are none and verbs that do not fit") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3));
  for (const char* target : {"/v1/rounds/1/1/keys", "/v1/rounds/0/0", "/v1/rounds/01/1/keys", "/v1/rounds/-1/1/keys",
                             "/v1/rounds/18446744073709551616/1/keys", "/v1/rounds/1/4294967296/keys", "/v1/rounds/x/y",
                             "/v1/models/abc", "/v1/nothing", "/", "/v1/rounds/1/1/keys/more"}) {
    CAPTURE(target);
    check(f.get(0, target), {404, "not_found"});
  }
  check(f.get(0, "/v1/models/" + std::string(64, 'a')), {404, "not_found"});
  const auto verb = f.post(0, "/v1/invitation", {});
  CHECK(verb.status == 405);
  CHECK(verb.header("Allow") == "GET");
  for (const char* after : {"1", "1.", ".1", "1.1.1", "a.b", "-1.0", "%31.x"}) {
    check(f.get(0, std::string("/v1/invitation?after=") + after), {400, "invalid_argument"});
  }
  CHECK(f.events("message refused").size() <= 16);
}

TEST_CASE("a partner that has seen later rounds than there are is named in the log with what mends it") {
  CoordinatorFixture f(4);
  HttpCall call;
  call.target = "/v1/invitation?after=40.2";
  call.timeout = Milliseconds(300);
  const auto client = f.client_named("p2");
  CHECK(!client->send(call).ok());
  const auto noted = f.events("message refused");
  REQUIRE(noted.size() == 1);
  CHECK(noted[0]["partner"] == "p2");
  CHECK(noted[0]["reason"].get<std::string>().find("resume-after 40") != std::string::npos);
}

TEST_CASE("another roster is told before anything else") {
  CoordinatorFixture f(4);
  HttpCall call;
  call.target = "/v1/rounds/0/0";
  call.headers = {{"Bauta-Roster-Hash", std::string(64, '0')}};
  check(f.send(0, call), {422, "wrong_context"});
  call.headers = {{"Bauta-Roster-Hash", to_hex(f.federation.roster()->hash)}};
  const auto known = f.send(0, call);
  check(known, {404, "not_found"});
  CHECK(known.header("Bauta-Roster-Hash") == to_hex(f.federation.roster()->hash));
}

TEST_CASE("partners outside the cohort see nothing of the round") {
  CoordinatorFixture f(5);
  f.start_run(test_plan(1, 3));
  f.join(kFour);
  f.keys(kFour);
  for (const char* what :
       {"/keys", "/shares", "/survivors", "/certificate", "/aggregate", "/aggregate/vector", "/update/vector", ""}) {
    check(f.get(4, f.path(0, what)), {403, "not_in_cohort"});
  }
  check(f.post(4, f.path(0, "/keys"), f.partners[0].keys()), {403, "not_in_cohort"});
}
