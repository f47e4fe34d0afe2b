#include "client/training/vector_file.h"

#include <fcntl.h>

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/training/json_member.h"
#include "common/base/file.h"
#include "common/crypto/sha256.h"

namespace bauta::client {
namespace {

constexpr std::size_t kMaxVectors = 16;
constexpr std::string_view kMagic = "BAUTAVEC";
constexpr std::uint64_t kPrefixBytes = 12;
constexpr std::uint64_t kFixedBytes = kPrefixBytes + sizeof(Digest);
constexpr std::uint64_t kMaxFileBytes = 8ULL * 1024 * 1024 * 1024;
constexpr int kMaxHeaderDepth = 8;

static_assert(std::endian::native == std::endian::little, "vectors of floats are written in place");

/// Goes through a file once, taking nothing into memory that is longer than the file.
class VectorFileReader {
 public:
  VectorFileReader(int fd, std::uint64_t length, const std::filesystem::path& path)
      : fd_(fd), length_(length), path_(path) {}

  Result<VectorFile> read(std::string_view kind) {
    if (length_ > kMaxFileBytes)
      return Error{ErrorCode::oversized,
                   path_.string() + " is longer than any file of vectors; remove it to begin anew"};
    BAUTA_TRY(const nlohmann::json header, read_header());
    if (text_member(header, "kind") != kind || !header.contains("lengths") || !header["lengths"].is_array() ||
        !header.contains("about"))
      return malformed("is damaged or holds something else than expected");
    VectorFile file;
    file.about = header["about"].dump();
    BAUTA_TRY(const auto lengths, vector_lengths(header["lengths"]));
    for (const std::size_t length : lengths) {
      std::vector<float>& vector = file.vectors.emplace_back(length);
      BAUTA_RETURN_IF_ERROR(take({reinterpret_cast<std::uint8_t*>(vector.data()), length * sizeof(float)}));
    }
    const Digest computed = hash_.finish();
    Digest stored;
    BAUTA_RETURN_IF_ERROR(take(stored));
    if (stored != computed) return malformed("is damaged: its checksum does not match");
    for (const auto& vector : file.vectors)
      if (!std::all_of(vector.begin(), vector.end(), [](float value) { return std::isfinite(value); }))
        return malformed("holds a number that is not finite");
    return file;
  }

 private:
  Error malformed(const char* what) const {
    return {ErrorCode::malformed, path_.string() + " " + what + "; remove it to begin anew"};
  }

  /// The next bytes, which become part of the checksum.
  Status take(MutableByteView out) {
    BAUTA_RETURN_IF_ERROR(read_at(fd_, offset_, out, path_));
    offset_ += out.size();
    hash_.update(out);
    return {};
  }

  Result<nlohmann::json> read_header() {
    std::array<std::uint8_t, kPrefixBytes> prefix;
    if (length_ < kFixedBytes) return malformed("is no file of vectors");
    BAUTA_RETURN_IF_ERROR(take(prefix));
    if (as_text(prefix).substr(0, kMagic.size()) != kMagic) return malformed("is no file of vectors");
    std::uint32_t header_bytes = 0;
    std::memcpy(&header_bytes, prefix.data() + kMagic.size(), sizeof header_bytes);
    if (header_bytes > kMaxVectorHeaderBytes || header_bytes > length_ - kFixedBytes) return malformed("is cut short");
    Bytes text(header_bytes);
    BAUTA_RETURN_IF_ERROR(take(text));
    bool deep = false;  // the library's own writer recurses
    const auto shallow = [&deep](int depth, nlohmann::json::parse_event_t, nlohmann::json&) {
      deep = deep || depth > kMaxHeaderDepth;
      return !deep;
    };
    auto header = nlohmann::json::parse(as_text(text), shallow, false);
    return deep ? nlohmann::json() : std::move(header);
  }

  /// As the header tells them; together they must fill what is left of the file.
  Result<std::vector<std::size_t>> vector_lengths(const nlohmann::json& header) const {
    if (header.size() > kMaxVectors) return malformed("says that it has more vectors than any such file");
    std::vector<std::size_t> lengths;
    std::uint64_t rest = length_ - sizeof(Digest) - offset_;
    for (const auto& length : header) {
      if (!length.is_number_unsigned() || length.get<std::uint64_t>() > rest / sizeof(float))
        return malformed("is cut short");
      lengths.push_back(length.get<std::size_t>());
      rest -= lengths.back() * sizeof(float);
    }
    if (rest != 0) return malformed("has more bytes than its header says");
    return lengths;
  }

  int fd_;
  std::uint64_t length_;
  const std::filesystem::path& path_;
  std::uint64_t offset_ = 0;
  Sha256 hash_;
};

ByteView bytes_of(std::span<const float> values) {
  return {reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()};
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
  return write_file_atomically(path, [&](const ByteSink& write) -> Status {
    Sha256 hash;
    const auto add = [&](ByteView bytes) {
      hash.update(bytes);
      return write(bytes);
    };
    const auto length = static_cast<std::uint32_t>(text.size());
    BAUTA_RETURN_IF_ERROR(add(as_bytes(kMagic)));
    BAUTA_RETURN_IF_ERROR(add({reinterpret_cast<const std::uint8_t*>(&length), sizeof length}));
    BAUTA_RETURN_IF_ERROR(add(as_bytes(text)));
    for (const auto& vector : vectors) BAUTA_RETURN_IF_ERROR(add(bytes_of(vector)));
    return write(hash.finish());
  });
}

Result<std::optional<VectorFile>> read_vectors(const std::filesystem::path& path, std::string_view kind) {
  const auto file = open_file(path, O_RDONLY);
  if (!file.ok() && file.error().code == ErrorCode::not_found) return std::optional<VectorFile>();
  if (!file.ok()) return file.error();
  BAUTA_TRY(const std::uint64_t length, length_of(file->get(), path));
  BAUTA_TRY(VectorFile read, VectorFileReader(file->get(), length, path).read(kind));
  return std::optional(std::move(read));
}

}  // namespace bauta::client
