// A whole round whose coordinator lies about the sum or about the uploads that it serves for the audit.
#pragma once

#include <algorithm>
#include <string>

#include "client/agent/evidence.h"
#include "tests/adversarial/lab.h"

namespace bauta::testing {

inline constexpr RoundId kAuditedRound{1, 1};

/// The name of the check by which everybody refuses the sum, or nothing where everybody has applied it.
inline std::string audited_round(Lab& lab) {
  lab.coordinator.open(kAuditedRound);
  const auto everybody = lab.everybody();
  const auto all = [&](std::string_view event) {
    return std::all_of(everybody.begin(), everybody.end(),
                       [&](PartnerIndex partner) { return lab.host(partner).count(event) > 0; });
  };
  REQUIRE(lab.drive(everybody, [&] { return all("model applied") || all("audit failed"); }));
  if (all("model applied")) return "";
  for (const char* check : {"audit_answer", "audit_proof", "audit_sum"}) {
    if (std::all_of(everybody.begin(), everybody.end(), [&](PartnerIndex partner) {
          return lab.names(partner, std::string("check=") + check) && lab.host(partner).count("model applied") == 0;
        })) {
      return check;
    }
  }
  return "different checks";
}

/// Whether the victim keeps what shows it to anybody who has the roster.
inline bool convicted_by_audit(Lab& lab, ErrorCode check) {
  const auto files = lab.victim().evidence();
  return std::any_of(files.begin(), files.end(), [&](const EvidenceFile& file) {
    const auto verdict = verify_evidence(client::client_evidence_kinds(), lab.coordinator.federation.roster(), file);
    return file.kind == "audit" && verdict.ok() && verdict->find(to_string(check)) != std::string::npos;
  });
}

}  // namespace bauta::testing
