#include "coordinator/storage/model_table.h"

#include <fmt/format.h>

namespace bauta::coordinator {
namespace {

Result<ModelRow> read_model(const Statement& row) {
  ModelRow model;
  model.run_id = row.text(0);
  model.round_no = row.unsigned_integer(1);
  const auto hash = row.digest(2);
  if (!hash) {
    return Error{ErrorCode::database, fmt::format("the row of run {}'s model of round {} is damaged; restore a backup",
                                                  model.run_id, model.round_no)};
  }
  model.hash = *hash;
  model.file = row.text(3);
  model.size = row.unsigned_integer(4);
  model.created_at = row.time(5);
  return model;
}

}  // namespace

Status ModelTable::add(const ModelRow& row) {
  const Status added = database_->run(
      "record the model",
      "INSERT INTO models (run_id, round_no, hash, file, size, created_at) VALUES (?, ?, ?, ?, ?, ?) "
      "ON CONFLICT (run_id, round_no) DO UPDATE SET file = excluded.file WHERE models.hash = excluded.hash",
      row.run_id, row.round_no, row.hash, row.file, row.size, row.created_at);
  if (!added.ok()) return added;
  if (database_->changes() == 0) {
    return Error{ErrorCode::conflict,
                 fmt::format("run {} has another model of round {} already", row.run_id, row.round_no)};
  }
  return {};
}

Result<std::optional<ModelRow>> ModelTable::find(const Digest& hash) const {
  BAUTA_TRY(Statement row, database_->query("find the model",
                                            "SELECT run_id, round_no, hash, file, size, created_at FROM models "
                                            "WHERE hash = ? ORDER BY created_at, run_id, round_no LIMIT 1",
                                            hash));
  BAUTA_TRY(const bool found, row.step());
  if (!found) return std::optional<ModelRow>();
  BAUTA_TRY(ModelRow model, read_model(row));
  return std::optional(std::move(model));
}

Result<std::vector<ModelRow>> ModelTable::list(std::string_view run_id, std::size_t limit) const {
  BAUTA_TRY(Statement rows, database_->query("list models",
                                             "SELECT run_id, round_no, hash, file, size, created_at FROM models "
                                             "WHERE ? = '' OR run_id = ? ORDER BY run_id DESC, round_no DESC LIMIT ?",
                                             run_id, run_id, limit));
  std::vector<ModelRow> models;
  while (true) {
    BAUTA_TRY(const bool found, rows.step());
    if (!found) break;
    BAUTA_TRY(ModelRow model, read_model(rows));
    models.push_back(std::move(model));
  }
  return models;
}

Status ModelTable::remove(std::string_view run_id, std::uint64_t round_no) {
  return database_->run("forget the model", "DELETE FROM models WHERE run_id = ? AND round_no = ?", run_id, round_no);
}

}  // namespace bauta::coordinator
