#include "common/masking/update_codec.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "common/masking/rotation.h"
#include "tests/support/round_harness.h"

namespace bauta {
namespace {

using testing::SeededRandom;

struct Setting {
  std::uint32_t bits;
  std::uint32_t lane;
  bool rotation;
  double range;
};

class Codec {
 public:
  Codec(std::size_t parameters, const Setting& setting) : federation_(3) {
    RoundDescriptor descriptor = testing::test_descriptor(federation_, parameters, setting.bits, setting.lane);
    descriptor.rotation = setting.rotation;
    descriptor.range = setting.range;
    auto opened = open_descriptor(federation_.roster(), testing::sign_descriptor(federation_, descriptor));
    REQUIRE(opened.ok());
    context_ = *std::move(opened);
  }

  const RoundContext& context() const { return context_; }

  std::vector<std::uint64_t> encode(const std::vector<float>& update, PartnerIndex partner) const {
    SeededRandom rounding(partner);
    std::vector<std::uint64_t> words(context_.layout().word_count());
    REQUIRE(encode_update(context_, partner, update, {0.75, 0.5}, rounding, words).ok());
    return words;
  }

 private:
  testing::TestFederation federation_;
  RoundContext context_;
};

std::vector<float> sparse_update(std::size_t size, std::uint64_t seed) {
  SeededRandom random(seed);
  std::vector<float> update(size, 0.0F);
  for (std::size_t i = 0; i < size; i += 50) {
    update[i] = static_cast<float>(random.below(2001)) / 1e4F - 0.1F;
  }
  return update;
}

/// Root mean square error of the mean of three updates.
double error_of(const Codec& codec, std::size_t size) {
  std::vector<std::uint64_t> sum(codec.context().layout().word_count());
  std::vector<double> expected(size, 0);
  for (PartnerIndex partner = 0; partner < 3; ++partner) {
    const auto update = sparse_update(size, partner);
    for (std::size_t i = 0; i < size; ++i) expected[i] += static_cast<double>(update[i]) / 3;
    add_packed(sum, codec.encode(update, partner), codec.context().descriptor.lane);
  }
  const auto decoded = decode_sum(codec.context(), {0, 1, 2}, sum);
  REQUIRE(decoded.ok());
  CHECK(decoded->mean_metrics.auc.value_or(0) == doctest::Approx(0.75).epsilon(0.1));
  CHECK(decoded->mean_metrics.log_loss.value_or(0) == doctest::Approx(0.5).epsilon(0.1));
  double squares = 0;
  for (std::size_t i = 0; i < size; ++i) squares += std::pow(decoded->mean_update[i] - expected[i], 2);
  return std::sqrt(squares / static_cast<double>(size));
}

}  // namespace

TEST_CASE("the mean comes back through every lane width, rotated and not") {
  constexpr std::size_t kSize = 70'003;  // more than one block, and a tail
  for (const bool rotation : {false, true}) {
    for (const auto& [bits, lane] : {std::pair{4U, 8U}, {9U, 12U}, {13U, 16U}, {20U, 32U}}) {
      CAPTURE(rotation);
      const std::uint32_t width = lane;
      CAPTURE(width);
      const double range = rotation ? 0.1 : 0.11;
      const double step = range / static_cast<double>((1 << (bits - 1)) - 1);
      CHECK(error_of(Codec(kSize, {bits, lane, rotation, range}), kSize) < step);
    }
  }
}

TEST_CASE("pieces of any length give the words and the mean of the whole") {
  for (const bool rotation : {false, true}) {
    const Codec codec(100'000, {11, 16, rotation, 0.1});
    const auto update = sparse_update(100'000, 4);
    const auto whole = codec.encode(update, 1);
    std::vector<std::uint64_t> pieces;
    SeededRandom rounding(1);
    REQUIRE(encode_update(codec.context(), 1, update, {0.75, 0.5}, rounding, [&](std::span<const std::uint64_t> chunk) {
              CHECK(chunk.size() <= LaneWriter::kChunkWords);
              pieces.insert(pieces.end(), chunk.begin(), chunk.end());
              return Status();
            }).ok());
    CHECK(pieces == whole);

    const auto at_once = decode_sum(codec.context(), {1}, whole);
    std::vector<double> mean;
    const auto metrics = decode_sum(codec.context(), {1}, whole, [&](std::size_t first, std::span<const double> piece) {
      CHECK(first == mean.size());
      mean.insert(mean.end(), piece.begin(), piece.end());
      return Status();
    });
    REQUIRE(at_once.ok());
    REQUIRE(metrics.ok());
    CHECK(mean == at_once->mean_update);
  }
}

TEST_CASE("an error of whoever takes the pieces comes back") {
  const Codec codec(100'000, {11, 16, true, 0.1});
  SeededRandom rounding(1);
  const auto full = [](auto&&...) { return Status(Error{ErrorCode::disk_full, "no room"}); };
  const auto encoded = encode_update(codec.context(), 1, sparse_update(100'000, 4), {}, rounding, full);
  REQUIRE_FALSE(encoded.ok());
  CHECK(encoded.error().code == ErrorCode::disk_full);
  const auto decoded = decode_sum(codec.context(), {1}, codec.encode(sparse_update(100'000, 4), 1), full);
  REQUIRE_FALSE(decoded.ok());
  CHECK(decoded.error().code == ErrorCode::disk_full);
}

TEST_CASE("a sum beyond its range reaches nobody, rotated or not") {
  for (const bool rotation : {false, true}) {
    const Codec codec(1'000, {11, 16, rotation, 0.1});
    auto words = codec.encode(sparse_update(1'000, 4), 1);
    set_lane(words, codec.context().layout(), 999, 4096);
    const auto decoded = decode_sum(codec.context(), {1}, words, [](std::size_t, std::span<const double>) -> Status {
      FAIL("the sum was decoded");
      return {};
    });
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().code == ErrorCode::out_of_range);
  }
}

TEST_CASE("the least lane holds the cohort's sum and no narrower one does") {
  CHECK(least_lane(4, 3) == 8);
  CHECK(least_lane(5, 3) == 8);
  CHECK(least_lane(6, 3) == 12);
  CHECK(least_lane(7, 9) == 12);
  CHECK(least_lane(8, 9) == 16);
  CHECK(least_lane(11, 9) == 16);
  CHECK(least_lane(12, 9) == 32);
  CHECK(least_lane(20, 2048) == 32);
  CHECK(least_lane(30, 1'000'000) == 32);
  for (std::uint32_t bits = 4; bits <= 20; ++bits) {
    for (const std::uint32_t n : {3U, 4U, 5U, 100U}) CHECK(check_lane_capacity(bits, least_lane(bits, n), n).ok());
  }
}

TEST_CASE("a plan that leaves lane and range open gets them from the cohort and the rotation") {
  const testing::TestFederation federation(9);
  const std::vector<PartnerIndex> cohort = {0, 1, 2, 3, 4, 5, 6, 7, 8};
  Plan plan;
  plan.update.bits = 11;
  plan.update.clip = 4;
  const auto descriptor = [&] { return descriptor_for(*federation.roster(), plan, Digest{}, 150'000, cohort); };
  CHECK(descriptor().lane == 16);
  CHECK(descriptor().range == kDefaultRange);
  CHECK_FALSE(descriptor().rotation);
  plan.update.rotation = true;
  CHECK(descriptor().range == rotated_range(4, 150'000));
  CHECK(descriptor().rotation);
  plan.update.range = 0.25;
  plan.update.lane = 32;
  CHECK(descriptor().range == 0.25);
  CHECK(descriptor().lane == 32);
}

}  // namespace bauta
