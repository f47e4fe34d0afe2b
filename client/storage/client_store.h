// What a client must never forget or do twice: the outbox of rounds under way, latches, logged releases.
//
// Restored backups. A client that goes on from an old copy of its state would make new masks and signatures where the
// lost future had made others already. So the database counts a generation at every open and every write of the outbox
// or a latch, together with a random incarnation id, and the same pair stands in a sibling file, the witness, written
// after each commit and before any caller may send what it wrote. At open the database is taken as restored, and
// refuses every write of the outbox or a latch, when
//   * the witness is of a later generation: an older database was put back, or
//   * the witness is of another incarnation: another database was put in its place, or
//   * one of the two is missing while the other is there, or the witness is damaged in more than the one line that a
//     crash may have torn (witness.h).
// A crash between commit and witness leaves the database one generation ahead, which is no reason for suspicion; nor is
// a witness of generation 0 beside an empty database, which a crash in the very first open leaves.
//   Detected: client.db alone restored, replaced or deleted, with or without its WAL, down to a single write.
//   Not detected: database and witness both restored from the same moment (a snapshot of the whole machine or of the
//   whole state directory). Against that, put the witness on another file system that no backup covers
//   (Settings::witness), and after any such restore run `resume-after N` by hand.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "client/storage/witness.h"
#include "common/base/file.h"
#include "common/base/random_source.h"
#include "common/storage/sqlite.h"

namespace bauta::client {

/// Logged local commands that loosened a latch, or changed whom this client trusts.
struct Release {
  std::string command;
  std::string detail;
  WallTime created_at{};
};

using StoredItem = std::pair<std::string, Bytes>;
using StoredItems = std::map<std::string, Bytes>;

/// One thread at a time, one process at a time: a second one is refused as `busy` while this lives. Every write is on
/// the medium when it returns ok. Deleted content is overwritten in the database and cut off the WAL; what the file
/// system or the drive keeps of freed blocks is beyond it (docs/threat_model.md), so encrypt the disk.
class ClientStore {
 public:
  struct Settings {
    std::filesystem::path state_directory;  ///< made with mode 0700
    std::filesystem::path witness;          ///< empty: state_directory/client.generation
  };

  static Result<ClientStore> open(const Settings& settings, RandomSource& random);
  /// For reading beside the process that has it open; writes fail. `not_found` where no client has run yet.
  static Result<ClientStore> look(const Settings& settings);

  /// True: nothing may be signed until the partner's own operator has run `resume-after N`.
  bool restored() const { return restored_; }
  /// The local command: promises to take no part in rounds up to `last_round` (latch "resume_after"), forgets all
  /// rounds under way, starts a new incarnation and is logged as a release. Also to be used when restored() is false.
  Status resume_after(std::uint64_t last_round, WallTime now, RandomSource& random);
  /// The `last_round` of the last resume_after, 0 where there was none.
  Result<std::uint64_t> resumed_after() const;

  /// Items of one attempt and latches in one transaction. An item that is there with the same bytes is no change, with
  /// other bytes `conflict` and nothing is written: what may have left once is never replaced. A latch is replaced.
  Status put_all(std::uint64_t round_no, std::uint32_t attempt, std::span<const StoredItem> items,
                 std::span<const StoredItem> latches = {});
  /// Holds secrets: wipe what is not needed.
  Result<StoredItems> load(std::uint64_t round_no, std::uint32_t attempt) const;
  /// Attempts with stored items, oldest first.
  Result<std::vector<std::pair<std::uint64_t, std::uint32_t>>> rounds_under_way() const;
  /// The attempt's items whose key begins with `prefix` are gone from the files.
  Status erase_items(std::uint64_t round_no, std::uint32_t attempt, std::string_view prefix);
  /// When the attempt is over: items and masked vector are gone from the files.
  Status erase(std::uint64_t round_no, std::uint32_t attempt);

  Result<std::optional<Bytes>> latch(std::string_view key) const;
  Status put_latch(std::string_view key, ByteView bytes);
  /// A local command only: as put_latch, and logs that.
  Status put_logged_latch(std::string_view key, ByteView bytes, std::string_view command, std::string_view detail,
                          WallTime now);
  /// A local command only: takes the latch back and logs that.
  Status release_latch(std::string_view key, std::string_view command, std::string_view detail, WallTime now);

  Result<std::vector<Release>> releases() const;

  /// The masked vector as it will be sent: whole and fsync'd in state_directory/outbox when this returns. It is public
  /// to the coordinator, hence no secret. Written before the items that announce it.
  Status write_vector(std::uint64_t round_no, std::uint32_t attempt, ByteView masked);
  std::filesystem::path vector_path(std::uint64_t round_no, std::uint32_t attempt) const;
  Status remove_vector(std::uint64_t round_no, std::uint32_t attempt);

 private:
  ClientStore(const Settings& settings, FileDescriptor lock, SqliteDatabase database);

  static Result<SqliteDatabase> open_database(const Settings& settings);
  /// Reads both, sets restored_ and says whether the database has an incarnation.
  Result<bool> compare_with_witness();
  Status recognise(RandomSource& random);
  /// Removes what a crash has left of attempts that are over.
  Status sweep() const;
  Status refuse_if_restored() const;
  /// `work` and a new generation in one transaction, then the witness. Nothing of it where that transaction fails;
  /// where only the witness does, the caller must not send what was written.
  Status change(const std::function<Status()>& work);
  /// Inside a transaction.
  Status count_generation();
  Status log_release(std::string_view command, std::string_view detail, WallTime now);
  Status write_latch(std::string_view key, ByteView bytes);

  std::filesystem::path state_directory_;
  FileDescriptor lock_;
  mutable SqliteDatabase database_;
  Witness witness_;
  Bytes incarnation_;
  std::uint64_t generation_ = 0;
  bool restored_ = false;
};

}  // namespace bauta::client
