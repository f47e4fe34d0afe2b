// What bauta-simulate takes where it is told nothing: the demo's plan and service files, built into the program from
// deploy/demo.
#pragma once

#include <string_view>
#include <utility>
#include <vector>

namespace bauta::simulation {

std::string_view default_plan();
/// File name and text of each of deploy/demo/services/*.toml.
const std::vector<std::pair<std::string_view, std::string_view>>& default_services();

}  // namespace bauta::simulation
