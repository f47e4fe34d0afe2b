#include "tests/bench/experiments/report_file.h"

#include <algorithm>

#include "common/base/file.h"
#include "tests/bench/must.h"

namespace bauta::bench {
namespace {

constexpr std::size_t kMaxReportBytes = std::size_t{64} << 20;

Json parts_of(const std::filesystem::path& path, const Json& head, const std::string& name) {
  Json held = Json::parse(must(read_text_file(path, kMaxReportBytes)), nullptr, false);
  if (!held.is_object() || !held.contains(name)) give_up(path.string() + " is no report of this experiment");
  Json parts = std::move(held[name]);
  held.erase(name);
  if (held != head) give_up(path.string() + " was made with other settings; name another file with --out");
  return parts;
}

}  // namespace

ReportFile::ReportFile(std::filesystem::path path, Json head, bool resume, std::string parts, std::string key)
    : path_(std::move(path)), parts_(std::move(parts)), key_(std::move(key)), report_(std::move(head)) {
  Json held = resume && std::filesystem::exists(path_) ? parts_of(path_, report_, parts_) : Json::array();
  report_[parts_] = std::move(held);
  save();  // a file that cannot be written is found out before hours of work
}

bool ReportFile::has(const Json& part) const {
  const Json& held = report_[parts_];
  return std::any_of(held.begin(), held.end(), [&](const Json& one) { return one[key_] == part; });
}

void ReportFile::add(Json part) {
  report_[parts_].push_back(std::move(part));
  save();
}

void ReportFile::save() const {
  const std::string text = report_.dump(1) + '\n';
  must(write_file_atomically(path_, as_bytes(text)));
}

}  // namespace bauta::bench
