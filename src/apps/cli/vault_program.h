// karv-vault, run as a command: what must be done in the vault's own store is done by the program that knows its
// tables, so that the command line links nothing of the vault.
#pragma once

#include <string>
#include <vector>

#include "base/program.h"

namespace karv::apps::cli {

enum class Printing : std::uint8_t { here, captured };

// Runs the karv-vault beside this program with these words; `input` is its standard input.
// Errors: unavailable (it is not there, or it was killed).
base::Result<base::ProgramEnd> run_vault_program(const std::vector<std::string>& words, Printing printing,
                                                 std::string input = {});

}  // namespace karv::apps::cli
