#include "coordinator/storage/token_store.h"

#include <fmt/format.h>

#include <algorithm>

namespace bauta::coordinator {
namespace {

constexpr std::size_t kMaxNameBytes = 64;

bool same_in_constant_time(const Digest& a, const Digest& b) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < a.size(); ++i) difference |= static_cast<unsigned>(a[i] ^ b[i]);
  return difference == 0;
}

}  // namespace

Status TokenStore::add(std::string_view name, const Digest& hash, WallTime now) {
  // Names stand in lists and in the log: one printable word each.
  const auto is_printable = [](char c) { return c > 0x20 && c < 0x7f; };
  if (name.empty() || name.size() > kMaxNameBytes || !std::all_of(name.begin(), name.end(), is_printable)) {
    return Error{ErrorCode::invalid_argument,
                 fmt::format("the name of an operator token must have 1 to {} printable ASCII characters and no blanks",
                             kMaxNameBytes)};
  }
  const Status added =
      database_->run("add the operator token", "INSERT INTO operator_tokens (name, hash, created_at) VALUES (?, ?, ?)",
                     name, hash, now);
  if (!added.ok() && added.error().code == ErrorCode::conflict) {
    return Error{ErrorCode::conflict, fmt::format("there is an operator token {} already; choose another name", name)};
  }
  return added;
}

Result<std::string> TokenStore::check(const Digest& hash) const {
  BAUTA_TRY(Statement rows,
            database_->query("check the token", "SELECT name, hash FROM operator_tokens WHERE revoked_at IS NULL"));
  std::optional<std::string> name;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    const auto stored = rows.digest(1);
    if (stored && same_in_constant_time(*stored, hash)) name = rows.text(0);
  }
  if (!name) return Error{ErrorCode::unauthenticated, "the bearer token is unknown or was revoked"};
  return *name;
}

Status TokenStore::revoke(std::string_view name, WallTime now) {
  BAUTA_RETURN_IF_ERROR(database_->run("revoke the operator token",
                                       "UPDATE operator_tokens SET revoked_at = COALESCE(revoked_at, ?) WHERE name = ?",
                                       now, name));
  if (database_->changes() == 0) return Error{ErrorCode::not_found, fmt::format("there is no operator token {}", name)};
  return {};
}

Result<std::vector<TokenRow>> TokenStore::list() const {
  BAUTA_TRY(Statement rows, database_->query("list operator tokens",
                                             "SELECT name, created_at, revoked_at FROM operator_tokens ORDER BY name"));
  std::vector<TokenRow> tokens;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    tokens.push_back({rows.text(0), rows.time(1), rows.optional_time(2)});
  }
  return tokens;
}

}  // namespace bauta::coordinator
