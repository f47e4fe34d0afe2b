#include "client/scoring/serving_model.h"

#include <doctest/doctest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "client/training/vector_file.h"
#include "common/base/file.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using testing::TemporaryDirectory;

namespace {

constexpr const char* kFile = "serving.vectors";

ServingModel example() {
  ServingModel model;
  model.service = "shop";
  model.task = "purchase within 28 days";
  model.choice = {ServedModel::mix, 1.0 / 3, ServedModel::shared, 0.71234567890123456, -1e-17, std::nullopt};
  model.calibration = {0.1 + 0.2, -4.9e-3};
  model.plan_hash.fill(7);
  model.newest_shared.fill(255);
  model.base_log_odds = -2.1F;
  model.items = {"a", "", "caf\u00E9 \"7\""};
  model.local = {1.5F, -2.25F};
  model.federated = {3e-41F};
  return model;
}

/// Exactly the same numbers, so that whoever reads the file serves the same probabilities.
void check_same(const ServingModel& read, const ServingModel& written) {
  CHECK(read.service == written.service);
  CHECK(read.task == written.task);
  CHECK(read.choice.model == written.choice.model);
  CHECK(read.choice.local_share == written.choice.local_share);
  CHECK(read.choice.auc == written.choice.auc);
  CHECK(read.choice.above_incumbent == written.choice.above_incumbent);
  CHECK(read.choice.incumbent == written.choice.incumbent);
  CHECK(read.choice.needed == written.choice.needed);
  CHECK(read.calibration.slope == written.calibration.slope);
  CHECK(read.calibration.offset == written.calibration.offset);
  CHECK(read.plan_hash == written.plan_hash);
  CHECK(read.newest_shared == written.newest_shared);
  CHECK(read.base_log_odds == written.base_log_odds);
  CHECK(read.items == written.items);
  CHECK(read.local == written.local);
  CHECK(read.federated == written.federated);
}

nlohmann::json about_example() {
  const std::string hash(64, 'a');
  return {{"service", "shop"},     {"task", "t"},    {"model", "mix"},        {"local_share", 0.5},
          {"incumbent", "local"},  {"slope", 1.5},   {"offset", -1},          {"base_log_odds", -2},
          {"auc", nullptr},        {"items", {"a"}}, {"newest_shared", hash}, {"plan_hash", hash},
          {"above_incumbent", 0.1}};
}

/// Is a file that says this, with `vectors` empty vectors and a checksum that holds, understood? Refusals must name it.
bool understood(const nlohmann::json& about, std::size_t vectors = 2, const char* kind = "serving model") {
  const TemporaryDirectory directory;
  const std::vector<std::span<const float>> empty(vectors);
  REQUIRE(write_vectors(directory / kFile, kind, about.dump(), empty).ok());
  const auto read = read_serving_model(directory.path());
  if (read.ok()) return read->has_value();
  CHECK(read.error().code == ErrorCode::malformed);
  CHECK(read.error().message.starts_with((directory / kFile).string() + " "));
  return false;
}

}  // namespace

TEST_CASE("the model that is served comes back as it was written, whichever was chosen") {
  const TemporaryDirectory directory;
  ServingModel model = example();
  for (const ServedModel kind :
       {ServedModel::local, ServedModel::shared, ServedModel::personalised, ServedModel::mix}) {
    model.choice.model = kind;
    REQUIRE(write_serving_model(directory.path(), model).ok());
    const auto read = read_serving_model(directory.path()).value();
    REQUIRE(read);
    check_same(*read, model);
  }
  model.local.clear();
  model.choice.local_share = 0;
  model.choice.auc.reset();
  REQUIRE(write_serving_model(directory.path(), model).ok());
  check_same(*read_serving_model(directory.path()).value(), model);
}

TEST_CASE("a calibration that was fitted, written and read again gives the same probabilities") {
  const TemporaryDirectory directory;
  std::vector<Scored> samples;
  for (int i = 0; i < 500; ++i) samples.push_back({std::sin(i) * 3, std::sin(i) + std::sin(7.0 * i) > 0.4});
  ServingModel model = example();
  model.calibration = Calibration::fit(samples);
  REQUIRE(model.calibration.slope > 0.1);
  REQUIRE(model.calibration.slope != 1);
  REQUIRE(write_serving_model(directory.path(), model).ok());
  const Calibration read = read_serving_model(directory.path()).value()->calibration;
  for (const double raw : {-1e6, -3.7, -0.1, 0.0, 1e-9, 0.5, 2.0, 12.25, 1e6}) {
    CHECK(read.probability(raw) == model.calibration.probability(raw));
  }
}

TEST_CASE("where no model was chosen yet none is served") {
  const TemporaryDirectory directory;
  const auto read = read_serving_model(directory.path());
  REQUIRE(read.ok());
  CHECK(!read.value());
}

TEST_CASE("a damaged file of the served model is refused and named") {
  const TemporaryDirectory directory;
  REQUIRE(write_serving_model(directory.path(), example()).ok());
  const std::string whole = read_text_file(directory / kFile).value();
  std::string flipped = whole;
  flipped[whole.size() / 2] = static_cast<char>(flipped[whole.size() / 2] ^ 0x10);
  for (const std::string& damaged : {flipped, whole.substr(0, whole.size() - 1), whole + "x", std::string()}) {
    testing::write_plain(directory / kFile, damaged);
    const auto read = read_serving_model(directory.path());
    REQUIRE(!read.ok());
    CHECK(read.error().code == ErrorCode::malformed);
    CHECK(read.error().message.find((directory / kFile).string()) != std::string::npos);
  }
  testing::write_plain(directory / kFile, whole);
  CHECK(read_serving_model(directory.path()).ok());
}

TEST_CASE("vectors of another kind, or of another number, are no served model") {
  CHECK(understood(about_example()));
  CHECK(!understood(about_example(), 2, "checkpoint"));
  CHECK(!understood(about_example(), 1));
  CHECK(!understood(about_example(), 3));
}

TEST_CASE("a served model whose description is hostile is refused") {
  const std::pair<const char*, nlohmann::json> wrong[] = {
      {"model", "best"},
      {"model", 1},
      {"model", nullptr},
      {"slope", "1"},
      {"slope", nullptr},
      {"slope", nlohmann::json::array({1})},
      {"slope", -0.5},
      {"offset", nullptr},
      {"offset", nlohmann::json::object()},
      {"local_share", true},
      {"local_share", 1.01},
      {"local_share", -0.01},
      {"incumbent", "none"},
      {"base_log_odds", 1e300},
      {"base_log_odds", "0"},
      {"plan_hash", "aa"},
      {"plan_hash", nullptr},
      {"newest_shared", std::string(64, 'z')},
      {"items", nullptr},
      {"items", {{"a", 1}}},
      {"items", nlohmann::json::array({"a", 7})},
      {"items", nlohmann::json::array({nlohmann::json::array()})},
  };
  for (const auto& change : wrong) {
    nlohmann::json about = about_example();
    about[change.first] = change.second;
    CAPTURE(about.dump());
    CHECK(!understood(about));
  }
  for (const char* const missing : {"model", "local_share", "incumbent", "slope", "offset", "base_log_odds",
                                    "plan_hash", "newest_shared", "items"}) {
    CAPTURE(missing);
    nlohmann::json about = about_example();
    about.erase(missing);
    CHECK(!understood(about));
  }
  for (const nlohmann::json& about :
       {nlohmann::json(), nlohmann::json(7), nlohmann::json("text"), nlohmann::json::array({1, 2})})
    CHECK(!understood(about));
}
