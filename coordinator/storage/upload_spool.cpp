#include "coordinator/storage/upload_spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

namespace bauta::coordinator {
namespace {

constexpr std::string_view kUpload = ".upload";
constexpr std::string_view kLeaves = ".leaves";
/// Of the largest vector that there can be: 32 bytes for each 64 KiB of 2^32 lanes of 4 bytes.
constexpr std::uint64_t kMaxLeafBytes = 8 * 1024 * 1024;

std::string file_name(UploadKey key) {
  return fmt::format("{}-{}-{}{}", key.round.round_no, key.round.attempt, key.partner, kUpload);
}

std::optional<UploadKey> parse_file_name(const std::string& name) {
  UploadKey key;
  const char* const end = name.data() + name.size();
  auto result = std::from_chars(name.data(), end, key.round.round_no);
  if (result.ec != std::errc{} || result.ptr == end || *result.ptr != '-') return std::nullopt;
  result = std::from_chars(result.ptr + 1, end, key.round.attempt);
  if (result.ec != std::errc{} || result.ptr == end || *result.ptr != '-') return std::nullopt;
  result = std::from_chars(result.ptr + 1, end, key.partner);
  if (result.ec != std::errc{}) return std::nullopt;
  // Other spellings ("007-1-1.upload") are no files of ours.
  return file_name(key) == name ? std::optional(key) : std::nullopt;
}

Status write_leaves(const std::filesystem::path& path, std::span<const Digest> leaves) {
  Bytes bytes;
  bytes.reserve(leaves.size() * sizeof(Digest));
  for (const Digest& leaf : leaves) append(bytes, leaf);
  BAUTA_TRY(const FileDescriptor file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
  return write_all(file.get(), bytes, path);
}

}  // namespace

namespace spool_detail {

struct State {
  struct Entry {
    std::uint64_t reserved = 0;
    bool open = false;
    bool cut_off = false;  ///< as long as it is open
  };

  std::filesystem::path path_of(UploadKey key) const { return directory / file_name(key); }
  std::filesystem::path leaves_of(UploadKey key) const { return path_of(key).replace_extension(kLeaves); }

  std::filesystem::path directory;
  std::uint64_t budget = 0;
  std::mutex mutex;  // guards what follows
  std::map<UploadKey, Entry> entries;
  std::uint64_t reserved = 0;
};

}  // namespace spool_detail

using spool_detail::State;

Upload::Upload(std::shared_ptr<State> spool, UploadKey key, FileDescriptor file, std::uint64_t size,
               std::uint64_t expected_bytes)
    : spool_(std::move(spool)), key_(key), file_(std::move(file)), size_(size), expected_bytes_(expected_bytes) {}

Upload::Upload(Upload&& other) noexcept = default;

Upload::~Upload() {
  if (!spool_) return;
  const std::lock_guard lock(spool_->mutex);
  spool_->entries[key_].open = false;
}

bool Upload::is_cut_off() const {
  const std::lock_guard lock(spool_->mutex);
  return spool_->entries[key_].cut_off;
}

Status Upload::append(std::uint64_t offset, ByteView bytes) {
  if (offset != size_) {
    return Error{ErrorCode::conflict, fmt::format("the upload goes on at byte {}, not at {}", size_, offset)};
  }
  if (bytes.size() > expected_bytes_ - size_) {
    return Error{ErrorCode::oversized,
                 fmt::format("the upload is longer than the {} bytes its header announced", expected_bytes_)};
  }
  if (is_cut_off()) return Error{ErrorCode::late, "the phase of this upload is over"};
  std::uint64_t written = 0;
  while (written < bytes.size()) {
    const ssize_t count =
        ::pwrite(file_.get(), bytes.data() + written, bytes.size() - written, static_cast<off_t>(size_ + written));
    if (count < 0 && errno == EINTR) continue;
    // What was written of this piece stays behind size_ and is overwritten when the upload is resumed.
    if (count < 0) return file_error("write the upload", spool_->path_of(key_), errno);
    written += static_cast<std::uint64_t>(count);
  }
  size_ += bytes.size();
  return {};
}

Status Upload::sync() {
  BAUTA_CHECK(complete());
  BAUTA_RETURN_IF_ERROR(sync_file(file_.get(), spool_->path_of(key_)));
  return sync_directory(spool_->directory);
}

Status Upload::read(std::uint64_t offset, MutableByteView out) const {
  BAUTA_CHECK(offset <= size_ && out.size() <= size_ - offset);
  return read_at(file_.get(), offset, out, spool_->path_of(key_));
}

Status Upload::keep_leaves(std::span<const Digest> leaves) const {
  return write_leaves(spool_->leaves_of(key_), leaves);
}

Result<UploadSpool> UploadSpool::open(const std::filesystem::path& state_directory, std::uint64_t budget_bytes) {
  auto state = std::make_shared<State>();
  state->directory = state_directory / "spool";
  state->budget = budget_bytes;
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(state->directory));
  std::error_code error;
  std::vector<std::filesystem::path> leaves;
  for (std::filesystem::directory_iterator it(state->directory, error), end; !error && it != end; it.increment(error)) {
    if (it->path().extension() == kLeaves) leaves.push_back(it->path());
    const auto key = parse_file_name(it->path().filename().string());
    if (!key) continue;
    const std::uint64_t size = it->file_size(error);
    if (error) break;
    state->entries[*key].reserved = size;
    state->reserved += size;
  }
  if (error) return file_error("list", state->directory, error.value());
  for (const std::filesystem::path& path : leaves) {
    if (!std::filesystem::exists(std::filesystem::path(path).replace_extension(kUpload), error)) {
      std::filesystem::remove(path, error);
    }
  }
  return UploadSpool(std::move(state));
}

Result<Upload> UploadSpool::open_upload(UploadKey key, std::uint64_t expected_bytes) {
  const std::filesystem::path path = state_->path_of(key);
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->entries.find(key);
  const std::uint64_t former = known == state_->entries.end() ? 0 : known->second.reserved;
  if (known != state_->entries.end() && known->second.open) {
    return Error{ErrorCode::busy, fmt::format("an upload of partner {} in round {}, attempt {} is under way already",
                                              key.partner, key.round.round_no, key.round.attempt)};
  }
  const std::uint64_t others = state_->reserved - former;
  if (expected_bytes > state_->budget || others > state_->budget - expected_bytes) {
    return Error{ErrorCode::busy,
                 fmt::format("the spool's {} bytes are taken ({} in use, {} more asked for); raise its "
                             "budget or wait for a round to end",
                             state_->budget, others, expected_bytes)};
  }

  auto opened = open_file(path, O_RDWR | O_CREAT);
  // A spool that has vanished is the disk's fault, not "no such upload".
  if (!opened.ok() && opened.error().code == ErrorCode::not_found) return Error{ErrorCode::io, opened.error().message};
  if (!opened.ok()) return opened.error();
  FileDescriptor file = *std::move(opened);
  const off_t end = ::lseek(file.get(), 0, SEEK_END);
  if (end < 0) return file_error("read", path, errno);
  const auto on_disk = static_cast<std::uint64_t>(end);
  const std::uint64_t size =
      on_disk == expected_bytes ? on_disk : std::min(on_disk, expected_bytes) / kChunkBytes * kChunkBytes;
  if (size != on_disk && ::ftruncate(file.get(), static_cast<off_t>(size)) != 0) return file_error("cut", path, errno);

  state_->entries[key] = {expected_bytes, true, false};
  state_->reserved = others + expected_bytes;
  return Upload(state_, key, std::move(file), size, expected_bytes);
}

Status UploadSpool::read(UploadKey key, std::uint64_t offset, MutableByteView out) const {
  const std::filesystem::path path = state_->path_of(key);
  BAUTA_TRY(const FileDescriptor file, open_file(path, O_RDONLY));
  return read_at(file.get(), offset, out, path);
}

Status UploadSpool::keep_leaves(UploadKey key, std::span<const Digest> leaves) const {
  return write_leaves(state_->leaves_of(key), leaves);
}

std::vector<Digest> UploadSpool::leaves(UploadKey key) const {
  const auto bytes = read_file(state_->leaves_of(key), kMaxLeafBytes);
  if (!bytes.ok()) return {};
  std::vector<Digest> leaves(bytes->size() / sizeof(Digest));
  for (std::size_t i = 0; i < leaves.size(); ++i) {
    std::copy_n(bytes->begin() + static_cast<std::ptrdiff_t>(i * sizeof(Digest)), sizeof(Digest), leaves[i].begin());
  }
  return leaves;
}

std::uint64_t UploadSpool::size_of(UploadKey key) const {
  std::error_code missing;
  const std::uint64_t size = std::filesystem::file_size(state_->path_of(key), missing);
  return missing ? 0 : size;
}

Status UploadSpool::remove(UploadKey key) {
  const std::lock_guard lock(state_->mutex);
  const auto known = state_->entries.find(key);
  if (known == state_->entries.end()) return {};
  if (known->second.open) {
    return Error{ErrorCode::busy, fmt::format("the upload of partner {} in round {}, attempt {} is still open",
                                              key.partner, key.round.round_no, key.round.attempt)};
  }
  std::error_code none;
  std::filesystem::remove(state_->leaves_of(key), none);
  BAUTA_RETURN_IF_ERROR(remove_file(state_->path_of(key)));
  state_->reserved -= known->second.reserved;
  state_->entries.erase(known);
  return {};
}

namespace {

/// Keys of closed uploads for which `which` holds.
template <class Predicate>
std::vector<UploadKey> closed_uploads(State& state, Predicate which) {
  const std::lock_guard lock(state.mutex);
  std::vector<UploadKey> keys;
  for (const auto& [key, entry] : state.entries) {
    if (!entry.open && which(key)) keys.push_back(key);
  }
  return keys;
}

}  // namespace

void UploadSpool::cut_off(RoundKey round) {
  const std::lock_guard lock(state_->mutex);
  for (auto& [key, entry] : state_->entries) {
    if (key.round == round && entry.open) entry.cut_off = true;
  }
}

Status UploadSpool::forget(RoundKey round) {
  for (const UploadKey& key : closed_uploads(*state_, [&](const UploadKey& k) { return k.round == round; })) {
    BAUTA_RETURN_IF_ERROR(remove(key));
  }
  return {};
}

Status UploadSpool::sweep(std::span<const RoundKey> keep) {
  const auto forgotten = [&](const UploadKey& key) {
    return std::find(keep.begin(), keep.end(), key.round) == keep.end();
  };
  for (const UploadKey& key : closed_uploads(*state_, forgotten)) BAUTA_RETURN_IF_ERROR(remove(key));
  return {};
}

std::uint64_t UploadSpool::reserved_bytes() const {
  const std::lock_guard lock(state_->mutex);
  return state_->reserved;
}

}  // namespace bauta::coordinator
