// A whole coordinator on port 0 with partners over mutual TLS and an operator with a token.
#pragma once

#include <doctest/doctest.h>

#include <atomic>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>

#include "common/crypto/system_random.h"
#include "common/net/http_client.h"
#include "common/net/problem.h"
#include "coordinator/daemon.h"
#include "tests/support/temporary_directory.h"
#include "tests/support/test_partner.h"
#include "tests/support/test_pki.h"

namespace bauta::testing {

/// Deadlines pass only when the test says so. Any thread.
class SharedClock final : public Clock {
 public:
  SteadyTime steady() const override { return SteadyTime(Milliseconds(steady_.load())); }
  WallTime wall() const override { return SystemClock().wall(); }
  void advance(Milliseconds by) { steady_ += by.count(); }

 private:
  std::atomic<std::int64_t> steady_{1'000'000};
};

class CoordinatorFixture {
 public:
  explicit CoordinatorFixture(std::size_t partners);
  ~CoordinatorFixture();

  /// As SIGKILL and a new process: no drain.
  void restart();
  void start();
  void drain() { daemon_->drain(); }
  coordinator::Daemon& daemon() { return *daemon_; }

  // Partners, each with one connection.
  HttpResponse send(PartnerIndex from, const HttpCall& call);
  HttpResponse get(PartnerIndex from, const std::string& target);
  HttpResponse post(PartnerIndex from, const std::string& target, const Bytes& body);
  HttpResponse put(PartnerIndex from, const std::string& target, ByteView body, std::uint64_t offset);
  /// With a certificate of the federation's CA for any name.
  std::unique_ptr<HttpClient> client_named(const std::string& partner_id);

  // The operator.
  HttpResponse operator_call(const std::string& method, const std::string& target, const std::string& body = {},
                             HttpHeaders headers = {});
  nlohmann::json operator_json(const std::string& method, const std::string& target, const std::string& body = {});
  std::unique_ptr<HttpClient> operator_client();
  HttpResponse health(const std::string& target);
  std::string new_token(const std::string& name);
  std::string start_run(const std::string& plan);
  nlohmann::json run(const std::string& run_id) { return operator_json("GET", "/v1/runs/" + run_id); }

  /// Lines of the log whose event is `event`.
  std::vector<nlohmann::json> events(const std::string& event);

  // Steps of a round, each for the named partners; every answer is checked.
  /// All ask for the invitation and take part. The first time the gathering time passes, too; later `who` must be
  /// everybody whom the coordinator still takes for present, so that it waits for nobody.
  void join(const std::vector<PartnerIndex>& who, const std::string& after = "0.0");
  void keys(const std::vector<PartnerIndex>& who);
  void shares(const std::vector<PartnerIndex>& who);
  void headers(const std::vector<PartnerIndex>& who);
  void uploads(const std::vector<PartnerIndex>& who);
  void certify(const std::vector<PartnerIndex>& who);
  void unmask(const std::vector<PartnerIndex>& who);
  /// All fetch the aggregate and check it; the sum is the plaintext sum over `survivors`.
  void accept(const std::vector<PartnerIndex>& who, const std::vector<PartnerIndex>& survivors);
  void whole_round(const std::vector<PartnerIndex>& who);
  /// All five partners take part; partner 2 is lost in the middle of its upload.
  void round_without_partner_2();

  std::string path(PartnerIndex partner, const std::string& what) { return partners[partner].round_path() + what; }

  TemporaryDirectory directory;
  TestFederation federation;
  TestAuthority authority;
  SharedClock clock;
  std::vector<TestPartner> partners;
  coordinator::Settings settings;
  std::string token;

 private:
  HttpClient& client(PartnerIndex partner);
  std::unique_ptr<HttpClient> make_client(const IssuedCertificate& certificate);

  SystemRandom random_;
  std::mutex log_mutex_;
  std::vector<std::string> log_lines_;
  std::unique_ptr<Logger> log_;
  std::unique_ptr<coordinator::Daemon> daemon_;
  bool gathered_ = false;  ///< since the daemon's start
  std::map<PartnerIndex, IssuedCertificate> certificates_;
  std::map<PartnerIndex, std::unique_ptr<HttpClient>> clients_;
};

/// The "code" of a problem+json answer.
std::string code_of(const HttpResponse& response);

inline const std::vector<PartnerIndex> kFour = {0, 1, 2, 3};

}  // namespace bauta::testing
