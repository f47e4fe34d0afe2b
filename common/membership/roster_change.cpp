#include "common/membership/roster_change.h"

#include <fmt/format.h>

#include "common/masking/transcript.h"

namespace bauta {
namespace {

std::string key_name(const VerifyKey& key) { return to_hex(key.fingerprint()); }

std::string names(const Roster& roster, const std::set<PartnerIndex>& partners) {
  std::string text;
  for (const PartnerIndex partner : partners) {
    text += (text.empty() ? "" : ", ") + roster.entries[partner].partner_id;
  }
  return text.empty() ? "nobody" : text;
}

bool is_this_change(const RosterChange& change, const Roster& current, const Roster& next) {
  return change.federation_id == current.federation_id && change.from == current.hash && change.to == next.hash &&
         change.version == next.version;
}

}  // namespace

Status judge_succession(const Roster& current, const Roster& next) {
  if (next.federation_id != current.federation_id) {
    return Error{ErrorCode::wrong_context, "the new roster is of another federation_id than the one in force"};
  }
  if (next.hash == current.hash) return Error{ErrorCode::conflict, "the new roster is the one in force already"};
  if (next.version != current.version + 1) {
    return Error{ErrorCode::wrong_context,
                 fmt::format("the new roster is version {}, the one in force version {}: only version {} can follow it",
                             next.version, current.version, current.version + 1)};
  }
  return {};
}

std::vector<std::string> roster_differences(const Roster& current, const Roster& next) {
  std::vector<std::string> lines;
  const auto say = [&](std::string line) { lines.push_back(std::move(line)); };
  if (next.federation != current.federation) {
    say(fmt::format("the federation's name changes from \"{}\" to \"{}\"", current.federation, next.federation));
  }
  if (next.coordinator_key.spki() != current.coordinator_key.spki()) {
    say(fmt::format("the COORDINATOR'S KEY changes from {} to {}", key_name(current.coordinator_key),
                    key_name(next.coordinator_key)));
  }
  bool reordered = false;
  for (PartnerIndex place = 0; place < current.size(); ++place) {
    const RosterEntry& before = current.entries[place];
    const auto found = next.find(before.partner_id);
    if (!found) {
      say(fmt::format("partner {} leaves", before.partner_id));
      continue;
    }
    const RosterEntry& after = next.entries[*found];
    if (after.signing_key.spki() != before.signing_key.spki()) {
      say(fmt::format("partner {}'s signing key changes from {} to {}", before.partner_id, key_name(before.signing_key),
                      key_name(after.signing_key)));
    }
    if (after.weight != before.weight) {
      say(fmt::format("partner {}'s weight changes from {} to {}", before.partner_id, before.weight, after.weight));
    }
    reordered = reordered || *found != place;
  }
  for (const RosterEntry& entry : next.entries) {
    if (current.find(entry.partner_id)) continue;
    say(fmt::format("partner {} joins, weight {}, key {}", entry.partner_id, entry.weight,
                    key_name(entry.signing_key)));
  }
  if (reordered) say("partners get other numbers, since their order changes");
  if (next.change_signatures != current.change_signatures || next.size() != current.size()) {
    say(fmt::format("from then on {} of {} partners must sign a change, instead of {} of {}", next.change_signatures,
                    next.size(), current.change_signatures, current.size()));
  }
  say(fmt::format("version {} becomes version {}", current.version, next.version));
  return lines;
}

Bytes sign_roster_change(const Roster& current, const Roster& next, const SigningKey& key, PartnerIndex signer) {
  return sign_blob(label::kRosterChange, current.federation_id, key, signer,
                   encode(RosterChange{current.federation_id, current.hash, next.hash, next.version}));
}

Result<PartnerIndex> open_roster_signature(const Roster& current, const Roster& next, ByteView signature) {
  if (signature.size() > kMaxRosterSignatureBytes) {
    return Error{ErrorCode::oversized, "it is too long for a signature on a roster change"};
  }
  BAUTA_TRY(const std::uint32_t signer, claimed_signer(signature));
  if (signer >= current.size()) {
    return Error{ErrorCode::bad_signature, "it is not signed by a partner of the roster in force"};
  }
  BAUTA_TRY(const Bytes payload, open_blob(label::kRosterChange, current, signer, signature));
  BAUTA_TRY(const auto change, decode<RosterChange>(payload));
  if (!is_this_change(change, current, next)) {
    return Error{ErrorCode::wrong_context, fmt::format("{} has signed another change: from roster {} to {}, version {}",
                                                       current.entries[signer].partner_id, to_hex(change.from),
                                                       to_hex(change.to), change.version)};
  }
  return signer;
}

RosterSignatures count_roster_signatures(const Roster& current, const Roster& next, std::span<const Bytes> signatures) {
  RosterSignatures counted;
  std::size_t place = 0;
  for (const Bytes& signature : signatures) {
    ++place;
    const auto signer = open_roster_signature(current, next, signature);
    if (!signer.ok()) {
      counted.refused.push_back(fmt::format("signature {} of those given: {}", place, signer.error().message));
    } else {
      counted.signers.insert(*signer);
    }
  }
  return counted;
}

Status check_roster_change(const Roster& current, const Roster& next, const RosterSignatures& signatures) {
  BAUTA_RETURN_IF_ERROR(judge_succession(current, next));
  if (signatures.signers.size() >= current.change_signatures) return {};
  std::string message = fmt::format("{} of the {} partners of the roster in force must have signed this change; {}",
                                    current.change_signatures, current.size(), names(current, signatures.signers));
  message += signatures.signers.size() <= 1 ? " has" : " have";
  for (const std::string& reason : signatures.refused) message += "; not counted: " + reason;
  return Error{ErrorCode::threshold_lost, std::move(message)};
}

}  // namespace bauta
