#include "client/storage/witness.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <charconv>

#include "common/crypto/sha256.h"

namespace bauta::client {
namespace {

// What a disk or file system writes at once: the two lines do not share one.
constexpr std::size_t kBlock = 4096;
constexpr std::size_t kNumber = 20;       // decimal digits
constexpr std::size_t kIncarnation = 32;  // hexadecimal digits
constexpr std::size_t kCheck = 9;         // hexadecimal digits of the SHA-256 of what stands before
constexpr std::size_t kLine = kNumber + 1 + kIncarnation + 1 + kCheck + 1;
static_assert(kLine == 64);

std::string line_of(const Generation& generation) {
  std::string line = fmt::format("{:020} {} ", generation.number, to_hex(generation.incarnation));
  line += to_hex(sha256(as_bytes(line))).substr(0, kCheck);
  return line + '\n';
}

std::string block_of(std::string line) {
  line.resize(kBlock, ' ');
  line.back() = '\n';
  return line;
}

std::optional<Generation> parse_block(std::string_view block) {
  const auto incarnation = from_hex(block.substr(kNumber + 1, kIncarnation));
  if (!incarnation) return std::nullopt;
  Generation generation{*incarnation, 0};
  const auto [end, error] = std::from_chars(block.data(), block.data() + kNumber, generation.number);
  if (error != std::errc{} || block_of(line_of(generation)) != block) return std::nullopt;
  return generation;
}

}  // namespace

Result<std::optional<Generation>> Witness::read() const {
  const auto text = read_text_file(path_, 2 * kBlock);
  if (!text.ok()) {
    if (text.error().code == ErrorCode::not_found) return std::optional<Generation>();
    if (text.error().code != ErrorCode::oversized) return text.error();
  }
  const Error damaged{ErrorCode::malformed, fmt::format("{} is damaged", path_.string())};
  if (!text.ok() || text->size() != 2 * kBlock) return damaged;
  auto first = parse_block(std::string_view(*text).substr(0, kBlock));
  auto second = parse_block(std::string_view(*text).substr(kBlock));
  if (!first && !second) return damaged;
  if (!first || !second) {
    auto& whole = first ? first : second;
    ++whole->number;
    return whole;
  }
  if (first->incarnation != second->incarnation) return damaged;
  return first->number > second->number ? first : second;
}

Status Witness::write(const Generation& generation) {
  const std::string line = line_of(generation);
  struct stat status {};
  // Deleted, or another file was put in its place.
  const bool there = file_.valid() && ::fstat(file_.get(), &status) == 0 && status.st_nlink > 0;
  const Status written =
      there && generation.incarnation == incarnation_ ? overwrite(line, generation.number) : replace(line);
  if (written.ok()) {
    incarnation_ = generation.incarnation;
  } else {
    file_.reset();
  }
  return written;
}

Status Witness::replace(const std::string& line) {
  const std::string block = block_of(line);
  BAUTA_RETURN_IF_ERROR(write_file_atomically(path_, as_bytes(block + block)));
  BAUTA_TRY(file_, open_file(path_, O_WRONLY));
  return {};
}

Status Witness::overwrite(const std::string& line, std::uint64_t number) const {
  const auto place = static_cast<off_t>(number % 2 * kBlock);
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
