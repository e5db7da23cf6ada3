#include <filesystem>
#include <set>

#include <fmt/format.h>

#include "store/copy/place.h"
#include "store/sqlite/connection.h"
#include "store/sqlite/dialect.h"
#include "store/sqlite/server_lock.h"
#include "store/sqlite/start_check.h"

namespace karv::store::copy {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr std::string_view kColumns =
    "select m.name, c.name, c.type, c.pk from sqlite_master m join pragma_table_info(m.name) c"
    " where m.type = 'table' and m.name not glob 'sqlite_*' order by m.name, c.cid";
constexpr std::string_view kReferences =
    "select distinct m.name, f.\"table\" from sqlite_master m join pragma_foreign_key_list(m.name) f"
    " where m.type = 'table'";

class SqlitePlace final : public Place {
 public:
  SqlitePlace(sqlite::ServerLock lock, std::unique_ptr<sqlite::Connection> connection)
      : lock_(std::move(lock)), connection_(std::move(connection)) {}

  Result<void> begin_snapshot() override {
    KARV_TRY_VOID(connection_->run("begin"));
    return connection_->run("select count(*) from sqlite_master");  // the snapshot is taken by the first read
  }
  Result<std::vector<Table>> tables() override {
    KARV_TRY(const auto columns, connection_->query(kColumns, {}));
    KARV_TRY(const auto references, connection_->query(kReferences, {}));
    return tables_from(columns, references);
  }
  Result<Rows> read(const std::string& text, const std::vector<Value>& parameters) override {
    return connection_->query(*texts_.insert(text).first, parameters);
  }
  Result<void> write(const std::vector<Statement>& statements) override {
    KARV_TRY_VOID(connection_->run("begin immediate"));
    auto done = write_all(statements);
    if (done.ok()) done = connection_->run("commit");
    if (!done.ok() && connection_->in_transaction()) (void)connection_->run("rollback");
    return done;
  }
  std::string ordered(const Column& column) const override { return fmt::format("\"{}\"", column.name); }
  std::string schema_words(std::string_view statement) const override { return sqlite::to_sqlite_schema(statement); }

 private:
  Result<void> write_all(const std::vector<Statement>& statements) {
    for (const auto& statement : statements) {
      KARV_TRY(const auto touched, connection_->execute(*texts_.insert(statement.text).first, statement.parameters));
      if (statement.counted && touched != 1)
        return internal_error(ErrorCode::conflict, "another number of rows than expected was touched");
    }
    return {};
  }

  sqlite::ServerLock lock_;
  std::set<std::string> texts_;  // the connection keeps statements by views of their texts
  std::unique_ptr<sqlite::Connection> connection_;
};

}  // namespace

Result<std::unique_ptr<Place>> open_sqlite_place(const std::string& path) {
  if (!std::filesystem::exists(path))
    return internal_error(ErrorCode::unavailable, path +
                                                      " does not exist: look at the path; a new database gets its "
                                                      "schema by `karv migrate up`");
  KARV_TRY_VOID(sqlite::check_place(path));
  KARV_TRY(auto lock, sqlite::ServerLock::take(path));
  KARV_TRY_VOID(sqlite::check_header(path));
  KARV_TRY_VOID(sqlite::check_log(path));
  KARV_TRY(auto connection, sqlite::Connection::open({.path = path}, sqlite::Role::writer));
  return std::unique_ptr<Place>(std::make_unique<SqlitePlace>(std::move(lock), std::move(connection)));
}

}  // namespace karv::store::copy
