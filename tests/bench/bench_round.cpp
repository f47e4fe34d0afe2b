// Suite "masking": whole masked rounds in one process and one thread, over the round code of both sides, with one
// partner in ten lost in the middle of its upload. Usage: bench_round AES_BYTES_PER_SECOND
#include <cmath>
#include <memory>
#include <set>
#include <vector>

#include "common/crypto/system_random.h"
#include "common/masking/merkle.h"
#include "common/masking/update_codec.h"
#include "coordinator/round/accumulator.h"
#include "tests/bench/must.h"
#include "tests/bench/report.h"
#include "tests/support/round_harness.h"

namespace bauta::bench {
namespace {

using coordinator::Phase;
using coordinator::RoundEvent;

constexpr char kAes[] = "its keystream at the AES-128-CTR rate of openssl speed -elapsed";
constexpr std::uint32_t kBits = 20;
constexpr std::uint32_t kLane = 32;

/// Adds up the time of the calls that go through it.
class Stopwatch {
 public:
  template <class Work>
  auto operator()(Work&& work) {
    const Running running(*this);
    return work();
  }
  double cpu() const { return cpu_; }
  double elapsed() const { return elapsed_; }

 private:
  struct Running {
    explicit Running(Stopwatch& owner) : watch(owner) {}
    ~Running() {
      watch.cpu_ += thread_seconds() - cpu;
      watch.elapsed_ += elapsed_seconds() - elapsed;
    }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;
    Stopwatch& watch;
    double cpu = thread_seconds();
    double elapsed = elapsed_seconds();
  };
  double cpu_ = 0;
  double elapsed_ = 0;
};

/// One round, phase by phase, with the time of either side kept apart. No vector outlives its upload: memory is that of
/// two vectors and the messages.
class MeasuredRound {
 public:
  MeasuredRound(std::uint32_t n, std::size_t parameters)
      : federation_(n), descriptor_(testing::test_descriptor(federation_, parameters, kBits, kLane)) {
    for (std::uint32_t i = 0; i < n / 10; ++i) dropped_.insert(i * 10 + 5);
  }

  void run() {
    open();
    advertise_keys();
    share_keys();
    masked_updates();
    certify();
    unmask();
    accept();
  }

  Stopwatch clients;      ///< all of them
  Stopwatch masking;      ///< phase 3 of all of them: check the shares, mask, hash
  Stopwatch coordinator;  ///< all it does
  Stopwatch unmasking;    ///< reconstruct and check the secrets, take the masks out

  std::uint64_t masks_added() const { return std::uint64_t{members()} * members(); }
  std::uint64_t masks_removed() const { return survivors() + dropped_.size() * survivors(); }
  std::uint64_t vector_bytes() const { return layout().byte_count(); }

 private:
  std::size_t members() const { return descriptor_.cohort.size(); }
  std::size_t survivors() const { return members() - dropped_.size(); }
  LaneLayout layout() const { return {descriptor_.lane, static_cast<std::size_t>(descriptor_.dimension)}; }

  void open() {
    const Bytes blob = testing::sign_descriptor(federation_, descriptor_);
    coordinator([&] {
      round_ = must(
          coordinator::Round::open(federation_.roster(), {RoundEvent::Kind::opened, Phase::advertise_keys, 0, blob}));
    });
    for (const PartnerIndex u : descriptor_.cohort) {
      clients([&] {
        auto context = must(open_descriptor(federation_.roster(), blob));
        clients_.push_back(
            must(client::ClientRound::open(federation_.membership(u), std::move(context), {}, {}, random_)));
        clients_.back()->take_unsaved();
      });
    }
  }

  void deliver(Phase phase, PartnerIndex from, const Bytes& message) {
    coordinator([&] { round_->apply(*must(round_->receive(phase, from, message))); });
  }
  void close() {
    coordinator([&] { round_->apply(must(round_->close_phase(testing::TestFederation::coordinator_key()))); });
  }

  void advertise_keys() {
    for (const PartnerIndex u : descriptor_.cohort) deliver(Phase::advertise_keys, u, clients_[u]->advertise_keys());
    close();
  }

  void share_keys() {
    for (const PartnerIndex u : descriptor_.cohort) {
      deliver(Phase::share_keys, u, clients([&] {
                auto message = must(clients_[u]->share_keys(*round_->key_set(), random_));
                clients_[u]->take_unsaved();
                return message;
              }));
    }
    close();
  }

  void masked_updates() {
    sum_ = std::make_unique<coordinator::Accumulator>(layout());
    expected_.assign(layout().word_count(), 0);
    std::vector<float> update(descriptor_.dimension - kEvaluationLanes);
    std::vector<std::uint64_t> words(layout().word_count());
    for (const PartnerIndex u : descriptor_.cohort) {
      for (std::size_t i = 0; i < update.size(); ++i) update[i] = 0.05F * std::sin(static_cast<float>(i + u));
      clients([&] { must(encode_update(clients_[u]->context(), u, update, {0.7, 0.5}, random_, words)); });
      const bool survives = !dropped_.contains(u);
      if (survives) add_packed(expected_, words, kLane);
      const auto package = coordinator([&] { return must(round_->share_package(u)); });
      const Bytes header = clients([&] {
        return masking([&] {
          auto message = must(clients_[u]->masked_update(*package, words));
          clients_[u]->take_unsaved();
          return message;
        });
      });
      deliver(Phase::masked_update, u, header);
      receive_vector(u, survives ? wire_bytes(words) : wire_bytes(words).first(layout().byte_count() / 2), survives);
    }
    close();
  }

  void receive_vector(PartnerIndex from, ByteView bytes, bool whole) {
    coordinator([&] {
      MerkleBuilder tree;
      tree.update(bytes);
      if (!whole) return;
      round_->apply(*must(round_->receive_upload(from, tree.finish())));
      must(sum_->add(0, bytes));
    });
  }

  void certify() {
    for (const PartnerIndex u : round_->survivors()) {
      deliver(Phase::certify_survivors, u, clients([&] {
                auto statement = must(clients_[u]->certify(*round_->survivor_set(), std::nullopt));
                clients_[u]->take_unsaved();
                return *std::move(statement);
              }));
    }
    close();
  }

  void unmask() {
    for (const PartnerIndex u : round_->survivors()) {
      deliver(Phase::unmask, u, clients([&] {
                auto shares = must(clients_[u]->unmask(*round_->certificate()));
                clients_[u]->take_unsaved();
                return shares;
              }));
    }
    coordinator([&] {
      auto secrets = unmasking([&] {
        auto taken_out = must(round_->unmask());
        sum_->apply_masks(0, sum_->words().size(), taken_out.masks.terms());
        return std::move(taken_out.secrets);
      });
      must(decode_sum(round_->context(), round_->survivors(), sum_->words()));
      round_->apply(round_->finish(testing::TestFederation::coordinator_key(), vector_root(wire_bytes(sum_->words())),
                                   Digest{}, std::move(secrets)));
    });
    if (!std::equal(expected_.begin(), expected_.end(), sum_->words().begin())) {
      give_up("the unmasked sum is not the plaintext sum");
    }
  }

  void accept() {
    for (const PartnerIndex u : round_->survivors()) {
      clients([&] {
        must(clients_[u]->accept_aggregate(*round_->aggregate(), sum_->words()));
        must(decode_sum(clients_[u]->context(), round_->survivors(), sum_->words()));
      });
    }
  }

  testing::TestFederation federation_;
  RoundDescriptor descriptor_;
  std::set<PartnerIndex> dropped_;
  SystemRandom random_;
  std::unique_ptr<coordinator::Round> round_;
  std::vector<std::unique_ptr<client::ClientRound>> clients_;
  std::unique_ptr<coordinator::Accumulator> sum_;
  std::vector<std::uint64_t> expected_;
};

/// Goals hold where the masks outweigh the messages; elsewhere there is none.
struct Goals {
  std::optional<double> round;
  std::optional<double> masking;
  std::optional<double> unmasking;
};

void whole_round(std::uint32_t n, std::size_t parameters, const Goals& goals, double aes_bytes_per_second) {
  MeasuredRound round(n, parameters);
  round.run();
  const std::string of = ", n = " + std::to_string(n) + ", d = 10^" + (parameters == 100'000 ? "5" : "6");
  const auto keystream_seconds = [&](std::uint64_t masks) {
    return static_cast<double>(masks * round.vector_bytes()) / aes_bytes_per_second;
  };
  print({"one round" + of + ", CPU time of all", round.clients.cpu() + round.coordinator.cpu(), "s", kAes,
         keystream_seconds(round.masks_added() + round.masks_removed()), goals.round, false});
  print({"one round" + of + ", elapsed, one thread", round.clients.elapsed() + round.coordinator.elapsed(), "s",
         std::nullopt, 0, std::nullopt, false});
  print({"one client" + of + ", CPU time", round.clients.cpu() / n, "s", std::nullopt, 0, std::nullopt, false});
  const double coordinates = static_cast<double>(round.masks_added()) * static_cast<double>(parameters);
  print({"client's phase 3" + of + ", CPU time per coordinate and mask", 1e9 * round.masking.cpu() / coordinates, "ns",
         kAes, 1e9 * keystream_seconds(round.masks_added()) / coordinates, goals.masking, false});
  print({"coordinator" + of + ", CPU time", round.coordinator.cpu(), "s", std::nullopt, 0, std::nullopt, false});
  print({"coordinator's unmasking" + of + ", CPU time", round.unmasking.cpu(), "s", kAes,
         keystream_seconds(round.masks_removed()), goals.unmasking, false});
}

int run(double aes_bytes_per_second) {
  whole_round(10, 100'000, {}, aes_bytes_per_second);
  whole_round(10, 1'000'000, {}, aes_bytes_per_second);
  whole_round(100, 100'000, {}, aes_bytes_per_second);
  whole_round(100, 1'000'000, {2.0, 1.5, 1.25}, aes_bytes_per_second);
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::run_with_rate("bench_round", argc, argv, bauta::bench::run); }
