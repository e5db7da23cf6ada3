#include "store/sqlite/backup.h"

#include <array>
#include <cerrno>
#include <filesystem>
#include <memory>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <sqlite3.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/sqlite/server_lock.h"
#include "store/sqlite/start_check.h"

namespace karv::store::sqlite {
namespace {

namespace fs = std::filesystem;
using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr int kPagesAtOnce = 1024;  // 4 MB between two looks at the progress
constexpr std::array<const char*, 3> kParts{"", "-wal", "-shm"};

struct Closer {
  void operator()(sqlite3* db) const { sqlite3_close_v2(db); }
};
using Handle = std::unique_ptr<sqlite3, Closer>;

base::Error failure(const std::string& path, std::string_view why, bool full) {
  return internal_error(full ? ErrorCode::storage_full : ErrorCode::unavailable,
                        fmt::format("{}: {}{}", path, why, full ? "; free space on its disk" : ""));
}
base::Error failure(const std::string& path, int error_number) {
  return failure(path, words_of(error_number), error_number == ENOSPC || error_number == EDQUOT);
}
base::Error failure_of(const std::string& path, int code) {
  return failure(path, sqlite3_errstr(code), (code & 0xff) == SQLITE_FULL);
}

Result<Handle> open_handle(const std::string& path) {
  sqlite3* db = nullptr;
  const int code = sqlite3_open_v2(
      path.c_str(), &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE,
      nullptr);
  Handle handle(db);
  if (code != SQLITE_OK) return failure_of(path, code);
  sqlite3_busy_timeout(db, 5000);
  return handle;
}

Result<void> run(const Handle& handle, const std::string& path, const char* text) {
  const int code = sqlite3_exec(handle.get(), text, nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) return failure_of(path, code);
  return {};
}

Result<void> make_private(const std::string& file) {
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0 && errno == EEXIST) return internal_error(ErrorCode::conflict, file + " exists already");
  if (made < 0) return failure(file, errno);
  ::close(made);
  return {};
}

Result<void> flush(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return failure(path, errno);
  const int failed = ::fsync(file) == 0 ? 0 : errno;
  ::close(file);
  if (failed != 0) return failure(path, failed);
  return {};
}
Result<void> flush_folder_of(const std::string& path) {
  const auto parent = fs::path(path).parent_path();
  return flush(parent.empty() ? "." : parent.string());
}

// Root restores for others: what is made in a folder belongs to whom the folder belongs, as if its server had made it.
void give_to_owner_of_folder(const std::string& path) {
  const auto parent = fs::path(path).parent_path();
  struct stat folder{};
  if (::geteuid() != 0 || ::stat(parent.empty() ? "." : parent.c_str(), &folder) != 0) return;
  std::ignore = ::lchown(path.c_str(), folder.st_uid, folder.st_gid);
}

void remove_parts(const std::string& path) {
  for (const char* part : kParts) ::unlink((path + part).c_str());
}

// The source's read transaction stays open from the first page to the last, so all of them are of one moment, and no
// commit meanwhile makes the copying begin anew. The log grows until it is over.
Result<void> copy_pages(const Handle& from, const std::string& path, const Handle& to, const std::string& file,
                        const CopyProgress& progress) {
  KARV_TRY_VOID(run(from, path, "begin; select count(*) from sqlite_master"));
  sqlite3_backup* backup = sqlite3_backup_init(to.get(), "main", from.get(), "main");
  if (backup == nullptr) return failure_of(file, sqlite3_errcode(to.get()));
  int code = SQLITE_OK;
  while (code == SQLITE_OK) {
    code = sqlite3_backup_step(backup, kPagesAtOnce);
    const int total = sqlite3_backup_pagecount(backup);
    if (progress && total > 0)
      progress(static_cast<int>((std::int64_t{total} - sqlite3_backup_remaining(backup)) * 100 / total));
  }
  const int finished = sqlite3_backup_finish(backup);
  if (code != SQLITE_DONE) return failure_of(file, code);
  if (finished != SQLITE_OK) return failure_of(file, finished);
  return run(from, path, "rollback");
}

}  // namespace

Result<void> copy_to_file(const std::string& path, const std::string& file, const CopyProgress& progress) {
  if (!fs::exists(path))
    return internal_error(ErrorCode::unavailable, path + " does not exist: there is nothing to copy");
  KARV_TRY_VOID(make_private(file));
  const auto copied = [&]() -> Result<void> {
    KARV_TRY(const auto from, open_handle(path));
    KARV_TRY(const auto to, open_handle(file));
    // No journal: what is not finished is thrown away.
    KARV_TRY_VOID(run(to, file, "pragma journal_mode = off; pragma synchronous = off"));
    return copy_pages(from, path, to, file, progress);
  }();
  auto durable = copied.ok() ? flush(file) : copied;
  if (!durable.ok()) remove_parts(file);
  return durable;
}

bool database_exists(const std::string& path) { return fs::exists(path) || fs::exists(path + "-wal"); }

Result<void> make_from_copy(const std::string& file, const std::string& path) {
  if (database_exists(path)) return internal_error(ErrorCode::conflict, path + " exists already");
  KARV_TRY_VOID(check_place(path));
  KARV_TRY_VOID(make_private(path));
  std::error_code failed;
  fs::copy_file(file, path, fs::copy_options::overwrite_existing, failed);
  auto done = failed ? Result<void>(failure(path, failed.value())) : flush(path);
  if (done.ok() && ::chmod(path.c_str(), 0600) != 0) done = failure(path, errno);
  give_to_owner_of_folder(path);
  if (!done.ok()) remove_parts(path);
  return done;
}

Result<void> remove_database(const std::string& path) {
  remove_parts(path);
  ::unlink((path + ".lock").c_str());
  return {};
}

Result<void> require_unused(const std::string& path) {
  KARV_TRY_VOID(check_place(path));
  KARV_TRY(const auto lock, ServerLock::take(path));
  give_to_owner_of_folder(path + ".lock");
  return {};
}

Result<void> rename_database(const std::string& from, const std::string& to, const std::optional<std::string>& aside) {
  KARV_TRY(const auto lock, ServerLock::take(to));
  if (fs::exists(from + "-wal")) return internal_error(ErrorCode::conflict, from + " is still open somewhere");
  if (database_exists(to)) {
    if (!aside) return internal_error(ErrorCode::conflict, to + " exists already");
    // The log after its file: alone it is seen as a database that is there.
    for (const char* part : kParts)
      if (fs::exists(to + part) && ::rename((to + part).c_str(), (*aside + part).c_str()) != 0)
        return failure(to + part, errno);
    KARV_TRY_VOID(flush_folder_of(to));
  }
  if (::rename(from.c_str(), to.c_str()) != 0) return failure(from, errno);
  return flush_folder_of(to);
}

}  // namespace karv::store::sqlite
