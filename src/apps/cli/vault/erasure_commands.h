// karv vault proof, karv vault journal: proofs of erasures, checked without the vault, and the journal's loss.
#pragma once

#include <CLI/CLI.hpp>

namespace karv::apps::cli::vault {

// Adds the commands to `karv vault`.
void add_erasure_commands(CLI::App& group, int& exit_code);

}  // namespace karv::apps::cli::vault
