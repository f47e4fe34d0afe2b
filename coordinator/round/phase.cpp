#include "coordinator/round/phase.h"

namespace bauta::coordinator {

std::string_view to_string(Phase phase) {
  switch (phase) {
    case Phase::advertise_keys: return "advertise_keys";
    case Phase::share_keys: return "share_keys";
    case Phase::masked_update: return "masked_update";
    case Phase::certify_survivors: return "certify_survivors";
    case Phase::unmask: return "unmask";
    case Phase::finished: return "finished";
    case Phase::voided: return "voided";
  }
  return "unknown";
}

}  // namespace bauta::coordinator
