// karv store check: the whole of a database file, page by page. It changes nothing, and the server may be running.
#include <memory>

#include <CLI/CLI.hpp>
#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/server_store.h"
#include "store/open.h"
#include "store/sqlite/sqlite.h"

namespace karv::apps::cli {
namespace {

using base::Result;

Result<std::size_t> check(const std::string& configuration) {
  KARV_TRY(const auto path, database_of(configuration));
  if (!store::is_file(path))
    return base::internal_error(base::ErrorCode::not_allowed,
                                "the database is not a file of ours: PostgreSQL's own pg_amcheck reads its pages");
  KARV_TRY(const auto done, store::check_sqlite(path));
  for (const auto& finding : done.findings) fmt::print("{}\n", finding);
  fmt::print("store: {} tables, {} bytes, {} findings\n", done.tables, done.bytes, done.findings.size());
  return done.findings.size();
}

}  // namespace

void add_store_command(CLI::App& app, int& exit_code) {
  const auto configuration = std::make_shared<std::string>();
  CLI::App* group = app.add_subcommand("store", "the database itself");
  group->require_subcommand(1);
  CLI::App* command =
      group->add_subcommand("check", "read every page, index and reference; exit 1 when something is damaged");
  command->add_option("--config", *configuration, "the server.toml or vault.toml")->required();
  command->callback([configuration, &exit_code] {
    const auto found = check(*configuration);
    exit_code = !found.ok() ? fail(found.error()) : found.value() == 0 ? 0 : 1;
  });
  add_store_copy_command(*group, exit_code);
}

}  // namespace karv::apps::cli
