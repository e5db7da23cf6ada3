// karv store copy: a whole database into another one, from a file to PostgreSQL or back. The servers are stopped.
#include <chrono>
#include <cstdio>
#include <memory>
#include <string>
#include <string_view>

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <unistd.h>

#include "apps/cli/commands.h"
#include "apps/cli/server_store.h"
#include "ledger/verify.h"
#include "store/copy/copy.h"
#include "store/open.h"

namespace karv::apps::cli {
namespace {

using base::Result;

constexpr const char* kTeaching = R"(How it is done
  1. stop every server on both databases
  2. make the target: an empty database, with the schema that the source has
       karv migrate up --config new-server.toml
  3. karv store copy --from-config server.toml --to-config new-server.toml
  4. start the servers with new-server.toml; keep the old database until you have looked at the new one

An address is a file's path (sqlite: in front is fine) or postgresql://user@host/database?sslrootcert=...&passfile=...
A password stands in the passfile, never in an address.
Broken off (Ctrl-C, kill -9, a lost connection)? The same command goes on where it ended; no server takes the target
until the copy is whole. The source is only read.
Exit codes: 0 the target is whole, and the same as the source; 1 it is not, for the reason that is said.)";

// One line at a terminal, or one line in a few seconds in a log.
class ProgressLine {
 public:
  void tell(const store::CopyProgress& progress) {
    const auto now = std::chrono::steady_clock::now();
    const bool table_ended = progress.table_rows == progress.table_total;
    if (now - told_ < (terminal_ ? kAtTerminal : kInLog) && !(terminal_ && table_ended)) return;
    const double seconds = std::chrono::duration<double>(now - begun_).count();
    if (first_ < 0) first_ = progress.rows;  // a copy that goes on did not copy these now
    told_ = now;
    const bool copying = progress.step == store::CopyProgress::Step::copying;
    fmt::print(stderr, "{}{} {}: {} of {} rows; {} % of all, {:.0f} rows/s{}", terminal_ ? "\r\x1b[K" : "",
               copying ? "copying" : "comparing", progress.table, progress.table_rows, progress.table_total,
               progress.total == 0 ? 100 : progress.rows * 100 / progress.total,
               seconds > 0 ? static_cast<double>(progress.rows - first_) / seconds : 0.0, terminal_ ? "" : "\n");
    (void)std::fflush(stderr);
  }
  void next_step() {
    begun_ = std::chrono::steady_clock::now();
    first_ = -1;
    if (terminal_) fmt::print(stderr, "\r\x1b[K");
  }

 private:
  static constexpr std::chrono::milliseconds kAtTerminal{100}, kInLog{2000};
  const bool terminal_ = ::isatty(STDERR_FILENO) == 1;
  std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now(), told_{};
  std::int64_t first_ = -1;
};

struct Choice {
  std::string from, to, from_config, to_config;
  std::int64_t page_rows = store::CopyOptions().page_rows;
};

Result<std::string> address_of(const std::string& address, const std::string& configuration) {
  if (configuration.empty()) return address;
  return database_of(configuration);
}

Result<ledger::Verification> books_of(const std::string& address) {
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  return ledger::verify(*database);
}

// The digests say that the rows are the same; this says that they are right.
Result<void> compare_books(const std::string& from, const std::string& to) {
  KARV_TRY(const auto source, books_of(from));
  KARV_TRY(const auto target, books_of(to));
  const auto refuse = [](std::string what) -> Result<void> {
    return base::internal_error(base::ErrorCode::not_allowed, std::move(what));
  };
  if (!source.findings.empty())
    return refuse(
        fmt::format("the source's ledger has {} findings (`karv ledger verify` lists them): the copy is "
                    "exact, but is not let be served",
                    source.findings.size()));
  if (!target.findings.empty() || source.accounts != target.accounts || source.transfers != target.transfers ||
      source.open_reservations != target.open_reservations || source.totals != target.totals)
    return refuse("the ledgers of source and target do not say the same: copy into a new, empty database");
  fmt::print("ledger: {} accounts, {} transfers, {} open reservations, 0 findings, on both sides\n", target.accounts,
             target.transfers, target.open_reservations);
  return {};
}

Result<void> copy(const Choice& choice) {
  store::CopyOptions options;
  KARV_TRY(options.from.address, address_of(choice.from, choice.from_config));
  KARV_TRY(options.to.address, address_of(choice.to, choice.to_config));
  for (auto* end : {&options.from, &options.to}) end->address = store::without_engine(end->address);
  const auto from = options.from.address, to = options.to.address;
  options.page_rows = choice.page_rows;
  ProgressLine line;
  options.on_progress = [&line](const store::CopyProgress& progress) { line.tell(progress); };
  KARV_TRY(const auto copy, store::Copy::open(std::move(options)));
  if (copy->complete()) {
    fmt::print("This copy is whole already; there was nothing to do.\n");
    return {};
  }
  if (copy->resumes()) fmt::print(stderr, "going on with the copy that was broken off\n");
  KARV_TRY_VOID(copy->run());
  line.next_step();
  KARV_TRY(const auto tables, copy->compare());
  line.next_step();
  std::int64_t rows = 0;
  for (const auto& table : tables) {
    rows += table.rows;
    fmt::print("{:<32} {:>12} rows  {}\n", table.name, table.rows, base::to_hex(table.digest).substr(0, 16));
  }
  if (copy->has_table("ledger_transfers")) KARV_TRY_VOID(compare_books(from, to));
  KARV_TRY_VOID(copy->finish());
  fmt::print("{} tables, {} rows: the same on both sides. Servers may start on the target.\n", tables.size(), rows);
  return {};
}

}  // namespace

void add_store_copy_command(CLI::App& group, int& exit_code) {
  const auto choice = std::make_shared<Choice>();
  CLI::App* command = group.add_subcommand("copy", "a whole database into another: from a file to PostgreSQL, or back");
  command->footer(kTeaching);
  command->add_option("--from", choice->from, "the source's address")->type_name("ADDRESS");
  command->add_option("--from-config", choice->from_config, "or the server.toml or vault.toml that names it")
      ->type_name("FILE");
  command->add_option("--to", choice->to, "the target's address: empty, with the source's schema")
      ->type_name("ADDRESS");
  command->add_option("--to-config", choice->to_config, "or the server.toml or vault.toml that names it")
      ->type_name("FILE");
  command->add_option("--page-rows", choice->page_rows, "rows to a transaction of the target")
      ->type_name("N")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->callback([choice, &exit_code] {
    if (choice->from.empty() == choice->from_config.empty())
      throw CLI::ValidationError("name one source", "--from ADDRESS or --from-config FILE");
    if (choice->to.empty() == choice->to_config.empty())
      throw CLI::ValidationError("name one target", "--to ADDRESS or --to-config FILE");
    if (const auto done = copy(*choice); !done.ok()) exit_code = fail(done.error());
  });
}

}  // namespace karv::apps::cli
