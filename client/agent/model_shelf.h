// The shared model on this client's disk and the plans it was made by. Folder models/ of the state directory:
//   current.bauta      after the last aggregate that was applied
//   HASH.plan.toml     plan texts
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "common/base/result.h"
#include "common/federation/plan.h"
#include "common/model/model_file.h"

namespace bauta::client {

struct HeldModel {
  Digest hash{};
  Digest plan_hash{};
  std::uint64_t round_no = 0;  ///< the last round applied, 0 for the initial model
  ModelState state;
};

inline constexpr std::uint64_t kMaxModelBytes = std::uint64_t{2} << 30;

/// A model file's bytes as a model. Errors: malformed and what decode_model says.
Result<HeldModel> read_model(ByteView bytes);

/// One thread at a time. Every write is atomic and durable.
class ModelShelf {
 public:
  /// Makes the folder and reads the current model. A damaged file is an error that names it.
  static Result<ModelShelf> open(const std::filesystem::path& state_directory);

  const std::optional<HeldModel>& current() const { return current_; }
  Status put_current(HeldModel model, const ParameterLayout& layout);

  Status put_plan(std::string_view text) const;
  /// Nothing when this client never took part in it.
  Result<std::optional<Plan>> plan(const Digest& hash) const;
  /// The plan of a model of this shelf; not_found where its file is missing.
  Result<Plan> plan_of_model(const Digest& hash) const;

 private:
  explicit ModelShelf(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path folder_;
  std::optional<HeldModel> current_;
};

}  // namespace bauta::client
