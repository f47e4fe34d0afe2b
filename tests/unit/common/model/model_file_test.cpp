#include "common/model/model_file.h"

#include <doctest/doctest.h>

#include <cmath>
#include <string>

#include "common/base/counter_random.h"
#include "common/crypto/sha256.h"

using namespace bauta;

namespace {

const ParameterLayout& small_layout() {
  static const ParameterLayout layout =
      *ParameterLayout::create({.table_rows = 2, .token_width = 8, .width = 8, .history = 4});
  return layout;
}

ModelState random_state() {
  ModelState state = initial_state(small_layout(), {});
  CounterRandom random(1, "state");
  for (float& m : state.first_moment) m = static_cast<float>(random.unit() - 0.5);
  for (float& v : state.second_moment) v = static_cast<float>(random.unit());
  state.steps = 3;
  return state;
}

const Digest kPlanHash = {1, 2, 3};

Bytes small_file() { return encode_model(random_state(), small_layout(), kPlanHash, 42); }

/// The bytes with their checksum made right again.
Bytes sealed(Bytes bytes) {
  bytes.resize(bytes.size() - 32);
  append(bytes, sha256(bytes));
  return bytes;
}

/// A file of `header` and `values` floats, rightly sealed.
Bytes made_file(const std::string& header, std::size_t value_bytes) {
  Bytes bytes;
  append(bytes, as_bytes("BAUTAMDL"));
  const auto size = static_cast<std::uint32_t>(header.size());
  for (const std::uint32_t number : {1U, size})
    for (int shift = 0; shift < 32; shift += 8) bytes.push_back(static_cast<std::uint8_t>(number >> shift));
  append(bytes, as_bytes(header));
  bytes.resize(bytes.size() + value_bytes + 32);
  return sealed(bytes);
}

std::string header_of(const std::string& tensors) {
  return R"({"plan_hash":")" + std::string(64, '0') + R"(","round":1,"steps":1,"tensors":)" + tensors + "}";
}

}  // namespace

TEST_CASE("a model file comes back as it was written") {
  const auto file = decode_model(small_file());
  REQUIRE(file.ok());
  CHECK(file->state == random_state());
  CHECK(file->plan_hash == kPlanHash);
  CHECK(file->round_no == 42);
  CHECK(check_layout(*file, small_layout()).ok());
}

/// A few hundred bytes, so that every byte can be tried.
Bytes tiny_file() {
  return made_file(header_of(R"([{"name":"a","rows":2,"columns":3},{"name":"b","rows":1,"columns":1}])"), 3 * 7 * 4);
}

TEST_CASE("a file altered at any one byte is refused") {
  const Bytes good = tiny_file();
  REQUIRE(decode_model(good).ok());
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < good.size(); ++i) {
    for (unsigned flip = 1; flip < 256; ++flip) {
      Bytes bad = good;
      bad[i] ^= static_cast<std::uint8_t>(flip);
      accepted += decode_model(bad).ok() ? 1 : 0;
    }
  }
  CHECK(accepted == 0);
}

TEST_CASE("a real model file altered anywhere is refused") {
  const Bytes good = small_file();
  std::size_t accepted = 0;
  for (std::size_t i = 0; i < good.size(); i += i < 1500 ? 7 : 997) {
    Bytes bad = good;
    bad[i] ^= 0x40;
    accepted += decode_model(bad).ok() ? 1 : 0;
  }
  CHECK(accepted == 0);
}

TEST_CASE("a file cut or lengthened anywhere is refused, sealed again or not") {
  const Bytes good = tiny_file();
  std::size_t accepted = 0;
  for (std::size_t length = 0; length < good.size(); ++length) {
    const Bytes cut(good.begin(), good.begin() + static_cast<std::ptrdiff_t>(length));
    accepted += decode_model(cut).ok() ? 1 : 0;
    if (length >= 32) accepted += decode_model(sealed(cut)).ok() ? 1 : 0;
  }
  for (const std::size_t more : {1UL, 4UL, 12UL}) {
    Bytes longer = good;
    longer.resize(longer.size() + more);
    accepted += decode_model(longer).ok() ? 1 : 0;
    accepted += decode_model(sealed(longer)).ok() ? 1 : 0;
  }
  CHECK(accepted == 0);
}

TEST_CASE("a rightly sealed file with an altered byte is refused or decodes to finite values, never more") {
  const Bytes good = tiny_file();
  std::size_t wrong = 0;
  std::size_t decoded = 0;
  for (std::size_t i = 0; i + 32 < good.size(); ++i) {
    for (unsigned flip = 1; flip < 256; ++flip) {
      Bytes bad = good;
      bad[i] ^= static_cast<std::uint8_t>(flip);
      const auto file = decode_model(sealed(bad));
      if (!file.ok()) continue;
      ++decoded;
      for (const float value : file->state.parameters) wrong += std::isfinite(value) ? 0 : 1;
      for (const float value : file->state.first_moment) wrong += std::isfinite(value) ? 0 : 1;
      for (const float value : file->state.second_moment) wrong += std::isfinite(value) && value >= 0 ? 0 : 1;
    }
  }
  CHECK(wrong == 0);
  CHECK(decoded > 0);
}

TEST_CASE("hostile headers are refused before anything of their size is allocated") {
  const auto refused = [](const Bytes& bytes) {
    const auto file = decode_model(bytes);
    REQUIRE_FALSE(file.ok());
    CHECK(file.error().code == ErrorCode::malformed);
  };
  CHECK(decode_model(made_file(header_of(R"([{"name":"a","rows":1,"columns":1}])"), 12)).ok());
  CHECK(decode_model(made_file(header_of("[]"), 0)).ok());
  refused(made_file(header_of(R"([{"name":"a","rows":4294967295,"columns":4294967295}])"), 12));
  refused(made_file(header_of(R"([{"name":"a","rows":4294967296,"columns":1}])"), 12));
  refused(made_file(header_of(R"([{"name":"a","rows":-1,"columns":1}])"), 12));
  refused(made_file(header_of(R"([{"name":"a","rows":1.0,"columns":1}])"), 12));
  refused(made_file(header_of(R"([{"name":"a","rows":0,"columns":1}])"), 0));
  refused(made_file(header_of(R"([{"name":1,"rows":1,"columns":1}])"), 12));
  refused(made_file(header_of(R"([{"rows":1,"columns":1}])"), 12));
  refused(made_file(header_of("7"), 0));
  refused(made_file("[]", 0));
  refused(made_file("", 0));
  refused(made_file(std::string(5000, '['), 0));
  refused(made_file(R"({"plan_hash":"zz","round":1,"steps":1,"tensors":[]})", 0));
  refused(made_file(R"({"plan_hash":3,"round":1,"steps":1,"tensors":[]})", 0));
}

TEST_CASE("values that are not finite and negative second moments are refused") {
  ModelState state = random_state();
  state.first_moment[5] = std::nanf("");
  CHECK(decode_model(encode_model(state, small_layout(), kPlanHash, 1)).error().code == ErrorCode::not_finite);
  state = random_state();
  state.second_moment[0] = -1;
  CHECK(decode_model(encode_model(state, small_layout(), kPlanHash, 1)).error().code == ErrorCode::malformed);
}

TEST_CASE("a newer format says so") {
  Bytes newer = small_file();
  newer[8] = 2;
  CHECK(decode_model(sealed(newer)).error().code == ErrorCode::newer_schema);
}

TEST_CASE("a file of another layout is named by its first difference") {
  const auto file = decode_model(small_file());
  const auto other = ParameterLayout::create({.table_rows = 4, .token_width = 8, .width = 8, .history = 4});
  const Status status = check_layout(*file, *other);
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().message.find("token.table") != std::string::npos);
}

TEST_CASE("the model's name covers parameters, both moments, steps and plan") {
  const ModelState state = random_state();
  const Digest name = model_hash(state, kPlanHash);
  CHECK(name == model_hash(state, kPlanHash));
  for (auto change : {+[](ModelState& s) { s.parameters[3] += 1; }, +[](ModelState& s) { s.first_moment[3] += 1; },
                      +[](ModelState& s) { s.second_moment[3] += 1; }, +[](ModelState& s) { ++s.steps; }}) {
    ModelState other = state;
    change(other);
    CHECK(model_hash(other, kPlanHash) != name);
  }
  CHECK(model_hash(state, Digest{9}) != name);
}
