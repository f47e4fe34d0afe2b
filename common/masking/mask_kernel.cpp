#include "common/masking/mask_kernel.h"

#include "common/base/result.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif

namespace bauta {

#if defined(__x86_64__)
namespace {

/// CPUID leaf 7, ECX bit 9; clang 14 has no name for it in __builtin_cpu_supports.
bool has_vaes_instructions() {
  unsigned int eax = 0;
  unsigned int ebx = 0;
  unsigned int ecx = 0;
  unsigned int edx = 0;
  return __get_cpuid_count(7, 0, &eax, &ebx, &ecx, &edx) != 0 && (ecx & (1U << 9)) != 0;
}

}  // namespace
#endif

std::string_view to_string(MaskKernelKind kind) {
  switch (kind) {
    case MaskKernelKind::portable: return "portable";
    case MaskKernelKind::aes_ni: return "aes-ni";
    case MaskKernelKind::vaes: return "vaes";
  }
  return "portable";
}

bool is_supported(MaskKernelKind kind) {
#if defined(__x86_64__)
  switch (kind) {
    case MaskKernelKind::portable: return true;
    case MaskKernelKind::aes_ni: return __builtin_cpu_supports("aes") != 0 && __builtin_cpu_supports("sse4.1") != 0;
    case MaskKernelKind::vaes:
      return __builtin_cpu_supports("aes") != 0 && has_vaes_instructions() && __builtin_cpu_supports("avx512f") != 0 &&
             __builtin_cpu_supports("avx512bw") != 0;
  }
#endif
  return kind == MaskKernelKind::portable;
}

MaskKernelKind best_mask_kernel() {
  static const MaskKernelKind best = is_supported(MaskKernelKind::vaes)     ? MaskKernelKind::vaes
                                     : is_supported(MaskKernelKind::aes_ni) ? MaskKernelKind::aes_ni
                                                                            : MaskKernelKind::portable;
  return best;
}

std::unique_ptr<MaskKernel> make_mask_kernel(MaskKernelKind kind, std::span<const MaskTerm> terms,
                                             std::uint32_t lane_bits, std::uint64_t first_word) {
  BAUTA_CHECK(is_supported(kind));
#if defined(__x86_64__)
  if (kind != MaskKernelKind::portable) return make_x86_mask_kernel(kind == MaskKernelKind::vaes, terms, lane_bits);
#endif
  return make_portable_mask_kernel(terms, lane_bits, first_word);
}

}  // namespace bauta
