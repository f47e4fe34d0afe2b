#include "common/model/parameters.h"

#include <doctest/doctest.h>

#include <cmath>
#include <set>

using namespace bauta;

TEST_CASE("the tensors lie one after another without gaps and bear different names") {
  const auto layout = ParameterLayout::create({});
  REQUIRE(layout.ok());
  std::size_t end = 0;
  std::set<std::string> names;
  for (const Tensor& tensor : layout->tensors()) {
    CHECK(tensor.offset == end);
    end += tensor.size();
    names.insert(tensor.name);
  }
  CHECK(end == layout->size());
  CHECK(names.size() == layout->tensors().size());
  CHECK(layout->at("token.table").rows == ModelSettings{}.table_rows);
}

TEST_CASE("initial parameters are the same everywhere and differ with the seed") {
  ModelSettings settings;
  settings.table_rows = 64;
  settings.seed = 7;
  const auto layout = ParameterLayout::create(settings);
  const std::vector<float> first = initial_parameters(*layout);
  CHECK(first == initial_parameters(*layout));
  // Golden values: a change would part partners of different versions.
  CHECK(first[0] == -0.375046849F);
  CHECK(first[1] == 0.292055815F);
  CHECK(first[layout->at("hidden1.weight").offset] == 0.100750759F);
  settings.seed = 8;
  CHECK(first != initial_parameters(*ParameterLayout::create(settings)));
}

TEST_CASE("initial parameters keep to their bounds") {
  const auto layout = ParameterLayout::create({});
  const std::vector<float> flat = initial_parameters(*layout);
  for (const Tensor& tensor : layout->tensors()) {
    double sum = 0;
    bool within = true;
    for (std::size_t i = 0; i < tensor.size(); ++i) {
      const float value = flat[tensor.offset + i];
      within = within && std::abs(value - tensor.start) <= tensor.bound;
      sum += static_cast<double>(value);
    }
    CHECK(within);
    CHECK(sum / static_cast<double>(tensor.size()) == doctest::Approx(tensor.start).epsilon(0.2));
  }
}

TEST_CASE("settings that cannot be built are refused by name") {
  const auto refused = [](ModelSettings settings, std::string_view what) {
    const auto layout = ParameterLayout::create(settings);
    REQUIRE_FALSE(layout.ok());
    CHECK(layout.error().code == ErrorCode::invalid_argument);
    CHECK(layout.error().message.find(what) != std::string::npos);
  };
  refused({.kind = "gru"}, "kind");
  refused({.table_rows = 1000}, "table_rows");
  refused({.table_rows = 0}, "table_rows");
  refused({.table_rows = 1U << 30, .token_width = 1024}, "table_rows");
  refused({.token_width = 12}, "token_width");
  refused({.width = 0}, "width");
  refused({.history = 0}, "history");
}
