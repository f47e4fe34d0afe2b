#include "client/storage/round_records.h"

#include <fcntl.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <vector>

#include "common/base/file.h"

namespace bauta::client {
namespace {

constexpr std::uint64_t kMaxRecordBytes = std::uint64_t{1} << 30;

std::string name_of(const RoundId& id) { return fmt::format("{}-{}.record", id.round_no, id.attempt); }

std::optional<RoundId> parse_name(const std::string& name) {
  RoundId id;
  const char* const end = name.data() + name.size();
  const auto [dash, first_error] = std::from_chars(name.data(), end, id.round_no);
  if (first_error != std::errc{} || dash == end) return std::nullopt;
  const auto [last, second_error] = std::from_chars(dash + 1, end, id.attempt);
  // Other spellings are no files of ours.
  return second_error == std::errc{} && name_of(id) == name ? std::optional(id) : std::nullopt;
}

}  // namespace

Result<RoundRecords> RoundRecords::open(const std::filesystem::path& state_directory) {
  RoundRecords records(state_directory / "rounds");
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(records.folder_));
  return records;
}

std::filesystem::path RoundRecords::path_of(const RoundId& id) const { return folder_ / name_of(id); }

std::vector<RoundId> RoundRecords::list() const {
  std::vector<RoundId> ids;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(folder_, ignored)) {
    if (const auto id = parse_name(entry.path().filename().string())) ids.push_back(*id);
  }
  std::sort(ids.begin(), ids.end());
  return ids;
}

Status RoundRecords::keep(const RoundId& id, ByteView record) const {
  const std::filesystem::path path = path_of(id);
  {
    BAUTA_TRY(const FileDescriptor file, open_file(path, O_WRONLY | O_CREAT | O_TRUNC));
    BAUTA_RETURN_IF_ERROR(write_all(file.get(), record, path));
  }
  for (const RoundId& old : list()) {
    if (old.round_no + kAuditRounds > id.round_no) continue;
    std::error_code error;
    std::filesystem::remove(path_of(old), error);
    if (error) return file_error("remove", path_of(old), error.value());
  }
  return {};
}

Result<KeptRound> RoundRecords::read(std::uint64_t round_no) const {
  const std::vector<RoundId> ids = list();
  // Of several attempts only one can have ended with a sum: the last.
  const auto found = std::find_if(ids.rbegin(), ids.rend(), [&](const RoundId& id) { return id.round_no == round_no; });
  if (found == ids.rend()) {
    std::string kept;
    for (const RoundId& id : ids) kept += (kept.empty() ? "" : ", ") + std::to_string(id.round_no);
    return Error{ErrorCode::not_found, fmt::format("round {} is not kept in {}; kept are: {}", round_no,
                                                   folder_.string(), kept.empty() ? "none" : kept)};
  }
  BAUTA_TRY(Bytes record, read_file(path_of(*found), kMaxRecordBytes));
  return KeptRound{*found, std::move(record)};
}

}  // namespace bauta::client
