// A federation of real agents and a coordinator that may lie to each of them, colluders included. The attacker keeps
// every message (ScriptedCoordinator) and reads the state directories of the colluders.
#pragma once

#include <doctest/doctest.h>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/masking/shamir.h"
#include "tests/adversarial/weakened.h"
#include "tests/adversarial/words.h"
#include "tests/unit/client/agent/agent_host.h"

namespace bauta::testing {

/// Neither the first nor the last of any cohort, so that it adds some pair masks and subtracts others.
inline constexpr PartnerIndex kVictim = 1;

class Lab {
 public:
  explicit Lab(std::size_t partners, std::string_view more_of_the_plan = "");

  AgentHost& host(PartnerIndex partner) { return *hosts_.at(partner); }
  AgentHost& victim() { return host(kVictim); }
  std::vector<PartnerIndex> everybody() const { return everybody_but({}); }
  std::vector<PartnerIndex> everybody_but(const std::set<PartnerIndex>& others) const;

  /// Checks that one partner's program does without: a colluder's, or the victim's alone.
  std::map<PartnerIndex, std::set<Defence>> lacks;

  /// These in turn until `done`; false when they were many times at it in vain.
  bool drive(const std::vector<PartnerIndex>& who, const std::function<bool()>& done);
  /// From now on everybody is told that the attempt was void.
  void pretend_void(const RoundId& id);
  bool finish_round(const RoundId& id, const std::vector<PartnerIndex>& who);

  const RoundContext& context(const RoundId& id) { return coordinator.at(id).round->context(); }
  /// What `partner` wants to add in a round, as the integers that are masked.
  Words plain(PartnerIndex partner, const RoundId& id);
  /// What the victim's update must not be seen as.
  Words secret(const RoundId& id) { return plain(kVictim, id); }

  // What the attacker has.

  bool has(const RoundId& id, PartnerIndex from, const std::string& kind) const;
  bool all_have(const RoundId& id, const std::vector<PartnerIndex>& from, const std::string& kind) const;
  /// The only message of that kind.
  const Bytes& message(const RoundId& id, PartnerIndex from, const std::string& kind) const;
  Words uploaded(const RoundId& id, PartnerIndex from);
  Bytes sign(std::string_view label, Bytes payload) const;
  static Bytes sign_as(const TestFederation& federation, PartnerIndex partner, std::string_view label, Bytes payload);
  /// Puts a message into the coordinator's round that its own checks would refuse.
  void force(const RoundId& id, coordinator::Phase phase, PartnerIndex from, Bytes message);
  /// The sum of a round that the coordinator has opened.
  const Words& sum(const RoundId& id) { return coordinator.at(id).sum; }
  /// A colluder's state directory, read as its own client would.
  std::unique_ptr<client::ClientRound> round_of(PartnerIndex colluder, const RoundId& id);

  // What the honest side says.

  /// The victim's attempt is over, or its invitation refused, for this reason.
  bool refused(PartnerIndex partner, ErrorCode code) { return host(partner).count(to_string(code)) > 0; }
  /// Log lines of `partner` that name `what`.
  bool names(PartnerIndex partner, std::string_view what) const;
  /// `partner` keeps a file that convicts the coordinator before any third party.
  bool convicts(PartnerIndex partner);

  ScriptedCoordinator coordinator;

 private:
  std::vector<std::unique_ptr<AgentHost>> hosts_;
};

/// The payload of a SignedBlob.
template <class Message>
Message read(ByteView blob) {
  const auto opened = decode<SignedBlob>(blob);
  BAUTA_CHECK(opened.ok());
  auto message = decode<Message>(opened->payload);
  BAUTA_CHECK(message.ok());
  return *std::move(message);
}

/// a - b, lane by lane.
Words difference(Words a, const Words& b, const RoundContext& context);

/// Shares that an attacker has got hold of, by dealer and holder.
class Loot {
 public:
  explicit Loot(const RoundContext& context) : context_(&context) {}

  /// All shares that a colluder holds.
  void add(PartnerIndex holder, const client::AcceptedShares& shares);
  /// What a partner has revealed in phase 5, to whom these were shown as the survivors.
  void add(PartnerIndex holder, ByteView unmask_message, const std::set<PartnerIndex>& survivors);

  /// One share, of the seed ('b') or of the mask key ('m').
  void add(char kind, PartnerIndex dealer, PartnerIndex holder, const std::array<std::uint8_t, 40>& share);

  /// From the first t shares; nothing where there are fewer.
  std::optional<SecretBytes<32>> seed(PartnerIndex dealer) const { return combine(b_, dealer); }
  std::optional<SecretBytes<32>> mask_key(PartnerIndex dealer) const { return combine(m_, dealer); }

  /// The victim's vector, where the loot holds t shares of both its secrets: all masks are taken off. `u1` as the
  /// victim accepted it, `u2` who is in its U2.
  std::optional<Words> strip(const KeySet& u1, const std::vector<PartnerIndex>& u2, Words masked) const;

 private:
  using Shares = std::map<PartnerIndex, std::map<PartnerIndex, ShamirShare>>;
  std::optional<SecretBytes<32>> combine(const Shares& shares, PartnerIndex dealer) const;

  const RoundContext* context_;
  Shares b_;
  Shares m_;
};

/// A round that the attacker plays with itself: one honest partner, and for everybody else a puppet that has the
/// partner's place but the attacker's own signing key.
class PuppetRound {
 public:
  /// `context` as the honest partner has it.
  PuppetRound(Lab& lab, const RoundContext& context, PartnerIndex honest);

  /// The lies that make up the round for the honest partner, as ScriptedLink::Lie takes them.
  std::optional<Bytes> answer(std::string_view what, const RoundId& id);
  /// Lets the honest partner take part until it has uploaded its vector, and opens that. Nothing where it does not.
  std::optional<Words> play(const RoundId& id);

 private:
  std::optional<Words> open(const RoundId& id);
  void deliver(coordinator::Phase phase, PartnerIndex from, ByteView message);
  void close();

  Lab* lab_;
  PartnerIndex honest_;
  SeededRandom random_;
  std::unique_ptr<coordinator::Round> round_;
  std::vector<std::unique_ptr<SigningKey>> keys_;
  std::map<PartnerIndex, std::unique_ptr<client::ClientRound>> puppets_;
};

}  // namespace bauta::testing
