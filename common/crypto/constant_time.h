// Comparison whose time does not depend on where two values differ.
#pragma once

#include "common/base/bytes.h"

namespace bauta {

/// False at once when the lengths differ: lengths are public.
bool equal_constant_time(ByteView a, ByteView b);

}  // namespace bauta
