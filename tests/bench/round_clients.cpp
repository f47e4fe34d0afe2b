// All partners of a federation in one round against a running coordinator, over mutual TLS, with one connection and one
// thread each; all vectors go up at the same time. Prints what the coordinator's process needed as one JSON object.
// Usage: round_clients PORT COORDINATOR_PID PKI_DIRECTORY WORK_DIRECTORY     (tests/bench/coordinator_memory.py)
#include <barrier>
#include <filesystem>
#include <mutex>
#include <thread>

#include "client/round/client_round.h"
#include "common/base/file.h"
#include "common/crypto/system_random.h"
#include "common/masking/round_context.h"
#include "tests/bench/must.h"
#include "tests/bench/partner_link.h"
#include "tests/bench/report.h"
#include "tests/bench/watched_process.h"

namespace bauta::bench {
namespace {

template <class Fetch>
Bytes wait_for(Fetch fetch) {
  while (true) {
    if (std::optional<Bytes> answer = must(fetch())) return *std::move(answer);
  }
}

struct Federation {
  std::uint16_t port = 0;
  std::filesystem::path pki;
  std::filesystem::path work;
  std::shared_ptr<const Roster> roster;
};

struct Measured {
  double resident_before = 0;
  double peak_uploading = 0;
  double peak_finishing = 0;
  double upload_seconds = 0;
  double upload_cpu_seconds = 0;
  double finish_seconds = 0;  ///< from there to the end of the round for everybody
  std::uint64_t vector_bytes = 0;
};

/// One round of all partners. The barrier's steps are where the watched process is measured.
class Clients {
 public:
  Clients(Federation federation, WatchedProcess coordinator)
      : federation_(std::move(federation)),
        coordinator_(std::move(coordinator)),
        barrier_(static_cast<std::ptrdiff_t>(federation_.roster->size()), Measure{this}) {}

  Measured run() {
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < federation_.roster->size(); ++i) {
      threads.emplace_back([this, i] { take_part(static_cast<PartnerIndex>(i)); });
    }
    for (std::thread& thread : threads) thread.join();
    return measured_;
  }

 private:
  struct Measure {
    Clients* clients;
    void operator()() noexcept { clients->measure(); }
  };

  void measure() {
    ++step_;
    const double now = elapsed_seconds();
    const double cpu = coordinator_.cpu_seconds();
    if (step_ == 1) {  // everybody is about to upload
      coordinator_.forget_peak();
      measured_.resident_before = coordinator_.resident_bytes();
      measured_.upload_seconds = -now;
      measured_.upload_cpu_seconds = -cpu;
    } else if (step_ == 2) {  // all uploads are complete; nobody has signed U3 yet
      measured_.upload_seconds += now;
      measured_.upload_cpu_seconds += cpu;
      measured_.finish_seconds = -now;
      measured_.peak_uploading = coordinator_.peak_bytes();
      coordinator_.forget_peak();
    } else {  // everybody has fetched the sum
      measured_.finish_seconds += now;
      measured_.peak_finishing = coordinator_.peak_bytes();
    }
  }

  void take_part(PartnerIndex self) {
    const std::string& name = federation_.roster->entries[self].partner_id;
    const SigningKey signing_key = signing_key_of(federation_.pki, name);
    SystemRandom random;
    PartnerLink partner(federation_.pki, name, federation_.port, federation_.roster->hash, random);
    client::HttpsLink& link = partner.link();

    const auto invitation = must(decode<Invitation>(wait_for([&] { return link.invitation({0, 0}); })));
    auto context = must(open_descriptor(federation_.roster, invitation.descriptor));
    const RoundId id{context.descriptor.round_no, context.descriptor.attempt};
    const LaneLayout layout = context.layout();
    const auto round =
        must(client::ClientRound::open({federation_.roster, self, &signing_key}, std::move(context), {}, {}, random));
    must(link.send_keys(id, round->advertise_keys()));
    const Bytes key_set = wait_for([&] { return link.key_set(id); });
    must(link.send_shares(id, must(round->share_keys(key_set, random))));
    const Bytes package = wait_for([&] { return link.share_package(id); });

    const std::filesystem::path vector = federation_.work / (name + ".vector");
    const Bytes header = masked_vector(*round, layout, package, vector);
    barrier_.arrive_and_wait();
    must(link.send_update(id, header));
    if (!must(link.upload(id, {vector, 0, layout.byte_count(), {}})).complete) give_up("an upload was cut off");
    barrier_.arrive_and_wait();

    const auto statement = must(round->certify(wait_for([&] { return link.survivor_set(id); }), std::nullopt));
    if (const Status sent = link.send_statement(id, *statement); !sent.ok() && sent.error().code != ErrorCode::late) {
      must(sent);
    }
    const Bytes certificate = wait_for([&] { return link.certificate(id); });
    if (const Status sent = link.send_unmask(id, must(round->unmask(certificate)));
        !sent.ok() && sent.error().code != ErrorCode::late) {
      must(sent);
    }
    const Bytes aggregate = wait_for([&] { return link.aggregate(id); });
    std::vector<std::uint64_t> sum(layout.word_count());
    must(link.aggregate_vector(id, sum));
    must(round->accept_aggregate(aggregate, sum));
    barrier_.arrive_and_wait();
  }

  /// An update of zeros, masked, into a file; one partner at a time, so that memory is left for the coordinator.
  Bytes masked_vector(client::ClientRound& round, const LaneLayout& layout, const Bytes& package,
                      const std::filesystem::path& file) {
    const std::lock_guard<std::mutex> lock(masking_);
    std::vector<std::uint64_t> words(layout.word_count());
    const Bytes header = must(round.masked_update(package, words));
    must(write_file_atomically(file, wire_bytes(words)));
    measured_.vector_bytes = layout.byte_count();
    return header;
  }

  Federation federation_;
  WatchedProcess coordinator_;
  std::mutex masking_;
  Measured measured_;
  int step_ = 0;
  std::barrier<Measure> barrier_;
};

int run(char** argv) {
  Federation federation;
  federation.port = static_cast<std::uint16_t>(std::stoul(argv[1]));
  federation.pki = argv[3];
  federation.work = argv[4];
  const std::string text = must(read_text_file(federation.pki / "roster.toml", kMaxRosterBytes));
  federation.roster = std::make_shared<const Roster>(must(parse_roster(text)));
  const Measured measured = Clients(std::move(federation), WatchedProcess(argv[2])).run();
  nlohmann::ordered_json out;
  out["resident_before"] = measured.resident_before;
  out["peak_uploading"] = measured.peak_uploading;
  out["peak_finishing"] = measured.peak_finishing;
  out["upload_seconds"] = measured.upload_seconds;
  out["upload_cpu_seconds"] = measured.upload_cpu_seconds;
  out["finish_seconds"] = measured.finish_seconds;
  out["vector_bytes"] = measured.vector_bytes;
  std::puts(out.dump().c_str());
  return 0;
}

}  // namespace
}  // namespace bauta::bench

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: round_clients PORT COORDINATOR_PID PKI_DIRECTORY WORK_DIRECTORY\n", stderr);
    return 2;
  }
  return bauta::bench::run(argv);
}
