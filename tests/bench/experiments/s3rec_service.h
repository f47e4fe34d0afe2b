// One of the five services of the S3-Rec tables as an event log. Protocol of the tables: a person's last item is the
// test, the one before the validation, the rest training; one line a person, in time order, without times.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "client/data/event_log.h"
#include "client/data/samples.h"

namespace bauta::experiment {

/// The sequences carry no times, so that they are given some that tell nothing: every event one week after the one
/// before (same gap, weekday and hour), aligned so that all validation events lie at one moment and all test events
/// one week later.
struct S3RecService {
  std::string name;
  client::EventLog log;

  static constexpr client::UnixSeconds kWeek = 7 * 86400;
  static constexpr client::UnixSeconds kValidationAt = 2000 * kWeek;
  static constexpr client::UnixSeconds kTestAt = kValidationAt + kWeek;

  /// What the model is asked for: every person's history strictly before a moment.
  std::vector<client::Sample> samples_at(client::UnixSeconds cut) const;
  /// The item of `person` at that moment.
  std::uint32_t item_at(std::size_t person, client::UnixSeconds at) const;
};

/// Reads NAME.txt.gz and NAME_item2attributes.json.gz of `folder`. At most `persons` of them, spread evenly over the
/// file; 0: all. Items outside the kept persons' histories are no items of the service then. Attribute numbers become
/// the codes "NAME:NUMBER", for the numbers of unlike services mean nothing to each other; an item that lists one
/// several times has it once. Gives up (bench::give_up) for a file that is not as described.
S3RecService load_s3rec(const std::filesystem::path& folder, const std::string& name, std::size_t persons);

}  // namespace bauta::experiment
