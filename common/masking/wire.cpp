#include "common/masking/wire.h"

#include <bauta/v1/evidence.pb.h>
#include <bauta/v1/identity.pb.h>
#include <bauta/v1/round.pb.h>
#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <utility>

namespace bauta {
namespace {

constexpr std::size_t kMaxSignature = 128;
constexpr std::size_t kMaxBlob = 1024;  // a signed message of fixed size, without its lists
constexpr std::size_t kMaxRunId = 64;
constexpr std::uint32_t kEvidenceFormat = 1;
constexpr std::size_t kMaxEvidenceName = 64;
constexpr int kMaxEvidenceItems = kMaxPartners + 64;
constexpr std::size_t kMaxProof = 32;
constexpr std::size_t kMaxChunk = 64 * 1024;

Error malformed(std::string_view message, std::string_view why) {
  return {ErrorCode::malformed, std::string(message) + ": " + std::string(why)};
}

void put(std::string* field, ByteView bytes) { field->assign(as_text(bytes)); }
Bytes get(const std::string& field) {
  const auto view = as_bytes(field);
  return {view.begin(), view.end()};
}

template <class Proto>
Bytes serialise(const Proto& proto) {
  Bytes bytes(proto.ByteSizeLong());
  BAUTA_CHECK(proto.SerializeToArray(bytes.data(), static_cast<int>(bytes.size())));
  return bytes;
}

bool has_unknown_field(const google::protobuf::Message& proto) {
  return !proto.GetReflection()->GetUnknownFields(proto).empty();
}

// Before parsing, which takes memory for every field: two bytes on the wire may become fifty. No list is longer than
// kMaxPartners, and no message has more than a few.
bool has_too_many_fields(ByteView bytes) {
  using google::protobuf::internal::WireFormatLite;
  constexpr std::size_t kMostFields = 2 * kMaxPartners;
  google::protobuf::io::CodedInputStream input(bytes.data(), static_cast<int>(bytes.size()));
  std::size_t fields = 0;
  for (std::uint32_t tag = input.ReadTag(); tag != 0; tag = input.ReadTag()) {
    if (++fields > kMostFields) return true;
    if (!WireFormatLite::SkipField(&input, tag)) return false;  // the parser says what is wrong
  }
  return false;
}

// Field checks in the order in which a decoder reads; the first failure sticks.
class Fields {
 public:
  Fields(std::string_view message, ByteView bytes) : message_(message) {
    if (bytes.size() > static_cast<std::size_t>(std::numeric_limits<int>::max())) fail("longer than 2 GiB");
  }

  template <class Proto>
  void parse(Proto& proto, ByteView bytes) {
    if (error_) return;
    if (has_too_many_fields(bytes)) return fail("has more fields than any message may have");
    if (!proto.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return fail("not a protobuf message");
    if (has_unknown_field(proto)) fail("has a field that this version does not know");
  }

  template <std::size_t N>
  void fixed(std::string_view name, const std::string& from, std::array<std::uint8_t, N>& to) {
    if (from.size() != N) {
      return fail(std::string(name) + " has " + std::to_string(from.size()) + " bytes, not " + std::to_string(N));
    }
    std::copy_n(as_bytes(from).begin(), N, to.begin());
  }

  void bounded(std::string_view name, const std::string& from, std::size_t most, Bytes& to) {
    if (from.size() > most) return fail(std::string(name) + " is longer than " + std::to_string(most) + " bytes");
    to = get(from);
  }

  template <class Repeated>
  void ascending(std::string_view name, const Repeated& from, std::vector<PartnerIndex>& to) {
    if (static_cast<std::size_t>(from.size()) > kMaxPartners) return fail(std::string(name) + " has too many entries");
    for (const auto value : from) {
      if (!to.empty() && to.back() >= value) return fail(std::string(name) + " is not strictly ascending");
      if (value >= kMaxPartners) return fail(std::string(name) + " names an impossible partner");
      to.push_back(value);
    }
  }

  void partner(std::uint32_t value, PartnerIndex& to) {
    if (value >= kMaxPartners) return fail("names an impossible partner");
    to = value;
  }

  template <class Repeated>
  void blobs(std::string_view name, const Repeated& from, std::size_t most_bytes, std::vector<Bytes>& to) {
    if (static_cast<std::size_t>(from.size()) > kMaxPartners) return fail(std::string(name) + " has too many entries");
    to.reserve(static_cast<std::size_t>(from.size()));
    for (const auto& blob : from) bounded(name, blob, most_bytes, to.emplace_back());
  }

  template <class Repeated>
  void proof(std::string_view name, const Repeated& from, std::vector<Digest>& to) {
    if (static_cast<std::size_t>(from.size()) > kMaxProof) return fail(std::string(name) + " is too long");
    for (const auto& hash : from) fixed(name, hash, to.emplace_back());
  }

  void fail(std::string_view why) {
    if (!error_) error_ = malformed(message_, why);
  }

  template <class T>
  Result<T> finish(T value) {
    if (error_) return *std::move(error_);
    return value;
  }
  bool failed() const { return error_.has_value(); }

 private:
  std::string_view message_;
  std::optional<Error> error_;
};

// A ShareKeysHeader or MaskedUpdateHeader lists up to n partners of at most 3 bytes each.
constexpr std::size_t header_bytes(std::size_t n) { return kMaxBlob + 4 * n; }

}  // namespace

std::size_t max_message_bytes(int phase, std::size_t n) {
  constexpr std::size_t kLeaf = 256;
  switch (phase) {
    case 1: return kMaxBlob;
    case 2: return header_bytes(n) + kLeaf * n;
    case 3: return header_bytes(n);
    case 4: return kMaxBlob;
    case 5: return kMaxBlob + 64 * n;
    default: return 0;
  }
}

Bytes encode(const SignedBlob& blob) {
  v1::SignedBlob proto;
  put(proto.mutable_payload(), blob.payload);
  proto.set_signer(blob.signer);
  put(proto.mutable_signature(), blob.signature);
  return serialise(proto);
}

template <>
Result<SignedBlob> decode<SignedBlob>(ByteView bytes) {
  Fields fields("signed blob", bytes);
  v1::SignedBlob proto;
  fields.parse(proto, bytes);
  SignedBlob blob;
  if (fields.failed()) return fields.finish(std::move(blob));
  blob.payload = get(proto.payload());
  blob.signer = proto.signer();
  fields.bounded("signature", proto.signature(), kMaxSignature, blob.signature);
  return fields.finish(std::move(blob));
}

Bytes encode(const RoundDescriptor& value) {
  v1::RoundDescriptor proto;
  proto.set_suite(value.suite);
  put(proto.mutable_federation_id(), value.federation_id);
  proto.set_run_id(value.run_id);
  proto.set_round_no(value.round_no);
  proto.set_attempt(value.attempt);
  put(proto.mutable_roster_hash(), value.roster_hash);
  put(proto.mutable_model_hash(), value.model_hash);
  put(proto.mutable_plan_hash(), value.plan_hash);
  for (const auto partner : value.cohort) proto.add_cohort(partner);
  proto.set_clip(value.clip);
  proto.set_range(value.range);
  proto.set_bits(value.bits);
  proto.set_lane(value.lane);
  proto.set_dimension(value.dimension);
  proto.set_graph(value.graph.kind == GraphKind::sparse ? v1::GRAPH_SPARSE : v1::GRAPH_COMPLETE);
  proto.set_degree(value.graph.degree);
  proto.set_rotation(value.rotation);
  proto.set_f_max(value.f_max);
  proto.set_shamir_threshold(value.thresholds.shamir);
  proto.set_certify_threshold(value.thresholds.certify);
  proto.set_n_min(value.thresholds.n_min);
  return serialise(proto);
}

template <>
Result<RoundDescriptor> decode<RoundDescriptor>(ByteView bytes) {
  Fields fields("round descriptor", bytes);
  v1::RoundDescriptor proto;
  fields.parse(proto, bytes);
  RoundDescriptor value;
  if (proto.suite() != kSuite) fields.fail("suite " + std::to_string(proto.suite()) + " is not implemented");
  if (proto.graph() != v1::GRAPH_COMPLETE && proto.graph() != v1::GRAPH_SPARSE) fields.fail("an unknown graph");
  value.graph.kind = proto.graph() == v1::GRAPH_SPARSE ? GraphKind::sparse : GraphKind::complete;
  value.graph.degree = proto.degree();
  value.rotation = proto.rotation();
  fields.fixed("federation_id", proto.federation_id(), value.federation_id);
  const auto is_run_id_character = [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-'; };
  if (proto.run_id().size() > kMaxRunId) fields.fail("run_id is too long");
  if (!std::all_of(proto.run_id().begin(), proto.run_id().end(), is_run_id_character)) {
    fields.fail("run_id has other characters than a-z, 0-9 and '-'");
  }
  value.run_id = proto.run_id();
  if (!std::in_range<std::int64_t>(proto.round_no())) fields.fail("round_no is more than a database can count");
  value.round_no = proto.round_no();
  value.attempt = proto.attempt();
  fields.fixed("roster_hash", proto.roster_hash(), value.roster_hash);
  fields.fixed("model_hash", proto.model_hash(), value.model_hash);
  fields.fixed("plan_hash", proto.plan_hash(), value.plan_hash);
  fields.ascending("cohort", proto.cohort(), value.cohort);
  value.clip = proto.clip();
  value.range = proto.range();
  if (!std::isfinite(value.clip) || value.clip <= 0 || !std::isfinite(value.range) || value.range <= 0) {
    fields.fail("clip and range must be positive numbers");
  }
  value.bits = proto.bits();
  value.lane = proto.lane();
  value.dimension = proto.dimension();
  value.f_max = proto.f_max();
  value.thresholds = {proto.shamir_threshold(), proto.certify_threshold(), proto.n_min()};
  return fields.finish(std::move(value));
}

Bytes encode(const Invitation& value) {
  v1::Invitation proto;
  put(proto.mutable_round_descriptor(), value.descriptor);
  put(proto.mutable_plan(), value.plan);
  return serialise(proto);
}

template <>
Result<Invitation> decode<Invitation>(ByteView bytes) {
  Fields fields("invitation", bytes);
  v1::Invitation proto;
  fields.parse(proto, bytes);
  Invitation value;
  fields.bounded("descriptor", proto.round_descriptor(), header_bytes(kMaxPartners), value.descriptor);
  fields.bounded("plan", proto.plan(), 64 * 1024, value.plan);
  return fields.finish(std::move(value));
}

Bytes encode(const AdvertiseKeys& value) {
  v1::AdvertiseKeys proto;
  put(proto.mutable_rctx(), value.rctx);
  proto.set_partner(value.partner);
  put(proto.mutable_e_pk(), value.e_pk);
  put(proto.mutable_m_pk(), value.m_pk);
  put(proto.mutable_nonce(), value.nonce);
  proto.set_vouches(value.vouches);
  return serialise(proto);
}

template <>
Result<AdvertiseKeys> decode<AdvertiseKeys>(ByteView bytes) {
  Fields fields("advertised keys", bytes);
  v1::AdvertiseKeys proto;
  fields.parse(proto, bytes);
  AdvertiseKeys value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.partner(proto.partner(), value.partner);
  fields.fixed("e_pk", proto.e_pk(), value.e_pk);
  fields.fixed("m_pk", proto.m_pk(), value.m_pk);
  fields.fixed("nonce", proto.nonce(), value.nonce);
  value.vouches = proto.vouches();
  return fields.finish(std::move(value));
}

Bytes encode(const KeySet& value) {
  v1::KeySet proto;
  put(proto.mutable_rctx(), value.rctx);
  for (const auto& message : value.messages) put(proto.add_messages(), message);
  return serialise(proto);
}

template <>
Result<KeySet> decode<KeySet>(ByteView bytes) {
  Fields fields("key set", bytes);
  v1::KeySet proto;
  fields.parse(proto, bytes);
  KeySet value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.blobs("messages", proto.messages(), kMaxBlob, value.messages);
  return fields.finish(std::move(value));
}

Bytes encode(const ShareKeysHeader& value) {
  v1::ShareKeysHeader proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_l1(), value.l1);
  proto.set_partner(value.partner);
  for (const auto partner : value.neighbours) proto.add_neighbours(partner);
  put(proto.mutable_commitment(), value.commitment);
  put(proto.mutable_leaf_root(), value.leaf_root);
  return serialise(proto);
}

template <>
Result<ShareKeysHeader> decode<ShareKeysHeader>(ByteView bytes) {
  Fields fields("share header", bytes);
  v1::ShareKeysHeader proto;
  fields.parse(proto, bytes);
  ShareKeysHeader value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("l1", proto.l1(), value.l1);
  fields.partner(proto.partner(), value.partner);
  fields.ascending("neighbours", proto.neighbours(), value.neighbours);
  fields.fixed("commitment", proto.commitment(), value.commitment);
  fields.fixed("leaf_root", proto.leaf_root(), value.leaf_root);
  return fields.finish(std::move(value));
}

Bytes encode(const ShareLeaf& value) {
  v1::ShareLeaf proto;
  proto.set_recipient(value.recipient);
  put(proto.mutable_hash_b(), value.hash_b);
  put(proto.mutable_hash_m(), value.hash_m);
  put(proto.mutable_sealed(), value.sealed);
  return serialise(proto);
}

template <>
Result<ShareLeaf> decode<ShareLeaf>(ByteView bytes) {
  Fields fields("share leaf", bytes);
  v1::ShareLeaf proto;
  fields.parse(proto, bytes);
  ShareLeaf value;
  fields.partner(proto.recipient(), value.recipient);
  fields.fixed("hash_b", proto.hash_b(), value.hash_b);
  fields.fixed("hash_m", proto.hash_m(), value.hash_m);
  if (proto.sealed().size() != kSealedShares) fields.fail("sealed shares of a wrong length");
  value.sealed = get(proto.sealed());
  return fields.finish(std::move(value));
}

Bytes encode(const ShareKeys& value) {
  v1::ShareKeys proto;
  put(proto.mutable_header(), value.header);
  for (const auto& leaf : value.leaves) put(proto.add_leaves(), leaf);
  return serialise(proto);
}

template <>
Result<ShareKeys> decode<ShareKeys>(ByteView bytes) {
  Fields fields("shared keys", bytes);
  v1::ShareKeys proto;
  fields.parse(proto, bytes);
  ShareKeys value;
  fields.bounded("header", proto.header(), header_bytes(kMaxPartners), value.header);
  fields.blobs("leaves", proto.leaves(), 256, value.leaves);
  return fields.finish(std::move(value));
}

Bytes encode(const HeaderSet& value) {
  v1::HeaderSet proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_l1(), value.l1);
  for (const auto& header : value.headers) put(proto.add_headers(), header);
  return serialise(proto);
}

template <>
Result<HeaderSet> decode<HeaderSet>(ByteView bytes) {
  Fields fields("header set", bytes);
  v1::HeaderSet proto;
  fields.parse(proto, bytes);
  HeaderSet value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("l1", proto.l1(), value.l1);
  fields.blobs("headers", proto.headers(), header_bytes(kMaxPartners), value.headers);
  return fields.finish(std::move(value));
}

Bytes encode(const SharePackage& value) {
  v1::SharePackage proto;
  put(proto.mutable_header_set(), value.header_set);
  for (const auto& leaf : value.leaves) {
    auto* delivered = proto.add_leaves();
    delivered->set_dealer(leaf.dealer);
    put(delivered->mutable_leaf(), leaf.leaf);
    for (const auto& hash : leaf.proof) put(delivered->add_proof(), hash);
  }
  return serialise(proto);
}

template <>
Result<SharePackage> decode<SharePackage>(ByteView bytes) {
  Fields fields("share package", bytes);
  v1::SharePackage proto;
  fields.parse(proto, bytes);
  SharePackage value;
  value.header_set = get(proto.header_set());
  if (static_cast<std::size_t>(proto.leaves_size()) > kMaxPartners) fields.fail("has too many leaves");
  if (fields.failed()) return fields.finish(std::move(value));
  for (const auto& delivered : proto.leaves()) {
    auto& leaf = value.leaves.emplace_back();
    if (has_unknown_field(delivered)) fields.fail("a leaf has a field that this version does not know");
    fields.partner(delivered.dealer(), leaf.dealer);
    fields.bounded("leaf", delivered.leaf(), 256, leaf.leaf);
    fields.proof("proof", delivered.proof(), leaf.proof);
    if (fields.failed()) break;
  }
  return fields.finish(std::move(value));
}

Bytes encode(const MaskedUpdateHeader& value) {
  v1::MaskedUpdateHeader proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_l1(), value.l1);
  put(proto.mutable_u2_hash(), value.u2_hash);
  proto.set_partner(value.partner);
  proto.set_dimension(value.dimension);
  put(proto.mutable_vector_root(), value.vector_root);
  for (const auto partner : value.complaints) proto.add_complaints(partner);
  return serialise(proto);
}

template <>
Result<MaskedUpdateHeader> decode<MaskedUpdateHeader>(ByteView bytes) {
  Fields fields("masked update header", bytes);
  v1::MaskedUpdateHeader proto;
  fields.parse(proto, bytes);
  MaskedUpdateHeader value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("l1", proto.l1(), value.l1);
  fields.fixed("u2_hash", proto.u2_hash(), value.u2_hash);
  fields.partner(proto.partner(), value.partner);
  value.dimension = proto.dimension();
  fields.fixed("vector_root", proto.vector_root(), value.vector_root);
  fields.ascending("complaints", proto.complaints(), value.complaints);
  return fields.finish(std::move(value));
}

Bytes encode(const SurvivorSet& value) {
  v1::SurvivorSet proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_l1(), value.l1);
  put(proto.mutable_u2_hash(), value.u2_hash);
  for (const auto& header : value.headers) put(proto.add_headers(), header);
  return serialise(proto);
}

template <>
Result<SurvivorSet> decode<SurvivorSet>(ByteView bytes) {
  Fields fields("survivor set", bytes);
  v1::SurvivorSet proto;
  fields.parse(proto, bytes);
  SurvivorSet value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("l1", proto.l1(), value.l1);
  fields.fixed("u2_hash", proto.u2_hash(), value.u2_hash);
  fields.blobs("headers", proto.headers(), header_bytes(kMaxPartners), value.headers);
  return fields.finish(std::move(value));
}

Bytes encode(const SurvivorStatement& value) {
  v1::SurvivorStatement proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_u3_hash(), value.u3_hash);
  return serialise(proto);
}

template <>
Result<SurvivorStatement> decode<SurvivorStatement>(ByteView bytes) {
  Fields fields("survivor statement", bytes);
  v1::SurvivorStatement proto;
  fields.parse(proto, bytes);
  SurvivorStatement value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("u3_hash", proto.u3_hash(), value.u3_hash);
  return fields.finish(std::move(value));
}

Bytes encode(const Certificate& value) {
  v1::Certificate proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_u3_hash(), value.u3_hash);
  for (const auto& statement : value.statements) put(proto.add_statements(), statement);
  return serialise(proto);
}

template <>
Result<Certificate> decode<Certificate>(ByteView bytes) {
  Fields fields("certificate", bytes);
  v1::Certificate proto;
  fields.parse(proto, bytes);
  Certificate value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("u3_hash", proto.u3_hash(), value.u3_hash);
  fields.blobs("statements", proto.statements(), kMaxBlob, value.statements);
  return fields.finish(std::move(value));
}

Bytes encode(const UnmaskShares& value) {
  v1::UnmaskShares proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_u3_hash(), value.u3_hash);
  for (const auto& share : value.shares) {
    auto* revealed = proto.add_shares();
    revealed->set_dealer(share.dealer);
    put(revealed->mutable_share(), share.share);
  }
  return serialise(proto);
}

template <>
Result<UnmaskShares> decode<UnmaskShares>(ByteView bytes) {
  Fields fields("unmask shares", bytes);
  v1::UnmaskShares proto;
  fields.parse(proto, bytes);
  UnmaskShares value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("u3_hash", proto.u3_hash(), value.u3_hash);
  if (static_cast<std::size_t>(proto.shares_size()) > kMaxPartners) fields.fail("has too many shares");
  for (const auto& revealed : proto.shares()) {
    if (fields.failed()) break;
    if (has_unknown_field(revealed)) fields.fail("a share has a field that this version does not know");
    if (!value.shares.empty() && value.shares.back().dealer >= revealed.dealer()) {
      fields.fail("dealers are not strictly ascending");
    }
    auto& share = value.shares.emplace_back();
    fields.partner(revealed.dealer(), share.dealer);
    fields.fixed("share", revealed.share(), share.share);
  }
  return fields.finish(std::move(value));
}

Bytes encode(const Aggregate& value) {
  v1::Aggregate proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_u3_hash(), value.u3_hash);
  put(proto.mutable_certificate(), value.certificate);
  put(proto.mutable_sum_root(), value.sum_root);
  put(proto.mutable_next_model_hash(), value.next_model_hash);
  for (const auto& secret : value.secrets) {
    auto* revealed = proto.add_secrets();
    revealed->set_partner(secret.partner);
    put(revealed->mutable_secret(), secret.secret);
  }
  return serialise(proto);
}

template <>
Result<Aggregate> decode<Aggregate>(ByteView bytes) {
  Fields fields("aggregate", bytes);
  v1::Aggregate proto;
  fields.parse(proto, bytes);
  Aggregate value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("u3_hash", proto.u3_hash(), value.u3_hash);
  value.certificate = get(proto.certificate());
  fields.fixed("sum_root", proto.sum_root(), value.sum_root);
  fields.fixed("next_model_hash", proto.next_model_hash(), value.next_model_hash);
  if (static_cast<std::size_t>(proto.secrets_size()) > kMaxPartners) fields.fail("has too many secrets");
  for (const auto& revealed : proto.secrets()) {
    if (fields.failed()) break;
    if (has_unknown_field(revealed)) fields.fail("a secret has a field that this version does not know");
    if (!value.secrets.empty() && value.secrets.back().partner >= revealed.partner()) {
      fields.fail("secrets are not strictly ascending");
    }
    auto& secret = value.secrets.emplace_back();
    fields.partner(revealed.partner(), secret.partner);
    fields.fixed("secret", revealed.secret(), secret.secret);
  }
  return fields.finish(std::move(value));
}

Bytes encode(const AuditAnswer& value) {
  v1::AuditAnswer proto;
  put(proto.mutable_rctx(), value.rctx);
  put(proto.mutable_u3_hash(), value.u3_hash);
  proto.set_chunk(value.chunk);
  if (value.after) proto.set_after(*value.after);
  for (const auto& upload : value.uploads) {
    auto* served = proto.add_uploads();
    served->set_partner(upload.partner);
    put(served->mutable_bytes(), upload.bytes);
    for (const auto& hash : upload.proof) put(served->add_proof(), hash);
  }
  return serialise(proto);
}

template <>
Result<AuditAnswer> decode<AuditAnswer>(ByteView bytes) {
  Fields fields("audit answer", bytes);
  v1::AuditAnswer proto;
  fields.parse(proto, bytes);
  AuditAnswer value;
  fields.fixed("rctx", proto.rctx(), value.rctx);
  fields.fixed("u3_hash", proto.u3_hash(), value.u3_hash);
  value.chunk = proto.chunk();
  if (proto.has_after()) fields.partner(proto.after(), value.after.emplace());
  if (static_cast<std::size_t>(proto.uploads_size()) > kMaxPartners) fields.fail("has too many chunks");
  for (const auto& served : proto.uploads()) {
    if (fields.failed()) break;
    if (has_unknown_field(served)) fields.fail("a chunk has a field that this version does not know");
    if (!value.uploads.empty() && value.uploads.back().partner >= served.partner()) {
      fields.fail("partners are not strictly ascending");
    }
    auto& upload = value.uploads.emplace_back();
    fields.partner(served.partner(), upload.partner);
    fields.bounded("a chunk", served.bytes(), kMaxChunk, upload.bytes);
    fields.proof("proof", served.proof(), upload.proof);
  }
  return fields.finish(std::move(value));
}

Bytes encode(const RoundRecord& value) {
  v1::RoundRecord proto;
  put(proto.mutable_round_descriptor(), value.descriptor);
  put(proto.mutable_key_set(), value.key_set);
  put(proto.mutable_header_set(), value.header_set);
  put(proto.mutable_survivor_set(), value.survivor_set);
  put(proto.mutable_aggregate(), value.aggregate);
  return serialise(proto);
}

template <>
Result<RoundRecord> decode<RoundRecord>(ByteView bytes) {
  Fields fields("round record", bytes);
  v1::RoundRecord proto;
  fields.parse(proto, bytes);
  RoundRecord value;
  value.descriptor = get(proto.round_descriptor());
  value.key_set = get(proto.key_set());
  value.header_set = get(proto.header_set());
  value.survivor_set = get(proto.survivor_set());
  value.aggregate = get(proto.aggregate());
  return fields.finish(std::move(value));
}

Bytes encode(const AuditEvidence& value) {
  v1::AuditEvidence proto;
  put(proto.mutable_record(), value.record);
  proto.set_chunk(value.chunk);
  for (const auto& answer : value.answers) put(proto.add_answers(), answer);
  put(proto.mutable_slice(), value.slice);
  for (const auto& hash : value.slice_proof) put(proto.add_slice_proof(), hash);
  return serialise(proto);
}

template <>
Result<AuditEvidence> decode<AuditEvidence>(ByteView bytes) {
  Fields fields("audit evidence", bytes);
  v1::AuditEvidence proto;
  fields.parse(proto, bytes);
  AuditEvidence value;
  value.record = get(proto.record());
  value.chunk = proto.chunk();
  fields.blobs("answers", proto.answers(), kAuditAnswerBytes + kMaxChunk + kMaxBlob, value.answers);
  fields.bounded("slice", proto.slice(), kMaxChunk, value.slice);
  fields.proof("slice_proof", proto.slice_proof(), value.slice_proof);
  return fields.finish(std::move(value));
}

Bytes encode(const RosterChange& value) {
  v1::RosterChange proto;
  put(proto.mutable_federation_id(), value.federation_id);
  put(proto.mutable_from(), value.from);
  put(proto.mutable_to(), value.to);
  proto.set_version(value.version);
  return serialise(proto);
}

template <>
Result<RosterChange> decode<RosterChange>(ByteView bytes) {
  Fields fields("roster change", bytes);
  v1::RosterChange proto;
  fields.parse(proto, bytes);
  RosterChange value;
  fields.fixed("federation_id", proto.federation_id(), value.federation_id);
  fields.fixed("from", proto.from(), value.from);
  fields.fixed("to", proto.to(), value.to);
  value.version = proto.version();
  return fields.finish(std::move(value));
}

Bytes encode(const EvidenceFile& value) {
  v1::EvidenceFile proto;
  proto.set_format(kEvidenceFormat);
  proto.set_kind(value.kind);
  put(proto.mutable_roster(), value.roster);
  for (const auto& [name, content] : value.items) {
    auto* item = proto.add_items();
    item->set_name(name);
    put(item->mutable_content(), content);
  }
  return serialise(proto);
}

template <>
Result<EvidenceFile> decode<EvidenceFile>(ByteView bytes) {
  Fields fields("evidence file", bytes);
  v1::EvidenceFile proto;
  fields.parse(proto, bytes);
  EvidenceFile value;
  if (fields.failed()) return fields.finish(std::move(value));
  if (proto.format() != kEvidenceFormat) fields.fail("format " + std::to_string(proto.format()) + " is not known here");
  const auto is_name_character = [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || c == '-' || c == '_' || c == '/';
  };
  const auto check_name = [&](const std::string& name) {
    if (name.empty() || name.size() > kMaxEvidenceName || !std::all_of(name.begin(), name.end(), is_name_character)) {
      fields.fail("a name is not 1 to 64 of a-z, 0-9, '-', '_' and '/'");
    }
  };
  check_name(proto.kind());
  value.kind = proto.kind();
  fields.bounded("roster", proto.roster(), kMaxRosterBytes, value.roster);
  if (proto.items_size() > kMaxEvidenceItems) fields.fail("has too many items");
  for (auto& item : *proto.mutable_items()) {
    if (fields.failed()) break;
    if (has_unknown_field(item)) fields.fail("an item has a field that this version does not know");
    check_name(item.name());
    if (!value.items.emplace(item.name(), get(item.content())).second) fields.fail("an item stands twice");
  }
  return fields.finish(std::move(value));
}

}  // namespace bauta
