#include "client/data/input_file.h"

#include <fmt/format.h>
#include <zlib.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstring>

namespace bauta::client {
namespace {

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kGzipOnly = 15 + 16;  // window bits as inflateInit2 wants them

}  // namespace

struct InputFile::State {
  ~State() {
    if (file != nullptr) std::fclose(file);
    if (packed) inflateEnd(&stream);
  }

  std::filesystem::path path;
  std::FILE* file = nullptr;
  bool begun = false;
  bool packed = false;
  bool member_done = true;  ///< gzip: between two members
  z_stream stream{};
  std::array<unsigned char, kPiece> raw{};
  std::array<unsigned char, kPiece> text{};

  Result<std::size_t> read_raw() {
    const std::size_t count = std::fread(raw.data(), 1, raw.size(), file);
    if (count == 0 && std::ferror(file) != 0) {
      return Error{ErrorCode::io, fmt::format("{}: cannot be read: {}", path.string(), std::strerror(errno))};
    }
    return count;
  }

  Error bad_gzip(std::string_view what) const {
    return Error{ErrorCode::malformed, fmt::format("{}: {}; fetch or write the file again", path.string(), what)};
  }

  Result<std::string_view> read_packed() {
    stream.next_out = text.data();
    stream.avail_out = static_cast<uInt>(text.size());
    while (stream.avail_out > 0) {
      if (stream.avail_in == 0) {
        BAUTA_TRY(const std::size_t count, read_raw());
        if (count == 0) {
          if (!member_done) return bad_gzip("the gzip data end early");
          break;
        }
        stream.next_in = raw.data();
        stream.avail_in = static_cast<uInt>(count);
      }
      if (member_done) {
        inflateReset(&stream);
        member_done = false;
      }
      const int code = inflate(&stream, Z_NO_FLUSH);
      if (code == Z_STREAM_END) {
        member_done = true;
      } else if (code == Z_MEM_ERROR) {
        return Error{ErrorCode::internal, fmt::format("{}: no memory to unpack", path.string())};
      } else if (code != Z_OK && code != Z_BUF_ERROR) {
        return bad_gzip("the gzip data are damaged");
      }
    }
    return std::string_view(reinterpret_cast<const char*>(text.data()), text.size() - stream.avail_out);
  }

  Result<std::string_view> read() {
    if (packed) return read_packed();
    BAUTA_TRY(const std::size_t count, read_raw());
    if (!begun && count >= 2 && raw[0] == 0x1F && raw[1] == 0x8B) {
      begun = true;
      if (inflateInit2(&stream, kGzipOnly) != Z_OK) {
        return Error{ErrorCode::internal, fmt::format("{}: no memory to unpack", path.string())};
      }
      packed = true;
      stream.next_in = raw.data();
      stream.avail_in = static_cast<uInt>(count);
      return read_packed();
    }
    begun = true;
    return std::string_view(reinterpret_cast<const char*>(raw.data()), count);
  }
};

InputFile::InputFile(std::unique_ptr<State> state) : state_(std::move(state)) {}
InputFile::InputFile(InputFile&&) noexcept = default;
InputFile& InputFile::operator=(InputFile&&) noexcept = default;
InputFile::~InputFile() = default;

Result<InputFile> InputFile::open(const std::filesystem::path& path) {
  auto state = std::make_unique<State>();
  state->path = path;
  state->file = std::fopen(path.c_str(), "rb");
  if (state->file == nullptr) {
    return Error{ErrorCode::io, fmt::format("{}: cannot be opened: {}", path.string(), std::strerror(errno))};
  }
  return InputFile(std::move(state));
}

Result<std::string_view> InputFile::read() { return state_->read(); }

}  // namespace bauta::client
