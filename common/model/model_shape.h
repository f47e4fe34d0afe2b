// Sizes of the behaviour model that follow from its width D, and those that are fixed. Part of the model: all partners
// must agree.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>

#include "common/model/buckets.h"

namespace bauta {

inline constexpr std::size_t kContextFeatures = 40;
inline constexpr std::uint32_t kPersonQueries = 4;
/// What the next event is: its type, the gap to it, its amount; three groups of classes in one output.
inline constexpr std::array<std::uint32_t, 3> kNextGroups = {kTypeSlots, kGapBuckets + 1, kAmountBuckets + 1};
inline constexpr std::uint32_t kNextKinds = kNextGroups[0] + kNextGroups[1] + kNextGroups[2];
/// What becomes of a person: the hazards of the next event in each horizon, then the three numbers of the value.
inline constexpr std::uint32_t kOutlooks = kHorizonBuckets + 3;

/// Multiples of 8: the layers work on eight elements at a time.
constexpr std::uint32_t attention_width1(std::uint32_t width) { return std::max(8U, width / 16 * 8); }
constexpr std::uint32_t attention_width2(std::uint32_t width) { return std::max(8U, width / 32 * 8); }
constexpr std::uint32_t adapter_width(std::uint32_t width) { return std::max(8U, width / 32 * 8); }

}  // namespace bauta
