// What a program says about a command line that it does not understand.
#pragma once

#include <CLI/CLI.hpp>
#include <optional>

namespace bauta::coordinator {

/// Nothing when the command line is understood; else the exit code: 0 after --help or --version, 2 after one line on
/// stderr that names what is wrong.
std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv);

/// As parse_command_line for what only the program can see.
int wrong_usage(const CLI::App& app, std::string_view what);

}  // namespace bauta::coordinator
