#include "tests/adversarial/lab.h"

#include <algorithm>

#include "common/masking/pairwise_masks.h"
#include "common/masking/update_codec.h"

namespace bauta::testing {
namespace {

constexpr int kTurns = 60;

// Small, and quantising changes nothing about the updates of StepTrainer.
std::string lab_plan(std::string_view more) {
  return R"(name = "lab"
[model]
table_rows = 256
token_width = 8
width = 8
history = 10
[update]
clip = 10.0
range = 0.1240234375
bits = 8
lane = 16
[round]
rounds = 5
min_participants = 3
)" + std::string(more);
}

}  // namespace

Lab::Lab(std::size_t partners, std::string_view more_of_the_plan) : coordinator(partners, lab_plan(more_of_the_plan)) {
  for (std::size_t i = 0; i < partners; ++i) {
    hosts_.push_back(std::make_unique<AgentHost>(coordinator, static_cast<PartnerIndex>(i)));
  }
}

std::vector<PartnerIndex> Lab::everybody_but(const std::set<PartnerIndex>& others) const {
  std::vector<PartnerIndex> who;
  for (PartnerIndex partner = 0; partner < hosts_.size(); ++partner) {
    if (!others.contains(partner)) who.push_back(partner);
  }
  return who;
}

bool Lab::drive(const std::vector<PartnerIndex>& who, const std::function<bool()>& done) {
  for (int turn = 0; turn < kTurns; ++turn) {
    for (const PartnerIndex partner : who) {
      if (done()) return true;
      const Weakened program(lacks[partner]);
      const auto progress = host(partner).agent().step();
      REQUIRE_MESSAGE(progress.ok(), (progress.ok() ? "" : progress.error().message));
    }
  }
  return done();
}

void Lab::pretend_void(const RoundId& id) {
  auto& attempt = coordinator.at(id);
  auto round = coordinator::Round::open(coordinator.federation.roster(),
                                        {coordinator::RoundEvent::Kind::opened, coordinator::Phase::advertise_keys, 0,
                                         attempt.round->context().descriptor_blob});
  BAUTA_CHECK(round.ok());
  attempt.round = *std::move(round);
  coordinator.abandon(id);
}

bool Lab::finish_round(const RoundId& id, const std::vector<PartnerIndex>& who) {
  return drive(who, [&] {
    if (coordinator.at(id).round->phase() != coordinator::Phase::finished) return false;
    return std::all_of(who.begin(), who.end(), [&](PartnerIndex partner) {
      return host(partner).model_hash() == coordinator.current_hash() && !host(partner).agent().attempt();
    });
  });
}

Words Lab::plain(PartnerIndex partner, const RoundId& id) {
  const RoundContext& of = context(id);
  int trainings = 0;
  StepTrainer trainer(partner, &trainings);
  const std::vector<float> model(of.parameters());
  SeededRandom random(1);
  Words words(of.layout().word_count());
  const auto encoded = encode_update(of, partner, *trainer.train(model, id.round_no),
                                     *trainer.validate(model, id.round_no), random, words);
  BAUTA_CHECK(encoded.ok());
  return words;
}

bool Lab::has(const RoundId& id, PartnerIndex from, const std::string& kind) const {
  return coordinator.messages.contains({id, from, kind});
}

bool Lab::all_have(const RoundId& id, const std::vector<PartnerIndex>& from, const std::string& kind) const {
  return std::all_of(from.begin(), from.end(), [&](PartnerIndex partner) { return has(id, partner, kind); });
}

const Bytes& Lab::message(const RoundId& id, PartnerIndex from, const std::string& kind) const {
  const auto& versions = coordinator.messages.at({id, from, kind});
  BAUTA_CHECK(versions.size() == 1);
  return *versions.begin();
}

Words Lab::uploaded(const RoundId& id, PartnerIndex from) {
  Words words(context(id).layout().word_count());
  const Bytes& bytes = message(id, from, "vector");
  BAUTA_CHECK(bytes.size() == words.size() * 8);
  std::copy(bytes.begin(), bytes.end(), wire_bytes_mutable(words).begin());
  return words;
}

Bytes Lab::sign(std::string_view label, Bytes payload) const {
  return sign_blob(label, coordinator.federation.roster()->federation_id, TestFederation::coordinator_key(),
                   kCoordinatorSigner, std::move(payload));
}

Bytes Lab::sign_as(const TestFederation& federation, PartnerIndex partner, std::string_view label, Bytes payload) {
  return sign_blob(label, federation.roster()->federation_id, TestFederation::partner_key(partner), partner,
                   std::move(payload));
}

void Lab::force(const RoundId& id, coordinator::Phase phase, PartnerIndex from, Bytes message) {
  coordinator.at(id).round->apply({coordinator::RoundEvent::Kind::message, phase, from, std::move(message)});
}

std::unique_ptr<client::ClientRound> Lab::round_of(PartnerIndex colluder, const RoundId& id) {
  auto items = host(colluder).store().load(id.round_no, id.attempt);
  BAUTA_CHECK(items.ok());
  const Bytes descriptor = items->at(std::string(client::item::kDescriptor));
  auto context = open_descriptor(coordinator.federation.roster(), descriptor);
  BAUTA_CHECK(context.ok());
  auto round = client::ClientRound::open(coordinator.federation.membership(colluder), *std::move(context), {},
                                         *std::move(items), host(colluder).random());
  BAUTA_CHECK(round.ok());
  return *std::move(round);
}

bool Lab::names(PartnerIndex partner, std::string_view what) const {
  const auto& lines = hosts_.at(partner)->lines;
  return std::any_of(lines.begin(), lines.end(),
                     [&](const std::string& line) { return line.find(what) != std::string::npos; });
}

bool Lab::convicts(PartnerIndex partner) { return !host(partner).evidence().empty(); }

Words difference(Words a, const Words& b, const RoundContext& context) {
  subtract_packed(a, b, context.descriptor.lane);
  return a;
}

void Loot::add(PartnerIndex holder, const client::AcceptedShares& shares) {
  for (const auto& [dealer, held] : shares.shares) {
    b_[dealer].emplace(holder, ShamirShare(held.b.reveal()));
    m_[dealer].emplace(holder, ShamirShare(held.m.reveal()));
  }
}

void Loot::add(PartnerIndex holder, ByteView unmask_message, const std::set<PartnerIndex>& survivors) {
  for (const auto& revealed : read<UnmaskShares>(unmask_message).shares) {
    add(survivors.contains(revealed.dealer) ? 'b' : 'm', revealed.dealer, holder, revealed.share);
  }
}

void Loot::add(char kind, PartnerIndex dealer, PartnerIndex holder, const std::array<std::uint8_t, 40>& share) {
  (kind == 'b' ? b_ : m_)[dealer].emplace(holder, ShamirShare(share));
}

std::optional<SecretBytes<32>> Loot::combine(const Shares& shares, PartnerIndex dealer) const {
  const auto found = shares.find(dealer);
  const std::size_t t = context_->descriptor.thresholds.shamir;
  if (found == shares.end() || found->second.size() < t) return std::nullopt;
  std::vector<std::uint32_t> xs;
  std::vector<const ShamirShare*> list;
  for (const auto& [holder, share] : found->second) {
    if (xs.size() == t) break;
    xs.push_back(holder + 1);
    list.push_back(&share);
  }
  auto secret = LagrangeAtZero::create(xs)->combine(list);
  if (!secret.ok()) return std::nullopt;
  return *std::move(secret);
}

std::optional<Words> Loot::strip(const KeySet& u1, const std::vector<PartnerIndex>& u2, Words masked) const {
  const auto b = seed(kVictim);
  const auto m = mask_key(kVictim);
  if (!b || !m) return std::nullopt;
  const Digest l1 = u1_hash(context_->rctx, u1.messages);
  std::vector<MaskKey> keys;
  std::vector<bool> subtract;
  keys.push_back(self_mask_key(context_->rctx, l1, kVictim, *b));
  subtract.push_back(true);
  for (const Bytes& message : u1.messages) {
    const auto other = read<AdvertiseKeys>(message);
    if (other.partner == kVictim || !std::binary_search(u2.begin(), u2.end(), other.partner)) continue;
    auto key = pair_mask_key(context_->rctx, l1, kVictim, *m, x25519_public(*m), other.partner, other.m_pk);
    if (!key.ok()) return std::nullopt;
    keys.push_back(*std::move(key));
    subtract.push_back(!subtracts_pair_mask(kVictim, other.partner));
  }
  std::vector<MaskTerm> terms;
  for (std::size_t i = 0; i < keys.size(); ++i) terms.push_back({&keys[i], subtract[i]});
  apply_masks(masked, context_->descriptor.lane, terms);
  return masked;
}

PuppetRound::PuppetRound(Lab& lab, const RoundContext& context, PartnerIndex honest)
    : lab_(&lab), honest_(honest), random_(77) {
  const Weakened own_machine{Defence::signature, Defence::roster_hash};
  auto round = coordinator::Round::open(
      context.roster,
      {coordinator::RoundEvent::Kind::opened, coordinator::Phase::advertise_keys, 0, context.descriptor_blob});
  BAUTA_CHECK(round.ok());
  round_ = *std::move(round);
  for (const PartnerIndex place : context.descriptor.cohort) {
    if (place == honest_) continue;
    keys_.push_back(std::make_unique<SigningKey>(SigningKey::generate_p256()));
    auto opened = client::ClientRound::open({context.roster, place, keys_.back().get()}, context, {}, {}, random_);
    BAUTA_CHECK(opened.ok());
    puppets_[place] = *std::move(opened);
  }
}

void PuppetRound::deliver(coordinator::Phase phase, PartnerIndex from, ByteView message) {
  const auto event = round_->receive(phase, from, message);
  BAUTA_CHECK(event.ok());
  if (*event) round_->apply(**event);
}

void PuppetRound::close() {
  const auto event = round_->close_phase(TestFederation::coordinator_key());
  BAUTA_CHECK(event.ok());
  round_->apply(*event);
}

std::optional<Bytes> PuppetRound::answer(std::string_view what, const RoundId& id) {
  using coordinator::Phase;
  const Weakened own_machine{Defence::signature, Defence::roster_hash};
  if (what == "key_set") {
    if (round_->phase() == Phase::advertise_keys) {
      for (auto& [place, puppet] : puppets_) deliver(Phase::advertise_keys, place, puppet->advertise_keys());
      deliver(Phase::advertise_keys, honest_, lab_->message(id, honest_, "keys"));
      close();
    }
    return round_->key_set();
  }
  if (what == "share_package") {
    if (round_->phase() == Phase::share_keys) {
      for (auto& [place, puppet] : puppets_) {
        deliver(Phase::share_keys, place, *puppet->share_keys(*round_->key_set(), random_));
      }
      deliver(Phase::share_keys, honest_, lab_->message(id, honest_, "shares"));
      close();
    }
    return *round_->share_package(honest_);
  }
  return std::nullopt;
}

std::optional<Words> PuppetRound::play(const RoundId& id) {
  ScriptedLink& link = lab_->host(honest_).link;
  link.swallows = true;
  link.lie = [&](std::string_view what, const RoundId& asked) { return answer(what, asked); };
  const bool uploaded = lab_->drive({honest_}, [&] { return lab_->has(id, honest_, "vector"); });
  link.lie = nullptr;
  return uploaded ? open(id) : std::nullopt;
}

std::optional<Words> PuppetRound::open(const RoundId& id) {
  const Weakened own_machine{Defence::signature, Defence::roster_hash};
  Loot loot(round_->context());
  std::vector<PartnerIndex> u2 = {honest_};
  for (auto& [place, puppet] : puppets_) {
    Words nothing(round_->context().layout().word_count());
    BAUTA_CHECK(puppet->masked_update(**round_->share_package(place), nothing).ok());
    loot.add(place, *puppet->shares());
    u2.push_back(place);
  }
  std::sort(u2.begin(), u2.end());
  return loot.strip(read<KeySet>(*round_->key_set()), u2, lab_->uploaded(id, honest_));
}

}  // namespace bauta::testing
