// UUID version 7 (RFC 9562 §5.7): run ids that sort by creation time.
#pragma once

#include <string>
#include <string_view>

#include "common/base/clock.h"
#include "common/base/random_source.h"

namespace bauta {

/// 36 characters, lower case. 48 bits of milliseconds since 1970, 74 random bits.
std::string make_uuid_v7(WallTime now, RandomSource& random);

/// The canonical lower-case form of any version.
bool is_uuid(std::string_view text);

}  // namespace bauta
