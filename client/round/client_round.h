// One attempt of one round on a client, phase by phase. Pure: messages in, messages out. What has to be on disk before
// a message may leave comes from take_unsaved(); opened again with those items after a crash, the same calls give the
// very same bytes, so that no key, nonce or mask is ever used for two messages (docs/protocol.md §4, the outbox).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/round/audit.h"
#include "client/round/phase1_advertise_keys.h"
#include "client/round/phase2_share_keys.h"
#include "client/round/phase3_masked_update.h"
#include "client/round/phase4_certify_survivors.h"
#include "client/round/phase5_unmask.h"

namespace bauta::client {

/// Names of the items in the outbox.
namespace item {
inline constexpr std::string_view kDescriptor = "descriptor";
inline constexpr std::string_view kSecretPrefix = "secret/";
inline constexpr std::string_view kSecretKeys = "secret/keys";  ///< e and m, 64 bytes
inline constexpr std::string_view kAdvertiseKeys = "out/1";
inline constexpr std::string_view kKeySet = "in/1";
inline constexpr std::string_view kSelfSeed = "secret/seed";  ///< b, 32 bytes
inline constexpr std::string_view kShareKeys = "out/2";
inline constexpr std::string_view kSharePackage = "in/2";
inline constexpr std::string_view kMaskedUpdate = "out/3";
inline constexpr std::string_view kSurvivorSet = "in/3";
inline constexpr std::string_view kCertify = "out/4";
inline constexpr std::string_view kCertificate = "in/4";
inline constexpr std::string_view kUnmask = "out/5";
inline constexpr std::string_view kAggregate = "in/5";  ///< checked and applied at once, never stored
}  // namespace item

using OutboxItem = std::pair<std::string, Bytes>;
using OutboxItems = std::map<std::string, Bytes>;

/// What this partner signs, by its own rules (docs/protocol.md §4).
struct SigningRules {
  std::uint32_t honest_survivors = 2;  ///< h: |U3| >= f_max + h
  bool vouches = true;                 ///< it computed the descriptor's model itself
};

/// One thread at a time. Every call may be repeated with the same input and gives the same message; another input than
/// before is `equivocation`: the coordinator said two different things.
class ClientRound {
 public:
  /// `stored` holds what was saved of this attempt before, or nothing. Errors: those of the phases, for stored items
  /// that do not verify any more (another roster, a damaged disk).
  static Result<std::unique_ptr<ClientRound>> open(Membership membership, RoundContext context, SigningRules rules,
                                                   OutboxItems stored, RandomSource& random);
  ~ClientRound();
  ClientRound(const ClientRound&) = delete;
  ClientRound& operator=(const ClientRound&) = delete;

  const RoundContext& context() const { return context_; }

  const Bytes& advertise_keys() const { return keys_.message; }
  Result<Bytes> share_keys(ByteView key_set, RandomSource& random);
  /// True when the header was made before: then the masked vector is on disk and `words` are not looked at.
  bool has_masked() const { return stored_.contains(std::string(item::kMaskedUpdate)); }
  /// Masks `words` in place. The caller saves them, and then the unsaved items, before any of it leaves.
  Result<Bytes> masked_update(ByteView share_package, std::span<std::uint64_t> words);
  /// What the masks are summed from, on whatever thread, as soon as share_keys() has returned.
  Result<Masking> masking() const;
  /// The same as the other from masks summed ahead: `sum` becomes what `words` is there. After an error it is of no
  /// use. Errors: wrong_phase when has_masked(), for then a sum without the update would take the vector's place.
  Result<Bytes> masked_update(ByteView share_package, MaskSum& sum, const UpdateSource& update);
  /// Nothing when this client's upload came too late: it signs nothing but still helps to unmask.
  /// `signed_on_model`: the U3 this client has ever signed on the descriptor's model, on whatever attempt.
  Result<std::optional<Bytes>> certify(ByteView survivor_set, const std::optional<Digest>& signed_on_model);
  Result<Bytes> unmask(ByteView certificate);
  /// When the coordinator has the unmasking shares: keys, seed and shares are wiped, and no item under kSecretPrefix is
  /// needed any more to open this attempt again. What is left checks the aggregate and repeats messages.
  void forget_secrets();
  Result<Aggregate> accept_aggregate(ByteView aggregate, std::span<const std::uint64_t> sum) const;
  /// Of an accepted aggregate.
  Result<Audit> audit(const Aggregate& aggregate) const;
  /// What everybody in U2 has of the round, to be audited later; none of our secrets.
  RoundRecord record(ByteView aggregate) const;

  /// U3 and its hash, after certify().
  const std::optional<AcceptedSurvivors>& survivors() const { return u3_; }
  /// U2, after masked_update(), and what its partners dealt to us.
  const std::optional<AcceptedHeaders>& headers() const { return u2_; }
  const std::optional<AcceptedShares>& shares() const { return held_; }

  /// Items to be written and fsync'd before the last message leaves. Holds secrets: wipe after writing.
  std::vector<OutboxItem> take_unsaved();

 private:
  ClientRound(Membership membership, RoundContext context, SigningRules rules, OutboxItems stored);
  const Bytes* stored(std::string_view key) const;
  void remember(std::string_view key, ByteView bytes);
  /// `equivocation` when other bytes were stored under `key` before.
  Status same_as_before(std::string_view key, ByteView bytes, std::string_view what) const;
  Status replay(RandomSource& random);
  Status accept_package(ByteView share_package);
  Bytes remember_masked(ByteView share_package, Bytes header);
  bool secrets_forgotten() const;

  Membership membership_;
  RoundContext context_;
  SigningRules rules_;
  OutboxItems stored_;
  std::vector<OutboxItem> unsaved_;
  AdvertisedKeys keys_;
  std::optional<AcceptedKeys> u1_;
  std::optional<DealtShares> dealt_;
  std::optional<AcceptedHeaders> u2_;
  std::optional<AcceptedShares> held_;
  std::optional<AcceptedSurvivors> u3_;
  bool survived_ = false;  ///< our own upload is in U3
};

}  // namespace bauta::client
