// What another process needs, through /proc.
#pragma once

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "tests/bench/must.h"

namespace bauta::bench {

class WatchedProcess {
 public:
  explicit WatchedProcess(std::string pid) : folder_(std::filesystem::path("/proc") / pid) {}

  /// From here on, peak_bytes() is of what follows.
  void forget_peak() const {
    std::ofstream file(folder_ / "clear_refs");
    file << "5" << std::flush;
    if (!file) give_up("cannot write " + (folder_ / "clear_refs").string());
  }
  double peak_bytes() const { return status("VmHWM:"); }
  double resident_bytes() const { return status("VmRSS:"); }

  double cpu_seconds() const {
    std::ifstream file(folder_ / "stat");
    std::string text;
    std::getline(file, text);
    std::istringstream fields(text.substr(text.rfind(')') + 1));
    std::string skipped;
    for (int i = 3; i < 14; ++i) fields >> skipped;
    double user = 0;
    double system = 0;
    if (!(fields >> user >> system)) give_up("cannot read " + (folder_ / "stat").string());
    return (user + system) / static_cast<double>(::sysconf(_SC_CLK_TCK));
  }

 private:
  double status(const std::string& wanted) const {
    std::ifstream file(folder_ / "status");
    std::string name;
    double kibibytes = 0;
    while (file >> name) {
      if (name == wanted && file >> kibibytes) return 1024 * kibibytes;
      std::getline(file, name);
    }
    give_up("cannot read " + wanted + " in " + (folder_ / "status").string());
  }

  std::filesystem::path folder_;
};

}  // namespace bauta::bench
