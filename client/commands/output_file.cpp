#include "client/commands/output_file.h"

#include <fcntl.h>

namespace bauta::client {
namespace {

namespace fs = std::filesystem;

Error refuse(const fs::path& path, const std::string& why) {
  return {ErrorCode::invalid_argument, path.string() + " " + why};
}

}  // namespace

std::vector<fs::path> files_read(const ClientSettings& settings, std::vector<fs::path> besides) {
  const SourceSettings& source = settings.data.source;
  for (const fs::path& path : {source.events, source.items, source.persons, source.database})
    if (!path.empty()) besides.push_back(path);
  besides.push_back(settings.store.state_directory);
  return besides;
}

Status check_output(const fs::path& path, std::span<const fs::path> read) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::is_directory(status)) return refuse(path, "is a directory: name a file in it");
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::exists(status) && !fs::is_directory(folder, error))
    return refuse(folder, "is no directory: make it, or name a file elsewhere");
  for (const fs::path& one : read) {
    const fs::path below = fs::weakly_canonical(path, error).lexically_relative(fs::weakly_canonical(one, error));
    if (fs::is_directory(one, error) && !below.empty() && *below.begin() != "..")
      return refuse(path, "lies in the client's own folder " + one.string() + ": name a file elsewhere");
    if (fs::equivalent(path, one, error)) return refuse(path, "is read by this command: name another file");
  }
  return {};
}

Status write_output(const fs::path& path, const std::function<Status(const ByteSink& write)>& produce) {
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status)) {
    BAUTA_TRY(const FileDescriptor file, open_file(path, O_WRONLY));
    return produce([&](ByteView bytes) { return write_all(file.get(), bytes, path); });
  }
  const fs::path target = fs::weakly_canonical(fs::absolute(path), error);
  if (error) return file_error("find", path, error.value());
  remove_temporaries_of(target);
  return write_file_atomically(target, produce);
}

}  // namespace bauta::client
