// karv vault import: a card file that moves in. Its form: vault_api/import_messages.h.
#pragma once

#include <CLI/CLI.hpp>

namespace karv::apps::cli::vault {

void add_import_commands(CLI::App& vault_group, int& exit_code);

}  // namespace karv::apps::cli::vault
