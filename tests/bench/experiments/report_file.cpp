#include "tests/bench/experiments/report_file.h"

#include "common/base/file.h"
#include "tests/bench/must.h"

namespace bauta::bench {
namespace {

constexpr std::size_t kMaxReportBytes = std::size_t{64} << 20;

Json runs_of(const std::filesystem::path& path, const Json& head) {
  Json held = Json::parse(must(read_text_file(path, kMaxReportBytes)), nullptr, false);
  if (!held.is_object() || !held.contains("runs")) give_up(path.string() + " is no report of an experiment");
  Json runs = std::move(held["runs"]);
  held.erase("runs");
  if (held != head) give_up(path.string() + " was made with other settings; name another file with --out");
  return runs;
}

}  // namespace

ReportFile::ReportFile(std::filesystem::path path, Json head, bool resume)
    : path_(std::move(path)), report_(std::move(head)) {
  Json runs = resume && std::filesystem::exists(path_) ? runs_of(path_, report_) : Json::array();
  report_["runs"] = std::move(runs);
}

bool ReportFile::has(std::uint64_t seed) const {
  for (const Json& run : report_["runs"])
    if (run["seed"] == seed) return true;
  return false;
}

void ReportFile::add(std::uint64_t seed, Json run) {
  Json with_seed = {{"seed", seed}};
  with_seed.update(run);
  report_["runs"].push_back(std::move(with_seed));
  const std::string text = report_.dump(1) + '\n';
  must(write_file_atomically(path_, as_bytes(text)));
}

}  // namespace bauta::bench
