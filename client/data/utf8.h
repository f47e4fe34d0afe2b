// Is this text what it claims to be?
#pragma once

#include <string_view>

namespace bauta::client {

/// UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF.
bool is_utf8(std::string_view text);

}  // namespace bauta::client
