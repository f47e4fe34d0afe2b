#include "client/storage/witness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>

#include "common/crypto/sha256.h"

namespace bauta::client {
namespace {

constexpr std::size_t kLine = 64;
constexpr std::size_t kIncarnation = 32;  // hexadecimal digits
constexpr std::size_t kNumber = 20;       // decimal digits
constexpr std::size_t kCheck = 9;         // hexadecimal digits of the SHA-256 of what stands before
constexpr std::size_t kChecked = kIncarnation + 1 + kNumber + 1;
static_assert(kChecked + kCheck + 1 == kLine);

std::string line_of(const Generation& generation) {
  std::string line = fmt::format("{} {:020} ", to_hex(generation.incarnation), generation.number);
  line += to_hex(sha256(as_bytes(line))).substr(0, kCheck);
  return line + '\n';
}

std::optional<Generation> parse_line(std::string_view line) {
  const auto incarnation = from_hex(line.substr(0, kIncarnation));
  if (!incarnation) return std::nullopt;
  Generation generation{*incarnation, 0};
  const char* const number = line.data() + kIncarnation + 1;
  const auto [end, error] = std::from_chars(number, number + kNumber, generation.number);
  if (error != std::errc{} || line_of(generation) != line) return std::nullopt;
  return generation;
}

}  // namespace

Result<std::optional<Generation>> Witness::read() const {
  const auto text = read_text_file(path_, 2 * kLine);
  if (!text.ok()) {
    if (text.error().code == ErrorCode::not_found) return std::optional<Generation>();
    if (text.error().code != ErrorCode::oversized) return text.error();
  }
  const Error damaged{ErrorCode::malformed, fmt::format("{} is damaged", path_.string())};
  if (!text.ok() || text->size() != 2 * kLine) return damaged;
  const std::string_view lines = *text;
  const auto first = parse_line(lines.substr(0, kLine));
  const auto second = parse_line(lines.substr(kLine));
  if (!first && !second) return damaged;
  if (!first || !second) return first ? first : second;
  if (first->incarnation != second->incarnation) return damaged;
  return first->number > second->number ? first : second;
}

Status Witness::write(const Generation& generation) {
  const std::string line = line_of(generation);
  if (!file_.valid() || generation.incarnation != incarnation_) {
    BAUTA_RETURN_IF_ERROR(write_file_atomically(path_, as_bytes(line + line)));
    BAUTA_TRY(file_, open_file(path_, O_WRONLY));
    incarnation_ = generation.incarnation;
    return {};
  }
  const auto place = static_cast<off_t>(generation.number % 2 * kLine);
  ssize_t written = 0;
  do {
    written = ::pwrite(file_.get(), line.data(), line.size(), place);
  } while (written < 0 && errno == EINTR);
  if (written < 0) return file_error("write", path_, errno);
  if (written != static_cast<ssize_t>(line.size())) return file_error("write", path_, ENOSPC);
  if (::fdatasync(file_.get()) != 0) return file_error("sync", path_, errno);
  return {};
}

}  // namespace bauta::client
