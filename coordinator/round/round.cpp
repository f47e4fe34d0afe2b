#include "coordinator/round/round.h"

#include <algorithm>
#include <utility>

#include "common/masking/transcript.h"

namespace bauta::coordinator {
namespace {

// Beyond n_min, a U3 of f_max colluders and one honest partner would show that partner's update.
constexpr std::size_t kHonestSurvivors = 2;

std::string too_few(std::string_view set, std::size_t have, std::size_t need) {
  return std::string(set) + " has " + std::to_string(have) + " partners, " + std::to_string(need) + " are needed";
}

}  // namespace

Result<std::unique_ptr<Round>> Round::open(std::shared_ptr<const Roster> roster, const RoundEvent& opened) {
  BAUTA_CHECK(opened.kind == RoundEvent::Kind::opened);
  BAUTA_TRY(auto context, open_descriptor(std::move(roster), opened.bytes));
  std::unique_ptr<Round> round(new Round);
  round->context_ = std::move(context);
  round->phase1_ = std::make_unique<AdvertiseKeysPhase>(round->context_);
  return round;
}

RoundCounts Round::counts() const {
  return {context_.descriptor.cohort.size(), phase1_->inbox().size(), phase2_ ? phase2_->inbox().size() : 0,
          phase3_ ? phase3_->survivors().size() : 0};
}

Status Round::require(Phase phase) const {
  if (phase_ == phase) return {};
  if (phase_ == Phase::voided) return Error{ErrorCode::late, "this attempt is void: " + void_reason_};
  if (phase_ > phase) {
    return Error{ErrorCode::late, "phase " + std::string(to_string(phase)) + " is over; the round is in " +
                                      std::string(to_string(phase_))};
  }
  return Error{ErrorCode::wrong_phase, "phase " + std::string(to_string(phase)) + " has not begun; the round is in " +
                                           std::string(to_string(phase_))};
}

Result<std::optional<RoundEvent>> Round::receive(Phase phase, PartnerIndex from, ByteView message) const {
  // A repeat is answered as the first time even when its phase is over: the answer may have been lost.
  const auto judge = [&]() -> Result<bool> {
    switch (phase) {
      case Phase::advertise_keys: return phase1_->check(from, message);
      case Phase::share_keys:
        if (phase2_) return phase2_->check(from, message);
        break;
      case Phase::masked_update:
        if (phase3_) return phase3_->check(from, message);
        break;
      case Phase::certify_survivors:
        if (phase4_) return phase4_->check(from, message);
        break;
      case Phase::unmask:
        if (phase5_) return phase5_->check(from, message);
        break;
      case Phase::finished:
      case Phase::voided: break;
    }
    BAUTA_RETURN_IF_ERROR(require(phase));
    return Error{ErrorCode::wrong_phase, "no message belongs to this phase"};
  };
  BAUTA_TRY(const bool repeat, judge());
  if (repeat) return std::optional<RoundEvent>();
  BAUTA_RETURN_IF_ERROR(require(phase));
  return std::optional<RoundEvent>({RoundEvent::Kind::message, phase, from, Bytes(message.begin(), message.end())});
}

Result<bool> Round::expect_upload(PartnerIndex from) const {
  if (!phase3_) {
    BAUTA_RETURN_IF_ERROR(require(Phase::masked_update));
  }
  BAUTA_TRY(const bool complete, phase3_->check_upload(from));
  if (complete) return true;
  BAUTA_RETURN_IF_ERROR(require(Phase::masked_update));
  return false;
}

Result<std::optional<RoundEvent>> Round::receive_upload(PartnerIndex from, const Digest& root) const {
  BAUTA_TRY(const bool complete, expect_upload(from));
  if (complete) return std::optional<RoundEvent>();
  BAUTA_TRY([[maybe_unused]] const bool repeat, phase3_->check_complete(from, root));
  return std::optional<RoundEvent>({RoundEvent::Kind::upload_complete, Phase::masked_update, from, {}});
}

std::size_t Round::survivors_needed() const {
  return std::max<std::size_t>(context_.descriptor.thresholds.n_min, context_.descriptor.f_max + kHonestSurvivors);
}

bool Round::can_close_early() const {
  switch (phase_) {
    case Phase::advertise_keys: return phase1_->everybody_in();
    case Phase::share_keys: return phase2_->everybody_in();
    case Phase::masked_update: return phase3_->everybody_in();
    case Phase::certify_survivors: return phase4_->certified();
    case Phase::unmask:
    case Phase::finished:
    case Phase::voided: return false;
  }
  return false;
}

RoundEvent Round::close_with(Phase phase, std::string_view label, const SigningKey& key, Bytes payload) const {
  return {RoundEvent::Kind::phase_closed, phase, 0,
          sign_blob(label, context_.roster->federation_id, key, kCoordinatorSigner, std::move(payload))};
}

RoundEvent Round::void_because(std::string reason) const {
  return {RoundEvent::Kind::voided, phase_, 0, Bytes(reason.begin(), reason.end())};
}

Result<RoundEvent> Round::close_phase(const SigningKey& key) const {
  const std::size_t n_min = context_.descriptor.thresholds.n_min;
  const auto size = counts();
  switch (phase_) {
    case Phase::advertise_keys:
      if (size.u1 < n_min) return void_because(too_few("U1", size.u1, n_min));
      return close_with(phase_, label::kKeySet, key, phase1_->close());
    case Phase::share_keys:
      if (size.u2 < n_min) return void_because(too_few("U2", size.u2, n_min));
      return close_with(phase_, label::kHeaderSet, key, phase2_->close());
    case Phase::masked_update:
      if (size.u3 < survivors_needed()) return void_because(too_few("U3", size.u3, survivors_needed()));
      if (const auto dealer = phase3_->unopenable_dealer()) {
        return void_because("too many partners cannot use the shares that " +
                            context_.roster->entries[*dealer].partner_id + " dealt");
      }
      if (const auto lonely = phase3_->lonely_survivor()) {
        return void_because("too few of the neighbours that " + context_.roster->entries[*lonely].partner_id +
                            " drew have survived");
      }
      return close_with(phase_, label::kSurvivorSet, key, phase3_->close());
    case Phase::certify_survivors:
      if (phase4_->certified()) return close_with(phase_, label::kCertificate, key, phase4_->close());
      if (phase4_->inbox().size() == 0) return void_because("nobody signed U3 before the deadline");
      return Error{ErrorCode::busy, "U3 has " + std::to_string(phase4_->inbox().size()) + " of " +
                                        std::to_string(context_.descriptor.thresholds.certify) + " signatures"};
    case Phase::unmask: return Error{ErrorCode::busy, "waiting for share holders; a certified round is never void"};
    case Phase::finished:
    case Phase::voided: break;
  }
  return Error{ErrorCode::wrong_phase, "the round is over"};
}

Result<RoundEvent> Round::abandon(std::string_view reason) const {
  if (phase_ >= Phase::unmask) {
    return Error{ErrorCode::wrong_phase, "a certified round cannot be abandoned; it ends when " +
                                             std::to_string(context_.descriptor.thresholds.shamir) +
                                             " share holders have answered"};
  }
  return void_because(std::string(reason));
}

RoundEvent Round::finish(const SigningKey& key, const Digest& sum_root, const Digest& next_model_hash,
                         std::vector<RevealedSecret> secrets) const {
  BAUTA_CHECK(phase_ == Phase::unmask && certificate_);
  Aggregate aggregate{context_.rctx, phase3_->u3_hash(), *certificate_, sum_root, next_model_hash, std::move(secrets)};
  auto event = close_with(Phase::unmask, label::kAggregate, key, encode(aggregate));
  event.kind = RoundEvent::Kind::finished;
  return event;
}

void Round::apply(const RoundEvent& event) {
  switch (event.kind) {
    case RoundEvent::Kind::opened: return;
    case RoundEvent::Kind::excluded: return phase1_->exclude(event.partner);
    case RoundEvent::Kind::message:
      switch (event.phase) {
        case Phase::advertise_keys: return phase1_->apply(event.partner, event.bytes);
        case Phase::share_keys: return phase2_->apply(event.partner, event.bytes);
        case Phase::masked_update: return phase3_->apply(event.partner, event.bytes);
        case Phase::certify_survivors: return phase4_->apply(event.partner, event.bytes);
        case Phase::unmask: return phase5_->apply(event.partner, event.bytes);
        case Phase::finished:
        case Phase::voided: break;
      }
      BAUTA_CHECK(!"a message event of no phase");
      return;
    case RoundEvent::Kind::upload_complete: return phase3_->complete(event.partner);
    case RoundEvent::Kind::phase_closed:
      BAUTA_CHECK(event.phase == phase_);
      if (phase_ == Phase::advertise_keys) {
        key_set_ = event.bytes;
        phase2_ = std::make_unique<ShareKeysPhase>(context_, *phase1_);
      } else if (phase_ == Phase::share_keys) {
        header_set_ = event.bytes;
        phase3_ = std::make_unique<MaskedUpdatePhase>(context_, *phase2_);
      } else if (phase_ == Phase::masked_update) {
        survivor_set_ = event.bytes;
        phase4_ = std::make_unique<CertifySurvivorsPhase>(context_, *phase3_);
      } else {
        BAUTA_CHECK(phase_ == Phase::certify_survivors);
        certificate_ = event.bytes;
        phase5_ = std::make_unique<UnmaskPhase>(context_, *phase1_, *phase2_, *phase3_);
      }
      phase_ = static_cast<Phase>(static_cast<int>(phase_) + 1);
      return;
    case RoundEvent::Kind::voided:
      void_reason_ = as_text(event.bytes);
      phase_ = Phase::voided;
      return;
    case RoundEvent::Kind::finished:
      aggregate_ = event.bytes;
      phase_ = Phase::finished;
      return;
  }
}

Result<std::optional<Bytes>> Round::share_package(PartnerIndex holder) const {
  if (!header_set_) return std::optional<Bytes>();
  BAUTA_TRY(auto leaves, leaves_for(holder));
  return std::optional<Bytes>(encode(SharePackage{*header_set_, std::move(leaves)}));
}

Result<std::vector<DeliveredLeaf>> Round::leaves_for(PartnerIndex holder) const {
  BAUTA_CHECK(phase3_);
  if (!has_shared(holder)) {
    return Error{ErrorCode::not_in_cohort, "this partner shared no keys in phase 2 and is not in U2"};
  }
  return phase2_->leaves_for(holder, phase3_->graph());
}

std::set<PartnerIndex> Round::survivors() const { return phase3_ ? phase3_->survivors() : std::set<PartnerIndex>(); }

std::vector<std::pair<PartnerIndex, Digest>> Round::vector_roots() const {
  std::vector<std::pair<PartnerIndex, Digest>> roots;
  for (const PartnerIndex survivor : phase3_->survivors()) roots.emplace_back(survivor, phase3_->vector_root(survivor));
  return roots;
}

bool Round::has_shared(PartnerIndex partner) const {
  return phase3_ && std::binary_search(phase3_->members().begin(), phase3_->members().end(), partner);
}

std::set<PartnerIndex> Round::suspects() const { return phase3_ ? phase3_->suspects() : std::set<PartnerIndex>(); }

}  // namespace bauta::coordinator
