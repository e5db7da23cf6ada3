// karv: the command line for operators and developers. `karv --help` teaches it.
#include <cstdio>
#include <string>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "base/log.h"

namespace {

constexpr const char* kExamples = R"(Examples
  karv dev                                     everything on this machine, until Ctrl-C
  karv dev --once                              the same, play one purchase in a browser, stop
  karv dev --free-ports --data /tmp/k --fresh  beside another one, from nothing
  karv migrate status --config server.toml     which schema changes are applied, which are pending; exit 1 if any is
  karv migrate up --config vault.toml          bring the vault's database to this program's schema
  karv merchant create --config server.toml --name 'Nordlys Outdoor' --country SE --origin https://shop.example
  karv merchant credential --config server.toml --merchant ID
  karv merchant list --config server.toml
  karv merchant disable --config server.toml --username NAME
  karv ledger verify --config server.toml      recompute every balance from its entries
  karv audit verify --config server.toml       recompute the chain over the audit records
  karv store check --config server.toml        every page, index and reference of the database file
  karv store copy --from-config server.toml --to-config new-server.toml   to PostgreSQL, or back
  karv backup create --server server.toml --vault vault.toml --to /backup/2026-11-25
  karv backup verify /backup/2026-11-25 --server server.toml --vault vault.toml
  karv doctor --vault vault.toml --server server.toml   is this machine fit for them? exit 1 if not
  karv vault status --operator operator.toml   sealed or open; `karv vault --help` leads through custody and keys

`karv dev` writes a server.toml into its data folder, var/dev.
Exit codes: 0 done and well; 1 a problem was found or met; 2 the command line is wrong.)";

// What is wrong with the command line, for somebody who sees it for the first time.
std::string explain(const CLI::App* app, const CLI::Error& wrong) {
  const CLI::App* place = app;  // as far as it was understood
  std::string words = app->get_name();
  while (!place->get_subcommands().empty()) {
    place = place->get_subcommands().front();
    words += " " + place->get_name();
  }
  const auto commands = place->get_subcommands([](const CLI::App*) { return true; });
  if (commands.empty()) return fmt::format("karv: {}\n`{} --help` says more.\n", wrong.what(), words);
  const auto unknown = app->remaining(true);
  std::string text = unknown.empty() ? fmt::format("karv: `{}` needs a command:", words)
                                     : fmt::format("karv: `{} {}` is not known; there are:", words, unknown.front());
  for (const auto* command : commands) text += " " + command->get_name();
  return text + fmt::format("\n`{} --help` says more.\n", words);
}

}  // namespace

namespace karv::apps::cli {

int fail(const base::Error& error) {
  const std::string& detail = error.internal_text();
  fmt::print(stderr, "karv: {}\n", detail.empty() ? error.public_text() : detail);
  return 1;
}

}  // namespace karv::apps::cli

int main(int argc, char** argv) {
  using namespace karv::apps::cli;
  karv::base::log::set_level(karv::base::log::Level::error);
  CLI::App app("karv: start, set up and check a Karv installation.", "karv");
  app.footer(kExamples);
  app.set_version_flag("--version", "karv " KARV_VERSION);
  app.failure_message(explain);
  app.require_subcommand(1);
  int exit_code = 0;
  add_dev_command(app, exit_code);
  add_migrate_command(app, exit_code);
  add_merchant_commands(app, exit_code);
  add_verify_commands(app, exit_code);
  add_store_command(app, exit_code);
  add_backup_commands(app, exit_code);
  add_vault_commands(app, exit_code);
  add_doctor_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  return exit_code;
}
