// A coordinator in the same process: the real round code behind the calls of a link, with every byte it was ever sent
// kept, so that a test can see whether a client sent other bytes after a restart.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "client/transport/coordinator_link.h"
#include "common/base/file.h"
#include "common/masking/merkle.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "tests/support/round_harness.h"

namespace bauta::testing {

class ScriptedCoordinator {
 public:
  struct Attempt {
    std::unique_ptr<coordinator::Round> round;
    std::map<PartnerIndex, Bytes> spool;
    std::vector<std::uint64_t> sum;
    ModelState base;
  };

  ScriptedCoordinator(std::size_t partners, std::string plan_text)
      : federation(partners), plan_text_(std::move(plan_text)), plan_hash_(plan_hash(plan_text_)) {
    auto parsed = parse_plan(plan_text_);
    BAUTA_CHECK(parsed.ok());
    plan_ = *std::move(parsed);
    auto layout = ParameterLayout::create(plan_.model);
    BAUTA_CHECK(layout.ok());
    layout_ = std::make_unique<ParameterLayout>(*std::move(layout));
    model = initial_state(*layout_, plan_.server);
  }

  const Plan& plan() const { return plan_; }
  const Digest& hash_of_plan() const { return plan_hash_; }
  const ParameterLayout& layout() const { return *layout_; }
  Digest current_hash() const { return model_hash(model, plan_hash_); }

  /// A round over the whole roster from the present model.
  void open(RoundId id) {
    std::vector<PartnerIndex> cohort;
    for (std::size_t i = 0; i < federation.roster()->size(); ++i) cohort.push_back(static_cast<PartnerIndex>(i));
    RoundDescriptor descriptor = descriptor_for(*federation.roster(), plan_, plan_hash_, layout_->size(), cohort);
    descriptor.run_id = run_id;
    descriptor.round_no = id.round_no;
    descriptor.attempt = id.attempt;
    descriptor.model_hash = current_hash();
    open_with(descriptor);
  }
  void open_with(const RoundDescriptor& descriptor) {
    auto opened = coordinator::Round::open(
        federation.roster(), {coordinator::RoundEvent::Kind::opened, coordinator::Phase::advertise_keys, 0,
                              sign_descriptor(federation, descriptor)});
    BAUTA_CHECK(opened.ok());
    latest = {descriptor.round_no, descriptor.attempt};
    Attempt& attempt = attempts[latest];
    attempt.round = *std::move(opened);
    attempt.base = model;
  }
  Attempt& at(const RoundId& id) { return attempts.at(id); }

  /// What the deadline of the present phase does.
  void close_phase(const RoundId& id) {
    auto& round = *at(id).round;
    const auto event = round.close_phase(TestFederation::coordinator_key());
    if (event.ok()) round.apply(*event);
  }
  void abandon(const RoundId& id) {
    auto& round = *at(id).round;
    const auto event = round.abandon("the test says so");
    BAUTA_CHECK(event.ok());
    round.apply(*event);
  }

  /// Everything that may happen without waiting for anybody.
  void advance(const RoundId& id) {
    Attempt& attempt = at(id);
    auto& round = *attempt.round;
    if (round.can_close_early()) close_phase(id);
    if (!round.ready_to_unmask()) return;
    const auto unmasking = round.unmask();
    BAUTA_CHECK(unmasking.ok());
    const LaneLayout lanes = round.context().layout();
    attempt.sum.assign(lanes.word_count(), 0);
    for (const PartnerIndex survivor : round.survivors()) {
      std::vector<std::uint64_t> words(lanes.word_count());
      const Bytes& bytes = attempt.spool.at(survivor);
      std::copy(bytes.begin(), bytes.end(), wire_bytes_mutable(words).begin());
      add_packed(attempt.sum, words, lanes.lane_bits);
    }
    apply_masks(attempt.sum, lanes.lane_bits, unmasking->masks.terms());
    if (doctors_sum) doctors_sum(attempt.sum);
    const auto decoded = decode_sum(round.context(), round.survivors(), attempt.sum);
    BAUTA_CHECK(decoded.ok());
    metrics = decoded->mean_metrics;
    model = attempt.base;
    BAUTA_CHECK(bauta::apply(model, decoded->mean_update, plan_.server).ok());
    Digest announced = current_hash();
    if (lies_about_next_model) announced[0] ^= 1;
    round.apply(round.finish(TestFederation::coordinator_key(), vector_root(wire_bytes(attempt.sum)), announced,
                             unmasking->secrets));
  }

  Bytes invitation(const RoundId& id) {
    return encode(Invitation{at(id).round->context().descriptor_blob, Bytes(plan_text_.begin(), plan_text_.end())});
  }

  Bytes audit_answer(const RoundId& id, std::uint64_t chunk, std::optional<PartnerIndex> after) {
    const Attempt& attempt = at(id);
    AuditAnswer answer{attempt.round->context().rctx, attempt.round->u3_hash(), chunk, after, {}};
    for (const auto& [survivor, root] : attempt.round->vector_roots()) {
      if ((after && survivor <= *after) || answer.uploads.size() == audit_page) continue;
      const ByteView vector = attempt.spool.at(survivor);
      MerkleBuilder tree;
      tree.update(vector);
      tree.finish();
      const ByteView bytes = vector.subspan(chunk * kMerkleChunk);
      const ByteView piece = bytes.first(std::min(bytes.size(), kMerkleChunk));
      UploadedChunk upload{survivor, {piece.begin(), piece.end()}, MerkleTree(tree.leaf_hashes()).proof(chunk)};
      if (doctors_chunk) doctors_chunk(upload);
      answer.uploads.push_back(std::move(upload));
    }
    return sign_blob(label::kAudit, federation.roster()->federation_id, TestFederation::coordinator_key(),
                     kCoordinatorSigner, encode(answer));
  }

  std::optional<Bytes> with_swapped_key(ByteView key_set) const {
    auto set = *decode<KeySet>(decode<SignedBlob>(key_set)->payload);
    auto message = *decode<SignedBlob>(set.messages[1]);
    auto keys = *decode<AdvertiseKeys>(message.payload);
    keys.m_pk = keys.nonce;
    message.payload = encode(keys);
    set.messages[1] = encode(message);
    return sign_blob(label::kKeySet, federation.roster()->federation_id, TestFederation::coordinator_key(),
                     kCoordinatorSigner, encode(set));
  }

  void remember(const RoundId& id, PartnerIndex from, const std::string& kind, ByteView bytes) {
    messages[{id, from, kind}].insert(Bytes(bytes.begin(), bytes.end()));
  }
  /// Messages of which a client ever sent two versions.
  std::vector<std::string> contradictions() const {
    std::vector<std::string> found;
    for (const auto& [key, versions] : messages) {
      const auto& [id, from, kind] = key;
      if (versions.size() > 1) found.push_back(to_string(id) + " partner " + std::to_string(from) + " " + kind);
    }
    return found;
  }

  TestFederation federation;
  std::string run_id = "run-1";
  ModelState model;
  ValidationMetrics metrics;
  bool lies_about_next_model = false;
  std::function<void(std::vector<std::uint64_t>&)> doctors_sum;  ///< before it is applied and signed
  std::function<void(UploadedChunk&)> doctors_chunk;             ///< before it is served
  std::size_t audit_page = 100;                                  ///< chunks in an answer
  bool swaps_a_key = false;  ///< signs a U1 in which partner 1 has another key than it signed
  RoundId latest;
  std::map<RoundId, Attempt> attempts;
  std::map<std::tuple<RoundId, PartnerIndex, std::string>, std::set<Bytes>> messages;

 private:
  std::string plan_text_;
  Digest plan_hash_{};
  Plan plan_;
  std::unique_ptr<ParameterLayout> layout_;
};

/// What goes wrong with one call of a link.
struct Fault {
  int at = 0;          ///< the n-th call, counted from 1; 0: none
  bool after = false;  ///< true: the call did its work, only its answer was lost
  ErrorCode code = ErrorCode::unreachable;
};

class ScriptedLink final : public client::CoordinatorLink {
 public:
  ScriptedLink(ScriptedCoordinator& coordinator, PartnerIndex self) : coordinator_(&coordinator), self_(self) {}

  Fault fault;
  int calls = 0;
  std::size_t upload_piece = 0;      ///< an upload breaks after so many bytes; 0: never
  std::optional<Bytes> invite_with;  ///< instead of the true invitation, once
  std::optional<ErrorCode> audit_refusal;

  /// A malicious coordinator's answer, or nothing where the honest one will do. `what` is a call's name.
  using Lie = std::function<std::optional<Bytes>(std::string_view what, const RoundId& id)>;
  Lie lie;
  bool swallows = false;  ///< whatever is sent is only kept, and said to be accepted

  Status hello() override {
    return call([&]() -> Status { return {}; });
  }
  Result<std::optional<Bytes>> invitation(const RoundId& after) override {
    return call([&]() -> Result<std::optional<Bytes>> {
      if (invite_with) return std::exchange(invite_with, std::nullopt);
      if (auto lied = told("invitation", after)) return lied;
      const RoundId id = coordinator_->latest;
      if (id <= after || coordinator_->at(id).round->phase() != coordinator::Phase::advertise_keys)
        return std::optional<Bytes>();
      return std::optional<Bytes>(coordinator_->invitation(id));
    });
  }
  Status send_keys(const RoundId& id, ByteView message) override {
    return post(id, coordinator::Phase::advertise_keys, "keys", message);
  }
  Result<std::optional<Bytes>> key_set(const RoundId& id) override {
    return fetch(id, "key_set", [&](auto& attempt) {
      const auto& key_set = attempt.round->key_set();
      return key_set && coordinator_->swaps_a_key ? coordinator_->with_swapped_key(*key_set) : key_set;
    });
  }
  Status send_shares(const RoundId& id, ByteView message) override {
    return post(id, coordinator::Phase::share_keys, "shares", message);
  }
  Result<std::optional<Bytes>> share_package(const RoundId& id) override {
    return fetch(id, "share_package", [&](auto& attempt) -> Result<std::optional<Bytes>> {
      if (attempt.round->phase() < coordinator::Phase::masked_update) return std::optional<Bytes>();
      return attempt.round->share_package(self_);
    });
  }
  Result<client::UploadState> send_update(const RoundId& id, ByteView header) override {
    return call([&]() -> Result<client::UploadState> {
      coordinator_->remember(id, self_, "header", header);
      if (swallows) return client::UploadState{0, false};
      BAUTA_RETURN_IF_ERROR(deliver(id, coordinator::Phase::masked_update, header));
      return state(id);
    });
  }
  Result<client::UploadState> upload_state(const RoundId& id) override {
    return call([&]() -> Result<client::UploadState> { return state(id); });
  }
  Result<client::UploadState> upload(const RoundId& id, const client::UploadFile& file) override {
    return call([&]() -> Result<client::UploadState> {
      auto& attempt = coordinator_->at(id);
      BAUTA_TRY(const bool complete, swallows ? Result<bool>(false) : attempt.round->expect_upload(self_));
      Bytes& spool = attempt.spool[self_];
      if (complete) return client::UploadState{spool.size(), true};
      auto bytes = read_file(file.path, std::uint64_t{1} << 30);
      BAUTA_CHECK(bytes.ok() && bytes->size() == file.offset + file.length);
      coordinator_->remember(id, self_, "vector", *bytes);
      if (file.offset != spool.size()) return client::UploadState{spool.size(), false};
      std::size_t take = file.length;
      if (upload_piece > 0 && take > upload_piece) take = upload_piece;
      spool.insert(spool.end(), bytes->begin() + static_cast<std::ptrdiff_t>(file.offset),
                   bytes->begin() + static_cast<std::ptrdiff_t>(file.offset + take));
      if (file.progress) file.progress(file.offset + take);
      if (take < file.length) return Error{ErrorCode::unreachable, "the connection broke"};
      if (swallows) return client::UploadState{spool.size(), true};
      BAUTA_TRY(const auto event, attempt.round->receive_upload(self_, vector_root(spool)));
      if (event) attempt.round->apply(*event);
      return client::UploadState{spool.size(), true};
    });
  }
  Result<std::optional<Bytes>> survivor_set(const RoundId& id) override {
    return fetch(id, "survivor_set", [&](auto& attempt) { return attempt.round->survivor_set(); });
  }
  Status send_statement(const RoundId& id, ByteView message) override {
    return post(id, coordinator::Phase::certify_survivors, "statement", message);
  }
  Result<std::optional<Bytes>> certificate(const RoundId& id) override {
    return fetch(id, "certificate", [&](auto& attempt) { return attempt.round->certificate(); });
  }
  Status send_unmask(const RoundId& id, ByteView message) override {
    return post(id, coordinator::Phase::unmask, "unmask", message);
  }
  Result<std::optional<Bytes>> aggregate(const RoundId& id) override {
    return fetch(id, "aggregate", [&](auto& attempt) { return attempt.round->aggregate(); });
  }
  Status aggregate_vector(const RoundId& id, std::span<std::uint64_t> words) override {
    return call([&]() -> Status {
      const auto& sum = coordinator_->at(id).sum;
      BAUTA_CHECK(sum.size() == words.size());
      std::copy(sum.begin(), sum.end(), words.begin());
      return {};
    });
  }
  Result<Bytes> audit_chunk(const RoundId& id, std::uint64_t chunk, std::optional<std::uint32_t> after) override {
    return call([&]() -> Result<Bytes> {
      if (auto lied = told("audit", id)) return *std::move(lied);
      if (audit_refusal) return Error{*audit_refusal, "the test lets nobody audit"};
      const auto& round = *coordinator_->at(id).round;
      if (round.phase() != coordinator::Phase::finished) return Error{ErrorCode::late, round.void_reason()};
      return coordinator_->audit_answer(id, chunk, after);
    });
  }
  Result<Bytes> model(const Digest& hash, std::uint64_t) override {
    return call([&]() -> Result<Bytes> {
      if (auto lied = told("model", {})) return *std::move(lied);
      if (hash != coordinator_->current_hash()) return Error{ErrorCode::not_found, "no such model"};
      return encode_model(coordinator_->model, coordinator_->layout(), coordinator_->hash_of_plan(), 1);
    });
  }

 private:
  template <class Work>
  auto call(const Work& work) -> decltype(work()) {
    const bool fails = ++calls == fault.at;
    if (fails && !fault.after) return Error{fault.code, "the test broke this call"};
    auto answer = work();
    if (fails) return Error{fault.code, "the test lost this answer"};
    return answer;
  }
  std::optional<Bytes> told(std::string_view what, const RoundId& id) { return lie ? lie(what, id) : std::nullopt; }
  template <class Get>
  Result<std::optional<Bytes>> fetch(const RoundId& id, std::string_view what, const Get& get) {
    return call([&]() -> Result<std::optional<Bytes>> {
      if (auto lied = told(what, id)) return lied;
      if (!coordinator_->attempts.contains(id)) return Error{ErrorCode::not_found, "no such round"};
      coordinator_->advance(id);
      auto& attempt = coordinator_->at(id);
      if (attempt.round->phase() == coordinator::Phase::voided) {
        return Error{ErrorCode::late, attempt.round->void_reason()};
      }
      return get(attempt);
    });
  }
  Status post(const RoundId& id, coordinator::Phase phase, const char* kind, ByteView message) {
    return call([&]() -> Status {
      coordinator_->remember(id, self_, kind, message);
      if (swallows) return {};
      return deliver(id, phase, message);
    });
  }
  Status deliver(const RoundId& id, coordinator::Phase phase, ByteView message) {
    auto& round = *coordinator_->at(id).round;
    BAUTA_TRY(const auto event, round.receive(phase, self_, message));
    if (event) round.apply(*event);
    return {};
  }
  Result<client::UploadState> state(const RoundId& id) {
    auto& attempt = coordinator_->at(id);
    BAUTA_TRY(const bool complete, attempt.round->expect_upload(self_));
    return client::UploadState{attempt.spool[self_].size(), complete};
  }

  ScriptedCoordinator* coordinator_;
  PartnerIndex self_;
};

}  // namespace bauta::testing
