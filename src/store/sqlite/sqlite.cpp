#include "store/sqlite/sqlite.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <thread>

#include "base/log.h"
#include "store/in_transaction.h"
#include "store/sqlite/group_commit.h"
#include "store/sqlite/reader_pool.h"
#include "store/sqlite/server_lock.h"
#include "store/sqlite/start_check.h"

namespace karv::store {
namespace {

using sqlite::Connection;
using sqlite::GroupCommit;
using sqlite::ReaderPool;
using sqlite::Role;
using sqlite::ServerLock;

// Reads a large file's pages table by table, each in a snapshot of its own, beside the service.
class BackgroundCheck {
 public:
  BackgroundCheck(std::unique_ptr<Connection> connection, std::function<void(const std::string&)> found)
      : connection_(std::move(connection)), found_(std::move(found)), thread_([this] { run(); }) {}
  ~BackgroundCheck() {
    stopping_ = true;
    connection_->interrupt();
    thread_.join();
  }
  BackgroundCheck(const BackgroundCheck&) = delete;
  BackgroundCheck& operator=(const BackgroundCheck&) = delete;

 private:
  void run() {
    const auto begun = std::chrono::steady_clock::now();
    const auto tables = sqlite::tables_of(*connection_);
    if (!tables.ok()) return give_up(tables.error());
    for (const auto& table : *tables) {
      if (stopping_) return;
      const auto finding = sqlite::check_table(*connection_, table);
      if (!finding.ok()) return give_up(finding.error());
      if (!finding->empty()) return found_(table + ": " + *finding);
    }
    const auto took = std::chrono::steady_clock::now() - begun;
    base::log::info("database_checked",
                    {{"tables", tables->size()},
                     {"milliseconds", std::chrono::duration_cast<std::chrono::milliseconds>(took).count()}});
  }
  void give_up(const base::Error& why) {
    if (!stopping_) base::log::warn("database_check_ended_early", {{"detail", why.internal_text()}});
  }

  std::unique_ptr<Connection> connection_;
  std::function<void(const std::string&)> found_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

class SqliteDatabase final : public Database {
 public:
  static Result<std::unique_ptr<Database>> open(SqliteOptions options) {
    std::unique_ptr<SqliteDatabase> database(new SqliteDatabase(std::move(options)));
    KARV_TRY_VOID(database->open_connections());
    return std::unique_ptr<Database>(std::move(database));
  }

  void add_commit_check(CommitCheck check) override { writer_->add_commit_check(std::move(check)); }
  StorageState state() const override { return writer_->state(); }

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

  Result<void> open_connections() {
    const bool serves = options_.use == StoreUse::server;
    KARV_TRY_VOID(sqlite::check_place(options_.path));
    if (serves) {
      KARV_TRY(lock_, ServerLock::take(options_.path));
      KARV_TRY_VOID(sqlite::check_header(options_.path));
      KARV_TRY_VOID(sqlite::check_log(options_.path));
    }
    KARV_TRY(auto writer, Connection::open(options_, Role::writer));
    bool checked = true;
    if (serves) {
      KARV_TRY(checked, sqlite::check_pages(*writer, options_.path, options_.check_at_start_bytes));
    }
    KARV_TRY(readers_, ReaderPool::open(options_));
    writer_ = std::make_unique<GroupCommit>(options_, std::move(writer));
    if (checked) return {};
    KARV_TRY(auto reader, Connection::open(options_, Role::reader));
    check_ = std::make_unique<BackgroundCheck>(std::move(reader),
                                               [this](const std::string& finding) { writer_->refuse_writes(finding); });
    return {};
  }

  const SqliteOptions options_;
  ServerLock lock_;  // given up last
  std::unique_ptr<ReaderPool> readers_;
  std::unique_ptr<GroupCommit> writer_;
  std::unique_ptr<BackgroundCheck> check_;
};

}  // namespace

Result<std::unique_ptr<Database>> open_sqlite(SqliteOptions options) {
  return SqliteDatabase::open(std::move(options));
}

Result<SqliteFindings> check_sqlite(const std::string& path) {
  KARV_TRY_VOID(sqlite::check_place(path));
  std::error_code unknown;
  SqliteFindings done;
  done.bytes = static_cast<std::int64_t>(std::filesystem::file_size(path, unknown));
  if (unknown) return base::internal_error(base::ErrorCode::unavailable, path + ": " + unknown.message());
  if (const auto header = sqlite::check_header(path); !header.ok())
    done.findings.push_back(header.error().internal_text());
  {
    // A server that runs has looked at its log before, and is writing to it.
    const auto alone = ServerLock::take(path);
    if (alone.ok() || alone.error().code() != base::ErrorCode::conflict)
      if (const auto log = sqlite::check_log(path); !log.ok()) done.findings.push_back(log.error().internal_text());
  }
  auto connection = Connection::open({.path = path}, Role::reader);
  if (!connection.ok()) {
    done.findings.push_back(connection.error().internal_text());
    return done;
  }
  for (const char* question : {"pragma integrity_check", "pragma foreign_key_check"}) {
    const auto answers = (*connection)->lines(question);
    if (!answers.ok()) done.findings.push_back(answers.error().internal_text());
    for (const auto& line : answers.ok() ? *answers : std::vector<std::string>())
      if (line != "ok") done.findings.push_back(line);
  }
  const auto tables = sqlite::tables_of(**connection);
  done.tables = tables.ok() ? static_cast<std::int64_t>(tables->size()) : 0;
  return done;
}

}  // namespace karv::store
