// karv vault staff: who may reveal stored cards.
#pragma once

#include <CLI/CLI.hpp>

namespace karv::apps::cli::vault {

void add_staff_commands(CLI::App& group, int& exit_code);

}  // namespace karv::apps::cli::vault
