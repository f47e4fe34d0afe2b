// Operators' bearer tokens: only hashes are kept.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/storage/sqlite.h"

namespace bauta::coordinator {

struct TokenRow {
  std::string name;  ///< who or what it was made for; stands in the log of what was done with it
  WallTime created_at{};
  std::optional<WallTime> revoked_at;
};

class TokenStore {
 public:
  /// `database` must outlive this.
  explicit TokenStore(SqliteDatabase& database) : database_(&database) {}

  /// `hash` is the SHA-256 of a token of at least 128 random bits. `conflict` where the name or the hash is taken.
  Status add(std::string_view name, const Digest& hash, WallTime now);
  /// The name of the live token with this hash; `unauthenticated` where there is none. The time it takes depends on the
  /// number of tokens only, not on how much of a hash was right.
  Result<std::string> check(const Digest& hash) const;
  Status revoke(std::string_view name, WallTime now);
  /// By name.
  Result<std::vector<TokenRow>> list() const;

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
