// The messages of proto/bauta/v1 as plain values. All decoding of peer bytes and every structural check is here and in
// wire.cpp, the only file of the core that sees protobuf. A decoded value has fields of the right lengths and lists
// within bounds; whether it is *true* is for the phases to say. Decoding refuses unknown fields: what we do not
// implement we do not accept. All functions are pure and total on hostile input.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/federation/graph.h"
#include "common/federation/roster.h"
#include "common/federation/thresholds.h"

namespace bauta {

inline constexpr std::uint32_t kCoordinatorSigner = 0xFFFFFFFF;
inline constexpr std::uint32_t kSuite = 1;  ///< X25519, HKDF-SHA256, AES-128-CTR, AES-256-GCM, Shamir over 2^61-1
using PublicKey = std::array<std::uint8_t, 32>;

struct SignedBlob {
  Bytes payload;
  std::uint32_t signer = 0;
  Bytes signature;
};

/// docs/protocol.md §3.
struct RoundDescriptor {
  std::uint32_t suite = kSuite;
  Digest federation_id{};
  std::string run_id;
  std::uint64_t round_no = 0;
  std::uint32_t attempt = 0;
  Digest roster_hash{};
  Digest model_hash{};
  Digest plan_hash{};
  std::vector<PartnerIndex> cohort;  ///< ascending, distinct
  double clip = 0;
  double range = 0;
  std::uint32_t bits = 0;
  std::uint32_t lane = 0;
  std::uint64_t dimension = 0;
  std::uint32_t f_max = 0;
  Thresholds thresholds;
  Graph graph;
  bool rotation = false;  ///< updates are rotated block by block before they are quantised
};

struct Invitation {
  Bytes descriptor;
  Bytes plan;
};

struct AdvertiseKeys {
  Digest rctx{};
  PartnerIndex partner = 0;
  PublicKey e_pk{};
  PublicKey m_pk{};
  Digest nonce{};
  bool vouches = false;  ///< the sender computed the round's model itself
};

struct KeySet {
  Digest rctx{};
  std::vector<Bytes> messages;
};

struct ShareKeysHeader {
  Digest rctx{};
  Digest l1{};
  PartnerIndex partner = 0;
  std::vector<PartnerIndex> neighbours;  ///< ascending, distinct
  Digest commitment{};
  Digest leaf_root{};
};

struct ShareLeaf {
  PartnerIndex recipient = 0;
  Digest hash_b{};
  Digest hash_m{};
  Bytes sealed;  ///< kSealedShares bytes
};

struct ShareKeys {
  Bytes header;
  std::vector<Bytes> leaves;
};

struct HeaderSet {
  Digest rctx{};
  Digest l1{};
  std::vector<Bytes> headers;
};

struct DeliveredLeaf {
  PartnerIndex dealer = 0;
  Bytes leaf;
  std::vector<Digest> proof;
};

struct SharePackage {
  Bytes header_set;
  std::vector<DeliveredLeaf> leaves;
};

struct MaskedUpdateHeader {
  Digest rctx{};
  Digest l1{};
  Digest u2_hash{};
  PartnerIndex partner = 0;
  std::uint64_t dimension = 0;
  Digest vector_root{};
  std::vector<PartnerIndex> complaints;  ///< ascending, distinct
};

struct SurvivorSet {
  Digest rctx{};
  Digest l1{};
  Digest u2_hash{};
  std::vector<Bytes> headers;
};

struct SurvivorStatement {
  Digest rctx{};
  Digest u3_hash{};
};

struct Certificate {
  Digest rctx{};
  Digest u3_hash{};
  std::vector<Bytes> statements;
};

struct RevealedShare {
  PartnerIndex dealer = 0;
  std::array<std::uint8_t, 40> share{};
};

struct UnmaskShares {
  Digest rctx{};
  Digest u3_hash{};
  std::vector<RevealedShare> shares;  ///< ascending, distinct dealers
};

struct RevealedSecret {
  PartnerIndex partner = 0;
  std::array<std::uint8_t, 32> secret{};
};

struct Aggregate {
  Digest rctx{};
  Digest u3_hash{};
  Bytes certificate;
  Digest sum_root{};
  Digest next_model_hash{};
  std::vector<RevealedSecret> secrets;  ///< ascending, distinct partners
};

struct UploadedChunk {
  PartnerIndex partner = 0;
  Bytes bytes;
  std::vector<Digest> proof;
};

struct AuditAnswer {
  Digest rctx{};
  Digest u3_hash{};
  std::uint64_t chunk = 0;
  std::optional<PartnerIndex> after;   ///< as it was asked for: survivors behind this one
  std::vector<UploadedChunk> uploads;  ///< ascending, distinct partners
};

struct RoundRecord {
  Bytes descriptor;
  Bytes key_set;
  Bytes header_set;
  Bytes survivor_set;
  Bytes aggregate;
};

struct AuditEvidence {
  Bytes record;
  std::uint64_t chunk = 0;
  std::vector<Bytes> answers;
  Bytes slice;
  std::vector<Digest> slice_proof;
};

/// A coordinator fills an audit's answer up to here; one chunk is always in it.
inline constexpr std::size_t kAuditAnswerBytes = 4 * 1024 * 1024;

/// One roster may follow another; signed by partners, passed on by hand.
struct RosterChange {
  Digest federation_id{};
  Digest from{};              ///< hash of the roster in force
  Digest to{};                ///< hash of the roster that is to follow it
  std::uint64_t version = 0;  ///< of the latter
};

/// A file that proves a lie to whoever has the roster (common/evidence).
struct EvidenceFile {
  std::string kind;
  Bytes roster;  ///< text of roster.toml
  std::map<std::string, Bytes> items;
};

inline constexpr std::size_t kSealedShares = 2 * 40 + 16;  ///< two Shamir shares and the GCM tag

/// Longest request body a client may send in a phase, for a cohort of n; checked before anything is allocated.
std::size_t max_message_bytes(int phase, std::size_t n);

Bytes encode(const SignedBlob&);
Bytes encode(const RoundDescriptor&);
Bytes encode(const Invitation&);
Bytes encode(const AdvertiseKeys&);
Bytes encode(const KeySet&);
Bytes encode(const ShareKeysHeader&);
Bytes encode(const ShareLeaf&);
Bytes encode(const ShareKeys&);
Bytes encode(const HeaderSet&);
Bytes encode(const SharePackage&);
Bytes encode(const MaskedUpdateHeader&);
Bytes encode(const SurvivorSet&);
Bytes encode(const SurvivorStatement&);
Bytes encode(const Certificate&);
Bytes encode(const UnmaskShares&);
Bytes encode(const Aggregate&);
Bytes encode(const AuditAnswer&);
Bytes encode(const RoundRecord&);
Bytes encode(const AuditEvidence&);
Bytes encode(const RosterChange&);
Bytes encode(const EvidenceFile&);

/// Instantiated for every message above; errors are `malformed` or `oversized` and name the message and the field.
template <class Message>
Result<Message> decode(ByteView bytes);

}  // namespace bauta
