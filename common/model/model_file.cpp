#include "common/model/model_file.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "common/crypto/sha256.h"

namespace bauta {
namespace {

constexpr std::string_view kMagic = "BAUTAMDL";
constexpr std::uint32_t kVersion = 1;
constexpr std::size_t kPrefixBytes = 16;  // magic, version, header length
constexpr std::size_t kDigestBytes = 32;
constexpr std::size_t kVectors = 3;

Error malformed(const std::string& what) { return {ErrorCode::malformed, "model file: " + what}; }

void append_u32_little(Bytes& out, std::uint32_t value) {
  for (int shift = 0; shift < 32; shift += 8) out.push_back(static_cast<std::uint8_t>(value >> shift));
}

std::uint32_t read_u32_little(ByteView bytes) {
  return std::uint32_t{bytes[0]} | std::uint32_t{bytes[1]} << 8 | std::uint32_t{bytes[2]} << 16 |
         std::uint32_t{bytes[3]} << 24;
}

static_assert(std::endian::native == std::endian::little, "vectors of floats are written and hashed in place");

ByteView bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

std::vector<float> read_floats(ByteView bytes) {
  std::vector<float> values(bytes.size() / 4);
  if (!values.empty()) std::memcpy(values.data(), bytes.data(), 4 * values.size());
  return values;
}

/// A non-negative integer member of `object`, at most `limit`.
std::optional<std::uint64_t> number(const nlohmann::json& object, const char* key, std::uint64_t limit) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_number_unsigned()) return std::nullopt;
  const auto value = found->get<std::uint64_t>();
  return value <= limit ? std::optional(value) : std::nullopt;
}

Result<TensorShape> read_shape(const nlohmann::json& entry) {
  if (!entry.is_object() || entry.size() != 3 || !entry.contains("name") || !entry["name"].is_string())
    return malformed("a tensor needs name, rows and columns");
  const auto rows = number(entry, "rows", 0xffffffff);
  const auto columns = number(entry, "columns", 0xffffffff);
  if (!rows || !columns || *rows == 0 || *columns == 0) return malformed("a tensor's shape is not two counts above 0");
  return TensorShape{entry["name"].get<std::string>(), static_cast<std::uint32_t>(*rows),
                     static_cast<std::uint32_t>(*columns)};
}

/// Everything of the header; the vectors of `state` stay empty.
Result<ModelFile> read_header(std::string_view text) {
  const auto header = nlohmann::json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!header.is_object() || header.size() != 4) return malformed("the header is not the expected JSON object");
  ModelFile file;
  const auto round_no = number(header, "round", ~std::uint64_t{0});
  const auto steps = number(header, "steps", ~std::uint64_t{0});
  if (!round_no || !steps) return malformed("round or steps is missing in the header");
  file.round_no = *round_no;
  file.state.steps = *steps;
  if (!header.contains("plan_hash") || !header["plan_hash"].is_string()) return malformed("plan_hash is missing");
  const auto plan_hash = digest_from_hex(header["plan_hash"].get_ref<const std::string&>());
  if (!plan_hash) return malformed("plan_hash is not 64 hexadecimal digits");
  file.plan_hash = *plan_hash;
  if (!header.contains("tensors") || !header["tensors"].is_array()) return malformed("tensors is missing");
  for (const auto& entry : header["tensors"]) {
    BAUTA_TRY(TensorShape shape, read_shape(entry));
    file.tensors.push_back(std::move(shape));
  }
  return file;
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float value) { return std::isfinite(value); });
}

}  // namespace

Digest model_hash(const ModelState& state, const Digest& plan_hash) {
  Sha256 hash;
  Bytes prefix;
  append(prefix, as_bytes("bauta/v1/model"));
  append(prefix, plan_hash);
  append_u64(prefix, state.steps);
  append_u64(prefix, state.parameters.size());
  hash.update(prefix);
  hash.update(bytes_of(state.parameters));
  hash.update(bytes_of(state.first_moment));
  hash.update(bytes_of(state.second_moment));
  return hash.finish();
}

Bytes encode_model(const ModelState& state, const ParameterLayout& layout, const Digest& plan_hash,
                   std::uint64_t round_no) {
  BAUTA_CHECK(state.parameters.size() == layout.size() && state.first_moment.size() == layout.size() &&
              state.second_moment.size() == layout.size());
  nlohmann::json header = {{"plan_hash", to_hex(plan_hash)},
                           {"round", round_no},
                           {"steps", state.steps},
                           {"tensors", nlohmann::json::array()}};
  for (const Tensor& tensor : layout.tensors())
    header["tensors"].push_back({{"name", tensor.name}, {"rows", tensor.rows}, {"columns", tensor.columns}});
  const std::string text = header.dump();
  BAUTA_CHECK(text.size() <= kMaxHeaderBytes);

  Bytes out;
  out.reserve(kPrefixBytes + text.size() + 4 * kVectors * layout.size() + kDigestBytes);
  append(out, as_bytes(kMagic));
  append_u32_little(out, kVersion);
  append_u32_little(out, static_cast<std::uint32_t>(text.size()));
  append(out, as_bytes(text));
  append(out, bytes_of(state.parameters));
  append(out, bytes_of(state.first_moment));
  append(out, bytes_of(state.second_moment));
  append(out, sha256(out));
  return out;
}

Result<ModelFile> decode_model(ByteView bytes) {
  if (bytes.size() < kPrefixBytes + kDigestBytes) return malformed("shorter than its fixed parts");
  if (as_text(bytes.first(kMagic.size())) != kMagic) return malformed("does not begin with BAUTAMDL");
  const std::uint32_t version = read_u32_little(bytes.subspan(8, 4));
  if (version != kVersion) {
    return Error{version > kVersion ? ErrorCode::newer_schema : ErrorCode::malformed,
                 "model file: format version " + std::to_string(version) + ", this program reads 1"};
  }
  const std::size_t header_bytes = read_u32_little(bytes.subspan(12, 4));
  if (header_bytes > kMaxHeaderBytes || header_bytes > bytes.size() - kPrefixBytes - kDigestBytes)
    return malformed("the header is longer than the file or than 64 KiB");
  const Digest checksum = sha256(bytes.first(bytes.size() - kDigestBytes));
  if (!std::equal(checksum.begin(), checksum.end(), bytes.end() - kDigestBytes))
    return malformed("the checksum does not match: the file is damaged");
  BAUTA_TRY(ModelFile file, read_header(as_text(bytes.subspan(kPrefixBytes, header_bytes))));

  const ByteView vectors =
      bytes.subspan(kPrefixBytes + header_bytes, bytes.size() - kPrefixBytes - header_bytes - kDigestBytes);
  const std::size_t limit = vectors.size() / (4 * kVectors);
  std::size_t count = 0;  // never above limit, so no product or sum overflows
  for (const TensorShape& shape : file.tensors) {
    if (shape.columns > limit / shape.rows || std::size_t{shape.rows} * shape.columns > limit - count)
      return malformed("the tensors need more values than the file holds");
    count += std::size_t{shape.rows} * shape.columns;
  }
  if (vectors.size() != 4 * kVectors * count) return malformed("the file holds more bytes than its tensors need");
  file.state.parameters = read_floats(vectors.first(4 * count));
  file.state.first_moment = read_floats(vectors.subspan(4 * count, 4 * count));
  file.state.second_moment = read_floats(vectors.subspan(8 * count, 4 * count));
  if (!all_finite(file.state.parameters) || !all_finite(file.state.first_moment) ||
      !all_finite(file.state.second_moment))
    return Error{ErrorCode::not_finite, "model file: a value is not a finite number"};
  if (std::any_of(file.state.second_moment.begin(), file.state.second_moment.end(), [](float v) { return v < 0; }))
    return malformed("a second moment is negative");
  return file;
}

Status check_layout(const ModelFile& file, const ParameterLayout& layout) {
  const auto& expected = layout.tensors();
  const auto refuse = [](const std::string& what) {
    return Error{ErrorCode::invalid_argument, "the model file does not fit the plan: " + what};
  };
  if (file.tensors.size() != expected.size())
    return refuse(std::to_string(file.tensors.size()) + " tensors, not " + std::to_string(expected.size()));
  for (std::size_t i = 0; i < expected.size(); ++i) {
    if (file.tensors[i] != TensorShape{expected[i].name, expected[i].rows, expected[i].columns})
      return refuse("tensor " + std::to_string(i) + " is not " + expected[i].name + " of " +
                    std::to_string(expected[i].rows) + " x " + std::to_string(expected[i].columns));
  }
  return {};
}

}  // namespace bauta
