// The published estimates, from real data; skipped where BAUTA_DATA does not name them.
#include "tests/support/cdnow.h"

#include <doctest/doctest.h>

#include <cmath>
#include <cstdlib>
#include <vector>

#include "common/base/counter_random.h"
#include "common/masking/packed_vector.h"
#include "common/model/repeat_purchase/bg_nbd.h"
#include "common/model/repeat_purchase/gamma_gamma.h"
#include "common/model/repeat_purchase/integer_sums.h"
#include "common/model/repeat_purchase/newton_fit.h"

using namespace bauta;

namespace {

using Shop = std::vector<PurchaseSummary>;

std::optional<cdnow::Histories> sample() {
  const char* data = std::getenv("BAUTA_DATA");
  if (data == nullptr || !std::filesystem::exists(std::filesystem::path(data) / "cdnow")) {
    MESSAGE("skipped: set BAUTA_DATA to the data folder (the one with cdnow/sample.csv.gz in it)");
    return std::nullopt;
  }
  auto histories = cdnow::read_sample(std::filesystem::path(data) / "cdnow");
  REQUIRE_MESSAGE(histories.ok(), histories.error().message);
  return *std::move(histories);
}

/// Six shops of unequal size, or one.
std::vector<Shop> shops_of(const cdnow::Histories& histories, bool one) {
  std::vector<Shop> shops(one ? 1 : 6);
  for (const auto& [id, purchases] : histories) {
    const std::uint64_t draw = mix64(fnv1a64(id)) % 63;  // halves: 32, 16, 8, 4, 2, 1
    const std::size_t shop = one ? 0 : 5 - static_cast<std::size_t>(std::bit_width(draw + 1) - 1);
    shops[shop].push_back(*summarise(purchases, cdnow::kEndOfWeek39));
  }
  return shops;
}

template <class Model>
SumsAt plain_sums(const std::vector<Shop>& shops) {
  return [&shops](const ParameterVector& at) -> Result<LikelihoodSums> {
    LikelihoodSums total(at.size());
    for (const Shop& shop : shops) total += Model::from_logarithms(at).sums(shop);
    return total;
  };
}

template <class Model>
SumsAt integer_sums(const std::vector<Shop>& shops) {
  return [&shops](const ParameterVector& at) -> Result<LikelihoodSums> {
    const IntegerSums integers;
    std::vector<std::uint64_t> total(integers.layout(at.size()).word_count());
    for (const Shop& shop : shops) {
      BAUTA_TRY(const auto words, integers.encode(Model::from_logarithms(at).sums(shop)));
      add_packed(total, words, integers.lane_bits);
    }
    return integers.decode(total, at.size(), static_cast<std::uint32_t>(shops.size()));
  };
}

template <class Model>
ParameterVector parameters_of(const SumsAt& sums_at) {
  const auto fit = fit_from_sums(sums_at, Model().logarithms());
  REQUIRE_MESSAGE(fit.ok(), fit.error().message);
  CHECK(fit->converged);
  return fit->logarithms.array().exp();
}

template <class Model>
void check_sums_are_enough(const std::vector<Shop>& one, const std::vector<Shop>& six) {
  const ParameterVector pooled = parameters_of<Model>(plain_sums<Model>(one));
  CHECK((parameters_of<Model>(plain_sums<Model>(six)) - pooled).cwiseAbs().maxCoeff() <= 1e-6);
  CHECK((parameters_of<Model>(integer_sums<Model>(six)) - pooled).cwiseAbs().maxCoeff() <= 1e-6);
}

}  // namespace

TEST_CASE("the BG NBD fit finds the published estimates of CDNOW") {
  const auto histories = sample();
  if (!histories) return;
  const auto shops = shops_of(*histories, true);
  REQUIRE(shops[0].size() == 2357);
  const auto fit = fit_from_sums(plain_sums<BgNbd>(shops), BgNbd().logarithms());
  REQUIRE(fit.ok());
  const BgNbd model = BgNbd::from_logarithms(fit->logarithms);
  CHECK(fit->converged);
  CHECK(std::fabs(model.r - 0.243) <= 0.0005);
  CHECK(std::fabs(model.alpha - 4.414) <= 0.0005);
  CHECK(std::fabs(model.a - 0.793) <= 0.0005);
  CHECK(std::fabs(model.b - 2.426) <= 0.0005);
  CHECK(std::fabs(fit->sums.log_likelihood - -9582.4) <= 0.05);
  MESSAGE("r ", model.r, " alpha ", model.alpha, " a ", model.a, " b ", model.b, " LL ", fit->sums.log_likelihood,
          " rounds ", fit->rounds);
}

TEST_CASE("the Gamma-Gamma fit finds the published estimates of CDNOW") {
  const auto histories = sample();
  if (!histories) return;
  const auto shops = shops_of(*histories, true);
  const auto fit = fit_from_sums(plain_sums<GammaGamma>(shops), GammaGamma().logarithms());
  REQUIRE(fit.ok());
  const GammaGamma model = GammaGamma::from_logarithms(fit->logarithms);
  CHECK(fit->converged);
  CHECK(fit->sums.customers == 946);
  CHECK(std::fabs(model.p - 6.25) <= 0.005);
  CHECK(std::fabs(model.q - 3.74) <= 0.005);
  CHECK(std::fabs(model.gamma - 15.44) <= 0.01);
  MESSAGE("p ", model.p, " q ", model.q, " gamma ", model.gamma, " LL ", fit->sums.log_likelihood, " rounds ",
          fit->rounds);
}

TEST_CASE("six shops that show only sums, plain or as integers, fit what one shop with all customers fits") {
  const auto histories = sample();
  if (!histories) return;
  const auto one = shops_of(*histories, true);
  const auto six = shops_of(*histories, false);
  REQUIRE(six[5].size() > 10);
  REQUIRE(six[0].size() > 10 * six[5].size());
  check_sums_are_enough<BgNbd>(one, six);
  check_sums_are_enough<GammaGamma>(one, six);
}
