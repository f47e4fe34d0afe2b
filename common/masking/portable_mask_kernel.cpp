#include <string.h>

#include <algorithm>
#include <array>
#include <vector>

#include "common/base/result.h"
#include "common/masking/keystream.h"
#include "common/masking/mask_kernel.h"
#include "common/masking/packed_vector.h"

namespace bauta {
namespace {

class PortableMaskKernel final : public MaskKernel {
 public:
  PortableMaskKernel(std::span<const MaskTerm> terms, std::uint32_t lane_bits, std::uint64_t first_word)
      : top_(top_bits(lane_bits)), used_(used_bits(lane_bits)), next_word_(first_word) {
    streams_.reserve(terms.size());
    for (const MaskTerm& term : terms) {
      const auto key = term.key->reveal();
      std::array<std::uint8_t, 16> counter;
      std::copy_n(key.begin() + 16, 12, counter.begin());
      const auto block = static_cast<std::uint32_t>(first_word / 2);
      for (std::size_t i = 0; i < 4; ++i) counter[12 + i] = static_cast<std::uint8_t>(block >> (24 - 8 * i));
      streams_.push_back({Keystream(key.first<16>(), counter), term.subtract});
      if (first_word % 2 == 1) streams_.back().keystream.read(wire_bytes_mutable(std::span(mask_).first(1)));
    }
  }
  ~PortableMaskKernel() override { explicit_bzero(mask_.data(), sizeof mask_); }
  PortableMaskKernel(const PortableMaskKernel&) = delete;
  PortableMaskKernel& operator=(const PortableMaskKernel&) = delete;

  void apply(std::span<std::uint64_t> chunk, std::uint64_t first_word) override {
    BAUTA_CHECK(first_word == next_word_ && chunk.size() <= mask_.size());
    next_word_ += chunk.size();
    const std::span<std::uint64_t> mask = std::span(mask_).first(chunk.size());
    for (Stream& stream : streams_) {
      stream.keystream.read(wire_bytes_mutable(mask));
      if (stream.subtract) {
        for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = subtract_word(chunk[i], mask[i] & used_, top_);
      } else {
        for (std::size_t i = 0; i < chunk.size(); ++i) chunk[i] = add_word(chunk[i], mask[i] & used_, top_);
      }
    }
  }

 private:
  struct Stream {
    Keystream keystream;
    bool subtract;
  };
  const std::uint64_t top_;
  const std::uint64_t used_;
  std::uint64_t next_word_;
  std::vector<Stream> streams_;
  std::array<std::uint64_t, kMaskChunkWords> mask_{};
};

}  // namespace

std::unique_ptr<MaskKernel> make_portable_mask_kernel(std::span<const MaskTerm> terms, std::uint32_t lane_bits,
                                                      std::uint64_t first_word) {
  return std::make_unique<PortableMaskKernel>(terms, lane_bits, first_word);
}

}  // namespace bauta
