#include "store/sqlite/sqlite.h"

#include "store/in_transaction.h"
#include "store/sqlite/group_commit.h"
#include "store/sqlite/reader_pool.h"

namespace karv::store {
namespace {

using sqlite::Connection;
using sqlite::GroupCommit;
using sqlite::ReaderPool;
using sqlite::Role;

class SqliteDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(SqliteOptions options) {
    std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(options)));
    KARV_TRY(auto writer, Connection::open(database->options_, Role::writer));
    KARV_TRY(database->readers_, ReaderPool::open(database->options_));
    database->writer_ = std::make_unique<GroupCommit>(database->options_, std::move(writer));
    return std::unique_ptr<Database>(std::move(database));
  }

  void add_commit_check(CommitCheck check) override { writer_->add_commit_check(std::move(check)); }

 protected:
  Result<void> run_write(std::string_view use_case, const std::function<Result<void>(Tx&)>& work) override {
    const InTransaction here(this);
    return writer_->run(use_case, work);
  }
  Result<void> run_read(std::string_view, const std::function<Result<void>(ReadTx&)>& work) override {
    const InTransaction here(this);
    return readers_->run(work);
  }

 private:
  explicit SqliteDatabase(SqliteOptions options) : options_(std::move(options)) {}

  const SqliteOptions options_;
  std::unique_ptr<ReaderPool> readers_;
  std::unique_ptr<GroupCommit> writer_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(SqliteOptions options) {
  return SqliteDatabase::open(std::move(options));
}

}  // namespace karv::store
