// Suite "masking": the two ends of a large round with nothing left out: what one client does between its update and its
// upload, and what the coordinator does between the last upload and the model. Usage: bench_mask_and_unmask
// AES_BYTES_PER_SECOND
#include <cmath>
#include <set>
#include <thread>
#include <vector>

#include "common/crypto/system_random.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "coordinator/api/unmask_job.h"
#include "tests/bench/must.h"
#include "tests/bench/report.h"
#include "tests/support/round_harness.h"
#include "tests/support/temporary_directory.h"

namespace bauta::bench {
namespace {

using coordinator::Phase;

constexpr std::uint32_t kPartners = 100;
constexpr std::uint32_t kBits = 20;
constexpr std::uint32_t kLane = 32;

/// A round of real partners and a real coordinator, up to where vectors begin.
class LargeRound {
 public:
  explicit LargeRound(std::size_t parameters)
      : federation_(kPartners),
        descriptor_(testing::test_descriptor(federation_, parameters, kBits, kLane)),
        harness_(federation_, descriptor_, 1) {
    for (const PartnerIndex u : descriptor_.cohort) deliver(Phase::advertise_keys, u, client(u).advertise_keys());
    must(harness_.close());
    for (const PartnerIndex u : descriptor_.cohort) {
      deliver(Phase::share_keys, u, must(client(u).share_keys(*round().key_set(), harness_.random())));
      harness_.save(u);
    }
    must(harness_.close());
  }

  coordinator::Round& round() { return harness_.round(); }
  client::ClientRound& client(PartnerIndex partner) { return harness_.client(partner); }
  Bytes package(PartnerIndex partner) { return *must(round().share_package(partner)); }
  void deliver(Phase phase, PartnerIndex from, ByteView message) { must(harness_.deliver(phase, from, message)); }
  void close() { must(harness_.close()); }
  const RoundDescriptor& descriptor() const { return descriptor_; }
  LaneLayout layout() { return round().context().layout(); }

 private:
  testing::TestFederation federation_;
  RoundDescriptor descriptor_;
  testing::RoundHarness harness_;
};

std::vector<float> an_update(std::size_t size) {
  std::vector<float> update(size);
  for (std::size_t i = 0; i < size; ++i) update[i] = 0.05F * std::sin(static_cast<float>(i));
  return update;
}

void client_masks(double aes_bytes_per_second) {
  constexpr std::size_t kParameters = 10'000'000;
  LargeRound round(kParameters);
  const std::vector<float> update = an_update(kParameters);
  const Bytes package = round.package(0);
  SystemRandom random;
  std::vector<std::uint64_t> plain(round.layout().word_count());
  const double start = thread_seconds();
  client::MaskSum masks = must(must(round.client(0).masking()).compute());
  const double masked = thread_seconds();
  must(encode_update(round.client(0).context(), 0, update, {0.7, 0.5}, random, plain));
  const double packed = thread_seconds();
  must(round.client(0).masked_update(package, masks, [&](std::size_t first, std::span<std::uint64_t> words) -> Status {
    std::copy_n(plain.begin() + static_cast<std::ptrdiff_t>(first), words.size(), words.begin());
    return {};
  }));
  const double end = thread_seconds();
  const auto keystream = static_cast<double>(kPartners * round.layout().byte_count());
  const std::string of = ", n = 100, d = 10^7";
  print({"client masks and packs" + of + ", one thread, CPU time", end - start, "s",
         "100 masks at the AES-128-CTR rate of openssl speed -elapsed", keystream / aes_bytes_per_second, 1.15, false});
  print({"  of it: the sum of the masks, while the model trains", masked - start, "s", std::nullopt, 0, std::nullopt,
         false});
  print({"  of it: quantise and pack", packed - masked, "s", std::nullopt, 0, std::nullopt, false});
  print({"  of it: check U2 and the shares, add, hash, sign", end - packed, "s", std::nullopt, 0, std::nullopt, false});
}

void coordinator_unmasks(double aes_bytes_per_second) {
  constexpr unsigned kThreads = 2;
  constexpr std::uint32_t kDropped = 30;
  ModelSettings settings;
  settings.table_rows = 65'536;
  settings.token_width = 16;
  const ParameterLayout layout = must(ParameterLayout::create(settings));
  LargeRound round(layout.size());
  const testing::TemporaryDirectory directory;
  coordinator::UploadSpool spool = must(coordinator::UploadSpool::open(directory.path(), std::uint64_t{1} << 40));
  SystemRandom random;
  const std::vector<float> update = an_update(layout.size());
  std::vector<std::uint64_t> words(round.layout().word_count());
  std::vector<std::uint64_t> expected(words.size());
  std::set<PartnerIndex> survivors;
  for (const PartnerIndex u : round.descriptor().cohort) {
    if (u % 10 < kDropped / 10) continue;
    survivors.insert(u);
    must(encode_update(round.client(u).context(), u, update, {0.7, 0.5}, random, words));
    add_packed(expected, words, kLane);
    round.deliver(Phase::masked_update, u, must(round.client(u).masked_update(round.package(u), words)));
    coordinator::Upload upload = must(spool.open_upload({{1, 1}, u}, round.layout().byte_count()));
    must(upload.append(0, wire_bytes(words)));
    MerkleBuilder tree;
    tree.update(wire_bytes(words));
    round.round().apply(*must(round.round().receive_upload(u, tree.finish())));
  }
  round.close();
  for (const PartnerIndex u : survivors) {
    round.deliver(Phase::certify_survivors, u,
                  *must(round.client(u).certify(*round.round().survivor_set(), std::nullopt)));
  }
  round.close();
  for (const PartnerIndex u : survivors) {
    round.deliver(Phase::unmask, u, must(round.client(u).unmask(*round.round().certificate())));
  }
  coordinator::UnmaskJob job;
  job.round = &round.round();
  job.spool = &spool;
  job.layout = layout;
  job.model = initial_state(layout, {});
  job.sum_file = directory.path() / "sum";
  job.threads = kThreads;
  const double start = elapsed_seconds();
  const coordinator::Unmasked unmasked = must(coordinator::run(std::move(job)));
  const double seconds = elapsed_seconds() - start;
  if (unmasked.sum_root != vector_root(wire_bytes(expected))) give_up("the unmasked sum is not the plaintext sum");

  const auto masks = static_cast<double>(survivors.size() + kDropped * survivors.size());
  const double keystream = masks * static_cast<double>(round.layout().byte_count());
  print({"coordinator opens the sum, n = 100, d = 10^6, 30 % dropped, two threads, elapsed", seconds, "s",
         "its keystream on two cores at the AES-128-CTR rate of openssl speed -elapsed",
         keystream / (kThreads * aes_bytes_per_second), 1.3, false});
}

int run(double aes_bytes_per_second) {
  client_masks(aes_bytes_per_second);
  coordinator_unmasks(aes_bytes_per_second);
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) {
  return bauta::bench::run_with_rate("bench_mask_and_unmask", argc, argv, bauta::bench::run);
}
