// The subcommands of `karv`. Each adds itself to the command line and, when chosen, leaves its exit code.
//
// Exit codes: 0 done and well, 1 it ran and found or met a problem, 2 the command line is wrong.
#pragma once

#include <CLI/CLI.hpp>

#include "base/error.h"

namespace karv::apps::cli {

void add_dev_command(CLI::App& app, int& exit_code);
void add_migrate_command(CLI::App& app, int& exit_code);
void add_merchant_commands(CLI::App& app, int& exit_code);
void add_verify_commands(CLI::App& app, int& exit_code);  // ledger verify, audit verify
void add_store_command(CLI::App& app, int& exit_code);    // store check
void add_store_copy_command(CLI::App& group, int& exit_code);
void add_vault_commands(CLI::App& app, int& exit_code);   // vault init, custodian, unseal, seal, status, keys
void add_backup_commands(CLI::App& app, int& exit_code);  // backup create, verify, restore, reconcile
void add_doctor_command(CLI::App& app, int& exit_code);

inline constexpr const char* kConfigHelp = "karv-server's configuration (`karv dev` writes var/dev/server.toml)";

// Prints what went wrong, for a person at a terminal; answers 1.
int fail(const base::Error& error);

}  // namespace karv::apps::cli
