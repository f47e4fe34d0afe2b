// What a client asks of its coordinator, one method a call. The real one is https_link; the simulation and the tests
// bring one that stays inside the process.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <span>

#include "common/base/bytes.h"
#include "common/base/result.h"
#include "common/masking/round_id.h"

namespace bauta::client {

/// How much of the masked vector the coordinator has on its disk.
struct UploadState {
  std::uint64_t offset = 0;  ///< bytes; the next upload starts here
  bool complete = false;     ///< all bytes are there and their Merkle root is the signed one
};

struct UploadFile {
  std::filesystem::path path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;  ///< bytes from `offset` to the end
  /// Bytes of the whole file that are on their way or beyond; on the calling thread.
  std::function<void(std::uint64_t sent)> progress;
};

/// One call at a time. Every call may be repeated: the same bytes get the same answer. A call that fetches answers
/// nothing when the coordinator has nothing yet; the real link waits for it up to 25 s (a long poll).
///
/// Errors: is_temporary() ones say nothing about the round, the same call may succeed later; the link itself sees to it
/// that repeated calls do not come too fast. `late` means that the phase, or the whole attempt, is over: a call that
/// fetches says it only of the attempt. All others are final for this call.
class CoordinatorLink {
 public:
  virtual ~CoordinatorLink() = default;

  /// Whether the coordinator answers us at all; waits for nothing.
  virtual Status hello() = 0;
  /// The encoded Invitation of the running attempt greater than `after` whose cohort holds this partner.
  virtual Result<std::optional<Bytes>> invitation(const RoundId& after) = 0;

  virtual Status send_keys(const RoundId& round, ByteView message) = 0;
  virtual Result<std::optional<Bytes>> key_set(const RoundId& round) = 0;
  virtual Status send_shares(const RoundId& round, ByteView message) = 0;
  virtual Result<std::optional<Bytes>> share_package(const RoundId& round) = 0;
  /// The phase-3 header. The state says where the vector has to go on.
  virtual Result<UploadState> send_update(const RoundId& round, ByteView header) = 0;
  virtual Result<UploadState> upload_state(const RoundId& round) = 0;
  /// One try to send the rest of the vector. The state says how far it came where that is known; another offset than
  /// the end of the file means: go on from there.
  virtual Result<UploadState> upload(const RoundId& round, const UploadFile& file) = 0;
  virtual Result<std::optional<Bytes>> survivor_set(const RoundId& round) = 0;
  virtual Status send_statement(const RoundId& round, ByteView message) = 0;
  virtual Result<std::optional<Bytes>> certificate(const RoundId& round) = 0;
  virtual Status send_unmask(const RoundId& round, ByteView message) = 0;
  virtual Result<std::optional<Bytes>> aggregate(const RoundId& round) = 0;
  /// The packed sum: exactly fills `words`.
  virtual Status aggregate_vector(const RoundId& round, std::span<std::uint64_t> words) = 0;
  /// One chunk of the uploads of survivors in roster order, of those behind `after`: a signed AuditAnswer with as many
  /// as fit. Waits for nothing.
  virtual Result<Bytes> audit_chunk(const RoundId& round, std::uint64_t chunk, std::optional<std::uint32_t> after) = 0;

  /// A model file; to be believed only when its hash is the one asked for.
  virtual Result<Bytes> model(const Digest& hash, std::uint64_t max_bytes) = 0;
};

/// Whether the same call may succeed later without anything changing on this side: busy, timeout, unreachable, tls (a
/// certificate that is being renewed), wrong_phase (too early) and internal (the coordinator's own trouble).
bool is_temporary(ErrorCode code);

}  // namespace bauta::client
