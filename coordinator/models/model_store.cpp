#include "coordinator/models/model_store.h"

#include <fmt/format.h>

#include <limits>

#include "common/base/file.h"

namespace bauta::coordinator {

Result<ModelStore> ModelStore::open(const std::filesystem::path& state_directory, ModelRows& rows) {
  const std::filesystem::path directory = state_directory / "models";
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(directory));
  BAUTA_RETURN_IF_ERROR(remove_temporaries(directory));
  return ModelStore(directory, rows);
}

Result<ModelRow> ModelStore::put(std::string_view run_id, std::uint64_t round_no, const Digest& hash, ByteView bytes,
                                 WallTime now) {
  ModelRow row;
  row.run_id = run_id;
  row.round_no = round_no;
  row.hash = hash;
  row.file = to_hex(hash) + ".bauta";
  row.size = bytes.size();
  row.created_at = now;
  BAUTA_RETURN_IF_ERROR(write_file_atomically(directory_ / row.file, bytes));
  BAUTA_RETURN_IF_ERROR(rows_->add(row));
  return row;
}

Result<ModelRow> ModelStore::find(const Digest& hash) const {
  BAUTA_TRY(std::optional<ModelRow> row, rows_->find(hash));
  if (!row) return Error{ErrorCode::not_found, fmt::format("there is no model {}", to_hex(hash))};
  return *std::move(row);
}

Result<std::filesystem::path> ModelStore::path(const Digest& hash) const {
  BAUTA_TRY(const ModelRow row, find(hash));
  return directory_ / row.file;
}

Result<Bytes> ModelStore::read(const Digest& hash) const {
  BAUTA_TRY(const std::filesystem::path file, path(hash));
  return read_file(file, kMaxModelBytes);
}

Result<std::size_t> ModelStore::prune(std::string_view run_id, std::size_t keep) {
  BAUTA_CHECK(!run_id.empty());
  BAUTA_TRY(const std::vector<ModelRow> rows, list(run_id, std::numeric_limits<std::int32_t>::max()));
  std::size_t removed = 0;
  for (std::size_t i = keep; i < rows.size(); ++i) {
    const ModelRow& row = rows[i];
    if (row.round_no == 0) continue;
    // The row first: after a crash in between a file is left over, never a row that leads nowhere.
    BAUTA_RETURN_IF_ERROR(rows_->remove(row.run_id, row.round_no));
    BAUTA_TRY(const std::optional<ModelRow> other, rows_->find(row.hash));
    if (!other) BAUTA_RETURN_IF_ERROR(remove_file(directory_ / row.file));
    ++removed;
  }
  return removed;
}

}  // namespace bauta::coordinator
