// Suite "masking": the arithmetic of a round, one thread. Usage: bench_masking AES_BYTES_PER_SECOND
#include <cmath>
#include <cstdlib>
#include <numeric>
#include <vector>

#include "common/crypto/system_random.h"
#include "common/masking/fixed_point.h"
#include "common/masking/mask_kernel.h"
#include "common/masking/shamir.h"
#include "tests/bench/report.h"

namespace bauta::bench {
namespace {

constexpr char kAes[] = "openssl speed -elapsed -evp aes-128-ctr -bytes 16384";

/// Keystream bytes added to a vector of 10^6 coordinates per second of CPU time. The goal is for the kernels that
/// keep the keystream in registers.
void masking(MaskKernelKind kind, std::uint32_t lane_bits, double aes_bytes_per_second) {
  constexpr std::size_t kMasks = 10;
  SystemRandom random;
  std::vector<MaskKey> keys(kMasks);
  std::vector<MaskTerm> terms;
  for (std::size_t i = 0; i < kMasks; ++i) {
    random.fill(keys[i].reveal_mutable());
    terms.push_back({&keys[i], i % 2 == 1});
  }
  const LaneLayout layout{lane_bits, 1'000'000};
  std::vector<std::uint64_t> words(layout.word_count());
  const double seconds = best_seconds(20, [&] { apply_masks_with(kind, words, lane_bits, terms, 0); });
  const double bytes = static_cast<double>(layout.byte_count() * kMasks);
  const std::string with = " bits, " + std::string(to_string(kind));
  const std::optional<double> goal = kind == MaskKernelKind::portable ? std::nullopt : std::optional(0.9);
  print({"masking, 10 masks, 10^6 lanes of " + std::to_string(lane_bits) + with, bytes / seconds, "bytes/s", kAes,
         aes_bytes_per_second, goal});
  print({"masking, per coordinate and mask, lanes of " + std::to_string(lane_bits) + with,
         1e9 * seconds / static_cast<double>(kMasks * layout.dimension), "ns", std::nullopt, 0, std::nullopt, false});
}

void adding(std::uint32_t lane_bits) {
  const LaneLayout layout{lane_bits, 1'000'000};
  std::vector<std::uint64_t> sum(layout.word_count());
  const std::vector<std::uint64_t> upload(layout.word_count(), 0x0001000200030004);
  const double seconds = best_seconds(50, [&] { add_packed(sum, upload, lane_bits); });
  print({"adding an upload of 10^6 lanes of " + std::to_string(lane_bits) + " bits",
         1e9 * seconds / static_cast<double>(layout.dimension), "ns/coordinate", std::nullopt, 0, 2.0, false});
}

void quantising() {
  SystemRandom random;
  const LaneLayout layout{32, 1'000'000};
  std::vector<float> update(layout.dimension);
  for (std::size_t i = 0; i < update.size(); ++i) update[i] = 0.05F * std::sin(static_cast<float>(i));
  std::vector<std::uint64_t> words(layout.word_count());
  const double seconds = best_seconds(10, [&] {
    if (!quantise(update, 0.5, {0.1, 20}, layout, random, words).ok()) std::abort();
  });
  print({"quantise and pack 10^6 coordinates", 1e9 * seconds / static_cast<double>(layout.dimension), "ns/coordinate",
         std::nullopt, 0, 10.0, false});
}

void sharing(std::uint32_t n) {
  SystemRandom random;
  const std::uint32_t t = n / 2 + 1;
  std::vector<std::uint32_t> xs(n);
  std::iota(xs.begin(), xs.end(), 1U);
  SecretBytes<32> secret;
  random.fill(secret.reveal_mutable());
  std::vector<ShamirShare> shares;
  const double split = best_seconds(10, [&] { shares = shamir_split(secret, t, xs, random); });
  std::vector<const ShamirShare*> held;
  for (std::uint32_t i = 0; i < t; ++i) held.push_back(&shares[i]);
  const std::span<const std::uint32_t> holders = std::span<const std::uint32_t>(xs).first(t);
  const double prepare = best_seconds(10, [&] {
    if (!LagrangeAtZero::create(holders).ok()) std::abort();
  });
  const auto lagrange = LagrangeAtZero::create(holders);
  const double combine = best_seconds(50, [&] {
    if (!lagrange->combine(held).ok()) std::abort();
  });
  const std::string of = ", " + std::to_string(t) + " of " + std::to_string(n);
  print({"Shamir split" + of, 1e6 * split, "us", std::nullopt, 0, std::nullopt, false});
  print({"Lagrange coefficients" + of, 1e6 * prepare, "us", std::nullopt, 0, std::nullopt, false});
  print({"Shamir combine" + of, 1e6 * combine, "us", std::nullopt, 0, std::nullopt, false});
}

int run(double aes_bytes_per_second) {
  for (const std::uint32_t lane_bits : {32U, 16U, 12U, 8U}) {
    masking(best_mask_kernel(), lane_bits, aes_bytes_per_second);
  }
  for (const MaskKernelKind kind : {MaskKernelKind::portable, MaskKernelKind::aes_ni}) {
    if (kind != best_mask_kernel() && is_supported(kind)) masking(kind, 32, aes_bytes_per_second);
  }
  adding(32);
  quantising();
  for (const std::uint32_t n : {10U, 100U, 1000U}) sharing(n);
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) { return bauta::bench::run_with_rate("bench_masking", argc, argv, bauta::bench::run); }
