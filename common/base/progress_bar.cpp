#include "common/base/progress_bar.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>

namespace bauta {
namespace {

constexpr std::uint64_t kWidth = 30;

std::uint64_t part(std::uint64_t done, std::uint64_t of, std::uint64_t parts) {
  return of == 0 ? 0 : std::min(parts, done * parts / of);
}

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t of, std::string_view what) {
  const std::uint64_t full = part(done, of, kWidth);
  return fmt::format("[{}{}] {}/{} {}", std::string(full, '#'), std::string(kWidth - full, '.'), done, of, what);
}

ProgressBar::ProgressBar()
    : ProgressBar(::isatty(STDERR_FILENO) != 0, [](std::string_view text) {
        std::fwrite(text.data(), 1, text.size(), stderr);
        std::fflush(stderr);
      }) {}

ProgressBar::ProgressBar(bool terminal, std::function<void(std::string_view)> write)
    : terminal_(terminal), write_(std::move(write)) {}

ProgressBar::~ProgressBar() { end_line(); }

void ProgressBar::show(std::uint64_t done, std::uint64_t of, std::string_view what) {
  if (terminal_) {
    std::string line = progress_line(done, of, what);
    if (line == shown_) return;
    const std::size_t longer = shown_.size() > line.size() ? shown_.size() - line.size() : 0;
    write_("\r" + line + std::string(longer, ' '));
    shown_ = std::move(line);
    return;
  }
  const std::uint64_t tenth = part(done, of, 10);
  if (shown_ == what && tenth == tenth_) return;
  shown_ = what;
  tenth_ = tenth;
  write_(progress_line(done, of, what) + "\n");
}

void ProgressBar::end_line() {
  if (terminal_ && !shown_.empty()) write_("\n");
  shown_.clear();
}

}  // namespace bauta
