// The audit's endpoint: what it serves to whom, and what comes of changed files and strange parameters.
#include <fstream>
#include <thread>

#include "common/masking/merkle.h"
#include "common/masking/transcript.h"
#include "coordinator/api/audit_answer.h"
#include "tests/http/coordinator/coordinator_fixture.h"

using namespace bauta;
using namespace bauta::testing;

namespace {

/// Uploads of more than two chunks of 64 KiB.
constexpr std::uint32_t kLongRows = 4096;

std::vector<std::uint64_t> fetch_sum(CoordinatorFixture& f, PartnerIndex partner) {
  const auto answer = f.get(partner, f.path(partner, "/aggregate/vector"));
  REQUIRE(answer.status == 200);
  std::vector<std::uint64_t> sum(answer.body.size() / 8);
  std::copy(answer.body.begin(), answer.body.end(), wire_bytes_mutable(sum).begin());
  return sum;
}

std::string audit_path(CoordinatorFixture& f, PartnerIndex partner, const std::string& chunk) {
  return f.path(partner, "/audit/chunks/" + chunk);
}

/// What the audit of a chunk finds, as a client does it.
Status audit(CoordinatorFixture& f, PartnerIndex partner, std::uint64_t chunk) {
  const auto aggregate = f.get(partner, f.path(partner, "/aggregate"));
  REQUIRE(aggregate.status == 200);
  const std::vector<std::uint64_t> sum = fetch_sum(f, partner);
  auto audit = f.partners[partner].audit(aggregate.body, sum);
  REQUIRE(audit.ok());
  audit->begin(chunk);
  while (!audit->complete()) {
    std::string target = audit_path(f, partner, std::to_string(chunk));
    if (audit->after()) target += "?after=" + std::to_string(*audit->after());
    const auto answer = f.get(partner, target);
    REQUIRE_MESSAGE(answer.status == 200, answer.text());
    BAUTA_RETURN_IF_ERROR(audit->take(answer.body));
  }
  return audit->compare(client::chunk_of(sum, chunk));
}

void check_problem(const HttpResponse& response, int status, const std::string& code) {
  CHECK_MESSAGE(response.status == status, response.text());
  CHECK(code_of(response) == code);
}

std::filesystem::path spooled(CoordinatorFixture& f, const std::string& name) {
  return f.settings.state_dir / "spool" / name;
}

/// One byte of the file changed in place.
void alter(const std::filesystem::path& file, std::streamoff at) {
  std::fstream stream(file, std::ios::in | std::ios::out | std::ios::binary);
  stream.seekg(at);
  const int byte = stream.get();
  REQUIRE(byte >= 0);
  stream.seekp(at);
  stream.put(static_cast<char>(byte ^ 1));
  REQUIRE(stream.good());
}

}  // namespace

TEST_CASE("every chunk of a finished round can be audited, also after a restart and without the kept leaves") {
  CoordinatorFixture f(5);
  f.start_run(test_plan(1, 3, kLongRows));
  f.round_without_partner_2();
  const auto check = [&] {
    const std::uint64_t chunks = (f.partners[0].vector().size() + kMerkleChunk - 1) / kMerkleChunk;
    REQUIRE(chunks == 3);
    for (std::uint64_t chunk = 0; chunk < chunks; ++chunk) {
      const Status found = audit(f, 1, chunk);
      CHECK_MESSAGE(found.ok(), (found.ok() ? "" : found.error().message));
    }
  };
  check();
  f.restart();
  check();
  // An upload that never ended is in no sum and served to nobody.
  const auto answer =
      *decode<AuditAnswer>(decode<SignedBlob>(f.get(0, audit_path(f, 0, "1") + "?after=1").body)->payload);
  REQUIRE(answer.uploads.size() == 2);
  CHECK(answer.uploads[0].partner == 3);
  CHECK(answer.after == 1);
  REQUIRE(std::filesystem::remove(spooled(f, "1-1-0.leaves")));
  std::ofstream(spooled(f, "1-1-1.leaves"), std::ios::trunc) << "torn";
  check();
  CHECK(std::filesystem::file_size(spooled(f, "1-1-0.leaves")) == 3 * 32);
  CHECK(std::filesystem::file_size(spooled(f, "1-1-1.leaves")) == 3 * 32);
}

TEST_CASE("an upload that was changed after the sum is audit_proof, one changed before it is audit_sum") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3, kLongRows));
  f.join(kFour);
  f.keys(kFour);
  f.shares(kFour);
  f.headers(kFour);
  f.uploads(kFour);
  // The administrator moves a lane in chunk 1 while nobody looks, and puts it back when the sum is signed.
  alter(spooled(f, "1-1-2.upload"), 65'536);
  f.certify(kFour);
  f.unmask(kFour);
  REQUIRE(f.get(0, f.path(0, "/aggregate")).status == 200);
  CHECK(audit(f, 0, 1).error().code == ErrorCode::audit_proof);
  alter(spooled(f, "1-1-2.upload"), 65'536);
  CHECK(audit(f, 0, 1).error().code == ErrorCode::audit_sum);
  CHECK(audit(f, 0, 0).ok());
  CHECK(audit(f, 3, 2).ok());
}

TEST_CASE("an upload that its own leaves do not fit is not served, and the log names it") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(1, 3, kLongRows));
  f.join(kFour);
  f.whole_round(kFour);
  alter(spooled(f, "1-1-2.upload"), 3);
  alter(spooled(f, "1-1-2.leaves"), 3);
  const auto answer = f.get(0, audit_path(f, 0, "1"));
  check_problem(answer, 500, "io");
  CHECK(answer.text().find("spool") == std::string::npos);
}

TEST_CASE("the audit is served for finished rounds, to their members, by numbers that make sense") {
  CoordinatorFixture f(5);
  const std::vector<PartnerIndex> all = {0, 1, 2, 3, 4};
  f.start_run(test_plan(4, 3));
  f.join(all);
  check_problem(f.get(0, audit_path(f, 0, "0")), 409, "wrong_phase");
  f.keys(all);
  f.shares(kFour);
  f.clock.advance(std::chrono::seconds(60));
  check_problem(f.get(0, audit_path(f, 0, "0")), 409, "wrong_phase");
  f.headers(kFour);
  f.uploads(kFour);
  f.certify(kFour);
  check_problem(f.get(0, audit_path(f, 0, "0")), 409, "wrong_phase");
  f.unmask(kFour);
  f.accept(kFour, kFour);
  CHECK(f.get(0, audit_path(f, 0, "0")).status == 200);
  // In U1, but not in U2.
  check_problem(f.get(4, audit_path(f, 4, "0")), 403, "not_in_cohort");
  const auto stranger = f.client_named("stranger");
  HttpCall call;
  call.target = audit_path(f, 0, "0");
  check_problem(*stranger->send(call), 403, "forbidden");
  for (const char* chunk : {"1", "00", "-1", "0.0", "x", "18446744073709551616", "4294967296", "0%20"}) {
    CAPTURE(chunk);
    check_problem(f.get(0, audit_path(f, 0, chunk)), 404, "not_found");
  }
  for (const char* after : {"", "-1", "x", "1.5", "16384", "4294967296", "01"}) {
    CAPTURE(after);
    check_problem(f.get(0, audit_path(f, 0, "0") + "?after=" + after), 400, "invalid_argument");
  }
  check_problem(f.get(0, audit_path(f, 0, "0") + "?after=3"), 404, "not_found");
  check_problem(f.get(0, "/v1/rounds/1/2/audit/chunks/0"), 404, "not_found");
  check_problem(f.get(0, "/v1/rounds/9/1/audit/chunks/0"), 404, "not_found");
  check_problem(f.post(0, audit_path(f, 0, "0"), {}), 405, "invalid_argument");
}

TEST_CASE("rounds are kept for the audit until two later ones have finished") {
  CoordinatorFixture f(4);
  f.start_run(test_plan(3, 3, kLongRows));
  for (int round = 1; round <= 3; ++round) {
    f.join(kFour, std::to_string(round - 1) + ".1");
    f.whole_round(kFour);
  }
  check_problem(f.get(0, "/v1/rounds/1/1/audit/chunks/0"), 404, "not_found");
  CHECK(f.get(0, "/v1/rounds/2/1/audit/chunks/0").status == 200);
  CHECK(f.get(0, "/v1/rounds/3/1/audit/chunks/0").status == 200);
  CHECK_FALSE(std::filesystem::exists(spooled(f, "1-1-0.leaves")));
}

TEST_CASE("answers to audits are bounded, one a partner, and their place is given back") {
  coordinator::AuditSlots slots(2);
  auto first = slots.take(1);
  CHECK(first);
  CHECK_FALSE(slots.take(1));
  auto second = slots.take(2);
  CHECK(second);
  CHECK_FALSE(slots.take(3));
  auto copy = first;
  first.reset();
  CHECK_FALSE(slots.take(3));
  copy.reset();
  CHECK(slots.take(3));
  CHECK(slots.take(1));
}
