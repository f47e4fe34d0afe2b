#include "client/round/client_round.h"

#include <algorithm>

#include "common/base/defence.h"

namespace bauta::client {
namespace {

SecretBytes<32> secret_from(ByteView bytes, std::size_t offset) {
  return SecretBytes<32>(std::span<const std::uint8_t, 32>(bytes.subspan(offset, 32)));
}

Error damaged(std::string_view item) {
  return {ErrorCode::io,
          "the stored item " + std::string(item) + " is missing or has a wrong length; the state directory is damaged"};
}

}  // namespace

ClientRound::ClientRound(Membership membership, RoundContext context, SigningRules rules, OutboxItems stored)
    : membership_(std::move(membership)), context_(std::move(context)), rules_(rules), stored_(std::move(stored)) {}

ClientRound::~ClientRound() {
  for (auto& [key, bytes] : stored_) const WipeOnExit wiped(bytes);
  for (auto& [key, bytes] : unsaved_) const WipeOnExit wiped(bytes);
}

Result<std::unique_ptr<ClientRound>> ClientRound::open(Membership membership, RoundContext context, SigningRules rules,
                                                       OutboxItems stored, RandomSource& random) {
  std::unique_ptr<ClientRound> round(
      new ClientRound(std::move(membership), std::move(context), rules, std::move(stored)));
  BAUTA_RETURN_IF_ERROR(round->same_as_before(item::kDescriptor, round->context_.descriptor_blob, "round descriptor"));
  const Bytes* secrets = round->stored(item::kSecretKeys);
  const Bytes* message = round->stored(item::kAdvertiseKeys);
  if (message) {
    if (!round->secrets_forgotten()) {
      if (!secrets || secrets->size() != 64) return damaged(item::kSecretKeys);
      round->keys_.e.secret = secret_from(*secrets, 0);
      round->keys_.m.secret = secret_from(*secrets, 32);
      round->keys_.e.public_key = x25519_public(round->keys_.e.secret);
      round->keys_.m.public_key = x25519_public(round->keys_.m.secret);
    }
    round->keys_.message = *message;
    BAUTA_RETURN_IF_ERROR(round->replay(random));
    return round;
  }
  round->keys_ = bauta::client::advertise_keys(round->membership_, round->context_, rules.vouches, random);
  round->remember(item::kDescriptor, round->context_.descriptor_blob);
  SecretBytes<64> both;
  std::copy_n(round->keys_.e.secret.reveal().begin(), 32, both.reveal_mutable().begin());
  std::copy_n(round->keys_.m.secret.reveal().begin(), 32, both.reveal_mutable().begin() + 32);
  round->remember(item::kSecretKeys, both.reveal());
  round->remember(item::kAdvertiseKeys, round->keys_.message);
  return round;
}

bool ClientRound::secrets_forgotten() const { return stored(item::kUnmask) && !stored(item::kSecretKeys); }

Status ClientRound::replay(RandomSource& random) {
  const auto replay_step = [](const auto& result) -> Status {
    if (!result.ok()) return with_context("resuming the round", result.error());
    return {};
  };
  if (stored(item::kShareKeys)) {
    if (!stored(item::kKeySet)) return damaged(item::kKeySet);
    const Bytes key_set = *stored(item::kKeySet);
    BAUTA_RETURN_IF_ERROR(replay_step(share_keys(key_set, random)));
  }
  if (stored(item::kMaskedUpdate)) {
    if (!stored(item::kSharePackage)) return damaged(item::kSharePackage);
    const Bytes package = *stored(item::kSharePackage);
    BAUTA_RETURN_IF_ERROR(replay_step(masked_update(package, {})));
  }
  if (const Bytes* survivor_set = stored(item::kSurvivorSet)) {
    const Bytes copy = *survivor_set;
    BAUTA_RETURN_IF_ERROR(replay_step(certify(copy, std::nullopt)));
  }
  if (stored(item::kUnmask) && !(dealt_ && u2_ && u3_)) return damaged("of a phase before the last");
  // Without our key no leaf opened, which says nothing of the dealers.
  if (secrets_forgotten()) forget_secrets();
  return {};
}

const Bytes* ClientRound::stored(std::string_view key) const {
  const auto found = stored_.find(std::string(key));
  return found == stored_.end() ? nullptr : &found->second;
}

void ClientRound::remember(std::string_view key, ByteView bytes) {
  if (stored(key)) return;
  stored_.emplace(key, Bytes(bytes.begin(), bytes.end()));
  unsaved_.emplace_back(key, Bytes(bytes.begin(), bytes.end()));
}

Status ClientRound::same_as_before(std::string_view key, ByteView bytes, std::string_view what) const {
  const Bytes* before = stored(key);
  if (!before || std::equal(before->begin(), before->end(), bytes.begin(), bytes.end()) || !BAUTA_DEFENDS(one_answer)) {
    return {};
  }
  return Error{ErrorCode::equivocation, "the coordinator sent two different versions of the " + std::string(what)};
}

std::vector<OutboxItem> ClientRound::take_unsaved() { return std::exchange(unsaved_, {}); }

Result<Bytes> ClientRound::share_keys(ByteView key_set, RandomSource& random) {
  BAUTA_RETURN_IF_ERROR(same_as_before(item::kKeySet, key_set, "key set"));
  if (!u1_) {
    BAUTA_TRY(auto u1, verify_key_set(context_, key_set));
    BAUTA_RETURN_IF_ERROR(check_own_keys(membership_, context_, keys_, u1));
    u1_ = std::move(u1);
  }
  if (!dealt_) {
    const Bytes* seed = stored(item::kSelfSeed);
    const Bytes* message = stored(item::kShareKeys);
    if (message) {
      const bool forgotten = secrets_forgotten();
      if (!forgotten && (!seed || seed->size() != 32)) return damaged(item::kSelfSeed);
      dealt_ = DealtShares{forgotten ? SecretBytes<32>() : secret_from(*seed, 0), *message, {}};
    } else {
      BAUTA_TRY(dealt_, bauta::client::share_keys(membership_, context_, keys_, *u1_, random));
      remember(item::kKeySet, key_set);
      remember(item::kSelfSeed, dealt_->b.reveal());
      remember(item::kShareKeys, dealt_->message);
    }
  }
  return dealt_->message;
}

Result<Masking> ClientRound::masking() const {
  if (!dealt_) return Error{ErrorCode::wrong_phase, "phase 2 comes first"};
  return Masking::create(membership_, context_, keys_, *u1_, *dealt_);
}

Status ClientRound::accept_package(ByteView share_package) {
  if (!dealt_) return Error{ErrorCode::wrong_phase, "phase 2 comes first"};
  BAUTA_RETURN_IF_ERROR(same_as_before(item::kSharePackage, share_package, "share package"));
  if (u2_) return {};
  BAUTA_TRY(const auto package, decode<SharePackage>(share_package));
  BAUTA_TRY(auto u2, verify_header_set(context_, *u1_, package.header_set));
  BAUTA_TRY(held_, accept_leaves(membership_, context_, keys_, *u1_, *dealt_, u2, package.leaves));
  u2_ = std::move(u2);
  return {};
}

Bytes ClientRound::remember_masked(ByteView share_package, Bytes header) {
  remember(item::kSharePackage, share_package);
  remember(item::kMaskedUpdate, header);
  return header;
}

Result<Bytes> ClientRound::masked_update(ByteView share_package, std::span<std::uint64_t> words) {
  BAUTA_RETURN_IF_ERROR(accept_package(share_package));
  if (const Bytes* header = stored(item::kMaskedUpdate)) return *header;
  BAUTA_CHECK(words.size() == context_.layout().word_count());
  BAUTA_TRY(Bytes header, mask_update(membership_, context_, keys_, *u1_, *dealt_, *u2_, held_->complaints, words));
  return remember_masked(share_package, std::move(header));
}

Result<Bytes> ClientRound::masked_update(ByteView share_package, MaskSum& sum, const UpdateSource& update) {
  BAUTA_RETURN_IF_ERROR(accept_package(share_package));
  if (has_masked()) return Error{ErrorCode::wrong_phase, "the update was masked before"};
  BAUTA_CHECK(sum.words().size() == context_.layout().word_count());
  BAUTA_TRY(Bytes header, mask_update(membership_, context_, keys_, *u1_, *u2_, held_->complaints, sum, update));
  return remember_masked(share_package, std::move(header));
}

Result<std::optional<Bytes>> ClientRound::certify(ByteView survivor_set, const std::optional<Digest>& signed_on_model) {
  const Bytes* own_header = stored(item::kMaskedUpdate);
  if (!u2_ || !own_header) return Error{ErrorCode::wrong_phase, "phase 3 comes first"};
  BAUTA_RETURN_IF_ERROR(same_as_before(item::kSurvivorSet, survivor_set, "survivor set"));
  if (!u3_ || !BAUTA_DEFENDS(one_answer)) {
    BAUTA_TRY(auto u3, verify_survivor_set(context_, *u1_, *u2_, survivor_set));
    BAUTA_TRY(survived_, check_own_survival(membership_, context_, u3, *own_header, rules_.honest_survivors));
    u3_ = std::move(u3);
    remember(item::kSurvivorSet, survivor_set);
  }
  if (!survived_) return std::optional<Bytes>();
  if (const Bytes* statement = stored(item::kCertify); statement && BAUTA_DEFENDS(one_answer)) {
    return std::optional<Bytes>(*statement);
  }
  if (BAUTA_DEFENDS(one_sum_for_each_model) && signed_on_model && *signed_on_model != u3_->u3) {
    return Error{ErrorCode::refused_by_policy,
                 "another set of survivors was already signed on this model; two sums that differ by one partner would "
                 "show that partner's update. `bauta-client release` lifts this if you accept that"};
  }
  const Bytes statement = certify_survivors(membership_, context_, *u3_);
  remember(item::kCertify, statement);
  return std::optional<Bytes>(statement);
}

Result<Bytes> ClientRound::unmask(ByteView certificate) {
  if (!u3_) return Error{ErrorCode::wrong_phase, "phase 4 comes first"};
  if (const Bytes* message = stored(item::kUnmask); message && BAUTA_DEFENDS(one_answer)) return *message;
  BAUTA_RETURN_IF_ERROR(check_certificate(membership_, context_, *u3_, certificate));
  const Bytes message = bauta::client::unmask(membership_, context_, *held_, *u3_);
  remember(item::kCertificate, certificate);
  remember(item::kUnmask, message);
  return message;
}

void ClientRound::forget_secrets() {
  BAUTA_CHECK(stored(item::kUnmask));
  keys_.e.secret.wipe();
  keys_.m.secret.wipe();
  dealt_->b.wipe();
  dealt_->agreed.clear();
  held_->shares.clear();
  held_->complaints.clear();
  for (const std::string_view key : {item::kSecretKeys, item::kSelfSeed}) {
    const auto found = stored_.find(std::string(key));
    if (found == stored_.end()) continue;
    Bytes secret = std::move(found->second);
    const WipeOnExit wiped(secret);
    stored_.erase(found);
  }
}

Result<Aggregate> ClientRound::accept_aggregate(ByteView aggregate, std::span<const std::uint64_t> sum) const {
  if (!u3_) return Error{ErrorCode::wrong_phase, "phase 4 comes first"};
  const Bytes* checked = stored(item::kCertificate);
  return bauta::client::accept_aggregate(context_, *u1_, *u2_, *u3_, checked ? ByteView(*checked) : ByteView(),
                                         aggregate, sum);
}

Result<Audit> ClientRound::audit(const Aggregate& aggregate) const {
  if (!u3_) return Error{ErrorCode::wrong_phase, "phase 4 comes first"};
  return Audit::create(context_, *u1_, *u2_, *u3_, aggregate);
}

RoundRecord ClientRound::record(ByteView aggregate) const {
  BAUTA_CHECK(u3_);
  const auto package = decode<SharePackage>(*stored(item::kSharePackage));
  BAUTA_CHECK(package.ok());
  return {context_.descriptor_blob, *stored(item::kKeySet), package->header_set, *stored(item::kSurvivorSet),
          Bytes(aggregate.begin(), aggregate.end())};
}

}  // namespace bauta::client
