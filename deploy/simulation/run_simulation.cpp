#include "deploy/simulation/run_simulation.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <thread>

#include "client/agent/evaluation.h"
#include "client/data/data_settings.h"
#include "common/base/file.h"
#include "common/crypto/sha256.h"
#include "deploy/simulation/defaults.h"
#include "deploy/simulation/report.h"
#include "deploy/simulation/simulated_coordinator.h"
#include "deploy/simulation/simulated_partner.h"

namespace bauta::simulation {
namespace {

using client::Stage;

// How far time jumps when every partner waits.
constexpr Milliseconds kTick{500};
// Steps a partner may be killed before; `training` stands for a long absence, the others for the moments between calls.
constexpr Stage kKillBefore[] = {Stage::keys,          Stage::key_set, Stage::training,  Stage::shares,
                                 Stage::share_package, Stage::upload,  Stage::survivors, Stage::statement,
                                 Stage::certificate,   Stage::unmask};

struct Keys {
  SigningKey coordinator = SigningKey::generate_p256();
  std::vector<SigningKey> partners;
  std::shared_ptr<const Roster> roster;
};

Result<Keys> make_keys(const std::vector<client::ServiceSettings>& services, std::uint64_t seed) {
  Keys keys;
  Bytes id_input;
  append_u64(id_input, seed);
  std::string text = "federation = \"simulation\"\nfederation_id = \"" + to_hex(sha256(id_input)) +
                     "\"\n[coordinator]\nsigning_key = \"" + to_base64(keys.coordinator.spki()) + "\"\n";
  for (const auto& service : services) {
    keys.partners.push_back(SigningKey::generate_p256());
    text += "[[partner]]\nid = \"" + service.name + "\"\nsigning_key = \"" + to_base64(keys.partners.back().spki()) +
            "\"\n";
  }
  BAUTA_TRY(auto roster, parse_roster(text));
  keys.roster = std::make_shared<const Roster>(std::move(roster));
  return keys;
}

/// The service files to use. Where neither the person nor the data bring any: the demo's, of the services whose events
/// are there.
Result<std::vector<std::filesystem::path>> service_files(const SimulationSettings& settings) {
  auto folder = settings.services.empty() ? settings.data / "services" : settings.services;
  std::error_code error;
  if (settings.services.empty() && !std::filesystem::is_directory(folder, error)) {
    folder = settings.work / "services";
    std::filesystem::create_directories(folder, error);
    for (const auto& [name, text] : default_services()) {
      const std::filesystem::path service = std::filesystem::path(name).stem();
      if (!std::filesystem::exists(settings.data / service, error)) continue;
      BAUTA_RETURN_IF_ERROR(write_file_atomically(folder / name, as_bytes(text)));
    }
  }
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder, error)) {
    if (entry.path().extension() == ".toml") files.push_back(entry.path());
  }
  if (files.size() < 3) {
    return Error{ErrorCode::invalid_argument,
                 settings.data.string() + " has " + std::to_string(files.size()) +
                     " services with a service file (*.toml), a federation needs at least 3; see --services"};
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<std::vector<client::ServiceSettings>> read_services(const SimulationSettings& settings) {
  BAUTA_TRY(const auto files, service_files(settings));
  std::vector<client::ServiceSettings> services;
  for (const auto& file : files) {
    BAUTA_TRY(auto service, client::read_service_file(file, settings.data));
    services.push_back(std::move(service));
  }
  return services;
}

// The plan is pinned by the hash of its text, so another number of rounds is another text; where the server's rate
// falls over the rounds, it falls over as many.
std::string with_rounds(const std::string& plan, std::optional<std::uint32_t> rounds) {
  if (!rounds) return plan;
  return std::regex_replace(plan, std::regex("(^|\n)(rounds|decay_rounds) *= *[1-9][0-9]*"),
                            "$1$2 = " + std::to_string(*rounds));
}

/// Who is killed when; a function of the seed alone.
class Fate {
 public:
  Fate(std::uint64_t seed, double drop) : seed_(seed), drop_(drop) {}

  /// Whether `partner`, about to take `stage` of `round`, dies now. At most once a round.
  bool strikes(const std::string& partner, RoundId round, Stage stage) {
    CounterRandom random(seed_, partner + "/" + std::to_string(round.round_no));
    if (random.unit() >= drop_ || kKillBefore[random.below(std::size(kKillBefore))] != stage) return false;
    return struck_.emplace(partner, round.round_no).second;
  }

 private:
  std::uint64_t seed_;
  double drop_;
  std::set<std::pair<std::string, std::uint64_t>> struck_;
};

class Simulation {
 public:
  Simulation(const SimulationSettings& settings, const Logger& log)
      : settings_(settings), log_(log), fate_(settings.seed, settings.drop) {}

  Status open() {
    BAUTA_TRY(const auto services, read_services(settings_));
    plan_text_ = with_rounds(settings_.plan.empty() ? std::string(default_plan()) : settings_.plan, settings_.rounds);
    BAUTA_TRY(plan_, parse_plan(plan_text_));
    BAUTA_TRY(keys_, make_keys(services, settings_.seed));
    BAUTA_TRY(coordinator_, SimulatedCoordinator::open(settings_.work / "coordinator", keys_->roster,
                                                       keys_->coordinator, clock_, random_, log_));
    for (std::size_t i = 0; i < services.size(); ++i) {
      PartnerSetup setup;
      setup.settings.name = services[i].name;
      setup.settings.store.state_directory = settings_.work / services[i].name;
      setup.settings.policy.allowed_plans = {plan_hash(plan_text_)};
      setup.settings.data = services[i].data;
      setup.settings.task = services[i].task;
      setup.settings.training.threads = 1;  // several partners train side by side
      setup.roster = keys_->roster;
      setup.signing_key = &keys_->partners[i];
      setup.seed = settings_.seed;
      BAUTA_TRY(auto partner, SimulatedPartner::open(std::move(setup), coordinator_->endpoints(), clock_, log_));
      partners_.push_back({std::move(partner), std::nullopt, {}});
    }
    return {};
  }

  Status run(const std::function<void(const SimulationProgress&)>& on_progress) {
    auto& runner = coordinator_->runner();
    BAUTA_TRY(const auto row, runner.create_run(plan_->name, plan_text_, ""));
    run_id_ = row.run_id;
    BAUTA_RETURN_IF_ERROR(runner.start_run(run_id_));
    std::uint64_t shown = ~std::uint64_t{0};
    while (true) {
      runner.tick();
      BAUTA_TRY(const auto view, runner.view(run_id_));
      if (view.row.rounds_done != shown) {
        shown = view.row.rounds_done;
        on_progress({shown, view.rounds_total, "rounds"});
      }
      const bool over = view.row.state != coordinator::RunState::running;
      if (view.row.state == coordinator::RunState::failed) {
        return Error{ErrorCode::threshold_lost, "the run failed: " + view.row.reason};
      }
      BAUTA_TRY(const bool moved, step_all(over));
      if (moved) continue;
      if (over) return {};
      clock_.advance(kTick);
      BAUTA_RETURN_IF_ERROR(revive_the_dead(false));
    }
  }

  Result<nlohmann::ordered_json> report(double seconds,
                                        const std::function<void(const SimulationProgress&)>& on_progress) {
    BAUTA_RETURN_IF_ERROR(revive_the_dead(true));
    BAUTA_TRY(const auto view, coordinator_->runner().view(run_id_));
    RunFigures figures;
    figures.rounds_completed = view.row.rounds_done;
    figures.dropouts_survived = view.summary.dropouts_survived;
    figures.bytes_per_client_round = static_cast<double>(view.summary.bytes_per_client_round());
    figures.seconds = seconds;
    if (view.row.current_model) figures.model_hash = to_hex(*view.row.current_model);
    std::vector<std::string> services;
    if (settings_.evaluate) {
      for (auto& partner : partners_) {
        on_progress({services.size(), partners_.size(), "testing " + partner.agent->name()});
        partner.agent->kill();
        BAUTA_TRY(auto text, client::evaluate(partner.agent->settings(), log_));
        services.push_back(std::move(text));
      }
    }
    return make_report(services, figures);
  }

 private:
  struct Member {
    std::unique_ptr<SimulatedPartner> agent;
    std::optional<SteadyTime> died;
    RoundId died_in;
  };

  bool about_to_train(const Member& member) const {
    return member.agent->alive() && member.agent->stage() == Stage::training;
  }

  // One step of everybody; true when anything has changed. Trainings run side by side, for they call nobody; all else
  // in the partners' order, so that a seed has one history.
  Result<bool> step_all(bool run_is_over) {
    bool moved = false;
    std::vector<Member*> trainees;
    for (Member& member : partners_) {
      if (!member.agent->alive()) continue;
      const auto attempt = member.agent->attempt();
      if (attempt && fate_.strikes(member.agent->name(), *attempt, member.agent->stage())) {
        member.agent->kill();
        member.died = clock_.steady();
        member.died_in = *attempt;
        moved = true;
        continue;
      }
      if (about_to_train(member)) {
        trainees.push_back(&member);
        continue;
      }
      if (run_is_over && member.agent->stage() == Stage::invitation) continue;
      BAUTA_TRY(const auto progress, member.agent->step());
      moved = moved || !progress.waiting;
    }
    if (!trainees.empty()) {
      BAUTA_RETURN_IF_ERROR(train(trainees));
      moved = true;
    }
    BAUTA_RETURN_IF_ERROR(revive_the_dead(false));
    return moved;
  }

  Status train(const std::vector<Member*>& trainees) {
    std::vector<Status> outcomes(trainees.size());
    std::atomic<std::size_t> next{0};
    const auto work = [&] {
      for (std::size_t i = next++; i < trainees.size(); i = next++) {
        auto progress = trainees[i]->agent->step();
        if (!progress.ok()) outcomes[i] = std::move(progress).error();
      }
    };
    std::vector<std::thread> threads;
    for (unsigned i = 0; i < std::max(1U, std::thread::hardware_concurrency()); ++i) threads.emplace_back(work);
    for (auto& thread : threads) thread.join();
    for (const Status& outcome : outcomes) BAUTA_RETURN_IF_ERROR(outcome);
    return {};
  }

  // A dead partner is back when its attempt is over, or after the time of one round.
  Status revive_the_dead(bool all) {
    const auto* current = coordinator_->runner().current();
    for (Member& member : partners_) {
      if (member.agent->alive() || !member.died) continue;
      const bool attempt_over = !current || current->key.round_no != member.died_in.round_no ||
                                current->key.attempt != member.died_in.attempt;
      if (!all && !attempt_over && clock_.steady() < *member.died + plan_->round.deadline) continue;
      BAUTA_RETURN_IF_ERROR(member.agent->revive());
      member.died.reset();
    }
    return {};
  }

  const SimulationSettings& settings_;
  const Logger& log_;
  Fate fate_;
  SimulatedClock clock_;
  SeededRandom random_{settings_.seed, "coordinator"};
  std::string plan_text_;
  std::optional<Plan> plan_;
  std::optional<Keys> keys_;
  std::unique_ptr<SimulatedCoordinator> coordinator_;
  std::vector<Member> partners_;
  std::string run_id_;
};

}  // namespace

Result<nlohmann::ordered_json> run_simulation(const SimulationSettings& settings, const Logger& log,
                                              const std::function<void(const SimulationProgress&)>& on_progress) {
  const auto started = std::chrono::steady_clock::now();
  Simulation simulation(settings, log);
  BAUTA_RETURN_IF_ERROR(simulation.open());
  BAUTA_RETURN_IF_ERROR(simulation.run(on_progress));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - started;
  return simulation.report(seconds.count(), on_progress);
}

}  // namespace bauta::simulation
