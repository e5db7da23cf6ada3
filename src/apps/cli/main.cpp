// karv: the command line for operators and developers. `karv --help` teaches it.
#include <cstdio>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "base/log.h"

namespace {

constexpr const char* kAbout = R"(karv: start, set up and check a Karv installation.

Examples
  karv dev                                     everything on this machine, until Ctrl-C
  karv dev --once                              the same, play one purchase in a browser, stop
  karv dev --free-ports --data /tmp/k --fresh  beside another one, from nothing
  karv migrate --config server.toml            bring the database to this program's schema
  karv merchant create --config server.toml --name 'Nordlys Outdoor' --country SE --origin https://shop.example
  karv merchant credential --config server.toml --merchant ID
  karv ledger verify --config server.toml      recompute every balance from its entries
  karv audit verify --config server.toml       recompute the chain over the audit records
  karv store check --config server.toml        every page, index and reference of the database file

Exit codes: 0 done and well; 1 a problem was found or met; 2 the command line is wrong.)";

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
  CLI::App app(kAbout, "karv");
  app.require_subcommand(1);
  int exit_code = 0;
  add_dev_command(app, exit_code);
  add_migrate_command(app, exit_code);
  add_merchant_commands(app, exit_code);
  add_verify_commands(app, exit_code);
  add_store_command(app, exit_code);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& wrong) {
    return app.exit(wrong) == 0 ? 0 : 2;
  }
  return exit_code;
}
