#include "apps/cli/backup/restore.h"

#include <algorithm>

#include <fmt/format.h>

#include "apps/cli/vault_program.h"
#include "base/clock.h"
#include "store/backup.h"

namespace karv::apps::cli::backup {
namespace {

using base::ErrorCode;
using base::Result;

// "20261125t214131": a part of a file's or a database's name.
std::string stamp() {
  std::string text = base::to_rfc3339(base::SystemClock().now()).substr(0, 19);
  std::erase_if(text, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(text, 'T', 't');
  return text;
}

// A store on its way to its place.
class Incoming {
 public:
  static Result<Incoming> prepare(const std::string& target, Existing existing, const std::string& when) {
    Incoming made(target);
    KARV_TRY(made.beside_, store::address_beside(target, "restoring_" + when));
    KARV_TRY(const bool there, store::database_exists(target));
    if (there && existing == Existing::refuse)
      return base::internal_error(
          ErrorCode::conflict,
          fmt::format("there is a store at {} already: stop its server and say --set-aside to rename it", target));
    if (there) {
      KARV_TRY(made.aside_, store::address_beside(target, "before_" + when));
    }
    KARV_TRY_VOID(store::require_unused(target));
    return made;
  }
  Incoming(Incoming&& other) noexcept
      : target_(std::move(other.target_)),
        beside_(std::exchange(other.beside_, {})),
        aside_(std::move(other.aside_)),
        made_(std::exchange(other.made_, false)) {}
  Incoming& operator=(Incoming&&) = delete;
  ~Incoming() {
    if (made_) std::ignore = store::remove_database(beside_);
  }

  Result<void> fill(const std::string& copy) {
    KARV_TRY_VOID(store::make_from_copy(copy, beside_));
    made_ = true;
    return {};
  }
  Result<void> take_place() {
    KARV_TRY_VOID(
        store::rename_database(beside_, target_, aside_.empty() ? std::nullopt : std::optional<std::string>(aside_)));
    made_ = false;
    return {};
  }
  const std::string& beside() const { return beside_; }
  const std::string& aside() const { return aside_; }

 private:
  explicit Incoming(std::string target) : target_(std::move(target)) {}
  std::string target_, beside_, aside_;
  bool made_ = false;
};

Result<void> freeze(const std::string& vault, const Manifest& manifest) {
  KARV_TRY(const auto ended,
           run_vault_program({"freeze", "--database", vault, "--backup", manifest.backup_id}, Printing::captured));
  if (ended.code == 0) return {};
  return base::internal_error(ErrorCode::unavailable, "the restored vault could not be frozen: " + ended.err);
}

}  // namespace

Result<Restored> restore_backup(const Stores& stores, const std::string& folder, const std::string& scratch,
                                Existing existing) {
  const std::string when = stamp();
  // First what can be refused at once.
  KARV_TRY(auto vault, Incoming::prepare(stores.vault, existing, when));
  KARV_TRY(auto server, Incoming::prepare(stores.server, existing, when));
  KARV_TRY(auto proof, verify_backup(stores, folder, scratch));
  if (!proof.findings.empty())
    return base::internal_error(
        ErrorCode::internal,
        fmt::format("the backup does not prove ({} findings, the first: {}): nothing was restored; use another one",
                    proof.findings.size(), proof.findings.front()));
  tell("restoring both stores beside their places");
  KARV_TRY_VOID(vault.fill(folder + "/" + proof.manifest.vault.file));
  KARV_TRY_VOID(freeze(vault.beside(), proof.manifest));
  KARV_TRY_VOID(server.fill(folder + "/" + proof.manifest.server.file));
  // The vault first: whatever stops us in between, a vault that may not move money is the safe half.
  KARV_TRY_VOID(vault.take_place());
  if (const auto placed = server.take_place(); !placed.ok())
    return base::internal_error(
        placed.error().code(),
        fmt::format(
            "the vault's store is restored and frozen, the server's is not ({}): see to that, then restore again "
            "with --set-aside",
            placed.error().internal_text()));
  return Restored{.proof = std::move(proof), .server_aside = server.aside(), .vault_aside = vault.aside()};
}

}  // namespace karv::apps::cli::backup
