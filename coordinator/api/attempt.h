// One attempt of one round as the daemon keeps it: the pure round, and what the shell knows about it.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>

#include "common/base/clock.h"
#include "coordinator/round/round.h"
#include "coordinator/storage/round_journal.h"

namespace bauta::coordinator {

struct Attempt {
  RoundKey key;
  std::string run_id;
  std::string plan;  ///< the TOML text that partners pin
  std::unique_ptr<Round> round;
  std::set<PartnerIndex> excluded;
  SteadyTime began{};  ///< the phases' deadlines count from here
  WallTime opened_at{};
  std::map<PartnerIndex, std::uint64_t> bytes_received;  ///< request bodies
  std::set<PartnerIndex> convicted;  ///< of whom a file of evidence was kept in this attempt, or tried to
  std::string gone;  ///< why nothing more comes of it although it is neither finished nor void; usually empty

  bool over() const { return round->phase() >= Phase::finished || !gone.empty(); }
};

}  // namespace bauta::coordinator
