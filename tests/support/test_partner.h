// A partner as the coordinator meets it: the real client round, a made-up update, its own copy of the model. How the
// messages travel is the test's business.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/round/client_round.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "common/model/server_optimiser.h"
#include "tests/support/round_harness.h"

namespace bauta::testing {

/// A plan for tests: small model, so few parameters that a round takes milliseconds; `rows` of the token table make the
/// upload longer.
inline std::string test_plan(std::uint32_t rounds, std::uint32_t min_participants, std::uint32_t rows = 256,
                             std::string_view more = "") {
  return "name = \"test\"\n[model]\ntable_rows = " + std::to_string(rows) +
         "\ntoken_width = 8\nwidth = 8\nhistory = 10\n[round]\nrounds = " + std::to_string(rounds) +
         "\ndeadline_seconds = 100\nmin_participants = " + std::to_string(min_participants) + "\n" + std::string(more);
}

class TestPartner {
 public:
  TestPartner(const TestFederation& federation, PartnerIndex self)
      : membership_(federation.membership(self)), random_(1000 + self) {}

  PartnerIndex self() const { return membership_.self; }

  /// Takes an invitation and is ready to send keys(). The update is new for every round and attempt.
  void join(ByteView invitation) {
    const auto decoded = decode<Invitation>(invitation);
    BAUTA_CHECK(decoded.ok());
    const std::string plan_text(as_text(decoded->plan));
    auto plan = parse_plan(plan_text);
    BAUTA_CHECK(plan.ok());
    plan_ = *std::move(plan);
    auto context = open_descriptor(membership_.roster, decoded->descriptor);
    BAUTA_CHECK(context.ok());
    BAUTA_CHECK(context->descriptor.plan_hash == plan_hash(plan_text));
    if (!model_) {
      auto layout = ParameterLayout::create(plan_.model);
      BAUTA_CHECK(layout.ok());
      model_ = initial_state(*layout, plan_.server);
    }
    BAUTA_CHECK(model_hash(*model_, context->descriptor.plan_hash) == context->descriptor.model_hash);
    std::vector<float> update(context->parameters());
    for (float& x : update) x = static_cast<float>(static_cast<double>(random_.below(2001)) - 1000) / 1e5F;
    plain_.assign(context->layout().word_count(), 0);
    const auto encoded = encode_update(*context, self(), update, {0.5 + 0.05 * self(), 0.6}, random_, plain_);
    BAUTA_CHECK(encoded.ok());
    words_ = plain_;
    auto round = client::ClientRound::open(membership_, *std::move(context), {}, {}, random_);
    BAUTA_CHECK(round.ok());
    round_ = *std::move(round);
  }

  const RoundDescriptor& descriptor() const { return round_->context().descriptor; }
  std::string round_path() const {
    return "/v1/rounds/" + std::to_string(descriptor().round_no) + "/" + std::to_string(descriptor().attempt);
  }

  Bytes keys() { return round_->advertise_keys(); }
  Bytes shares(ByteView key_set) {
    auto message = round_->share_keys(key_set, random_);
    BAUTA_CHECK(message.ok());
    return *std::move(message);
  }
  /// Masks the vector the first time.
  Bytes update_header(ByteView share_package) {
    auto header = round_->masked_update(share_package, words_);
    BAUTA_CHECK(header.ok());
    return *std::move(header);
  }
  ByteView vector() const { return wire_bytes(words_); }
  const std::vector<std::uint64_t>& plain() const { return plain_; }
  Bytes statement(ByteView survivor_set) {
    const auto statement = round_->certify(survivor_set, std::nullopt);
    BAUTA_CHECK(statement.ok() && *statement);
    return **statement;
  }
  Bytes unmask(ByteView certificate) {
    auto shares = round_->unmask(certificate);
    BAUTA_CHECK(shares.ok());
    return *std::move(shares);
  }
  const std::set<PartnerIndex>& survivors() const { return round_->survivors()->survivors; }

  /// Of an aggregate that is what was signed for `sum`.
  Result<client::Audit> audit(ByteView aggregate_blob, const std::vector<std::uint64_t>& sum) const {
    BAUTA_TRY(const Aggregate aggregate, round_->accept_aggregate(aggregate_blob, sum));
    return round_->audit(aggregate);
  }
  /// Checks the aggregate as a client does and applies it to this partner's own model; the new model's hash.
  Result<Digest> accept(ByteView aggregate_blob, const std::vector<std::uint64_t>& sum) {
    BAUTA_TRY(const Aggregate aggregate, round_->accept_aggregate(aggregate_blob, sum));
    BAUTA_TRY(const DecodedSum decoded, decode_sum(round_->context(), survivors(), sum));
    BAUTA_RETURN_IF_ERROR(apply(*model_, decoded.mean_update, plan_.server));
    const Digest hash = model_hash(*model_, round_->context().descriptor.plan_hash);
    if (hash != aggregate.next_model_hash) return Error{ErrorCode::equivocation, "the aggregate gives another model"};
    return hash;
  }

 private:
  client::Membership membership_;
  SeededRandom random_;
  Plan plan_;
  std::optional<ModelState> model_;
  std::unique_ptr<client::ClientRound> round_;
  std::vector<std::uint64_t> plain_;
  std::vector<std::uint64_t> words_;
};

}  // namespace bauta::testing
