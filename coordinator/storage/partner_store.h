// Partners as the coordinator has seen them, and certificates that are no longer taken.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.h"

namespace bauta::coordinator {

enum class PartnerStatus : std::uint8_t { active, revoked };

std::string_view to_string(PartnerStatus status);

struct PartnerRow {
  std::string partner_id;
  PartnerStatus status = PartnerStatus::active;
  WallTime first_seen{};
  WallTime last_seen{};
};

class PartnerStore {
 public:
  /// `database` must outlive this.
  explicit PartnerStore(SqliteDatabase& database) : database_(&database) {}

  /// Called on contact: makes the row or moves last_seen; never changes the status.
  Status touch(std::string_view partner_id, WallTime now);
  /// By partner_id.
  Result<std::vector<PartnerRow>> list() const;
  /// not_found for a partner that never made contact nor was revoked.
  Result<PartnerRow> get(std::string_view partner_id) const;
  /// Also for a partner that was never seen: then it never gets in.
  Status revoke(std::string_view partner_id, WallTime now);
  Status reinstate(std::string_view partner_id);
  Status revoke_certificate(const Digest& fingerprint, std::string_view partner_id, WallTime now);
  /// By fingerprint.
  Result<std::set<Digest>> revoked_certificates() const;

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
