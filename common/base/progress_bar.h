// How far long work is: one line that is rewritten on a terminal, plain lines elsewhere.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace bauta {

/// Called by long work with how much is done of how much, and of what; `of` may be 0 where there is nothing to do.
using OnProgress = std::function<void(std::uint64_t done, std::uint64_t of, std::string_view what)>;

/// "[###.......] 3/10 what". `done` may exceed `of`; the bar is full then.
std::string progress_line(std::uint64_t done, std::uint64_t of, std::string_view what);

/// One thread at a time. Ends its line when it is destroyed.
class ProgressBar {
 public:
  /// On standard error.
  ProgressBar();
  ProgressBar(bool terminal, std::function<void(std::string_view)> write);
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;

  /// Without a terminal a line is written at each tenth of the work and where it turns to something else.
  void show(std::uint64_t done, std::uint64_t of, std::string_view what);
  /// Other output may follow: ends the rewritten line.
  void end_line();
  OnProgress callback() {
    return [this](std::uint64_t done, std::uint64_t of, std::string_view what) { show(done, of, what); };
  }

 private:
  bool terminal_;
  std::function<void(std::string_view)> write_;
  std::string shown_;  // the line on the terminal, or what the last plain line was about
  std::uint64_t tenth_ = 0;
};

}  // namespace bauta
