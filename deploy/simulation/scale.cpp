#include "deploy/simulation/scale.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <cmath>
#include <mutex>
#include <nlohmann/json.hpp>

#include "common/base/clock.h"
#include "common/base/parallel_ranges.h"
#include "common/base/random_subset.h"
#include "common/crypto/sha256.h"
#include "common/masking/fixed_point.h"
#include "common/masking/merkle.h"
#include "common/masking/transcript.h"
#include "coordinator/round/accumulator.h"
#include "coordinator/round/round.h"
#include "deploy/simulation/seeded_random.h"
#include "deploy/simulation/virtual_partner.h"

namespace bauta::simulation {
namespace {

using coordinator::Phase;
using nlohmann::ordered_json;

constexpr std::size_t kRangeWords = 64 * 1024;  // of the sum, for one thread at a time

double peak_megabytes() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return static_cast<double>(usage.ru_maxrss) / 1000;
}

std::string stream_of(std::string_view purpose, PartnerIndex partner) { return fmt::format("{} {}", purpose, partner); }

// A federation whose private keys are all here.
struct Federation {
  std::shared_ptr<const Roster> roster;
  SigningKey coordinator = SigningKey::generate_p256();
  std::vector<SigningKey> partners;

  static Result<Federation> make(std::uint32_t size) {
    Federation federation;
    BAUTA_TRY(VerifyKey coordinator_key, VerifyKey::from_spki(federation.coordinator.spki()));
    auto roster = std::make_shared<Roster>(Roster{
        "scale", sha256(as_bytes("bauta-simulate scale")), std::move(coordinator_key), {}, 1, size / 2 + 1, {}, {}});
    Sha256 hash;
    for (std::uint32_t i = 0; i < size; ++i) {
      federation.partners.push_back(SigningKey::generate_p256());
      BAUTA_TRY(VerifyKey key, VerifyKey::from_spki(federation.partners.back().spki()));
      hash.update(key.spki());
      roster->entries.push_back({fmt::format("p{:05}", i), std::move(key), 1.0});
    }
    roster->hash = hash.finish();
    federation.roster = std::move(roster);
    return federation;
  }
};

Result<RoundDescriptor> describe(const ScaleSettings& settings, const Roster& roster) {
  const std::uint32_t n = settings.partners;
  Plan plan;
  plan.update.bits = settings.bits;
  plan.update.lane = settings.lane;
  plan.round.max_colluding = settings.colluding;
  plan.round.expected_dropout = settings.drop;
  if (settings.graph == GraphKind::complete) plan.round.mask_work_gigabytes = 1e6;
  std::vector<PartnerIndex> cohort(n);
  for (PartnerIndex u = 0; u < n; ++u) cohort[u] = u;
  RoundDescriptor descriptor =
      descriptor_for(roster, plan, {}, settings.dimension - kEvaluationLanes, std::move(cohort));
  if (settings.graph == GraphKind::sparse) {
    BAUTA_TRY(const SparseGraph sparse,
              find_sparse_graph(n, descriptor.f_max, descriptor.thresholds.n_min, settings.drop));
    descriptor.graph = {GraphKind::sparse, sparse.degree};
    descriptor.thresholds.shamir = sparse.shamir;
  }
  descriptor.run_id = "scale";
  descriptor.round_no = 1;
  descriptor.attempt = 1;
  return descriptor;
}

class ScaleRound {
 public:
  ScaleRound(const ScaleSettings& settings, const std::function<void(const ScaleProgress&)>& progress)
      : settings_(settings), progress_(progress) {}

  Result<ordered_json> run() {
    BAUTA_RETURN_IF_ERROR(open());
    BAUTA_RETURN_IF_ERROR(timed("advertise_keys", [this] { return advertise_keys(); }));
    BAUTA_RETURN_IF_ERROR(timed("share_keys", [this] { return share_keys(); }));
    BAUTA_RETURN_IF_ERROR(timed("masked_update", [this] { return masked_update(); }));
    BAUTA_RETURN_IF_ERROR(timed("certify_survivors", [this] { return certify_survivors(); }));
    BAUTA_RETURN_IF_ERROR(timed("unmask", [this] { return unmask(); }));
    BAUTA_RETURN_IF_ERROR(timed("accept_aggregate", [this] { return accept_aggregate(); }));
    return report();
  }

 private:
  Status open() {
    BAUTA_TRY(federation_, Federation::make(settings_.partners));
    BAUTA_TRY(const RoundDescriptor descriptor, describe(settings_, *federation_->roster));
    const Bytes blob = sign(label::kDescriptor, encode(descriptor));
    BAUTA_TRY(context_, open_descriptor(federation_->roster, blob));
    BAUTA_TRY(round_, coordinator::Round::open(federation_->roster, {coordinator::RoundEvent::Kind::opened,
                                                                     Phase::advertise_keys, 0, blob}));
    sum_.emplace(context_.layout());
    expected_.emplace(context_.layout());
    for (PartnerIndex u = 0; u < settings_.partners; ++u) {
      partners_.emplace_back(client::Membership{federation_->roster, u, &federation_->partners[u]}, context_);
    }
    SeededRandom random(settings_.seed, "dropouts");
    const auto most = static_cast<std::size_t>(std::floor(settings_.drop * settings_.partners));
    const auto dropped = random_subset(descriptor.cohort, most, random);
    dropped_.insert(dropped.begin(), dropped.end());
    return {};
  }

  Status advertise_keys() {
    BAUTA_RETURN_IF_ERROR(for_each_partner("advertise_keys", [this](PartnerIndex u) -> Status {
      SeededRandom random(settings_.seed, stream_of("keys", u));
      return deliver(Phase::advertise_keys, u, partners_[u].advertise_keys(random));
    }));
    BAUTA_RETURN_IF_ERROR(close());
    received_ += round_->key_set()->size();
    BAUTA_TRY(u1_, client::verify_key_set(context_, *round_->key_set()));
    return {};
  }

  Status share_keys() {
    BAUTA_RETURN_IF_ERROR(for_each_partner("share_keys", [this](PartnerIndex u) -> Status {
      SeededRandom random(settings_.seed, stream_of("shares", u));
      BAUTA_TRY(const Bytes message, partners_[u].share_keys(u1_, random));
      return deliver(Phase::share_keys, u, message);
    }));
    BAUTA_RETURN_IF_ERROR(close());
    received_ += round_->header_set()->size();
    BAUTA_TRY(u2_, client::verify_header_set(context_, u1_, *round_->header_set()));
    return {};
  }

  Status masked_update() {
    BAUTA_RETURN_IF_ERROR(for_each_partner("masked_update", [this](PartnerIndex u) { return upload(u); }));
    BAUTA_RETURN_IF_ERROR(close());
    received_ += round_->survivor_set()->size();
    BAUTA_TRY(u3_, client::verify_survivor_set(context_, u1_, u2_, *round_->survivor_set()));
    return {};
  }

  Status upload(PartnerIndex u) {
    BAUTA_TRY(const auto leaves, round_->leaves_for(u));
    BAUTA_TRY(std::vector<std::uint64_t> words, update_of(u));
    const bool stays = !dropped_.contains(u);
    if (stays) {
      const std::scoped_lock lock(mutex_);
      BAUTA_RETURN_IF_ERROR(expected_->add(0, wire_bytes(words)));
    }
    BAUTA_TRY(const Bytes header, partners_[u].masked_update(u1_, u2_, leaves, words));
    if (!stays) return {};
    MerkleBuilder merkle;  // the coordinator's own, over the bytes that arrived
    merkle.update(wire_bytes(words));
    const Digest root = merkle.finish();
    BAUTA_RETURN_IF_ERROR(deliver(Phase::masked_update, u, header));
    const std::scoped_lock lock(mutex_);
    BAUTA_TRY(const auto event, round_->receive_upload(u, root));
    round_->apply(event.value());
    sent_ += 8 * words.size();
    return sum_->add(0, wire_bytes(words));
  }

  Status certify_survivors() {
    BAUTA_RETURN_IF_ERROR(for_each_partner("certify_survivors", [this](PartnerIndex u) -> Status {
      if (dropped_.contains(u)) return {};
      BAUTA_TRY(const Bytes statement, partners_[u].certify(u3_));
      return deliver(Phase::certify_survivors, u, statement);
    }));
    BAUTA_RETURN_IF_ERROR(close());
    received_ += round_->certificate()->size();
    return client::check_certificate(any_membership(), context_, u3_, *round_->certificate());
  }

  Status unmask() {
    BAUTA_RETURN_IF_ERROR(for_each_partner("unmask", [this](PartnerIndex u) -> Status {
      if (dropped_.contains(u)) return {};
      return deliver(Phase::unmask, u, partners_[u].unmask(u3_));
    }));
    if (!round_->ready_to_unmask()) return Error{ErrorCode::threshold_lost, "too few share holders are left"};
    BAUTA_TRY(coordinator::Unmasking unmasking, round_->unmask());
    masks_removed_ = unmasking.masks.size();
    secrets_ = std::move(unmasking.secrets);
    const auto terms = unmasking.masks.terms();
    return for_each_range(sum_->words().size(), kRangeWords, settings_.threads,
                          [&](std::size_t first, std::size_t count) -> Status {
                            sum_->apply_masks(first, count, terms);
                            return {};
                          });
  }

  Status accept_aggregate() {
    progress_({"accept_aggregate", 0, 1});
    const Digest sum_root = vector_root(wire_bytes(sum_->words()));
    const auto event = round_->finish(federation_->coordinator, sum_root, {}, std::move(secrets_));
    received_ += event.bytes.size() + context_.layout().byte_count();
    BAUTA_TRY([[maybe_unused]] const Aggregate accepted,
              client::accept_aggregate(context_, u1_, u2_, u3_, *round_->certificate(), event.bytes, sum_->words()));
    round_->apply(event);
    progress_({"accept_aggregate", 1, 1});
    return check_sum_range(sum_->words(), context_.layout(), static_cast<std::uint32_t>(u3_.survivors.size()),
                           context_.descriptor.bits);
  }

  ordered_json report() const {
    const auto& descriptor = context_.descriptor;
    const bool exact =
        std::equal(sum_->words().begin(), sum_->words().end(), expected_->words().begin(), expected_->words().end());
    const auto counts = round_->counts();
    ordered_json report;
    report["partners"] = settings_.partners;
    report["dimension"] = settings_.dimension;
    report["lane_bits"] = descriptor.lane;
    report["graph"] = to_string(descriptor.graph.kind);
    report["degree"] = descriptor.graph.kind == GraphKind::sparse ? descriptor.graph.degree : settings_.partners - 1;
    report["colluding_withstood"] = descriptor.f_max;
    report["shamir_threshold"] = descriptor.thresholds.shamir;
    report["certify_threshold"] = descriptor.thresholds.certify;
    report["dropped"] = dropped_.size();
    report["survivors"] = counts.u3;
    report["masks_removed"] = masks_removed_;
    report["exact"] = exact;
    // What one partner sends and receives over the wire, on average over the survivors.
    report["bytes_sent_per_partner"] = sent_ / std::max<std::size_t>(1, counts.u3);
    report["bytes_received_per_partner"] = received_;
    report["seconds"] = seconds_;
    report["peak_megabytes"] = peak_megabytes();
    return report;
  }

  // A deterministic update of its own for every partner, quantised as a client would.
  Result<std::vector<std::uint64_t>> update_of(PartnerIndex u) const {
    CounterRandom random(settings_.seed, stream_of("update", u));
    std::vector<float> update(settings_.dimension);
    for (float& value : update) value = static_cast<float>(random.next() >> 40) * 0x1p-23F * 0.1F - 0.1F;
    std::vector<std::uint64_t> words(context_.layout().word_count());
    SeededRandom rounding(settings_.seed, stream_of("rounding", u));
    BAUTA_TRY([[maybe_unused]] const auto report,
              quantise(update, 1.0, context_.quantiser(), context_.layout(), rounding, words));
    return words;
  }

  // On all threads.
  template <class Step>
  Status for_each_partner(const std::string& phase, const Step& step) {
    std::uint64_t done = 0;
    progress_({phase, 0, partners_.size()});
    return for_each_range(partners_.size(), 1, settings_.threads, [&](std::size_t u, std::size_t) -> Status {
      if (const Status stepped = step(static_cast<PartnerIndex>(u)); !stepped.ok()) {
        return with_context(federation_->roster->entries[u].partner_id, stepped.error());
      }
      const std::scoped_lock lock(mutex_);
      ++done;
      if (done % std::max<std::size_t>(1, partners_.size() / 10) == 0) progress_({phase, done, partners_.size()});
      return {};
    });
  }

  template <class Work>
  Status timed(const std::string& phase, const Work& work) {
    const SteadyTime start = clock_.steady();
    BAUTA_RETURN_IF_ERROR(with_phase(phase, work()));
    seconds_[phase] = std::chrono::duration<double>(clock_.steady() - start).count();
    return {};
  }
  static Status with_phase(const std::string& phase, Status status) {
    return status.ok() ? status : Status(with_context("phase " + phase, status.error()));
  }

  Status deliver(Phase phase, PartnerIndex from, ByteView message) {
    const std::scoped_lock lock(mutex_);
    // Late statements and shares are of no use once there are enough.
    if (phase == Phase::unmask && round_->ready_to_unmask()) return {};
    BAUTA_TRY(const auto event, round_->receive(phase, from, message));
    if (event) round_->apply(*event);
    sent_ += message.size();
    return {};
  }

  Status close() {
    BAUTA_TRY(const auto event, round_->close_phase(federation_->coordinator));
    round_->apply(event);
    if (round_->phase() == Phase::voided) {
      return Error{ErrorCode::threshold_lost, "the round is void: " + round_->void_reason()};
    }
    return {};
  }

  Bytes sign(std::string_view label, Bytes payload) const {
    return sign_blob(label, federation_->roster->federation_id, federation_->coordinator, kCoordinatorSigner,
                     std::move(payload));
  }
  client::Membership any_membership() const { return {federation_->roster, 0, &federation_->partners.front()}; }

  const ScaleSettings& settings_;
  const std::function<void(const ScaleProgress&)>& progress_;
  SystemClock clock_;
  std::optional<Federation> federation_;
  RoundContext context_;
  std::vector<VirtualPartner> partners_;
  std::set<PartnerIndex> dropped_;
  std::mutex mutex_;  // the round, the sums and the counts below
  std::unique_ptr<coordinator::Round> round_;
  std::optional<coordinator::Accumulator> sum_;
  std::optional<coordinator::Accumulator> expected_;
  client::AcceptedKeys u1_;
  client::AcceptedHeaders u2_;
  client::AcceptedSurvivors u3_;
  std::vector<RevealedSecret> secrets_;
  std::size_t masks_removed_ = 0;
  std::uint64_t sent_ = 0;
  std::uint64_t received_ = 0;
  std::map<std::string, double> seconds_;
};

Status check(const ScaleSettings& settings) {
  if (settings.partners < 3 || settings.partners > kMaxPartners) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("--partners must be 3 to {}, not {}", kMaxPartners, settings.partners)};
  }
  if (settings.dimension <= kEvaluationLanes || settings.dimension > kMaxDimension) {
    return Error{ErrorCode::invalid_argument, fmt::format("--dimension must be {} to {}, not {}", kEvaluationLanes + 1,
                                                          kMaxDimension, settings.dimension)};
  }
  return {};
}

}  // namespace

Result<ordered_json> run_scale(const ScaleSettings& settings,
                               const std::function<void(const ScaleProgress&)>& progress) {
  BAUTA_RETURN_IF_ERROR(check(settings));
  ScaleRound round(settings, progress);
  return round.run();
}

std::string scale_table(const ordered_json& report) {
  std::string table;
  for (const auto& [name, value] : report.items()) {
    if (!value.is_object()) {
      table += fmt::format("{:<28} {}\n", name, value.is_string() ? value.get<std::string>() : value.dump());
      continue;
    }
    for (const auto& [phase, seconds] : value.items()) {
      table += fmt::format("{:<28} {:.2f}\n", "seconds " + phase, seconds.get<double>());
    }
  }
  return table;
}

}  // namespace bauta::simulation
