// AES-128-CTR masks with the AES instructions of x86-64. The functions that use them are compiled for them one by one
// (target attribute), so that the rest of the program runs on any processor; is_supported() guards the way in.
#if defined(__x86_64__)

#include <immintrin.h>
#include <string.h>

#include <algorithm>
#include <vector>

#include "common/base/result.h"
#include "common/masking/mask_kernel.h"
#include "common/masking/packed_vector.h"

#define BAUTA_AES_NI __attribute__((target("aes,sse4.1")))
#define BAUTA_AES_NI_INLINE __attribute__((target("aes,sse4.1"), always_inline)) inline
#define BAUTA_VAES __attribute__((target("aes,vaes,avx512f,avx512bw")))
#define BAUTA_VAES_INLINE __attribute__((target("aes,vaes,avx512f,avx512bw"), always_inline)) inline

// Arrays of blocks live in registers only once every loop over them is unrolled.
#if defined(__clang__)
#define BAUTA_UNROLL _Pragma("unroll")
#else
#define BAUTA_UNROLL _Pragma("GCC unroll 16")
#endif

namespace bauta {
namespace {

constexpr int kRounds = 10;

struct KeySchedule {
  __m128i round_keys[kRounds + 1];
  __m128i nonce;  ///< in its lower 12 bytes; the upper 4 are zero
  bool subtract;
};

template <int round_constant>
BAUTA_AES_NI_INLINE __m128i next_round_key(__m128i key) {
  const __m128i assist = _mm_shuffle_epi32(_mm_aeskeygenassist_si128(key, round_constant), 0xff);
  key = _mm_xor_si128(key, _mm_slli_si128(key, 4));
  key = _mm_xor_si128(key, _mm_slli_si128(key, 8));
  return _mm_xor_si128(key, assist);
}

/// FIPS 197 §5.2.
BAUTA_AES_NI void schedule(const MaskTerm& term, KeySchedule& out) {
  const auto key = term.key->reveal();
  __m128i* const k = out.round_keys;
  k[0] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(key.data()));
  k[1] = next_round_key<0x01>(k[0]);
  k[2] = next_round_key<0x02>(k[1]);
  k[3] = next_round_key<0x04>(k[2]);
  k[4] = next_round_key<0x08>(k[3]);
  k[5] = next_round_key<0x10>(k[4]);
  k[6] = next_round_key<0x20>(k[5]);
  k[7] = next_round_key<0x40>(k[6]);
  k[8] = next_round_key<0x80>(k[7]);
  k[9] = next_round_key<0x1b>(k[8]);
  k[10] = next_round_key<0x36>(k[9]);
  // Bytes 12 … 27 end with the nonce; shifting out the 4 before it leaves it in the lower 12.
  out.nonce = _mm_srli_si128(_mm_loadu_si128(reinterpret_cast<const __m128i*>(key.data() + 12)), 4);
  out.subtract = term.subtract;
}

BAUTA_AES_NI_INLINE __m128i counter_block(const KeySchedule& key, std::uint32_t block) {
  return _mm_insert_epi32(key.nonce, static_cast<int>(__builtin_bswap32(block)), 3);
}

/// Lane by lane a ± mask, as add_word and subtract_word do; 12-bit lanes have no instruction of their own.
template <std::uint32_t lane_bits, bool subtract>
BAUTA_AES_NI_INLINE __m128i apply_mask(__m128i a, __m128i mask) {
  if constexpr (lane_bits == 8) return subtract ? _mm_sub_epi8(a, mask) : _mm_add_epi8(a, mask);
  if constexpr (lane_bits == 16) return subtract ? _mm_sub_epi16(a, mask) : _mm_add_epi16(a, mask);
  if constexpr (lane_bits == 32) return subtract ? _mm_sub_epi32(a, mask) : _mm_add_epi32(a, mask);
  if constexpr (lane_bits == 12) {
    const __m128i top = _mm_set1_epi64x(static_cast<long long>(top_bits(12)));
    const __m128i low = _mm_set1_epi64x(static_cast<long long>(used_bits(12) & ~top_bits(12)));
    const __m128i differs = _mm_and_si128(_mm_xor_si128(a, mask), top);
    if constexpr (subtract) {
      const __m128i difference = _mm_sub_epi64(_mm_or_si128(a, top), _mm_and_si128(mask, low));
      return _mm_xor_si128(difference, _mm_xor_si128(differs, top));
    } else {
      return _mm_xor_si128(_mm_add_epi64(_mm_and_si128(a, low), _mm_and_si128(mask, low)), differs);
    }
  }
}

/// `blocks` whole blocks of two words each, the first with this number.
template <std::uint32_t lane_bits, bool subtract>
BAUTA_AES_NI void apply_blocks(const KeySchedule& key, std::uint64_t* words, std::size_t blocks, std::uint32_t block) {
  auto* at = reinterpret_cast<__m128i*>(words);
  constexpr std::size_t kInFlight = 8;
  for (; blocks >= kInFlight; blocks -= kInFlight, at += kInFlight, block += kInFlight) {
    __m128i state[kInFlight];
    BAUTA_UNROLL
    for (std::size_t i = 0; i < kInFlight; ++i) {
      state[i] = _mm_xor_si128(counter_block(key, block + static_cast<std::uint32_t>(i)), key.round_keys[0]);
    }
    BAUTA_UNROLL
    for (int round = 1; round < kRounds; ++round) {
      BAUTA_UNROLL
      for (__m128i& each : state) each = _mm_aesenc_si128(each, key.round_keys[round]);
    }
    BAUTA_UNROLL
    for (std::size_t i = 0; i < kInFlight; ++i) {
      const __m128i mask = _mm_aesenclast_si128(state[i], key.round_keys[kRounds]);
      _mm_storeu_si128(at + i, apply_mask<lane_bits, subtract>(_mm_loadu_si128(at + i), mask));
    }
  }
  for (; blocks > 0; --blocks, ++at, ++block) {
    __m128i state = _mm_xor_si128(counter_block(key, block), key.round_keys[0]);
    BAUTA_UNROLL
    for (int round = 1; round < kRounds; ++round) state = _mm_aesenc_si128(state, key.round_keys[round]);
    const __m128i mask = _mm_aesenclast_si128(state, key.round_keys[kRounds]);
    _mm_storeu_si128(at, apply_mask<lane_bits, subtract>(_mm_loadu_si128(at), mask));
  }
}

BAUTA_VAES_INLINE __m512i four_times(__m128i block) {
  // The form without a mask makes g++ 12 warn of an uninitialised value inside its own header (GCC bug 105593).
  return _mm512_maskz_broadcast_i32x4(0xffff, block);
}

template <std::uint32_t lane_bits, bool subtract>
BAUTA_VAES_INLINE __m512i apply_mask_wide(__m512i a, __m512i mask) {
  if constexpr (lane_bits == 8) return subtract ? _mm512_sub_epi8(a, mask) : _mm512_add_epi8(a, mask);
  if constexpr (lane_bits == 16) return subtract ? _mm512_sub_epi16(a, mask) : _mm512_add_epi16(a, mask);
  if constexpr (lane_bits == 32) return subtract ? _mm512_sub_epi32(a, mask) : _mm512_add_epi32(a, mask);
  if constexpr (lane_bits == 12) {
    const __m512i top = _mm512_set1_epi64(static_cast<long long>(top_bits(12)));
    const __m512i low = _mm512_set1_epi64(static_cast<long long>(used_bits(12) & ~top_bits(12)));
    const __m512i differs = _mm512_and_si512(_mm512_xor_si512(a, mask), top);
    if constexpr (subtract) {
      const __m512i difference = _mm512_sub_epi64(_mm512_or_si512(a, top), _mm512_and_si512(mask, low));
      return _mm512_xor_si512(difference, _mm512_xor_si512(differs, top));
    } else {
      return _mm512_xor_si512(_mm512_add_epi64(_mm512_and_si512(a, low), _mm512_and_si512(mask, low)), differs);
    }
  }
}

/// apply_blocks with 4 registers of 4 blocks in flight.
template <std::uint32_t lane_bits, bool subtract>
BAUTA_VAES void apply_blocks_wide(const KeySchedule& key, std::uint64_t* words, std::size_t blocks,
                                  std::uint32_t block) {
  constexpr std::size_t kInFlight = 4;
  __m512i round_keys[kRounds + 1];
  BAUTA_UNROLL
  for (int i = 0; i <= kRounds; ++i) round_keys[i] = four_times(key.round_keys[i]);
  // The counters count in native order in the upper 4 bytes of each block; one shuffle makes them big-endian.
  const __m512i to_big_endian = four_times(_mm_set_epi8(12, 13, 14, 15, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0));
  const __m512i nonce = four_times(key.nonce);
  const __m512i four = _mm512_set4_epi32(4, 0, 0, 0);
  const auto first = static_cast<int>(block);
  __m512i counter = _mm512_add_epi32(_mm512_or_si512(nonce, _mm512_set4_epi32(first, 0, 0, 0)),
                                     _mm512_set_epi32(3, 0, 0, 0, 2, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0));
  std::size_t done = 0;
  for (; blocks - done >= 4 * kInFlight; done += 4 * kInFlight) {
    __m512i state[kInFlight];
    BAUTA_UNROLL
    for (__m512i& each : state) {
      each = _mm512_xor_si512(_mm512_shuffle_epi8(counter, to_big_endian), round_keys[0]);
      counter = _mm512_add_epi32(counter, four);
    }
    BAUTA_UNROLL
    for (int round = 1; round < kRounds; ++round) {
      BAUTA_UNROLL
      for (__m512i& each : state) each = _mm512_aesenc_epi128(each, round_keys[round]);
    }
    BAUTA_UNROLL
    for (std::size_t i = 0; i < kInFlight; ++i) {
      std::uint64_t* const at = words + 2 * done + 8 * i;
      const __m512i mask = _mm512_aesenclast_epi128(state[i], round_keys[kRounds]);
      _mm512_storeu_si512(at, apply_mask_wide<lane_bits, subtract>(_mm512_loadu_si512(at), mask));
    }
  }
  apply_blocks<lane_bits, subtract>(key, words + 2 * done, blocks - done, block + static_cast<std::uint32_t>(done));
}

using ApplyBlocks = void (*)(const KeySchedule&, std::uint64_t*, std::size_t, std::uint32_t);

template <bool subtract>
ApplyBlocks blocks_function(bool wide, std::uint32_t lane_bits) {
  switch (lane_bits) {
    case 8: return wide ? apply_blocks_wide<8, subtract> : apply_blocks<8, subtract>;
    case 12: return wide ? apply_blocks_wide<12, subtract> : apply_blocks<12, subtract>;
    case 16: return wide ? apply_blocks_wide<16, subtract> : apply_blocks<16, subtract>;
    default: return wide ? apply_blocks_wide<32, subtract> : apply_blocks<32, subtract>;
  }
}

class X86MaskKernel final : public MaskKernel {
 public:
  X86MaskKernel(bool wide, std::span<const MaskTerm> terms, std::uint32_t lane_bits)
      : add_(blocks_function<false>(wide, lane_bits)),
        subtract_(blocks_function<true>(wide, lane_bits)),
        keys_(terms.size()) {
    for (std::size_t i = 0; i < terms.size(); ++i) schedule(terms[i], keys_[i]);
  }
  ~X86MaskKernel() override { explicit_bzero(keys_.data(), keys_.size() * sizeof(KeySchedule)); }
  X86MaskKernel(const X86MaskKernel&) = delete;
  X86MaskKernel& operator=(const X86MaskKernel&) = delete;

  void apply(std::span<std::uint64_t> chunk, std::uint64_t first_word) override {
    // A chunk may begin in the second half of a block and end in the first half of one.
    const std::size_t head = std::min<std::size_t>(first_word % 2, chunk.size());
    const std::size_t blocks = (chunk.size() - head) / 2;
    const std::size_t tail = chunk.size() - head - 2 * blocks;
    const auto block = static_cast<std::uint32_t>((first_word + head) / 2);
    for (const KeySchedule& key : keys_) {
      const ApplyBlocks function = key.subtract ? subtract_ : add_;
      if (head != 0) {
        std::uint64_t both[2] = {0, chunk.front()};
        function(key, both, 1, static_cast<std::uint32_t>(first_word / 2));
        chunk.front() = both[1];
        explicit_bzero(both, sizeof both);
      }
      function(key, chunk.data() + head, blocks, block);
      if (tail != 0) {
        std::uint64_t both[2] = {chunk.back(), 0};
        function(key, both, 1, block + static_cast<std::uint32_t>(blocks));
        chunk.back() = both[0];
        explicit_bzero(both, sizeof both);
      }
    }
  }

 private:
  const ApplyBlocks add_;
  const ApplyBlocks subtract_;
  std::vector<KeySchedule> keys_;
};

}  // namespace

std::unique_ptr<MaskKernel> make_x86_mask_kernel(bool wide, std::span<const MaskTerm> terms, std::uint32_t lane_bits) {
  return std::make_unique<X86MaskKernel>(wide, terms, lane_bits);
}

}  // namespace bauta

#endif
