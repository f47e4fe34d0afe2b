#include "common/federation/roster.h"

#include <fmt/format.h>

#include <set>

#include "common/base/config_reader.h"
#include "common/base/printable.h"
#include "common/crypto/certificate.h"
#include "common/crypto/sha256.h"

namespace bauta {
namespace {

// Notes a problem and returns nothing where the text is no usable key.
std::optional<VerifyKey> read_key(ConfigTable& table) {
  const std::string text = table.text("signing_key", kRequired);
  if (text.empty()) return std::nullopt;
  const auto der = from_base64(text);
  if (!der) {
    table.problem("signing_key", "is not base64");
    return std::nullopt;
  }
  auto key = VerifyKey::from_spki(*der);
  if (!key.ok()) {
    table.problem("signing_key", key.error().message);
    return std::nullopt;
  }
  return *std::move(key);
}

constexpr std::size_t kMaxFederationName = 100;

}  // namespace

std::optional<PartnerIndex> Roster::find(std::string_view partner_id) const {
  for (std::size_t i = 0; i < entries.size(); ++i) {
    if (entries[i].partner_id == partner_id) return static_cast<PartnerIndex>(i);
  }
  return std::nullopt;
}

Result<Roster> parse_roster(std::string_view text) {
  BAUTA_TRY(ConfigReader reader, ConfigReader::from_text(text, "roster", kMaxRosterBytes));
  ConfigTable root = reader.root();
  const std::string federation = root.text("federation", kRequired);
  // It stands in what people read before they sign.
  if (!is_printable(federation) || federation.size() > kMaxFederationName) {
    root.problem("federation",
                 fmt::format("must have at most {} bytes, none of them a control character", kMaxFederationName));
  }
  const auto federation_id = digest_from_hex(root.text("federation_id", kRequired));
  if (!federation_id) root.problem("federation_id", "must be 64 hexadecimal digits");
  ConfigTable coordinator = root.table("coordinator");
  const auto coordinator_key = read_key(coordinator);

  std::vector<RosterEntry> entries;
  std::set<std::string> ids;
  std::set<Digest> fingerprints;
  if (coordinator_key) fingerprints.insert(coordinator_key->fingerprint());
  for (ConfigTable& partner : root.tables("partner")) {
    const std::string id = partner.text("id", kRequired);
    if (!is_partner_id(id)) partner.problem("id", "must be 1 to 64 of a-z, 0-9, '-' and '_'");
    if (!ids.insert(id).second) partner.problem("id", "stands twice in the roster");
    const double weight = partner.number("weight", {1e-6, 1.0}, 1.0);
    const auto key = read_key(partner);
    if (!key) continue;
    if (!fingerprints.insert(key->fingerprint()).second) partner.problem("signing_key", "stands twice in the roster");
    entries.push_back({id, *key, weight});
  }
  const auto version = root.integer("version", {1}, 1);
  // A majority holds an honest partner under any plan, and two changes of one roster need a partner that signs both.
  const auto majority = static_cast<std::int64_t>(entries.size() / 2 + 1);
  const auto signatures =
      root.integer("change_signatures", {majority, static_cast<std::int64_t>(entries.size())}, majority);
  if (entries.size() < 3) root.problem("partner", "a federation needs at least 3 partners");
  if (entries.size() > kMaxPartners) root.problem("partner", "too many partners");
  BAUTA_RETURN_IF_ERROR(reader.finish());
  return Roster{federation,
                *federation_id,
                *coordinator_key,
                std::move(entries),
                static_cast<std::uint64_t>(version),
                static_cast<std::uint32_t>(signatures),
                sha256(as_bytes(text)),
                std::string(text)};
}

}  // namespace bauta
