// karv ledger verify, karv audit verify: recompute, compare, print each finding. They change nothing, and the server
// may be running: both read one snapshot.
#include <memory>

#include <fmt/format.h>

#include "apps/cli/commands.h"
#include "apps/cli/server_store.h"
#include "audit/chain.h"
#include "ledger/verify.h"

namespace karv::apps::cli {
namespace {

using base::Result;

// How many findings; each was printed.
Result<std::size_t> verify_ledger(const std::string& configuration) {
  KARV_TRY(const auto files, read_server_files(configuration));
  KARV_TRY(const auto database, open_existing(files.database));
  KARV_TRY(const auto done, ledger::verify(*database));
  for (const auto& finding : done.findings) fmt::print("{} {}: {}\n", finding.kind, finding.id, finding.what);
  fmt::print("ledger: {} accounts, {} transfers, {} open reservations, {} findings\n", done.accounts, done.transfers,
             done.open_reservations, done.findings.size());
  return done.findings.size();
}

Result<std::size_t> verify_audit(const std::string& configuration) {
  KARV_TRY(const auto files, read_server_files(configuration));
  KARV_TRY(const auto database, open_existing(files.database));
  KARV_TRY(const auto done, audit::verify_chain(*database));
  for (const auto& finding : done.findings)
    fmt::print("link {} record {}: {}\n", finding.sequence, finding.record_id, finding.what);
  fmt::print("audit: {} records, {} waiting for their link, head {} {}, {} findings\n", done.records, done.waiting,
             done.head.sequence, base::to_hex(done.head.hash), done.findings.size());
  return done.findings.size();
}

void add_verify(CLI::App& app, int& exit_code, const char* what, const char* sentence,
                Result<std::size_t> (*verify)(const std::string&)) {
  const auto configuration = std::make_shared<std::string>();
  CLI::App* group = app.add_subcommand(what, sentence);
  group->require_subcommand(1);
  CLI::App* command = group->add_subcommand("verify", sentence);
  command->add_option("--config", *configuration, kConfigHelp)->type_name("FILE")->required();
  command->callback([configuration, verify, &exit_code] {
    const auto found = verify(*configuration);
    exit_code = !found.ok() ? fail(found.error()) : found.value() == 0 ? 0 : 1;
  });
}

}  // namespace

void add_verify_commands(CLI::App& app, int& exit_code) {
  add_verify(app, exit_code, "ledger", "recompute every balance from its entries; exit 1 when one does not fit",
             verify_ledger);
  add_verify(app, exit_code, "audit", "recompute the chain over the audit records; exit 1 when a link does not hold",
             verify_audit);
}

}  // namespace karv::apps::cli
