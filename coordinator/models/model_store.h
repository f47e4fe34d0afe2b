// Models as files named by their hash. The file is whole and durable before its row is written: a row never names a
// file that is not there, and a file without a row (a crash in between) is found again by the next put of that model.
#pragma once

#include <filesystem>
#include <string_view>
#include <vector>

#include "coordinator/models/model_rows.h"

namespace bauta::coordinator {

/// Holds opaque bytes; whoever reads them checks the hash (common/model). One thread at a time.
class ModelStore {
 public:
  static constexpr std::uint64_t kMaxModelBytes = std::uint64_t{1} << 32;

  /// Uses state_directory/models. `rows` must outlive this.
  static Result<ModelStore> open(const std::filesystem::path& state_directory, ModelRows& rows);

  /// Idempotent by (run_id, round_no, hash).
  Result<ModelRow> put(std::string_view run_id, std::uint64_t round_no, const Digest& hash, ByteView bytes,
                       WallTime now);
  /// not_found where no run has such a model.
  Result<ModelRow> find(const Digest& hash) const;
  Result<Bytes> read(const Digest& hash) const;
  /// For streaming a download.
  Result<std::filesystem::path> path(const Digest& hash) const;
  /// Newest first; of all runs where `run_id` is empty.
  Result<std::vector<ModelRow>> list(std::string_view run_id, std::size_t limit) const {
    return rows_->list(run_id, limit);
  }
  /// Keeps the newest `keep` models of the run and its initial one; the files of the others go once no run needs them.
  /// Returns how many rows went.
  Result<std::size_t> prune(std::string_view run_id, std::size_t keep);

 private:
  ModelStore(std::filesystem::path directory, ModelRows& rows) : directory_(std::move(directory)), rows_(&rows) {}

  std::filesystem::path directory_;
  ModelRows* rows_;
};

}  // namespace bauta::coordinator
