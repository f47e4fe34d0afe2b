// The phases of a round, in order; one file each in this folder.
#pragma once

#include <cstdint>
#include <string_view>

namespace bauta::coordinator {

enum class Phase : std::uint8_t {
  advertise_keys = 1,
  share_keys = 2,
  masked_update = 3,
  certify_survivors = 4,
  unmask = 5,
  finished = 6,  ///< the aggregate is out
  voided = 7,    ///< nothing was and nothing will be unmasked
};

std::string_view to_string(Phase phase);

}  // namespace bauta::coordinator
