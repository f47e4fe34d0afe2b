// What a partner gets that audits a finished round: one chunk of the survivors' uploads, each with its Merkle path, in
// one signed answer.
#pragma once

#include <cstddef>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include "common/crypto/signature.h"
#include "common/masking/wire.h"
#include "coordinator/storage/upload_spool.h"

namespace bauta::coordinator {

/// Copied from the round, so that the answer can be made away from the control thread.
struct AuditRequest {
  RoundKey round;
  Digest federation_id{};
  Digest rctx{};
  Digest u3{};
  std::uint64_t vector_bytes = 0;
  std::uint64_t chunk = 0;  ///< of those there are
  std::optional<PartnerIndex> after;
  std::vector<std::pair<PartnerIndex, Digest>>
      uploads;  ///< of those behind `after`, with the root that each sender signed
};

/// As many of the uploads, from the first one on, as fit into kAuditAnswerBytes; at least one. Any thread. Errors: io,
/// also where an upload has changed on the disk, not_found (the round was forgotten meanwhile).
Result<Bytes> make_audit_answer(const AuditRequest& request, const UploadSpool& spool, const SigningKey& key);

/// Bounds the answers in memory: `most` at a time, and one a partner. Any thread; outlived by what it hands out.
class AuditSlots {
 public:
  explicit AuditSlots(std::size_t most) : taken_(std::make_shared<Taken>()), most_(most) {}
  /// Null where all are taken. Given back when the last copy is gone.
  std::shared_ptr<const void> take(PartnerIndex partner);

 private:
  struct Taken {
    std::mutex mutex;
    std::set<PartnerIndex> partners;
  };
  std::shared_ptr<Taken> taken_;
  std::size_t most_;
};

}  // namespace bauta::coordinator
