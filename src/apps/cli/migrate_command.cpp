// karv migrate: in production the schema changes when an operator says so, never by starting a server.
#include <memory>

#include "apps/cli/commands.h"
#include "apps/cli/vault_program.h"
#include "apps/common/migration_command.h"
#include "apps/common/server_store.h"

namespace karv::apps::cli {
namespace {

using base::Result;

constexpr const char* kHelp =
    R"(A schema grows in numbered steps. In production no server changes it: it refuses to start until you did.
Every release only adds (expand); what nobody uses any more is removed by a later release (contract). So the order of an
update without a pause is: make a backup, `karv migrate up` with the new program while the old servers run, restart them
one by one.

  karv migrate status --config server.toml     exit 0: nothing is pending, 1: something is pending or does not fit
  karv migrate plan --config server.toml       what `up` would do; nothing is changed
  karv migrate up --config server.toml         do it; each step is a transaction of its own
  karv migrate up --config vault.toml          the same for the vault's database (karv-vault does it, beside karv)

A database that a newer program or another build has changed is refused, and the refusal says what to do.)";

Result<int> migrate(MigrateAction action, const std::string& word, const std::string& configuration) {
  KARV_TRY(const auto store, read_store_address(configuration));
  if (store.is_vault) {
    KARV_TRY(const auto ended, run_vault_program({"migrate", word, "--config", configuration}, Printing::here));
    return ended.code;
  }
  return run_migrate(action, store.address, configuration, server_migrations());
}

}  // namespace

void add_migrate_command(CLI::App& app, int& exit_code) {
  const auto configuration = std::make_shared<std::string>();
  CLI::App* group = app.add_subcommand("migrate", "the schema of a database: what is pending, and applying it");
  group->footer(kHelp);
  group->require_subcommand(1);
  const auto add = [&](const char* word, const char* sentence) {
    CLI::App* command = group->add_subcommand(word, sentence);
    command->add_option("--config", *configuration, "the server.toml or vault.toml whose database it is")
        ->type_name("FILE")
        ->required();
    command->callback([configuration, word, &exit_code] {
      const auto done = migrate(*parse_migrate_action(word), word, *configuration);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
  };
  add("status", "each migration, and when it was applied; exit 1 when one is pending");
  add("plan", "what `up` would do, changing nothing");
  add("up", "apply what is pending");
}

}  // namespace karv::apps::cli
