// The generator: six unlike services that share nobody and nothing but how interests work, with a written ground truth.
#pragma once

#include <cstdint>
#include <filesystem>

#include "common/base/result.h"

namespace bauta::simulation {

/// `full` is what the demo trains on (up to 2,400 persons a service), `small` an eighth of it for tests.
enum class Scale : std::uint8_t { full, small };

/// Writes, for each service NAME, OUT/NAME/{events,items,persons}.csv.gz and OUT/services/NAME.toml (a service file
/// whose paths are relative to OUT), and OUT/ground_truth.json. The same seed gives the same files. OUT is created;
/// files of an earlier run are overwritten.
///
/// Planted: every person has weights on twelve interests; items are named by words of one interest, the same words in
/// every service; the `pull` of an interest, the same in every service, raises or lowers how often a person comes, and
/// a mail is redeemed the more often the closer its interest is to the person's and the higher the person's pull. About
/// 2 % of the persons refuse consent.
///
/// ground_truth.json holds the interests with their words and pull; for each service the task, counts, each person's
/// and item's interests, and `oracle_auc`: the AUC on the very test samples of the task for an observer who knows every
/// rate and chance but, like the model, sees only what happened before a sample's cut.
Status make_data(const std::filesystem::path& out, std::uint64_t seed, Scale scale = Scale::full);

}  // namespace bauta::simulation
