#include <doctest/doctest.h>

#include <algorithm>
#include <fstream>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/crypto/aead.h"
#include "common/crypto/sha256.h"
#include "common/crypto/signature.h"
#include "common/federation/graph.h"
#include "common/masking/merkle.h"
#include "common/masking/packed_vector.h"
#include "common/masking/pairwise_masks.h"
#include "common/masking/rotation.h"
#include "common/masking/shamir.h"
#include "common/masking/transcript.h"
#include "common/masking/update_codec.h"
#include "common/model/model_file.h"
#include "tests/support/hex.h"

// tests/golden/golden_vectors.py made the vectors.

namespace bauta {
namespace {

using nlohmann::json;
using testing::hex;

const json& golden() {
  static const json vectors = [] {
    std::ifstream file(std::string(BAUTA_GOLDEN_DIR) + "/masking.json");
    REQUIRE(file.good());
    return json::parse(file);
  }();
  return vectors;
}

Bytes bytes_of(const json& value) { return hex(value.get<std::string>()); }
Digest digest_of(const json& value) { return testing::hex_array<32>(value.get<std::string>()); }
SecretBytes<32> secret_of(const json& value) { return testing::hex_secret<32>(value.get<std::string>()); }

struct Context {
  Digest rctx = digest_of(golden()["rctx"]);
  Digest l1 = digest_of(golden()["l1"]);
};

std::vector<std::uint64_t> packed(const json& values, const LaneLayout& layout) {
  std::vector<std::uint64_t> words(layout.word_count());
  for (std::size_t i = 0; i < layout.dimension; ++i) set_lane(words, layout, i, values[i].get<std::int64_t>());
  return words;
}

/// The randomness that the reference used, byte by byte.
class Replay final : public RandomSource {
 public:
  explicit Replay(Bytes bytes) : bytes_(std::move(bytes)) {}
  void fill(MutableByteView out) override {
    REQUIRE(out.size() <= bytes_.size() - used_);
    std::copy_n(bytes_.begin() + static_cast<std::ptrdiff_t>(used_), out.size(), out.begin());
    used_ += out.size();
  }
  bool used_up() const { return used_ == bytes_.size(); }

 private:
  Bytes bytes_;
  std::size_t used_ = 0;
};

}  // namespace

TEST_CASE("packing, adding and subtracting agree with the reference") {
  REQUIRE(golden()["packing"].size() >= 5);
  for (const json& c : golden()["packing"]) {
    const LaneLayout layout{c["lane_bits"].get<std::uint32_t>(), c["a"].size()};
    const std::vector<std::uint64_t> a = packed(c["a"], layout);
    const std::vector<std::uint64_t> b = packed(c["b"], layout);
    CHECK(to_hex(wire_bytes(a)) == c["packed_a"]);
    CHECK(to_hex(wire_bytes(b)) == c["packed_b"]);
    std::vector<std::uint64_t> sum = a;
    add_packed(sum, b, layout.lane_bits);
    CHECK(to_hex(wire_bytes(sum)) == c["sum"]);
    std::vector<std::uint64_t> difference = a;
    subtract_packed(difference, b, layout.lane_bits);
    CHECK(to_hex(wire_bytes(difference)) == c["difference"]);
  }
}

TEST_CASE("pair mask keys agree with the reference from both sides") {
  const Context context;
  REQUIRE(golden()["pair_keys"].size() >= 3);
  for (const json& c : golden()["pair_keys"]) {
    const auto u = c["u"].get<std::uint32_t>();
    const auto v = c["v"].get<std::uint32_t>();
    const auto u_secret = secret_of(c["u_secret"]);
    const auto v_secret = secret_of(c["v_secret"]);
    const X25519Public u_public = x25519_public(u_secret);
    const X25519Public v_public = x25519_public(v_secret);
    CHECK(to_hex(u_public) == c["u_public"]);
    CHECK(to_hex(v_public) == c["v_public"]);
    CHECK(subtracts_pair_mask(u, v) == c["u_subtracts"].get<bool>());
    const auto at_u = pair_mask_key(context.rctx, context.l1, u, u_secret, u_public, v, v_public);
    const auto at_v = pair_mask_key(context.rctx, context.l1, v, v_secret, v_public, u, u_public);
    REQUIRE(at_u.ok());
    REQUIRE(at_v.ok());
    CHECK(testing::to_hex(*at_u) == c["key"]);
    CHECK(testing::to_hex(*at_v) == c["key"]);
  }
}

TEST_CASE("self mask keys and commitments agree with the reference") {
  const Context context;
  REQUIRE(golden()["self_keys"].size() >= 3);
  for (const json& c : golden()["self_keys"]) {
    const auto u = c["u"].get<std::uint32_t>();
    const auto b = secret_of(c["b"]);
    CHECK(to_hex(self_seed_commitment(context.rctx, u, b)) == c["commitment"]);
    CHECK(testing::to_hex(self_mask_key(context.rctx, context.l1, u, b)) == c["key"]);
  }
}

TEST_CASE("masks agree with the reference at every lane width and position") {
  REQUIRE(golden()["masks"].size() >= 7);
  for (const json& c : golden()["masks"]) {
    CAPTURE(c.dump());
    const auto key = testing::hex_secret<28>(c["key"].get<std::string>());
    for (const bool subtract : {false, true}) {
      std::vector<std::uint64_t> words(c["count"].get<std::size_t>());
      const MaskTerm terms[] = {{&key, subtract}};
      apply_masks(words, c["lane_bits"].get<std::uint32_t>(), terms, c["first_word"].get<std::uint64_t>());
      CHECK(to_hex(sha256(wire_bytes(words))) == c[subtract ? "subtracted_sha256" : "added_sha256"]);
      if (!subtract) CHECK(to_hex(wire_bytes(words).first(32)) == c["first_added"]);
    }
  }
}

TEST_CASE("sealed leaves agree with the reference and open at the recipient") {
  const Context context;
  REQUIRE(golden()["leaves"].size() >= 2);
  for (const json& c : golden()["leaves"]) {
    const auto sender = c["sender"].get<std::uint32_t>();
    const auto recipient = c["recipient"].get<std::uint32_t>();
    const auto sender_secret = secret_of(c["sender_secret"]);
    const auto recipient_secret = secret_of(c["recipient_secret"]);
    const auto seal_key =
        share_encryption_key(context.rctx, context.l1, sender, recipient, x25519_public(sender_secret),
                             x25519_public(recipient_secret), sender_secret, ShareSide::sender);
    const auto open_key =
        share_encryption_key(context.rctx, context.l1, sender, recipient, x25519_public(sender_secret),
                             x25519_public(recipient_secret), recipient_secret, ShareSide::recipient);
    REQUIRE(seal_key.ok());
    REQUIRE(open_key.ok());
    CHECK(testing::to_hex(*seal_key) == c["key"]);
    const Bytes associated = share_associated_data(context.rctx, context.l1, sender, recipient);
    const Bytes sealed = aead_seal(*seal_key, kShareNonce, associated, bytes_of(c["plaintext"]));
    CHECK(to_hex(sealed) == c["sealed"]);
    const auto opened = aead_open(*open_key, kShareNonce, associated, sealed);
    REQUIRE(opened.ok());
    CHECK(to_hex(*opened) == c["plaintext"]);
  }
}

TEST_CASE("shares agree with the reference and give the secret back") {
  REQUIRE(golden()["shamir"].size() >= 4);
  for (const json& c : golden()["shamir"]) {
    const auto xs = c["xs"].get<std::vector<std::uint32_t>>();
    const auto t = c["t"].get<std::uint32_t>();
    Replay random(bytes_of(c["randomness"]));
    const auto shares = shamir_split(secret_of(c["secret"]), t, xs, random);
    CHECK(random.used_up());
    REQUIRE(shares.size() == c["shares"].size());
    std::vector<const ShamirShare*> held;
    for (std::size_t i = 0; i < shares.size(); ++i) {
      CHECK(testing::to_hex(shares[i]) == c["shares"][i]);
      if (i < t) held.push_back(&shares[i]);
    }
    const auto lagrange = LagrangeAtZero::create(std::span(xs).first(t));
    REQUIRE(lagrange.ok());
    const auto secret = lagrange->combine(held);
    REQUIRE(secret.ok());
    CHECK(testing::to_hex(*secret) == c["secret"]);
  }
}

TEST_CASE("Merkle roots over 64 KiB chunks agree with the reference") {
  REQUIRE(golden()["merkle"].size() >= 5);
  for (const json& c : golden()["merkle"]) {
    const auto size = c["size"].get<std::size_t>();
    Bytes data;
    for (std::uint32_t i = 0; data.size() < size; ++i) append_u32(data, i);
    data.resize(size);
    MerkleBuilder builder;
    builder.update(data);
    CHECK(to_hex(builder.finish()) == c["root"]);
  }
}

TEST_CASE("the uploads of a whole round agree with the reference, and unmasking gives the sum of the survivors") {
  const Context context;
  const json& round = golden()["round"];
  const LaneLayout layout{round["lane_bits"].get<std::uint32_t>(), round["dimension"].get<std::size_t>()};
  std::vector<std::uint64_t> sum(layout.word_count());
  std::vector<MaskKey> to_remove;
  std::vector<bool> removal_subtracts;

  for (const json& me : round["partners"]) {
    const auto u = me["index"].get<std::uint32_t>();
    const auto secret = secret_of(me["m_secret"]);
    std::vector<MaskKey> keys;
    std::vector<MaskTerm> terms;
    keys.reserve(round["partners"].size());
    keys.push_back(self_mask_key(context.rctx, context.l1, u, secret_of(me["b"])));
    terms.push_back({&keys.back(), false});
    for (const json& other : round["partners"]) {
      const auto v = other["index"].get<std::uint32_t>();
      if (v == u) continue;
      auto key = pair_mask_key(context.rctx, context.l1, u, secret, x25519_public(secret), v,
                               x25519_public(secret_of(other["m_secret"])));
      REQUIRE(key.ok());
      // Between a survivor and a lost partner: what the survivor did is undone after unmasking.
      if (me["survives"].get<bool>() && !other["survives"].get<bool>()) {
        to_remove.push_back(key->copy());
        removal_subtracts.push_back(!subtracts_pair_mask(u, v));
      }
      keys.push_back(std::move(*key));
      terms.push_back({&keys.back(), subtracts_pair_mask(u, v)});
    }
    std::vector<std::uint64_t> words = packed(me["values"], layout);
    apply_masks(words, layout.lane_bits, terms);
    CHECK(to_hex(wire_bytes(words)) == me["upload"]);
    if (me["survives"].get<bool>()) {
      add_packed(sum, words, layout.lane_bits);
      to_remove.push_back(keys.front().copy());
      removal_subtracts.push_back(true);
    }
  }
  std::vector<MaskTerm> removals;
  for (std::size_t i = 0; i < to_remove.size(); ++i) removals.push_back({&to_remove[i], removal_subtracts[i]});
  apply_masks(sum, layout.lane_bits, removals);
  CHECK(to_hex(wire_bytes(sum)) == round["sum"]);
}

TEST_CASE("signed bytes and the hashes of the sets agree with the reference") {
  const Context context;
  const json& c = golden()["transcript"];
  const Bytes payload = bytes_of(c["payload"]);
  std::vector<Bytes> blobs;
  for (const json& blob : c["blobs"]) blobs.push_back(bytes_of(blob));
  CHECK(to_hex(signature_input(label::kKeySet, digest_of(c["federation_id"]), payload)) == c["signature_input"]);
  CHECK(to_hex(round_context_hash(payload)) == c["round_context"]);
  CHECK(to_hex(u1_hash(context.rctx, blobs)) == c["u1_hash"]);
  CHECK(to_hex(u2_hash(context.rctx, context.l1, blobs)) == c["u2_hash"]);
  CHECK(to_hex(u3_hash(context.rctx, context.l1, digest_of(c["u2"]), blobs)) == c["u3_hash"]);
  CHECK(to_hex(share_hash(context.rctx, 'b', 3, 9, bytes_of(c["share"]))) == c["share_hash_b"]);
  CHECK(to_hex(share_hash(context.rctx, 'm', 3, 9, bytes_of(c["share"]))) == c["share_hash_m"]);
}

TEST_CASE("rotating and undoing it give the reference's bits") {
  const Context context;
  REQUIRE(golden()["rotations"].size() >= 4);
  for (const json& c : golden()["rotations"]) {
    const auto count = c["count"].get<std::size_t>();
    CAPTURE(count);
    for (const bool undo : {false, true}) {
      std::vector<double> values(count);
      for (std::size_t i = 0; i < count; ++i) values[i] = static_cast<double>(i * 2654435761 % 2001) - 1000;
      Rotation rotation(context.rctx);
      for (std::size_t first = 0; first < count; first += rotation_block(count - first)) {
        const auto block = std::span(values).subspan(first, rotation_block(count - first));
        undo ? rotation.undo(block) : rotation.rotate(block);
      }
      const auto* const bytes = reinterpret_cast<const std::uint8_t*>(values.data());
      CHECK(to_hex(sha256({bytes, count * sizeof(double)})) == c[undo ? "undone_sha256" : "rotated_sha256"]);
    }
    CHECK(rotated_range(4.0, count) == c["range_of_clip_4"].get<double>());
  }
}

TEST_CASE("the finder of sparse graphs agrees with the reference") {
  REQUIRE(golden()["sparse_graphs"].size() >= 6);
  for (const json& c : golden()["sparse_graphs"]) {
    CAPTURE(c.dump());
    const auto found = find_sparse_graph(c["n"].get<std::uint32_t>(), c["f"].get<std::uint32_t>(),
                                         c["n_min"].get<std::uint32_t>(), c["dropout"].get<double>());
    CHECK(found.ok() == (c["degree"] != 0));
    if (!found.ok()) continue;
    CHECK(found->degree == c["degree"].get<std::uint32_t>());
    CHECK(found->shamir == c["shamir"].get<std::uint32_t>());
  }
}

TEST_CASE("the initial model and what two sums make of it agree with the reference") {
  const json& c = golden()["model"];
  ModelSettings settings;
  settings.seed = c["plan"]["model"]["seed"].get<std::uint64_t>();
  settings.table_rows = c["plan"]["model"]["table_rows"].get<std::uint32_t>();
  settings.token_width = c["plan"]["model"]["token_width"].get<std::uint32_t>();
  settings.width = c["plan"]["model"]["width"].get<std::uint32_t>();
  const json& server = c["plan"]["server"];
  const ServerSettings optimiser{server["learning_rate"].get<double>(), server["beta1"].get<double>(),
                                 server["beta2"].get<double>(), server["tau"].get<double>(),
                                 server["decay_rounds"].get<std::uint32_t>()};
  const auto layout = ParameterLayout::create(settings);
  REQUIRE(layout.ok());
  REQUIRE(layout->size() == c["parameters"].get<std::size_t>());
  const Digest plan_hash = digest_of(c["plan_hash"]);
  ModelState state = initial_state(*layout, optimiser);
  CHECK(to_hex(model_hash(state, plan_hash)) == c["model_hashes"][0]);

  RoundContext context;
  context.descriptor.range = c["range"].get<double>();
  context.descriptor.bits = c["bits"].get<std::uint32_t>();
  context.descriptor.lane = c["lane_bits"].get<std::uint32_t>();
  context.descriptor.dimension = layout->size() + kEvaluationLanes;
  const auto key = VerifyKey::from_spki(SigningKey::generate_ed25519().spki());
  REQUIRE(key.ok());
  Roster roster{"golden", {}, *key, {}, 1, 0, {}, {}};
  std::set<PartnerIndex> survivors;
  for (const json& weight : c["weights"]) {
    survivors.insert(static_cast<PartnerIndex>(roster.size()));
    roster.entries.push_back({"partner", *key, weight.get<double>()});
  }
  context.roster = std::make_shared<const Roster>(std::move(roster));

  const LaneLayout lanes = context.layout();
  std::vector<std::uint64_t> words(lanes.word_count());
  for (std::uint64_t round = 1; round <= c["sum_sha256"].size(); ++round) {
    for (std::uint64_t i = 0; i < layout->size(); ++i) {
      set_lane(words, lanes, i, static_cast<std::int64_t>((i * 2654435761 * round) % 2000001) - 1000000);
    }
    for (std::size_t i = 0; i < kEvaluationLanes; ++i) {
      set_lane(words, lanes, layout->size() + i, c["evaluation_lanes"][i].get<std::int64_t>());
    }
    CHECK(to_hex(sha256(wire_bytes(words))) == c["sum_sha256"][round - 1]);
    const auto decoded = decode_sum(context, survivors, words);
    REQUIRE(decoded.ok());
    REQUIRE(apply(state, decoded->mean_update, optimiser).ok());
    CHECK(to_hex(model_hash(state, plan_hash)) == c["model_hashes"][round]);
  }
}

}  // namespace bauta
