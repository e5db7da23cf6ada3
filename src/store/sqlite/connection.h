// One SQLite connection with its prepared statements, and what its failures mean.
//
// Not thread-safe: whoever holds it uses it alone. Used by the writer and the readers of this driver only.
// Source: sqlite.org/c3ref (result codes), sqlite.org/lang_transaction.html (which errors roll back by themselves).
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <sqlite3.h>

#include "base/result.h"
#include "store/database.h"
#include "store/sqlite/sqlite.h"

namespace karv::store::sqlite {

enum class Role : std::uint8_t { writer, reader };

class Connection {
 public:
  static Result<std::unique_ptr<Connection>> open(const SqliteOptions& options, Role role);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Runs a query that changes nothing. Errors: internal (it would change something; wrong SQL), see error_of().
  Result<Rows> query(const Query& query) { return this->query(query.sql.text(), query.parameters); }
  // Runs a statement and answers how many rows it touched. Errors: conflict (a unique key is taken).
  Result<std::int64_t> execute(const Query& query) { return execute(query.sql.text(), query.parameters); }
  // The same for texts that are made from a catalog's names (store/copy). Pre: the text outlives the connection.
  Result<Rows> query(std::string_view text, const std::vector<Value>& parameters);
  Result<std::int64_t> execute(std::string_view text, const std::vector<Value>& parameters);
  // Transaction control: begin, commit, savepoint, release, rollback.
  Result<void> control(Sql word);
  // For settings and schema changes; not kept prepared.
  Result<void> run(std::string_view text);
  // The answer of a pragma: its first value, or the first three columns of every line.
  Result<std::string> setting(std::string_view pragma);
  Result<std::vector<std::string>> lines(std::string_view pragma);
  // Ends what another thread runs on this connection. The one thing that may be called beside its use.
  void interrupt() { sqlite3_interrupt(db_); }

  // False as soon as SQLite has given the transaction up, which it does silently on some errors.
  bool in_transaction() const { return sqlite3_get_autocommit(db_) == 0; }
  // True after an error that makes this connection's cached state doubtful (I/O, corruption, memory).
  bool doubtful() const { return doubtful_; }
  int last_code() const { return last_code_; }

  int wal_frames() const { return wal_frames_; }
  // Copies the log back into the database as far as readers allow; `wait_for_readers` also makes the log start over.
  Result<void> checkpoint(bool wait_for_readers);

 private:
  struct Finalizer {
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  using Handle = std::unique_ptr<sqlite3_stmt, Finalizer>;
  struct Statement {
    Handle handle;
    std::vector<int> positions;  // of $1..$n; SQLite numbers names by their first appearance
    bool read_only = false;
  };

  explicit Connection(sqlite3* db) : db_(db) {}
  Result<void> configure(const SqliteOptions& options, Role role);
  Result<Statement*> prepare(std::string_view text);
  Result<void> bind(const Statement& statement, const std::vector<Value>& parameters);
  base::Error error_of(int code);
  base::Error explain_opening(const std::string& path, base::Error why) const;

  sqlite3* db_;
  std::unordered_map<std::string_view, Statement> statements_;  // keyed by program text, which lives forever
  int busy_timeout_ms_ = 0;
  int wal_frames_ = 0;
  int last_code_ = 0;
  bool doubtful_ = false;
};

}  // namespace karv::store::sqlite
