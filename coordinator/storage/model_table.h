// The model store's list in coordinator.db.
#pragma once

#include "common/storage/sqlite.h"
#include "coordinator/models/model_rows.h"

namespace bauta::coordinator {

class ModelTable final : public ModelRows {
 public:
  /// `database` must outlive this.
  explicit ModelTable(SqliteDatabase& database) : database_(&database) {}

  Status add(const ModelRow& row) override;
  Result<std::optional<ModelRow>> find(const Digest& hash) const override;
  Result<std::vector<ModelRow>> list(std::string_view run_id, std::size_t limit) const override;
  Status remove(std::string_view run_id, std::uint64_t round_no) override;

 private:
  SqliteDatabase* database_;
};

}  // namespace bauta::coordinator
