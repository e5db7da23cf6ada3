// karv backup create, verify, restore, reconcile: words only; backup/ does it.
#include <filesystem>
#include <memory>

#include <fmt/format.h>

#include "apps/cli/backup/create.h"
#include "apps/cli/backup/reconcile.h"
#include "apps/cli/backup/restore.h"
#include "apps/cli/backup/verify.h"
#include "apps/cli/commands.h"

namespace karv::apps::cli {
namespace {

using base::Result;

constexpr const char* kHelp =
    R"(The server's and the vault's stores are backed up together, while both serve, and only restored together.

  karv backup create --server server.toml --vault vault.toml --to /backup/2026-11-25
  karv backup verify /backup/2026-11-25 --server server.toml --vault vault.toml
  karv backup restore /backup/2026-11-25 --server server.toml --vault vault.toml     servers stopped
  karv backup reconcile --server server.toml --vault vault.toml --reason 'Ann compared report 4711, case 12'

No key is in a backup. Keep apart from it, and as safe: the files under [secrets] of server.toml, the HSM's token and
its PIN, certificates, and both configuration files. Without them a backup cannot be read, with them anybody could. Nor is
the vault's erasure journal ([erasure] of vault.toml): a restored vault stays sealed without the journal of now.

After a restore the vault's tokens are frozen: what they moved after the backup is known to the card network alone.
docs/operations/backups.md leads through it.)";

std::string system_scratch() {
  std::error_code failed;
  const auto folder = std::filesystem::temp_directory_path(failed);
  return failed ? "/tmp" : folder.string();
}

struct Options {
  std::string server, vault, folder, reason;
  std::string scratch = system_scratch();
  bool set_aside = false;
  std::vector<std::string> accepted;
};

Result<int> create(const Options& options) {
  KARV_TRY(const auto stores, backup::read_stores(options.server, options.vault));
  KARV_TRY(const auto manifest, backup::create_backup(stores, options.folder));
  fmt::print("backup {} of {}: {} accounts, {} transfers, audit head {}; server {} bytes, vault {} bytes\n",
             manifest.backup_id, manifest.begun_at, manifest.books.accounts, manifest.books.transfers,
             manifest.books.audit_sequence, manifest.server.bytes, manifest.vault.bytes);
  return manifest.books.findings == 0 ? 0 : 1;
}

void print_proof(const backup::Proof& proof) {
  for (const auto& finding : proof.findings) fmt::print("{}\n", finding);
  fmt::print("backup {} of {}: {} accounts, {} transfers, {} audit records, {} findings\n", proof.manifest.backup_id,
             proof.manifest.begun_at, proof.accounts, proof.transfers, proof.audit_records, proof.findings.size());
}

Result<int> verify(const Options& options) {
  KARV_TRY(const auto stores, backup::read_stores(options.server, options.vault));
  KARV_TRY(const auto proof, backup::verify_backup(stores, options.folder, options.scratch));
  print_proof(proof);
  if (proof.pending > 0)
    backup::tell(
        fmt::format("it is of before an update: after a restore, `karv migrate up` applies {}", proof.pending));
  return proof.findings.empty() ? 0 : 1;
}

Result<int> restore(const Options& options) {
  KARV_TRY(const auto stores, backup::read_stores(options.server, options.vault));
  KARV_TRY(const auto done,
           backup::restore_backup(stores, options.folder, options.scratch,
                                  options.set_aside ? backup::Existing::set_aside : backup::Existing::refuse));
  print_proof(done.proof);
  for (const auto& aside : {done.server_aside, done.vault_aside})
    if (!aside.empty()) fmt::print("what was there is now {}\n", aside);
  fmt::print(
      "Restored. The vault's tokens are frozen: no charge, completion or refund until you have\n"
      "  1. read the acquirer's report of everything after {}, and settled by hand what Karv does not know,\n"
      "  2. started vault and server, and\n"
      "  3. run: karv backup reconcile --server {} --vault {} --reason 'who compared what'\n",
      done.proof.manifest.begun_at, options.server, options.vault);
  return 0;
}

Result<int> reconcile(const Options& options) {
  KARV_TRY(const auto stores, backup::read_stores(options.server, options.vault));
  KARV_TRY(const auto done, backup::reconcile(stores, {.accepted = options.accepted, .reason = options.reason}));
  for (const auto& one : done.first)
    fmt::print("operation {} of customer {}: {}\n", one.operation.text(), one.customer.text(), one.what);
  fmt::print("{} card operations compared, {} differences; {} tokens unfrozen, {} still frozen\n", done.compared,
             done.disagreements, done.unfrozen, done.still_frozen);
  if (done.still_frozen > 0)
    backup::tell("look the operations above up in the acquirer's report, settle them, then say --accept CUSTOMER");
  return done.still_frozen == 0 ? 0 : 1;
}

}  // namespace

void add_backup_commands(CLI::App& app, int& exit_code) {
  const auto options = std::make_shared<Options>();
  CLI::App* group = app.add_subcommand("backup", "both stores as a pair: copied, proved, put back");
  group->footer(kHelp);
  group->require_subcommand(1);
  const auto add = [&](const char* name, const char* sentence, Result<int> (*deed)(const Options&)) {
    CLI::App* command = group->add_subcommand(name, sentence);
    command->add_option("--server", options->server, kConfigHelp)->type_name("FILE")->required();
    command->add_option("--vault", options->vault, "karv-vault's configuration")->type_name("FILE")->required();
    command->callback([options, deed, &exit_code] {
      const auto done = deed(*options);
      exit_code = done.ok() ? done.value() : fail(done.error());
    });
    return command;
  };
  const auto from_folder = [&](CLI::App* command) {
    command->add_option("folder", options->folder, "what `karv backup create` made")->type_name("FOLDER")->required();
    command->add_option("--scratch", options->scratch, "space for one store at a time (default: the system's)")
        ->type_name("FOLDER");
    return command;
  };
  add("create", "copy both stores while they serve; exit 1 when the books do not hold", create)
      ->add_option("--to", options->folder, "a folder that does not exist; it is there when the backup is complete")
      ->type_name("FOLDER")
      ->required();
  from_folder(add("verify", "restore to scratch and prove it; exit 1 when anything does not hold", verify));
  from_folder(add("restore", "prove it, then put it in place; the servers are stopped", restore))
      ->add_flag("--set-aside", options->set_aside, "rename the stores that are there; otherwise they are a refusal");
  CLI::App* compare =
      add("reconcile", "after a restore: let tokens move money again; exit 1 when some stay frozen", reconcile);
  compare
      ->add_option("--reason", options->reason, "who compared what with the acquirer's report; kept in the audit log")
      ->type_name("TEXT")
      ->required();
  compare->add_option("--accept", options->accepted, "a customer whose differences were settled by hand; repeatable")
      ->type_name("CUSTOMER");
}

}  // namespace karv::apps::cli
