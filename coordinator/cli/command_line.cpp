#include "coordinator/cli/command_line.h"

#include <fmt/format.h>

#include <cstdio>

namespace bauta::coordinator {
namespace {

constexpr int kWrongUsage = 2;

}  // namespace

int wrong_usage(const CLI::App& app, std::string_view what) {
  fmt::print(stderr, "{}: {}; {} --help lists what there is\n", app.get_name(), what, app.get_name());
  return kWrongUsage;
}

std::optional<int> parse_command_line(CLI::App& app, int argc, const char* const* argv) {
  try {
    app.parse(argc, argv);
    return std::nullopt;
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) return app.exit(error);
    // CLI11 asks for a subcommand without saying that there is none of that name.
    const std::vector<std::string> unknown = app.remaining(true);
    if (!unknown.empty()) return wrong_usage(app, fmt::format("there is no command or option '{}'", unknown.front()));
    std::string what = error.what();
    while (!what.empty() && (what.back() == '\n' || what.back() == '.')) what.pop_back();
    return wrong_usage(app, what);
  }
}

}  // namespace bauta::coordinator
