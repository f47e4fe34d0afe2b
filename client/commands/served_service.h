// What the local commands ask: the partner's own data and the model that it serves for them. Nothing leaves.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "client/agent/client_settings.h"
#include "client/agent/service_data.h"
#include "client/scoring/predictor.h"
#include "common/base/log.h"
#include "common/base/progress_bar.h"
#include "common/base/result.h"

namespace bauta::client {

/// A shared model from elsewhere (`bauta models download`) with the plan it was made by: what a newcomer has before its
/// first round and its first label. Both or neither.
struct GivenModel {
  std::string model;  ///< model file; empty: what the state directory holds
  std::string plan;   ///< plan file
};

/// One caller at a time. Reads the state directory and changes nothing in it, so it may be used beside the daemon.
class ServedService {
 public:
  /// The choice of `bauta-client evaluate`; before there is one, the shared model on the shelf as it is, which is
  /// logged. not_found where there is no shared model either; errors of the data. A service from whose data no samples
  /// can be cut yet is served, too: what it is told is not calibrated. `given` is used as it is, and the state
  /// directory is not looked at; wrong_context where its plan is not the one that the model names.
  static Result<std::unique_ptr<ServedService>> open(const ClientSettings& settings, const GivenModel& given,
                                                     const Logger& log, OnProgress on_progress);

  const EventLog& log() const { return data_.loaded.log; }
  const LoadedData& loaded() const { return data_.loaded; }
  const SampleSets& samples() const { return data_.samples; }
  Predictor& predictor() { return *predictor_; }
  /// "local", "shared", "personalised", "mix", or "shared, not chosen yet".
  const std::string& model() const { return model_; }
  /// Of the conversion's log odds, where one was kept.
  const std::optional<Calibration>& calibration() const { return calibration_; }

  /// `at` ("YYYY-MM-DD" or "YYYY-MM-DDTHH:MM:SSZ"), or where it is empty the second after the last event, but no
  /// later than a day from now: a date in the far future would make every contact and purchase an old one.
  Result<UnixSeconds> now(std::string_view at) const;
  /// not_found for whom consent keeps out as for whom nobody knows.
  Result<std::uint32_t> person(std::string_view id) const;
  Result<std::uint32_t> item(std::string_view id) const;

 private:
  ServedService(const ClientSettings& settings, ServiceData data) : task_(settings.task), data_(std::move(data)) {}

  void find_now(UnixSeconds today, const Logger& log);

  TaskSettings task_;
  UnixSeconds now_ = 0;
  ServiceData data_;
  std::unique_ptr<BehaviourTrainer> trainer_;
  std::unique_ptr<Predictor> predictor_;
  std::string model_;
  std::optional<Calibration> calibration_;
};

/// What an item is called: its title, else its category.
std::string_view text_of(const Item& item);

}  // namespace bauta::client
