#include "client/training/vector_file.h"

#include <doctest/doctest.h>
#include <sys/stat.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "common/base/file.h"
#include "common/crypto/sha256.h"
#include "tests/support/file_size_limit.h"
#include "tests/support/files.h"
#include "tests/support/temporary_directory.h"

using namespace bauta;
using namespace bauta::client;
using testing::TemporaryDirectory;

namespace {

const std::vector<float> kFirst = {1.5F, -0.0F, 3e-41F};
const std::vector<float> kThird = {std::numeric_limits<float>::max()};

Status write_example(const std::filesystem::path& path) {
  const std::span<const float> vectors[] = {kFirst, {}, kThird};
  return write_vectors(path, "example", R"({"round":7,"items":["a","b"]})", vectors);
}

std::string text_of(std::span<const float> values) {
  return std::string(as_text({reinterpret_cast<const std::uint8_t*>(values.data()), values.size_bytes()}));
}

/// A file as the header of vector_file.h describes it, whatever its parts say, with a checksum that holds.
std::string made_file(std::string_view header, std::string_view vectors,
                      std::optional<std::uint32_t> header_bytes = std::nullopt) {
  const std::uint32_t length = header_bytes.value_or(static_cast<std::uint32_t>(header.size()));
  std::string text = "BAUTAVEC";
  for (int shift = 0; shift < 32; shift += 8) text += static_cast<char>(length >> shift & 0xFF);
  text.append(header).append(vectors);
  return text + std::string(as_text(sha256(as_bytes(text))));
}

/// What reading a file of these bytes as "example" says; "" where it is understood.
std::string refusal(std::string_view bytes) {
  const TemporaryDirectory directory;
  testing::write_plain(directory / "file", bytes);
  const auto read = read_vectors(directory / "file", "example");
  if (read.ok()) return "";
  CHECK(read.error().code == ErrorCode::malformed);
  CHECK(read.error().message.starts_with((directory / "file").string() + " "));
  return read.error().message.substr((directory / "file").string().size() + 1);
}

std::string bytes_of_example() {
  const TemporaryDirectory directory;
  REQUIRE(write_example(directory / "file").ok());
  return read_text_file(directory / "file").value();
}

}  // namespace

TEST_CASE("vectors come back bit for bit, with what was said about them") {
  const TemporaryDirectory directory;
  REQUIRE(write_example(directory / "file").ok());
  const auto read = read_vectors(directory / "file", "example").value();
  REQUIRE(read);
  CHECK(read->about == R"({"items":["a","b"],"round":7})");
  REQUIRE(read->vectors.size() == 3);
  CHECK(text_of(read->vectors[0]) == text_of(kFirst));
  CHECK(read->vectors[1].empty());
  CHECK(text_of(read->vectors[2]) == text_of(kThird));
  struct stat status {};
  REQUIRE(::stat((directory / "file").c_str(), &status) == 0);
  CHECK((status.st_mode & 0777) == 0600);
}

TEST_CASE("a file of vectors is laid out as its page of the format says") {
  const char* const header = R"({"about":{"items":["a","b"],"round":7},"kind":"example","lengths":[3,0,1]})";
  CHECK(bytes_of_example() == made_file(header, text_of(kFirst) + text_of(kThird)));
  CHECK(refusal(made_file(header, text_of(kFirst) + text_of(kThird))) == "");
}

TEST_CASE("where there is no file of vectors there are none, but what cannot be read is an error") {
  const TemporaryDirectory directory;
  const auto missing = read_vectors(directory / "file", "example");
  REQUIRE(missing.ok());
  CHECK(!missing.value());
  CHECK(read_vectors(directory / "no" / "file", "example").ok());
  const auto folder = read_vectors(directory.path(), "example");
  REQUIRE(!folder.ok());
  CHECK(folder.error().code == ErrorCode::io);
}

TEST_CASE("a file of vectors cut off anywhere is refused") {
  const std::string whole = bytes_of_example();
  for (std::size_t size = 0; size < whole.size(); ++size) {
    CAPTURE(size);
    CHECK(refusal(std::string_view(whole).substr(0, size)) != "");
  }
}

TEST_CASE("a file of vectors with one byte flipped anywhere is refused") {
  const std::string whole = bytes_of_example();
  for (std::size_t i = 0; i < whole.size(); ++i) {
    CAPTURE(i);
    std::string flipped = whole;
    flipped[i] = static_cast<char>(flipped[i] ^ 0x01);
    CHECK(refusal(flipped) != "");
  }
  std::string number = whole;
  number[number.size() - sizeof(Digest) - 1] ^= 0x40;
  CHECK(refusal(number) == "is damaged: its checksum does not match; remove it to begin anew");
}

TEST_CASE("vectors of another kind and headers that lack a part are refused") {
  CHECK(refusal(made_file(R"({"kind":"example","lengths":[],"about":null})", "")) == "");
  for (const char* const header :
       {R"({"kind":"another","lengths":[],"about":null})", R"({"lengths":[],"about":null})",
        R"({"kind":7,"lengths":[],"about":null})", R"({"kind":"example","about":null})",
        R"({"kind":"example","lengths":{},"about":null})", R"({"kind":"example","lengths":[]})", "[]", "7", "", "{",
        R"({"kind":"example","lengths":[],"about":null},)",
        "{\"kind\":\"example\",\"lengths\":[],\"about\":\"\xFF\"}"}) {
    CAPTURE(header);
    CHECK(refusal(made_file(header, "")) ==
          "is damaged or holds something else than expected; remove it to begin anew");
  }
}

TEST_CASE("a header nested without end is refused instead of exhausting the stack") {
  const std::string deep = std::string(1'000'000, '[') + std::string(1'000'000, ']');
  CHECK(refusal(made_file(R"({"kind":"example","lengths":[],"about":)" + deep + "}", "")) != "");
}

TEST_CASE("bytes behind the last vector are refused, in the file and under its checksum") {
  CHECK(refusal(bytes_of_example() + '\0') != "");
  const char* const header = R"({"kind":"example","lengths":[1],"about":null})";
  CHECK(refusal(made_file(header, text_of(kThird))) == "");
  CHECK(refusal(made_file(header, text_of(kThird) + '\0')) ==
        "has more bytes than its header says; remove it to begin anew");
  CHECK(refusal(made_file(header, text_of(kFirst))) == "has more bytes than its header says; remove it to begin anew");
}

TEST_CASE("a header that would reach past the end of the file is refused") {
  const std::string header = R"({"kind":"example","lengths":[],"about":null})";
  const auto size = static_cast<std::uint32_t>(header.size());
  CHECK(refusal(made_file(header, "", size)) == "");
  for (const std::uint32_t claimed : {size + 1, size + 32, size + 33, 0x1000'0001U, 0xFFFF'FFFFU}) {
    CAPTURE(claimed);
    CHECK(refusal(made_file(header, "", claimed)) == "is cut short; remove it to begin anew");
  }
}

TEST_CASE("lengths that do not fit the file are refused, also where their sum overflows") {
  const auto with_lengths = [](const char* lengths) {
    return refusal(
        made_file(std::string(R"({"kind":"example","about":null,"lengths":)") + lengths + "}", text_of(kFirst)));
  };
  CHECK(with_lengths("[3]") == "");
  CHECK(with_lengths("[1,2]") == "");
  for (const char* const lengths :
       {"[4]", "[3,1]", "[1,3]", "[11]", "[4611686018427387907]", "[4611686018427387904,3]",
        "[4611686018427387904,4611686018427387904,4611686018427387904,4611686018427387904,3]", "[18446744073709551615]",
        "[9223372036854775808,9223372036854775808,3]", "[18446744073709551616]", "[-3]", "[3.0]", R"(["3"])", "[null]",
        "[[3]]"}) {
    CAPTURE(lengths);
    CHECK(with_lengths(lengths) == "is cut short; remove it to begin anew");
  }
  CHECK(with_lengths("[2]") == "has more bytes than its header says; remove it to begin anew");
  CHECK(with_lengths("[]") == "has more bytes than its header says; remove it to begin anew");
}

TEST_CASE("a number that is not finite is refused, though the checksum holds") {
  const TemporaryDirectory directory;
  for (const float value : {std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity(),
                            std::numeric_limits<float>::quiet_NaN()}) {
    const std::vector<float> last = {1, value};
    const std::span<const float> vectors[] = {kFirst, last};
    REQUIRE(write_vectors(directory / "file", "example", "{}", vectors).ok());
    CHECK(refusal(read_text_file(directory / "file").value()) ==
          "holds a number that is not finite; remove it to begin anew");
  }
}

TEST_CASE("a disk that is full leaves the former vectors as they were") {
  const TemporaryDirectory directory;
  REQUIRE(write_example(directory / "file").ok());
  const std::vector<float> large(10'000, 1);
  const std::span<const float> vectors[] = {kFirst, large};
  {
    const testing::FileSizeLimit limit(4096);
    const Status written = write_vectors(directory / "file", "example", "{}", vectors);
    REQUIRE(!written.ok());
    CHECK(written.error().code == ErrorCode::disk_full);
  }
  CHECK(read_text_file(directory / "file").value() == bytes_of_example());
  REQUIRE(write_vectors(directory / "file", "example", "{}", vectors).ok());
  CHECK(read_vectors(directory / "file", "example").value()->vectors[1] == large);
}
