// Which known word a misspelt one was meant to be.
#pragma once

#include <optional>
#include <set>
#include <string>
#include <string_view>

namespace bauta {

/// The most similar of `known`, or nothing where none is similar enough to be a slip of the pen.
std::optional<std::string> closest(std::string_view word, const std::set<std::string>& known);

}  // namespace bauta
