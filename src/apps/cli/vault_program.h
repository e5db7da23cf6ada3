// karv-vault, run as a command: what must be done in the vault's own store is done by the program that knows its
// tables, so that the command line links nothing of the vault.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"

namespace karv::apps::cli {

// Runs the karv-vault beside this program with these words, on this terminal; answers its exit code.
// `input` becomes its standard input. Errors: unavailable (it is not there, or it was killed).
base::Result<int> run_vault_program(const std::vector<std::string>& words, const std::string& input = {});

}  // namespace karv::apps::cli
