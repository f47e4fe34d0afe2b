// Whole masked rounds in one process, over the real round code of both sides: who drops out when, in which order
// messages arrive and who crashes in between are the test's to choose.
#pragma once

#include <algorithm>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "client/round/client_round.h"
#include "common/masking/merkle.h"
#include "common/masking/transcript.h"
#include "coordinator/round/round.h"
#include "tests/support/seeded_random.h"

namespace bauta::testing {

/// A roster with real keys. Keys are made once a process and shared by all federations: only their number differs.
class TestFederation {
 public:
  explicit TestFederation(std::size_t partners) {
    std::string text = "federation = \"test\"\nfederation_id = \"" + std::string(64, 'a') + "\"\n[coordinator]\n";
    text += "signing_key = \"" + to_base64(coordinator_key().spki()) + "\"\n";
    for (std::size_t i = 0; i < partners; ++i) {
      text += "[[partner]]\nid = \"p" + std::to_string(i) + "\"\nsigning_key = \"" + to_base64(partner_key(i).spki()) +
              "\"\n";
    }
    auto parsed = parse_roster(text);
    BAUTA_CHECK(parsed.ok());
    roster_ = std::make_shared<const Roster>(*std::move(parsed));
    text_ = std::move(text);
  }

  /// roster.toml.
  const std::string& text() const { return text_; }

  const std::shared_ptr<const Roster>& roster() const { return roster_; }
  client::Membership membership(PartnerIndex self) const { return {roster_, self, &partner_key(self)}; }

  static const SigningKey& coordinator_key() {
    static const SigningKey key = SigningKey::generate_p256();
    return key;
  }
  static const SigningKey& partner_key(std::size_t index) {
    static std::vector<std::unique_ptr<SigningKey>> keys;
    while (keys.size() <= index) keys.push_back(std::make_unique<SigningKey>(SigningKey::generate_p256()));
    return *keys[index];
  }

 private:
  std::string text_;
  std::shared_ptr<const Roster> roster_;
};

/// A descriptor for the whole roster, to be changed by the test before it is signed.
inline RoundDescriptor test_descriptor(const TestFederation& federation, std::size_t parameters, std::uint32_t bits,
                                       std::uint32_t lane) {
  Plan plan;
  plan.update.bits = bits;
  plan.update.lane = lane;
  std::vector<PartnerIndex> cohort(federation.roster()->size());
  for (std::size_t i = 0; i < cohort.size(); ++i) cohort[i] = static_cast<PartnerIndex>(i);
  RoundDescriptor descriptor = descriptor_for(*federation.roster(), plan, Digest{7}, parameters, std::move(cohort));
  descriptor.run_id = "test-run";
  descriptor.round_no = 1;
  descriptor.attempt = 1;
  descriptor.model_hash = Digest{9};
  return descriptor;
}

inline Bytes sign_descriptor(const TestFederation& federation, const RoundDescriptor& descriptor) {
  return sign_blob(label::kDescriptor, federation.roster()->federation_id, TestFederation::coordinator_key(),
                   kCoordinatorSigner, encode(descriptor));
}

/// The last thing a partner still does.
enum class LeavesAfter : int {
  nothing = 0,
  advertise_keys = 1,
  share_keys = 2,
  update_header = 3,  ///< in the middle of its upload
  upload = 4,
  certify = 5,
  never = 6,
};

struct Schedule {
  std::map<PartnerIndex, LeavesAfter> leaves;
  std::uint64_t order_seed = 1;  ///< of the arrival order in every phase
  unsigned crash_percent = 0;    ///< chance before every step that a side is torn down and reopened from its records
};

struct Outcome {
  bool finished = false;
  std::string void_reason;
  std::size_t shares_messages = 0;  ///< phase-5 messages that left any client
  std::set<PartnerIndex> survivors;
  std::vector<std::uint64_t> unmasked;
  std::vector<std::uint64_t> expected;  ///< plaintext sum over the survivors
};

/// One attempt. `plain[u]` is what partner u wants to add.
class RoundHarness {
 public:
  RoundHarness(const TestFederation& federation, const RoundDescriptor& descriptor, std::uint64_t seed)
      : federation_(&federation), random_(seed), descriptor_blob_(sign_descriptor(federation, descriptor)) {
    record({coordinator::RoundEvent::Kind::opened, coordinator::Phase::advertise_keys, 0, descriptor_blob_});
    reopen_coordinator();
    for (const PartnerIndex partner : descriptor.cohort) reopen_client(partner);
  }

  coordinator::Round& round() { return *round_; }
  client::ClientRound& client(PartnerIndex partner) { return *clients_.at(partner); }
  SeededRandom& random() { return random_; }
  const Bytes& descriptor_blob() const { return descriptor_blob_; }
  /// A survivor's masked vector.
  const std::vector<std::uint64_t>& upload(PartnerIndex survivor) const { return uploads_.at(survivor); }
  /// What a client has on disk, its secrets included.
  const client::OutboxItems& outbox(PartnerIndex partner) const { return outboxes_.at(partner); }

  /// As after SIGKILL: only what was recorded remains.
  void reopen_coordinator() {
    auto round = coordinator::Round::open(federation_->roster(), journal_.front());
    BAUTA_CHECK(round.ok());
    round_ = *std::move(round);
    for (std::size_t i = 1; i < journal_.size(); ++i) round_->apply(journal_[i]);
  }
  void reopen_client(PartnerIndex partner) {
    auto context = open_descriptor(federation_->roster(), descriptor_blob_);
    BAUTA_CHECK(context.ok());
    auto opened = client::ClientRound::open(federation_->membership(partner), *std::move(context), {},
                                            outboxes_[partner], random_);
    BAUTA_CHECK(opened.ok());
    clients_[partner] = *std::move(opened);
    save(partner);
  }

  /// What a client has on disk before a message leaves.
  void save(PartnerIndex partner) {
    for (auto& [key, bytes] : clients_.at(partner)->take_unsaved()) outboxes_[partner][key] = std::move(bytes);
  }

  /// Accepts, journals and applies, or returns the refusal.
  Status deliver(coordinator::Phase phase, PartnerIndex from, ByteView message) {
    BAUTA_TRY(const auto event, round_->receive(phase, from, message));
    if (event) record_and_apply(*event);
    return {};
  }
  Status deliver_upload(PartnerIndex from, const std::vector<std::uint64_t>& words) {
    BAUTA_TRY(const auto event, round_->receive_upload(from, vector_root(wire_bytes(words))));
    if (event) {
      record_and_apply(*event);
      uploads_[from] = words;
    }
    return {};
  }
  Status close() {
    BAUTA_TRY(const auto event, round_->close_phase(TestFederation::coordinator_key()));
    record_and_apply(event);
    return {};
  }

  /// All five phases under a schedule.
  Outcome run(const std::map<PartnerIndex, std::vector<std::uint64_t>>& plain, const Schedule& schedule) {
    using coordinator::Phase;
    Outcome outcome;
    const auto stays = [&](PartnerIndex partner, LeavesAfter step) {
      const auto found = schedule.leaves.find(partner);
      return found == schedule.leaves.end() || found->second >= step;
    };
    const auto each = [&](LeavesAfter step, const std::function<void(PartnerIndex)>& act) {
      for (const PartnerIndex partner : permuted(schedule.order_seed + static_cast<std::uint64_t>(step))) {
        if (!stays(partner, step)) continue;
        maybe_crash(partner, schedule.crash_percent);
        act(partner);
      }
      maybe_crash(std::nullopt, schedule.crash_percent);
    };
    const auto must = [](const Status& status) { BAUTA_CHECK(status.ok()); };

    each(LeavesAfter::advertise_keys,
         [&](PartnerIndex u) { must(deliver(Phase::advertise_keys, u, client(u).advertise_keys())); });
    must(close());
    if (round_->phase() == Phase::voided) return voided(outcome);

    each(LeavesAfter::share_keys, [&](PartnerIndex u) {
      const auto message = client(u).share_keys(*round_->key_set(), random_);
      BAUTA_CHECK(message.ok());
      save(u);
      must(deliver(Phase::share_keys, u, *message));
    });
    must(close());
    if (round_->phase() == Phase::voided) return voided(outcome);

    each(LeavesAfter::update_header, [&](PartnerIndex u) {
      const auto package = round_->share_package(u);
      BAUTA_CHECK(package.ok() && *package);
      auto words = plain.at(u);
      const auto header = client(u).masked_update(**package, words);
      BAUTA_CHECK(header.ok());
      masked_[u] = std::move(words);
      save(u);
      must(deliver(Phase::masked_update, u, *header));
    });
    each(LeavesAfter::upload, [&](PartnerIndex u) { must(deliver_upload(u, masked_.at(u))); });
    must(close());
    if (round_->phase() == Phase::voided) return voided(outcome);

    each(LeavesAfter::certify, [&](PartnerIndex u) {
      const auto statement = client(u).certify(*round_->survivor_set(), std::nullopt);
      BAUTA_CHECK(statement.ok() && *statement);
      save(u);
      if (round_->can_close_early()) return;
      must(deliver(Phase::certify_survivors, u, **statement));
    });
    if (!close().ok()) {
      outcome.void_reason = "not certified";
      return outcome;
    }
    if (round_->phase() == Phase::voided) return voided(outcome);

    each(LeavesAfter::never, [&](PartnerIndex u) {
      if (round_->ready_to_unmask()) return;
      const auto shares = client(u).unmask(*round_->certificate());
      BAUTA_CHECK(shares.ok());
      save(u);
      ++outcome.shares_messages;
      must(deliver(Phase::unmask, u, *shares));
    });
    outcome.survivors = round_->survivors();
    if (!round_->ready_to_unmask()) {
      outcome.void_reason = "too few share holders";
      return outcome;
    }
    const auto unmasking = round_->unmask();
    BAUTA_CHECK(unmasking.ok());
    const LaneLayout layout = round_->context().layout();
    outcome.unmasked.assign(layout.word_count(), 0);
    outcome.expected.assign(layout.word_count(), 0);
    for (const PartnerIndex u : outcome.survivors) {
      add_packed(outcome.unmasked, uploads_.at(u), layout.lane_bits);
      add_packed(outcome.expected, plain.at(u), layout.lane_bits);
    }
    apply_masks(outcome.unmasked, layout.lane_bits, unmasking->masks.terms());
    outcome.finished = true;
    return outcome;
  }

 private:
  void record(const coordinator::RoundEvent& event) { journal_.push_back(event); }
  void record_and_apply(const coordinator::RoundEvent& event) {
    record(event);
    round_->apply(event);
  }
  Outcome voided(Outcome outcome) {
    outcome.void_reason = round_->void_reason();
    return outcome;
  }
  std::vector<PartnerIndex> permuted(std::uint64_t seed) const {
    std::vector<PartnerIndex> order = round_->context().descriptor.cohort;
    SeededRandom random(seed);
    for (std::size_t i = order.size(); i > 1; --i) std::swap(order[i - 1], order[random.below(i)]);
    return order;
  }
  void maybe_crash(std::optional<PartnerIndex> partner, unsigned percent) {
    if (percent == 0 || random_.below(100) >= percent) return;
    if (partner) {
      reopen_client(*partner);
    } else {
      reopen_coordinator();
    }
  }

  const TestFederation* federation_;
  SeededRandom random_;
  Bytes descriptor_blob_;
  std::vector<coordinator::RoundEvent> journal_;
  std::unique_ptr<coordinator::Round> round_;
  std::map<PartnerIndex, client::OutboxItems> outboxes_;
  std::map<PartnerIndex, std::unique_ptr<client::ClientRound>> clients_;
  std::map<PartnerIndex, std::vector<std::uint64_t>> masked_;
  std::map<PartnerIndex, std::vector<std::uint64_t>> uploads_;
};

/// Random packed values of `bits` signed bits, as quantising would give them.
inline std::vector<std::uint64_t> random_words(const LaneLayout& layout, std::uint32_t bits, SeededRandom& random) {
  std::vector<std::uint64_t> words(layout.word_count(), 0);
  const std::int64_t largest = (std::int64_t{1} << (bits - 1)) - 1;
  for (std::size_t i = 0; i < layout.dimension; ++i) {
    set_lane(words, layout, i,
             static_cast<std::int64_t>(random.below(2 * static_cast<std::uint64_t>(largest) + 1)) - largest);
  }
  return words;
}

inline std::map<PartnerIndex, std::vector<std::uint64_t>> random_updates(const RoundDescriptor& descriptor,
                                                                         SeededRandom& random) {
  std::map<PartnerIndex, std::vector<std::uint64_t>> updates;
  const LaneLayout layout{descriptor.lane, static_cast<std::size_t>(descriptor.dimension)};
  for (const PartnerIndex u : descriptor.cohort) updates[u] = random_words(layout, descriptor.bits, random);
  return updates;
}

}  // namespace bauta::testing
