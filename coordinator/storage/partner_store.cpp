#include "coordinator/storage/partner_store.h"

#include <fmt/format.h>

namespace bauta::coordinator {
namespace {

PartnerRow read_partner(const Statement& row) {
  PartnerRow partner;
  partner.partner_id = row.text(0);
  // Anything but "active" keeps the partner out.
  partner.status = row.text(1) == to_string(PartnerStatus::active) ? PartnerStatus::active : PartnerStatus::revoked;
  partner.first_seen = row.time(2);
  partner.last_seen = row.time(3);
  return partner;
}

}  // namespace

std::string_view to_string(PartnerStatus status) { return status == PartnerStatus::active ? "active" : "revoked"; }

Status PartnerStore::touch(std::string_view partner_id, WallTime now) {
  return database_->run("record the partner's contact",
                        "INSERT INTO partners (partner_id, status, first_seen, last_seen) VALUES (?, 'active', ?, ?) "
                        "ON CONFLICT (partner_id) DO UPDATE SET last_seen = excluded.last_seen",
                        partner_id, now, now);
}

Result<std::vector<PartnerRow>> PartnerStore::list() const {
  BAUTA_TRY(Statement rows, database_->query("list partners",
                                             "SELECT partner_id, status, first_seen, last_seen "
                                             "FROM partners ORDER BY partner_id"));
  std::vector<PartnerRow> partners;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    partners.push_back(read_partner(rows));
  }
  return partners;
}

Result<PartnerRow> PartnerStore::get(std::string_view partner_id) const {
  BAUTA_TRY(Statement row, database_->query("read the partner",
                                            "SELECT partner_id, status, first_seen, last_seen "
                                            "FROM partners WHERE partner_id = ?",
                                            partner_id));
  BAUTA_TRY(const bool found, row.step());
  if (!found) return Error{ErrorCode::not_found, fmt::format("there is no partner {}", partner_id)};
  return read_partner(row);
}

Status PartnerStore::revoke(std::string_view partner_id, WallTime now) {
  return database_->run("revoke the partner",
                        "INSERT INTO partners (partner_id, status, first_seen, last_seen) VALUES (?, 'revoked', ?, ?) "
                        "ON CONFLICT (partner_id) DO UPDATE SET status = 'revoked'",
                        partner_id, now, now);
}

Status PartnerStore::reinstate(std::string_view partner_id) {
  BAUTA_RETURN_IF_ERROR(database_->run("reinstate the partner",
                                       "UPDATE partners SET status = 'active' WHERE partner_id = ?", partner_id));
  if (database_->changes() == 0) return Error{ErrorCode::not_found, fmt::format("there is no partner {}", partner_id)};
  return {};
}

Status PartnerStore::revoke_certificate(const Digest& fingerprint, std::string_view partner_id, WallTime now) {
  return database_->run("revoke the certificate",
                        "INSERT INTO revoked_certificates (fingerprint, partner_id, revoked_at) VALUES (?, ?, ?) "
                        "ON CONFLICT (fingerprint) DO NOTHING",
                        fingerprint, partner_id, now);
}

Result<std::set<Digest>> PartnerStore::revoked_certificates() const {
  BAUTA_TRY(Statement rows,
            database_->query("list the revoked certificates", "SELECT fingerprint FROM revoked_certificates"));
  std::set<Digest> fingerprints;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) return fingerprints;
    const auto fingerprint = rows.digest(0);
    if (!fingerprint) return Error{ErrorCode::database, "a revoked certificate has no fingerprint; restore a backup"};
    fingerprints.insert(*fingerprint);
  }
}

}  // namespace bauta::coordinator
