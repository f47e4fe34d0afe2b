#include "client/training/vector_file.h"

#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>

#include "client/training/json_member.h"
#include "common/base/file.h"
#include "common/crypto/sha256.h"

namespace bauta::client {
namespace {

constexpr std::string_view kMagic = "BAUTAVEC";
constexpr std::size_t kPrefixBytes = 12;
constexpr std::uint64_t kMaxFileBytes = 8ULL * 1024 * 1024 * 1024;

static_assert(std::endian::native == std::endian::little, "vectors of floats are written in place");

ByteView bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
}

Result<VectorFile> decode(ByteView bytes, std::string_view kind) {
  const auto malformed = [](const char* what) { return Error{ErrorCode::malformed, what}; };
  if (bytes.size() < kPrefixBytes + Digest{}.size() || as_text(bytes.first(kMagic.size())) != kMagic)
    return malformed("is no file of vectors");
  const ByteView body = bytes.first(bytes.size() - Digest{}.size());
  const Digest digest = sha256(body);
  if (!std::equal(digest.begin(), digest.end(), bytes.begin() + static_cast<std::ptrdiff_t>(body.size())))
    return malformed("is damaged: its checksum does not match");
  std::uint32_t header_bytes = 0;
  std::memcpy(&header_bytes, body.data() + kMagic.size(), sizeof header_bytes);
  if (header_bytes > kMaxVectorHeaderBytes || header_bytes > body.size() - kPrefixBytes)
    return malformed("is cut short");
  const auto header = nlohmann::json::parse(as_text(body.subspan(kPrefixBytes, header_bytes)), nullptr, false);
  if (!header.is_object() || text_member(header, "kind") != kind || !header.contains("lengths") ||
      !header["lengths"].is_array() || !header.contains("about"))
    return malformed("holds something else than expected");
  VectorFile file;
  file.about = header["about"].dump();
  ByteView rest = body.subspan(kPrefixBytes + header_bytes);
  for (const auto& length : header["lengths"]) {
    if (!length.is_number_unsigned() || length.get<std::uint64_t>() > rest.size() / sizeof(float))
      return malformed("is cut short");
    std::vector<float>& vector = file.vectors.emplace_back(length.get<std::size_t>());
    if (!vector.empty()) std::memcpy(vector.data(), rest.data(), vector.size() * sizeof(float));
    rest = rest.subspan(vector.size() * sizeof(float));
    for (const float value : vector)
      if (!std::isfinite(value)) return malformed("holds a number that is not finite");
  }
  if (!rest.empty()) return malformed("has more bytes than its header says");
  return file;
}

}  // namespace

Status write_vectors(const std::filesystem::path& path, std::string_view kind, std::string_view about,
                     std::span<const std::span<const float>> vectors) {
  nlohmann::json header = {{"kind", kind}, {"lengths", nlohmann::json::array()}};
  header["about"] = nlohmann::json::parse(about);
  for (const auto& vector : vectors) header["lengths"].push_back(vector.size());
  const std::string text = header.dump();
  if (text.size() > kMaxVectorHeaderBytes)
    return Error{ErrorCode::oversized, path.string() + ": the names of so many items do not fit its header"};
  std::size_t size = kPrefixBytes + text.size() + Digest{}.size();
  for (const auto& vector : vectors) size += vector.size_bytes();
  Bytes bytes;
  bytes.reserve(size);
  append(bytes, as_bytes(kMagic));
  const auto length = static_cast<std::uint32_t>(text.size());
  append(bytes, {reinterpret_cast<const std::uint8_t*>(&length), sizeof length});
  append(bytes, as_bytes(text));
  for (const auto& vector : vectors) append(bytes, bytes_of(vector));
  append(bytes, sha256(bytes));
  return write_file_atomically(path, bytes);
}

Result<std::optional<VectorFile>> read_vectors(const std::filesystem::path& path, std::string_view kind) {
  std::error_code error;
  const bool there = std::filesystem::exists(path, error);
  if (error) return file_error("read", path, error.value());
  if (!there) return std::optional<VectorFile>();
  BAUTA_TRY(const Bytes bytes, read_file(path, kMaxFileBytes));
  auto file = decode(bytes, kind);
  if (!file.ok())
    return Error{file.error().code, path.string() + " " + file.error().message + "; remove it to begin anew"};
  return std::optional(std::move(*file));
}

}  // namespace bauta::client
