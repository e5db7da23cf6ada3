#include "apps/cli/backup/create.h"

#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include "audit/chain.h"
#include "base/clock.h"
#include "base/random.h"
#include "ledger/verify.h"
#include "store/backup.h"
#include "store/migrate.h"
#include "store/open.h"

namespace karv::apps::cli::backup {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::Result;

Result<void> flush_folder(const std::string& folder) {
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool flushed = opened >= 0 && ::fsync(opened) == 0;
  const int failed = errno;
  if (opened >= 0) ::close(opened);
  if (flushed) return {};
  return base::internal_error(ErrorCode::unavailable, fmt::format("{}: error {}", folder, failed));
}

std::string parent_of(const std::string& folder) {
  const auto parent = fs::path(folder).parent_path();
  return parent.empty() ? "." : parent.string();
}

// The folder under its temporary name; it goes with everything in it unless it was renamed.
class PartialFolder {
 public:
  static Result<PartialFolder> make(const std::string& target) {
    if (fs::exists(fs::symlink_status(target)))
      return base::internal_error(ErrorCode::conflict, target + " exists already: name a folder that does not");
    base::Bytes random(4);
    base::SystemRandom().fill(random);
    PartialFolder made(fmt::format("{}.partial-{}", target, base::to_hex(random)));
    if (::mkdir(made.path_.c_str(), 0700) != 0)
      return base::internal_error(errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::unavailable,
                                  fmt::format("{} cannot be made (error {}): the folder {} must be there and writable",
                                              made.path_, errno, parent_of(target)));
    return made;
  }
  PartialFolder(PartialFolder&& other) noexcept : path_(std::exchange(other.path_, {})) {}
  PartialFolder& operator=(PartialFolder&&) = delete;
  ~PartialFolder() {
    std::error_code ignored;
    if (!path_.empty()) fs::remove_all(path_, ignored);
  }
  const std::string& path() const { return path_; }

  Result<void> become(const std::string& target) {
    KARV_TRY_VOID(flush_folder(path_));
    if (::rename(path_.c_str(), target.c_str()) != 0)
      return base::internal_error(ErrorCode::conflict, fmt::format("{} cannot get its name: error {}", target, errno));
    path_.clear();
    return flush_folder(parent_of(target));
  }

 private:
  explicit PartialFolder(std::string path) : path_(std::move(path)) {}
  std::string path_;
};

Result<Books> prove_books(const std::string& address) {
  KARV_TRY(const auto database, open_existing(address));
  KARV_TRY(const auto ledger, ledger::verify(*database));
  KARV_TRY(const auto audit, audit::verify_chain(*database));
  return Books{.accounts = ledger.accounts,
               .transfers = ledger.transfers,
               .findings = std::ssize(ledger.findings) + std::ssize(audit.findings),
               .audit_sequence = audit.head.sequence,
               .audit_hash = base::to_hex(audit.head.hash)};
}

Result<std::vector<std::int64_t>> migrations_of(const std::string& address) {
  KARV_TRY(const auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY(const auto all, store::migration_status(*database, {}));
  std::vector<std::int64_t> numbers;
  numbers.reserve(all.size());
  for (const auto& one : all) numbers.push_back(one.number);
  return numbers;
}

Result<StoreCopy> copy_store(const char* name, const std::string& address, const std::string& folder) {
  StoreCopy copy{.file = fmt::format("{}.copy", name), .engine = std::string(store::engine_of(address))};
  if (store::is_file(address) && !fs::exists(address))
    return base::internal_error(ErrorCode::unavailable, address + " does not exist: there is nothing to back up");
  KARV_TRY(copy.migrations, migrations_of(address));
  int told = 0;
  tell(fmt::format("copying the {}'s store", name));
  KARV_TRY_VOID(store::copy_to_file(address, folder + "/" + copy.file, [&](int share) {
    if (share < told + 10 || share == 100) return;
    told = share;
    tell(fmt::format("copying the {}'s store: {} %", name, share));
  }));
  KARV_TRY_VOID(measure(folder, copy));
  tell(fmt::format("{}: {} bytes", copy.file, copy.bytes));
  return copy;
}

}  // namespace

Result<Manifest> create_backup(const Stores& stores, const std::string& target) {
  const base::SystemClock wall;
  base::SystemRandom random;
  const std::string folder = fs::path(target).lexically_normal().string();
  const std::string name = folder.ends_with('/') ? folder.substr(0, folder.size() - 1) : folder;
  KARV_TRY(auto partial, PartialFolder::make(name));
  Manifest manifest;
  base::Bytes id(16);
  random.fill(id);
  manifest.backup_id = base::to_hex(id);
  manifest.karv_version = KARV_VERSION;
  manifest.begun_at = base::to_rfc3339(wall.now());
  tell("proving the books");
  KARV_TRY(manifest.books, prove_books(stores.server));
  if (manifest.books.findings > 0)
    tell(
        fmt::format("WARNING: the books have {} findings (`karv ledger verify`, `karv audit verify`): this backup is "
                    "made, but is no good one",
                    manifest.books.findings));
  // In this order: see manifest.h.
  KARV_TRY(manifest.server, copy_store("server", stores.server, partial.path()));
  KARV_TRY(manifest.vault, copy_store("vault", stores.vault, partial.path()));
  manifest.finished_at = base::to_rfc3339(wall.now());
  KARV_TRY_VOID(write_manifest(partial.path(), manifest, stores.key));
  KARV_TRY_VOID(partial.become(name));
  return manifest;
}

}  // namespace karv::apps::cli::backup
