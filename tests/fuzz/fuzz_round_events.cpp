// Random event sequences against a whole round of four partners: messages in any order, repeated, altered, cut short,
// sent under another name, phases closed early, both sides killed in between. Whatever happens: no crash, no invariant
// broken, and if the round gets to its end, the sum is exact and each dealer was opened in one way only.
#include <cstdint>
#include <set>

#include "tests/support/round_harness.h"

using namespace bauta;
using namespace bauta::testing;
using bauta::coordinator::Phase;

namespace {

constexpr PartnerIndex kPartners = 4;

class Script {
 public:
  Script(const std::uint8_t* data, std::size_t size) : bytes_(data, size) {}
  bool done() const { return at_ >= bytes_.size(); }
  std::uint8_t next() { return done() ? 0 : bytes_[at_++]; }

 private:
  ByteView bytes_;
  std::size_t at_ = 0;
};

void alter(Bytes& message, Script& script) {
  if (message.empty()) return;
  const std::size_t place = (std::size_t{script.next()} * 256 + script.next()) % message.size();
  if (script.next() % 4 == 0) {
    message.resize(place);
  } else {
    message[place] ^= static_cast<std::uint8_t>(1 + script.next() % 255);
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > 256) return 0;  // a whole round takes 56 bytes; every action costs signatures
  static const TestFederation federation(kPartners);
  static const RoundDescriptor descriptor = test_descriptor(federation, 12, 20, 32);
  SeededRandom random(5);
  const auto updates = random_updates(descriptor, random);
  RoundHarness harness(federation, descriptor, 6);
  std::map<PartnerIndex, std::vector<std::uint64_t>> masked;
  std::map<PartnerIndex, std::vector<std::uint64_t>> accepted;
  std::map<PartnerIndex, Bytes> revealed;

  Script script(data, size);
  while (!script.done()) {
    const std::uint8_t action = script.next();
    const PartnerIndex u = script.next() % kPartners;
    const PartnerIndex from = action >= 128 ? (u + 1) % kPartners : u;
    const bool changed = action >= 192;
    const auto send = [&](Phase phase, Bytes message) {
      if (changed) alter(message, script);
      (void)harness.deliver(phase, from, message);
    };
    auto& round = harness.round();
    auto& client = harness.client(u);
    switch (action % 10) {
      case 0: send(Phase::advertise_keys, client.advertise_keys()); break;
      case 1:
        if (!round.key_set()) break;
        if (const auto message = client.share_keys(*round.key_set(), harness.random()); message.ok()) {
          harness.save(u);
          send(Phase::share_keys, *message);
        }
        break;
      case 2: {
        const auto package = round.share_package(u);
        if (!package.ok() || !*package) break;
        auto words = updates.at(u);
        const bool fresh = !client.has_masked();
        if (const auto header = client.masked_update(**package, words); header.ok()) {
          if (fresh) masked[u] = words;
          harness.save(u);
          send(Phase::masked_update, *header);
        }
        break;
      }
      case 3: {
        if (!masked.contains(u)) break;
        auto words = masked.at(u);
        if (changed) words[script.next() % words.size()] ^= 1ULL << (script.next() % 64);
        if (harness.deliver_upload(from, words).ok() && !accepted.contains(from)) accepted[from] = words;
        break;
      }
      case 4:
        if (!round.survivor_set()) break;
        if (const auto statement = client.certify(*round.survivor_set(), std::nullopt); statement.ok() && *statement) {
          harness.save(u);
          send(Phase::certify_survivors, **statement);
        }
        break;
      case 5:
        if (!round.certificate()) break;
        if (const auto shares = client.unmask(*round.certificate()); shares.ok()) {
          harness.save(u);
          const auto [place, first] = revealed.emplace(u, *shares);
          BAUTA_CHECK(first || place->second == *shares);
          send(Phase::unmask, *shares);
        }
        break;
      case 6: (void)harness.close(); break;
      case 7: harness.reopen_client(u); break;
      case 8: harness.reopen_coordinator(); break;
      default: {
        Bytes garbage;
        for (int i = script.next() % 40; i > 0; --i) garbage.push_back(script.next());
        (void)harness.deliver(static_cast<Phase>(1 + script.next() % 7), from, garbage);
        break;
      }
    }
  }

  if (harness.round().ready_to_unmask()) {
    const auto unmasking = harness.round().unmask();
    BAUTA_CHECK(unmasking.ok());
    const LaneLayout layout = harness.round().context().layout();
    std::vector<std::uint64_t> sum(layout.word_count());
    std::vector<std::uint64_t> expected(layout.word_count());
    for (const PartnerIndex survivor : harness.round().survivors()) {
      add_packed(sum, accepted.at(survivor), layout.lane_bits);
      add_packed(expected, updates.at(survivor), layout.lane_bits);
    }
    apply_masks(sum, layout.lane_bits, unmasking->masks.terms());
    BAUTA_CHECK(sum == expected);
    BAUTA_CHECK(harness.round().survivors().size() >= descriptor.thresholds.n_min);
  }
  return 0;
}
