#include "grow/target.h"

#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

namespace karv::bench {
namespace {

using base::ErrorCode;
using base::Result;

struct Finalize {
  void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
};
using Statement = std::unique_ptr<sqlite3_stmt, Finalize>;

// What is bound lives until the statement was stepped.
void bind_cell(sqlite3_stmt* statement, int position, const Cell& cell, const Mapping& mapping,
               const std::string& bytes) {
  const auto* data = bytes.data() + (cell.kind >= Cell::Kind::text ? cell.number : 0);
  switch (cell.kind) {
    case Cell::Kind::null:
      sqlite3_bind_null(statement, position);
      return;
    case Cell::Kind::number:
      sqlite3_bind_int64(statement, position, cell.number);
      return;
    case Cell::Kind::moment:
      sqlite3_bind_int64(statement, position, mapping.moment(cell.number));
      return;
    case Cell::Kind::text:
      sqlite3_bind_text64(statement, position, data, cell.size, SQLITE_STATIC, SQLITE_UTF8);
      return;
    case Cell::Kind::blob:
      sqlite3_bind_blob64(statement, position, data, cell.size, SQLITE_STATIC);
      return;
  }
}

Result<> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  if (file >= 0) ::close(file);
  if (!synced) return base::internal_error(ErrorCode::internal, path + " could not be brought to the disk");
  return {};
}

}  // namespace

Result<std::unique_ptr<Target>> Target::open(const std::string& path) {
  std::unique_ptr<Target> target(new Target(path));
  if (sqlite3_open_v2(path.c_str(), &target->db_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, nullptr) != SQLITE_OK)
    return target->error("opening");
  // Rows go straight into the file, and a copy that fails can still be undone.
  for (const char* text : {"pragma locking_mode = exclusive", "pragma journal_mode = memory",
                           "pragma synchronous = off", "pragma temp_store = memory", "pragma cache_size = -500000"})
    KARV_TRY_VOID(target->run(text));
  return target;
}

Target::~Target() { close(); }

void Target::close() {
  KARV_CHECK(sqlite3_close(db_) == SQLITE_OK);
  db_ = nullptr;
}

std::string Target::schema() {
  const Statement statement(prepare(kSchemaVersion));
  KARV_CHECK(sqlite3_step(statement.get()) == SQLITE_ROW);
  return std::string(bytes_of(statement.get(), 0));
}

bool Target::has_order(std::string_view order_id) {
  const Statement statement(prepare("select 1 from orders where order_id = ?"));
  sqlite3_bind_blob64(statement.get(), 1, order_id.data(), order_id.size(), SQLITE_STATIC);
  return sqlite3_step(statement.get()) == SQLITE_ROW;
}

std::int64_t Target::count_orders() {
  const Statement statement(prepare("select count(*) from orders"));
  KARV_CHECK(sqlite3_step(statement.get()) == SQLITE_ROW);
  return sqlite3_column_int64(statement.get(), 0);
}

Result<> Target::add_copy(const std::vector<Stencil>& stencils, const std::vector<SharedAccount>& accounts,
                          const Mapping& mapping) {
  const auto add_all = [&]() -> Result<> {
    for (const auto& stencil : stencils) KARV_TRY_VOID(insert(stencil, mapping));
    for (const auto& account : accounts) KARV_TRY_VOID(add_to_books(account));
    return run("commit");
  };
  KARV_TRY_VOID(run("begin immediate"));
  auto added = add_all();
  if (!added.ok() && sqlite3_get_autocommit(db_) == 0) KARV_TRY_VOID(run("rollback"));
  return added;
}

Result<> Target::insert(const Stencil& stencil, const Mapping& mapping) {
  stencil.print(mapping, bytes_);
  const Statement statement(prepare(insert_text(stencil.table())));
  const auto columns = std::ssize(stencil.table().columns);
  int position = 0;
  for (const auto& cell : stencil.cells()) {
    bind_cell(statement.get(), ++position, cell, mapping, bytes_);
    if (position < columns) continue;
    position = 0;
    if (sqlite3_step(statement.get()) != SQLITE_DONE) return error(stencil.table().name);
    sqlite3_reset(statement.get());
  }
  return {};
}

Result<> Target::add_to_books(const SharedAccount& account) {
  const Statement statement(prepare(kAddToRollup));
  int position = 0;
  for (const auto sum : account.sums) sqlite3_bind_int64(statement.get(), ++position, sum);
  sqlite3_bind_blob64(statement.get(), ++position, account.id.data(), account.id.size(), SQLITE_STATIC);
  if (sqlite3_step(statement.get()) != SQLITE_DONE) return error("ledger_rollups");
  if (sqlite3_changes(db_) != 1)
    return base::internal_error(
        ErrorCode::conflict, path_ + " lacks an account that the base's purchases share: it does not descend from it");
  return {};
}

Result<std::int64_t> Target::finish() {
  // Leaving the exclusive mode, or the log of the WAL mode would stay beside the file.
  for (const char* text : {"pragma synchronous = full", "pragma locking_mode = normal", "pragma journal_mode = wal"})
    KARV_TRY_VOID(run(text));
  close();
  KARV_TRY_VOID(sync_file(path_));
  struct stat facts{};
  KARV_CHECK(::stat(path_.c_str(), &facts) == 0);
  return std::int64_t{facts.st_size};
}

Result<> Target::run(const char* text) {
  if (sqlite3_exec(db_, text, nullptr, nullptr, nullptr) != SQLITE_OK) return error(text);
  return {};
}

sqlite3_stmt* Target::prepare(std::string_view text) {
  sqlite3_stmt* statement = nullptr;
  KARV_CHECK(sqlite3_prepare_v2(db_, text.data(), static_cast<int>(text.size()), &statement, nullptr) == SQLITE_OK);
  return statement;
}

base::Error Target::error(std::string_view where) const {
  switch (sqlite3_errcode(db_) & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return base::internal_error(ErrorCode::unavailable,
                                  path_ + " is in use: stop the server, and whatever else reads it, first");
    case SQLITE_CONSTRAINT:
      return base::internal_error(
          ErrorCode::conflict, fmt::format("a key is taken in {} already ({}): {}", path_, where, sqlite3_errmsg(db_)));
    case SQLITE_FULL:
      return base::internal_error(ErrorCode::storage_full, "no space is left for " + path_);
    default:
      return base::internal_error(ErrorCode::internal, fmt::format("{}: {} ({})", path_, sqlite3_errmsg(db_), where));
  }
}

}  // namespace karv::bench
