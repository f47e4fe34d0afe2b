// What operators see of runs, rounds, models and partners, as JSON text.
#pragma once

#include <string>

#include "coordinator/api/round_runner.h"
#include "coordinator/storage/page.h"

namespace bauta::coordinator {

std::string run_json(const RunView& view);
std::string runs_json(const std::vector<RunView>& views, const std::string& next_page_token);
std::string rounds_json(const Page<RoundRow>& page);
std::string model_json(const ModelRow& model);
std::string models_json(const std::vector<ModelRow>& models);

struct PartnerView {
  std::string partner_id;
  double weight = 1;
  bool revoked = false;
  std::optional<WallTime> last_seen;
  bool present = false;
};
std::string partner_json(const PartnerView& partner);
std::string partners_json(const std::vector<PartnerView>& partners);

}  // namespace bauta::coordinator
