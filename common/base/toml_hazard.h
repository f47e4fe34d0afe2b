// What toml++ 3.3 must not get to see of a text that may come from anybody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace bauta {

/// Line and kind of the first hazard, or nothing: keys with dots, arrays or inline tables nested beyond the limits, and
/// characters beyond ASCII outside strings and comments, where TOML has none and toml++ runs into undefined behaviour
/// for some (U+FEBF). Follows TOML's strings and comments; text that is not TOML may be misread here only after the
/// place where the parser gives up.
std::optional<std::string> toml_hazard(std::string_view text);

}  // namespace bauta
