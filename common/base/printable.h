// Texts of others on a terminal: what it would act on instead of showing.
#pragma once

#include <string>
#include <string_view>

namespace bauta {

/// No control character (below 0x20, 0x7F, U+0080 to U+009F), no line or paragraph separator, and nothing that turns
/// the direction of writing or has no width (U+200B to U+200F, U+2028 to U+202E, U+2060 to U+206F, U+FEFF).
bool is_printable(std::string_view utf8);

/// Each of these as '?', but line feeds as they are.
std::string printable(std::string_view utf8);

}  // namespace bauta
