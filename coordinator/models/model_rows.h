// Where the model store keeps its list; the SQL behind it lives in coordinator/storage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/base/bytes.h"
#include "common/base/clock.h"
#include "common/base/result.h"

namespace bauta::coordinator {

struct ModelRow {
  std::string run_id;
  std::uint64_t round_no = 0;  ///< the round that made it, 0 for a run's initial model
  Digest hash{};
  std::string file;  ///< name in the models folder
  std::uint64_t size = 0;
  WallTime created_at{};
};

/// (run_id, round_no) names a row; two runs may share a model, hence a file.
class ModelRows {
 public:
  virtual ~ModelRows() = default;
  /// The same row again is no change; another hash under its name is `conflict`.
  virtual Status add(const ModelRow& row) = 0;
  virtual Result<std::optional<ModelRow>> find(const Digest& hash) const = 0;
  /// Newest first; of all runs where `run_id` is empty.
  virtual Result<std::vector<ModelRow>> list(std::string_view run_id, std::size_t limit) const = 0;
  virtual Status remove(std::string_view run_id, std::uint64_t round_no) = 0;
};

}  // namespace bauta::coordinator
