// All partners of a federation as the agents of the daemon, round after round against a running coordinator over mutual
// TLS: one thread, one connection and one state directory each. Nothing is trained. Prints one JSON object.
// Usage: round_agents PORT COORDINATOR_PID PKI_DIRECTORY PLAN STATE_DIRECTORY      (tests/bench/round_rate.py)
#include <atomic>
#include <barrier>
#include <filesystem>
#include <thread>

#include "client/agent/agent.h"
#include "common/base/allocator.h"
#include "common/crypto/system_random.h"
#include "tests/bench/must.h"
#include "tests/bench/partner_link.h"
#include "tests/bench/public_key_work.h"
#include "tests/bench/report.h"
#include "tests/bench/watched_process.h"

namespace bauta::bench {
namespace {

/// Rounds before the measurement begins: connections, page cache and the coordinator's knowledge of who is there.
constexpr std::uint64_t kWarmUp = 3;

class NoTrainer final : public client::Trainer {
 public:
  Result<ValidationMetrics> validate(std::span<const float>, std::uint64_t) override {
    return ValidationMetrics{0.5, 0.7};
  }
  Result<std::vector<float>> train(std::span<const float> parameters, std::uint64_t) override {
    return std::vector<float>(parameters.size(), 1e-4F);
  }
};

double own_cpu_seconds() { return clock_seconds(CLOCK_PROCESS_CPUTIME_ID); }

struct Measured {
  double seconds = 0;
  double cpu_seconds = 0;  ///< of both processes
  PublicKeyWork work;      ///< of this process
};

class Agents {
 public:
  Agents(std::filesystem::path pki, std::filesystem::path state, std::uint16_t port, std::string plan_text,
         WatchedProcess coordinator)
      : pki_(std::move(pki)),
        state_(std::move(state)),
        port_(port),
        plan_hash_(plan_hash(plan_text)),
        rounds_(must(parse_plan(plan_text)).round.rounds),
        coordinator_(std::move(coordinator)),
        roster_(std::make_shared<const Roster>(
            must(parse_roster(must(read_text_file(pki_ / "roster.toml", kMaxRosterBytes)))))),
        barrier_(static_cast<std::ptrdiff_t>(roster_->size()), Measure{this}) {}

  const Roster& roster() const { return *roster_; }
  std::uint64_t measured_rounds() const { return rounds_ - kWarmUp; }

  Measured run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < roster_->size(); ++i) {
      threads.emplace_back([this, i] { take_part(static_cast<PartnerIndex>(i)); });
    }
    for (std::thread& thread : threads) thread.join();
    return measured_;
  }

 private:
  struct Measure {
    Agents* agents;
    void operator()() noexcept { agents->measure(); }
  };

  // Everybody has applied the last round of the warm-up, or the last of all.
  void measure() {
    const double sign = ++step_ == 1 ? -1 : 1;
    measured_.seconds += sign * elapsed_seconds();
    measured_.cpu_seconds += sign * (own_cpu_seconds() + coordinator_.cpu_seconds());
    if (step_ == 1) {
      forget_public_key_work();
    } else {
      measured_.work = public_key_work();
    }
  }

  void take_part(PartnerIndex self) {
    const std::string& name = roster_->entries[self].partner_id;
    const SigningKey signing_key = signing_key_of(pki_, name);
    SystemRandom random;
    const SystemClock clock;
    const Logger log = Logger::silent();
    PartnerLink partner(pki_, name, port_, roster_->hash, random);
    client::AgentSettings settings;
    settings.policy.allowed_plans = {plan_hash_};
    settings.state_directory = state_ / name;
    settings.masking = std::launch::async;
    client::ClientStore::Settings store_settings;
    store_settings.state_directory = settings.state_directory;
    client::ClientStore store = must(client::ClientStore::open(store_settings, random));
    const auto agent =
        must(client::Agent::open({roster_, self, &signing_key}, settings, {partner.link(), store, random, clock, log},
                                 [](const Plan&) -> Result<std::unique_ptr<client::Trainer>> {
                                   return std::unique_ptr<client::Trainer>(std::make_unique<NoTrainer>());
                                 }));
    for (const std::uint64_t last : {kWarmUp, rounds_}) {
      while (!agent->models().current() || agent->models().current()->round_no < last) must(agent->step());
      barrier_.arrive_and_wait();
    }
  }

  std::filesystem::path pki_;
  std::filesystem::path state_;
  std::uint16_t port_;
  Digest plan_hash_;
  std::uint64_t rounds_;
  WatchedProcess coordinator_;
  std::shared_ptr<const Roster> roster_;
  Measured measured_;
  int step_ = 0;
  std::barrier<Measure> barrier_;
};

nlohmann::ordered_json json_of(const Operation& operation) {
  return {{"count", operation.count}, {"seconds", operation.seconds}};
}

int run(char** argv) {
  keep_freed_memory();
  const std::filesystem::path pki = argv[3];
  Agents agents(pki, argv[5], static_cast<std::uint16_t>(std::stoul(argv[1])), must(read_text_file(argv[4])),
                WatchedProcess(argv[2]));
  const Measured measured = agents.run();
  nlohmann::ordered_json out;
  out["rounds"] = agents.measured_rounds();
  out["seconds"] = measured.seconds;
  out["cpu_seconds"] = measured.cpu_seconds;
  out["verify"] = json_of(measured.work.verify);
  out["sign"] = json_of(measured.work.sign);
  out["agree"] = json_of(measured.work.agree);
  out["make_pair"] = json_of(measured.work.make_pair);
  std::puts(out.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) {
  if (argc != 6) {
    std::fputs("usage: round_agents PORT COORDINATOR_PID PKI_DIRECTORY PLAN STATE_DIRECTORY\n", stderr);
    return 2;
  }
  return bauta::bench::run(argv);
}
