#include "common/evidence/evidence_folder.h"

#include <fmt/format.h>

#include <algorithm>

#include "common/base/file.h"
#include "common/base/time_format.h"
#include "common/crypto/sha256.h"

namespace bauta {
namespace {

constexpr std::string_view kExtension = ".evidence";

std::filesystem::path folder_of(const std::filesystem::path& state_directory) { return state_directory / "evidence"; }

// "20240229T120000Z": RFC 3339 without what some file systems dislike in names.
std::string compact_time(WallTime time) {
  std::string text = format_time(std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count());
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  return text;
}

}  // namespace

Result<std::optional<KeptEvidence>> keep_evidence(const std::filesystem::path& state_directory,
                                                  std::span<const EvidenceKind> kinds,
                                                  const std::shared_ptr<const Roster>& roster, const EvidenceFile& file,
                                                  WallTime now) {
  using Kept = std::optional<KeptEvidence>;
  std::size_t size = file.roster.size();
  for (const auto& [item, content] : file.items) size += content.size();
  if (size > kMaxEvidenceBytes) return Kept();
  auto convicted = verify_evidence(kinds, roster, file);
  if (!convicted.ok()) return Kept();
  const Bytes bytes = encode(file);
  if (bytes.size() > kMaxEvidenceBytes) return Kept();
  BAUTA_TRY(const auto kept, list_evidence(state_directory));
  if (kept.size() >= kMostEvidenceFiles) return Kept();
  const std::string name = fmt::format("{}-{}{}", file.kind, to_hex(sha256(bytes)).substr(0, 8), kExtension);
  for (const auto& path : kept) {
    if (path.filename().string().ends_with("-" + name)) return Kept();
  }
  BAUTA_RETURN_IF_ERROR(ensure_private_directory(folder_of(state_directory)));
  const std::filesystem::path path = folder_of(state_directory) / fmt::format("{}-{}", compact_time(now), name);
  BAUTA_RETURN_IF_ERROR(write_file_atomically(path, bytes));
  return Kept({path, *std::move(convicted)});
}

Result<std::vector<std::filesystem::path>> list_evidence(const std::filesystem::path& state_directory) {
  std::vector<std::filesystem::path> files;
  std::error_code error;
  for (std::filesystem::directory_iterator entry(folder_of(state_directory), error), end; !error && entry != end;
       entry.increment(error)) {
    if (entry->path().extension() == kExtension) files.push_back(entry->path());
  }
  if (error && error != std::errc::no_such_file_or_directory) {
    return file_error("read directory", folder_of(state_directory), error.value());
  }
  std::sort(files.begin(), files.end());
  return files;
}

Result<EvidenceFile> read_evidence(const std::filesystem::path& file) {
  BAUTA_TRY(const Bytes bytes, read_file(file, kMaxEvidenceBytes));
  auto evidence = decode<EvidenceFile>(bytes);
  if (!evidence.ok()) return with_context(file.string(), std::move(evidence).error());
  return evidence;
}

}  // namespace bauta
