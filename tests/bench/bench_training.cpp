// Suite "training": one model's throughput on a number of threads, as one JSON object for training.py.
// Usage: bench_training din|dien|two-tower THREADS STEPS [MICRO_BATCH]
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <nlohmann/json.hpp>
#include <string_view>

#include "common/base/counter_random.h"
#include "common/base/thread_team.h"
#include "tests/bench/report.h"
#include "tests/bench/training_models.h"

namespace bauta::bench {
namespace {

constexpr std::size_t kWarmUp = 5;
constexpr std::size_t kBlocks = 5;
constexpr std::size_t kMicroBatch = 16;

/// Multiply-adds a second of one core at its best, with the library that the layers use.
double sgemm_multiply_adds_per_second() {
  constexpr Eigen::Index kSize = 512;
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(kSize, kSize);
  Eigen::MatrixXf product(kSize, kSize);
  const double seconds = best_seconds(20, [&] { product.noalias() = a * a; });
  return static_cast<double>(kSize * kSize * kSize) / seconds;
}

std::uint64_t hash_of(std::span<const float> values) {
  std::uint64_t hash = 0;
  for (const float value : values) {
    std::uint32_t bits = 0;
    std::memcpy(&bits, &value, sizeof bits);
    hash = mix64(hash ^ bits);
  }
  return hash;
}

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

std::unique_ptr<TrainedModel> model_of(std::string_view name, std::size_t micro_batch) {
  if (name == "din") return interest_model(Interest::din, micro_batch);
  if (name == "dien") return interest_model(Interest::dien, micro_batch);
  if (name == "two-tower") return two_tower_model();
  return nullptr;
}

int run(std::string_view name, unsigned threads, std::size_t steps, std::size_t micro_batch) {
  const std::unique_ptr<TrainedModel> model = model_of(name, micro_batch);
  if (model == nullptr) return 2;
  ThreadTeam team(threads);
  const Executor executor = team.executor();
  std::size_t taken = 0;
  double loss = 0;
  const auto take = [&] { loss = model->step(taken++ % model->batches(), executor); };
  while (taken < kWarmUp) take();
  std::vector<double> rates, cpu_rates, multiply_adds;
  for (std::size_t block = 0; block < kBlocks; ++block) {
    const std::size_t per_block = std::max<std::size_t>(1, steps / kBlocks);
    const double start = elapsed_seconds();
    const double cpu_start = clock_seconds(CLOCK_PROCESS_CPUTIME_ID);
    double useful = 0;
    for (std::size_t i = 0; i < per_block; ++i) {
      useful += 3 * model->multiply_adds(taken % model->batches());  // backward: twice the forward pass
      take();
    }
    const double samples = static_cast<double>(per_block * model->batch_size());
    const double cpu_seconds = clock_seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu_start;
    rates.push_back(samples / (elapsed_seconds() - start));
    cpu_rates.push_back(samples / cpu_seconds);
    multiply_adds.push_back(useful / cpu_seconds);
  }
  nlohmann::ordered_json out;
  out["samples_per_s"] = median(rates);
  out["samples_per_cpu_s"] = median(cpu_rates);
  out["multiply_adds_per_cpu_s"] = median(multiply_adds);
  out["sgemm_multiply_adds_per_s"] = sgemm_multiply_adds_per_second();
  out["loss"] = loss;
  out["parameters"] = hash_of(model->parameters());
  std::puts(out.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) {
  const auto number = [&](int index, std::size_t missing) {
    return argc > index ? static_cast<std::size_t>(std::strtoul(argv[index], nullptr, 10)) : missing;
  };
  const std::size_t threads = number(2, 0);
  const std::size_t steps = number(3, 0);
  const std::size_t micro_batch = number(4, bauta::bench::kMicroBatch);
  int status = 2;
  if (argc <= 5 && threads > 0 && steps > 0 && micro_batch > 0)
    status = bauta::bench::run(argv[1], static_cast<unsigned>(threads), steps, micro_batch);
  if (status == 2) std::fputs("usage: bench_training din|dien|two-tower THREADS STEPS [MICRO_BATCH]\n", stderr);
  return status;
}
