#include "coordinator/api/run_json.h"

#include <nlohmann/json.hpp>

#include "common/base/time_format.h"

namespace bauta::coordinator {
namespace {

using Json = nlohmann::ordered_json;

Json time_json(const std::optional<WallTime>& time) {
  if (!time) return nullptr;
  return format_time(std::chrono::floor<std::chrono::seconds>(*time).time_since_epoch().count());
}

Json hash_json(const std::optional<Digest>& digest) { return digest ? Json(to_hex(*digest)) : Json(); }

Json number_json(const std::optional<double>& number) { return number ? Json(*number) : Json(); }

Json text_json(const std::string& text) { return text.empty() ? Json() : Json(text); }

std::string dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json to_json(const RunView& view) {
  const RunRow& run = view.row;
  Json json;
  json["run_id"] = run.run_id;
  json["name"] = run.name;
  json["state"] = to_string(run.state);
  json["reason"] = text_json(run.reason);
  json["plan_hash"] = to_hex(run.plan_hash);
  json["rounds_total"] = view.rounds_total;
  json["rounds_done"] = run.rounds_done;
  if (view.attempt) {
    json["round"] = {{"round_no", view.attempt->key.round_no},
                     {"attempt", view.attempt->key.attempt},
                     {"phase", to_string(view.attempt->round->phase())}};
  } else {
    json["round"] = nullptr;
  }
  json["dropouts_survived"] = view.summary.dropouts_survived;
  json["attempts_void"] = view.summary.attempts_void;
  json["bytes_per_client_round"] = view.summary.bytes_per_client_round();
  json["model_hash"] = hash_json(run.current_model);
  json["created_at"] = time_json(run.created_at);
  json["started_at"] = time_json(run.started_at);
  json["finished_at"] = time_json(run.finished_at);
  json["mean_auc"] = number_json(view.summary.mean_auc);
  json["mean_log_loss"] = number_json(view.summary.mean_log_loss);
  return json;
}

Json to_json(const RoundRow& round) {
  Json json;
  json["round_no"] = round.round_no;
  json["attempt"] = round.attempt;
  json["state"] = to_string(round.state);
  json["phase"] = round.phase;
  json["cohort"] = round.cohort;
  json["u1"] = round.u1;
  json["u2"] = round.u2;
  json["u3"] = round.u3;
  json["void_reason"] = text_json(round.void_reason);
  json["model_hash_before"] = to_hex(round.model_before);
  json["model_hash_after"] = hash_json(round.model_after);
  json["mean_auc"] = number_json(round.mean_auc);
  json["mean_log_loss"] = number_json(round.mean_log_loss);
  json["opened_at"] = time_json(round.opened_at);
  json["closed_at"] = time_json(round.closed_at);
  return json;
}

Json to_json(const ModelRow& model) {
  Json json;
  json["hash"] = to_hex(model.hash);
  json["run_id"] = model.run_id;
  json["round_no"] = model.round_no;
  json["bytes"] = model.size;
  json["created_at"] = time_json(model.created_at);
  return json;
}

Json to_json(const PartnerView& partner) {
  Json json;
  json["partner_id"] = partner.partner_id;
  json["weight"] = partner.weight;
  json["status"] = partner.revoked ? "revoked" : "active";
  json["last_seen"] = time_json(partner.last_seen);
  json["present"] = partner.present;
  return json;
}

template <class T>
Json list_json(const std::vector<T>& items) {
  Json list = Json::array();
  for (const T& item : items) list.push_back(to_json(item));
  return list;
}

}  // namespace

std::string run_json(const RunView& view) { return dump(to_json(view)); }

std::string runs_json(const std::vector<RunView>& views, const std::string& next_page_token) {
  return dump({{"runs", list_json(views)}, {"next_page_token", next_page_token}});
}

std::string rounds_json(const Page<RoundRow>& page) {
  return dump({{"rounds", list_json(page.items)}, {"next_page_token", page.next_page_token}});
}

std::string model_json(const ModelRow& model) { return dump(to_json(model)); }

std::string models_json(const std::vector<ModelRow>& models) { return dump(list_json(models)); }

std::string partner_json(const PartnerView& partner) { return dump(to_json(partner)); }

std::string partners_json(const std::vector<PartnerView>& partners) { return dump(list_json(partners)); }

}  // namespace bauta::coordinator
