// karv migrate: in production the schema changes when an operator says so, never by starting a server.
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/server_store.h"

namespace karv::apps::cli {
namespace {

base::Result<void> migrate(const std::string& configuration) {
  KARV_TRY(const auto files, read_server_files(configuration));
  KARV_TRY(const auto database, open_and_migrate(files.database));
  fmt::print("{} has this program's schema.\n", files.database);
  return {};
}

}  // namespace

void add_migrate_command(CLI::App& app, int& exit_code) {
  const auto configuration = std::make_shared<std::string>();
  CLI::App* command = app.add_subcommand("migrate", "bring karv-server's database to this program's schema");
  command->add_option("--config", *configuration, kConfigHelp)->type_name("FILE")->required();
  command->callback([configuration, &exit_code] {
    if (const auto done = migrate(*configuration); !done.ok()) exit_code = fail(done.error());
  });
}

}  // namespace karv::apps::cli
