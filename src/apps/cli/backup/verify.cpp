#include "apps/cli/backup/verify.h"

#include <filesystem>

#include <fmt/format.h>

#include "apps/cli/vault_program.h"
#include "apps/common/server_store.h"
#include "audit/chain.h"
#include "base/random.h"
#include "ledger/verify.h"
#include "store/backup.h"
#include "store/migrate.h"
#include "store/open.h"
#include "store/sqlite/sqlite.h"

namespace karv::apps::cli::backup {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

std::string random_suffix() {
  base::Bytes random(4);
  base::SystemRandom().fill(random);
  return "verify_" + base::to_hex(random);
}

// One restored store, gone with this.
class Scratch {
 public:
  static Result<Scratch> make(const std::string& copy, const std::string& original, const std::string& folder) {
    Scratch made;
    if (store::is_file(original)) {
      made.address_ = fmt::format("{}/karv-{}.db", folder, random_suffix());
    } else {
      KARV_TRY(made.address_, store::address_beside(original, random_suffix()));
    }
    KARV_TRY_VOID(store::make_from_copy(copy, made.address_));
    return made;
  }
  Scratch(Scratch&& other) noexcept : address_(std::exchange(other.address_, {})) {}
  Scratch& operator=(Scratch&&) = delete;
  ~Scratch() {
    if (address_.empty()) return;
    if (const auto gone = store::remove_database(address_); !gone.ok())
      tell("the scratch database could not be removed: " + gone.error().internal_text());
  }
  const std::string& address() const { return address_; }

 private:
  Scratch() = default;
  std::string address_;
};

Result<void> require_engine(const StoreCopy& copy, const std::string& address) {
  if (copy.engine == store::engine_of(address)) return {};
  return base::internal_error(
      ErrorCode::bad_value,
      fmt::format("{} is a copy of {}, but the configuration names {}: restore it where it came from, then move the "
                  "store",
                  copy.file, copy.engine, store::engine_of(address)));
}

Result<void> check_pages(const std::string& what, const std::string& address, Proof& proof) {
  if (!store::is_file(address)) return {};  // pg_restore has read every row
  KARV_TRY(const auto done, store::check_sqlite(address));
  for (const auto& finding : done.findings) proof.findings.push_back(fmt::format("{}: {}", what, finding));
  return {};
}

// Of the scratch database alone: what is pending is applied there, so that books of before an update can be read.
Result<void> bring_to_schema(store::Database& database, Proof& proof) {
  const auto known = server_migrations();
  KARV_TRY(const auto all, store::migration_status(database, known));
  std::vector<std::int64_t> applied;
  for (const auto& one : all) {
    if (one.state != store::MigrationState::pending) applied.push_back(one.number);
    if (one.state == store::MigrationState::pending) ++proof.pending;
    if (one.state == store::MigrationState::unknown || one.state == store::MigrationState::changed)
      return base::internal_error(
          ErrorCode::not_allowed,
          fmt::format(
              "the backup is of a newer or another Karv ({}): it has migration {} ({}), which this program does "
              "not know; use that version",
              proof.manifest.karv_version, one.number, one.name));
  }
  if (applied != proof.manifest.server.migrations) proof.findings.emplace_back("server: its migrations differ");
  return store::migrate(database, known);
}

Result<void> prove_server(const std::string& address, Proof& proof) {
  KARV_TRY_VOID(check_pages("server", address, proof));
  if (!proof.findings.empty()) return {};
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY_VOID(bring_to_schema(*database, proof));
  const Books& books = proof.manifest.books;
  KARV_TRY(const auto ledger, ledger::verify(*database));
  proof.accounts = ledger.accounts;
  proof.transfers = ledger.transfers;
  for (const auto& finding : ledger.findings)
    proof.findings.push_back(fmt::format("ledger: {} {}: {}", finding.kind, finding.id, finding.what));
  if (ledger.accounts < books.accounts || ledger.transfers < books.transfers)
    proof.findings.push_back(fmt::format("ledger: {} accounts and {} transfers, the manifest knows {} and {}",
                                         ledger.accounts, ledger.transfers, books.accounts, books.transfers));
  std::optional<audit::Head> remembered;
  if (books.audit_sequence > 0)
    remembered =
        audit::Head{.sequence = books.audit_sequence, .hash = base::from_hex(books.audit_hash).value_or(base::Bytes())};
  KARV_TRY(const auto audit, audit::verify_chain(*database, remembered));
  proof.audit_records = audit.records;
  for (const auto& finding : audit.findings)
    proof.findings.push_back(fmt::format("audit: link {}: {}", finding.sequence, finding.what));
  return {};
}

// The vault's program looks at the vault's schema; cards and keys stay sealed.
Result<void> prove_vault(const std::string& address, Proof& proof) {
  KARV_TRY_VOID(check_pages("vault", address, proof));
  KARV_TRY(const auto ended, run_vault_program({"migrate", "plan", "--database", address}, Printing::captured));
  if (ended.code != 0) return base::internal_error(ErrorCode::not_allowed, "the vault's copy: " + ended.err);
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY(const auto all, store::migration_status(*database, {}));
  std::vector<std::int64_t> applied;
  applied.reserve(all.size());
  for (const auto& one : all) applied.push_back(one.number);
  if (applied != proof.manifest.vault.migrations) proof.findings.emplace_back("vault: its migrations differ");
  return {};
}

}  // namespace

Result<Proof> verify_backup(const Stores& stores, const std::string& folder, const std::string& scratch) {
  Proof proof;
  tell("checking every file against the manifest");
  KARV_TRY(proof.manifest, read_backup(folder, stores.key));
  KARV_TRY_VOID(require_engine(proof.manifest.server, stores.server));
  KARV_TRY_VOID(require_engine(proof.manifest.vault, stores.vault));
  if (!fs::is_directory(scratch))
    return base::internal_error(ErrorCode::bad_value, scratch + " is no folder: name one with space for both stores");
  tell("restoring to scratch and proving the server's store");
  {
    KARV_TRY(const auto server, Scratch::make(folder + "/" + proof.manifest.server.file, stores.server, scratch));
    KARV_TRY_VOID(prove_server(server.address(), proof));
  }
  tell("restoring to scratch and proving the vault's store");
  KARV_TRY(const auto vault, Scratch::make(folder + "/" + proof.manifest.vault.file, stores.vault, scratch));
  KARV_TRY_VOID(prove_vault(vault.address(), proof));
  return proof;
}

}  // namespace karv::apps::cli::backup
