// Uploads on disk: one file per (round, attempt, partner), resumable, bounded, read back in pieces for summing and for
// audits. Masked bytes only: the files need no secrecy beyond their mode. Beside an upload of several chunks lie the
// hashes of its chunks, so that a proof for one chunk needs no other; they may be missing or torn, never wrong
// unnoticed.
#pragma once

#include <compare>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <vector>

#include "common/base/file.h"
#include "coordinator/storage/round_journal.h"

namespace bauta::coordinator {

struct UploadKey {
  RoundKey round;
  std::uint32_t partner = 0;
  auto operator<=>(const UploadKey&) const = default;
};

namespace spool_detail {
struct State;
}

/// One upload, open for appending and reading. Its key is taken as long as it lives. Movable; one thread at a time.
class Upload {
 public:
  ~Upload();
  Upload(Upload&& other) noexcept;
  Upload& operator=(Upload&&) = delete;

  /// Bytes that are here; where a resumed upload goes on.
  std::uint64_t size() const { return size_; }
  std::uint64_t expected_bytes() const { return expected_bytes_; }
  bool complete() const { return size_ == expected_bytes_; }

  /// `conflict` where `offset` is not size() (the message names size()), `oversized` beyond expected_bytes, `late`
  /// after UploadSpool::cut_off(). After a disk_full or io error size() is what was written whole before, and the
  /// upload may be resumed there.
  Status append(std::uint64_t offset, ByteView bytes);
  /// Once complete: on the medium, with its name. To be called before the answer that says so.
  Status sync();
  /// Fills all of `out` from `offset`; both lie within size(). From several threads at a time, where nobody appends.
  Status read(std::uint64_t offset, MutableByteView out) const;
  /// Keeps the Merkle leaves of the whole upload beside it. Not fsync'd: whoever reads them checks them.
  Status keep_leaves(std::span<const Digest> leaves) const;

 private:
  friend class UploadSpool;
  Upload(std::shared_ptr<spool_detail::State> spool, UploadKey key, FileDescriptor file, std::uint64_t size,
         std::uint64_t expected_bytes);
  bool is_cut_off() const;

  std::shared_ptr<spool_detail::State> spool_;
  UploadKey key_;
  FileDescriptor file_;
  std::uint64_t size_;
  std::uint64_t expected_bytes_;
};

/// Thread-safe.
class UploadSpool {
 public:
  /// A resumed upload keeps whole chunks of this size: the tail of a file that a crash cut may not be what was sent.
  static constexpr std::uint64_t kChunkBytes = 64 * 1024;

  /// Uses state_directory/spool and what is left there. At most `budget_bytes` for all uploads together.
  static Result<UploadSpool> open(const std::filesystem::path& state_directory, std::uint64_t budget_bytes);

  /// Begins or resumes. A file of full length is kept as it is, a shorter one is cut to whole chunks; both are proven
  /// by the caller's Merkle root, not here. `busy` where the key is open already or the budget is used up.
  Result<Upload> open_upload(UploadKey key, std::uint64_t expected_bytes);
  /// For an audit: fills `out` from `offset` of an upload that is closed, without taking its key. Errors: not_found
  /// (the round was forgotten meanwhile), io.
  Status read(UploadKey key, std::uint64_t offset, MutableByteView out) const;
  /// As Upload::keep_leaves, for an upload that is closed.
  Status keep_leaves(UploadKey key, std::span<const Digest> leaves) const;
  /// What keep_leaves() has written; nothing where it is missing. To be compared with the signed root.
  std::vector<Digest> leaves(UploadKey key) const;
  /// Bytes on disk of an upload that may not be open; 0 where there is none.
  std::uint64_t size_of(UploadKey key) const;
  /// Not for a key that is open: `busy`.
  Status remove(UploadKey key);
  /// From now on the attempt's open uploads take no bytes: `late`. Who uploads slowly would otherwise hold its place
  /// among the uploads, and its part of the budget, long after its phase is over.
  void cut_off(RoundKey round);
  /// Removes all uploads of the attempt but those that are open; call it after they are closed.
  Status forget(RoundKey round);
  /// Removes the uploads of every attempt that is not in `keep`; after a restart, with the journal's open rounds and
  /// those kept for audits.
  Status sweep(std::span<const RoundKey> keep);

  /// What the uploads may grow to, in all.
  std::uint64_t reserved_bytes() const;

 private:
  explicit UploadSpool(std::shared_ptr<spool_detail::State> state) : state_(std::move(state)) {}
  std::shared_ptr<spool_detail::State> state_;
};

}  // namespace bauta::coordinator
