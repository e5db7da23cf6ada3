#include "store/sqlite/connection.h"

#include <array>
#include <cerrno>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/check.h"
#include "store/sqlite/start_check.h"

namespace karv::store::sqlite {
namespace {

using base::ErrorCode;
using base::internal_error;

constexpr int kReaderCacheKib = 16384;

// Resets a cached statement however its use ends, and forgets the values bound to it.
class Use {
 public:
  explicit Use(sqlite3_stmt* statement) : statement_(statement) {}
  ~Use() {
    sqlite3_reset(statement_);
    sqlite3_clear_bindings(statement_);
  }
  Use(const Use&) = delete;
  Use& operator=(const Use&) = delete;

 private:
  sqlite3_stmt* statement_;
};

int bind_value(sqlite3_stmt* statement, int position, const Value& value) {
  const auto& inner = value.inner();
  if (const auto* number = std::get_if<std::int64_t>(&inner)) return sqlite3_bind_int64(statement, position, *number);
  if (const auto* text = std::get_if<std::string>(&inner))
    return sqlite3_bind_text64(statement, position, text->data(), text->size(), SQLITE_STATIC, SQLITE_UTF8);
  if (const auto* bytes = std::get_if<Bytes>(&inner)) {
    if (bytes->empty()) return sqlite3_bind_zeroblob(statement, position, 0);  // a null pointer would bind NULL
    return sqlite3_bind_blob64(statement, position, bytes->data(), bytes->size(), SQLITE_STATIC);
  }
  return sqlite3_bind_null(statement, position);
}

Value column_value(sqlite3_stmt* statement, int column) {
  switch (sqlite3_column_type(statement, column)) {
    case SQLITE_NULL:
      return {};
    case SQLITE_INTEGER:
      return sqlite3_column_int64(statement, column);
    case SQLITE_TEXT: {
      const auto* text = reinterpret_cast<const char*>(sqlite3_column_text(statement, column));
      return std::string(text, static_cast<std::size_t>(sqlite3_column_bytes(statement, column)));
    }
    case SQLITE_BLOB: {
      const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement, column));
      const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement, column));
      return size == 0 ? Bytes{} : Bytes(bytes, bytes + size);
    }
    default:
      base::requirement_failed("no column is a floating point number", std::source_location::current());
  }
}

// The file and its log are for their owner only; SQLite gives the log the permissions of the file. A file that exists
// is not opened here: closing it again would drop this process's locks on it (POSIX).
Result<void> ensure_private_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0 && errno == EEXIST) return {};
  if (file < 0)
    return internal_error(
        errno == ENOSPC ? ErrorCode::storage_full : ErrorCode::unavailable,
        fmt::format("{} cannot be made ({}): free space, or let the user that runs this own the folder", path,
                    words_of(errno)));
  ::close(file);
  return {};
}

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(const SqliteOptions& options, Role role) {
  KARV_TRY_VOID(ensure_private_file(options.path));
  sqlite3* db = nullptr;
  const int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE | SQLITE_OPEN_PRIVATECACHE;
  const int code =
      sqlite3_open_v2(options.path.c_str(), &db, flags, options.vfs.empty() ? nullptr : options.vfs.c_str());
  std::unique_ptr<Connection> connection(new Connection(db));  // owns db even when opening failed
  if (code != SQLITE_OK) return connection->explain_opening(options.path, connection->error_of(code));
  if (auto configured = connection->configure(options, role); !configured.ok())
    return connection->explain_opening(options.path, std::move(configured).error());
  return connection;
}

// In words that say what to do. SQLite's own stay in it, for whoever knows them.
base::Error Connection::explain_opening(const std::string& path, base::Error why) const {
  const auto sentence = [&](std::string_view cure) {
    return internal_error(why.code(), fmt::format("{} cannot be opened: {}; {}", path, why.internal_text(), cure));
  };
  switch (last_code_ & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
      return damaged(path, why.internal_text());
    case SQLITE_FULL:
      return sentence("free space on its disk, then start again");
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return sentence("another program holds it: end that one, then start again");
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_CANTOPEN:
      return sentence("let the user that runs this own the file, its -wal and -shm, and their folder");
    case SQLITE_IOERR:
      return sentence("look at the disk: is it full, read-only or failing?");
    default:
      return why;
  }
}

Connection::~Connection() {
  statements_.clear();
  sqlite3_close_v2(db_);
}

Result<void> Connection::configure(const SqliteOptions& options, Role role) {
  busy_timeout_ms_ = options.busy_timeout_ms;
  sqlite3_busy_timeout(db_, busy_timeout_ms_);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DEFENSIVE, 1, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DML, 0, nullptr);
  sqlite3_db_config(db_, SQLITE_DBCONFIG_DQS_DDL, 0, nullptr);
  KARV_TRY(const auto mode, setting("pragma journal_mode = wal"));
  if (mode != "wal") return internal_error(ErrorCode::unavailable, "the database does not take a write-ahead log");
  for (const auto text : {"pragma synchronous = full", "pragma temp_store = memory", "pragma foreign_keys = on",
                          "pragma cell_size_check = on", "pragma secure_delete = on"})
    KARV_TRY_VOID(run(text));
  KARV_TRY_VOID(
      run(fmt::format("pragma cache_size = -{}", role == Role::writer ? options.writer_cache_kib : kReaderCacheKib)));
  KARV_TRY_VOID(run("pragma journal_size_limit = 67108864"));
  if (role == Role::reader) KARV_TRY_VOID(run("pragma query_only = on"));
  // Replaces SQLite's own automatic checkpoint: the writer decides when (a commit must not pay for it unseen).
  sqlite3_wal_hook(
      db_,
      [](void* self, sqlite3*, const char*, int frames) {
        static_cast<Connection*>(self)->wal_frames_ = frames;
        return SQLITE_OK;
      },
      this);
  return {};
}

Result<Connection::Statement*> Connection::prepare(std::string_view text) {
  if (const auto found = statements_.find(text); found != statements_.end()) return &found->second;
  sqlite3_stmt* handle = nullptr;
  const char* tail = nullptr;
  const int code =
      sqlite3_prepare_v3(db_, text.data(), static_cast<int>(text.size()), SQLITE_PREPARE_PERSISTENT, &handle, &tail);
  if (code != SQLITE_OK) return error_of(code);
  Statement statement{.handle = Handle(handle), .positions = {}, .read_only = sqlite3_stmt_readonly(handle) != 0};
  const std::string_view rest(tail, static_cast<std::size_t>(text.data() + text.size() - tail));
  if (handle == nullptr || rest.find_first_not_of(" \n;") != std::string_view::npos)
    return internal_error(ErrorCode::internal, "one statement per text");
  const int count = sqlite3_bind_parameter_count(handle);
  for (int n = 1; n <= count; ++n) {
    const int position = sqlite3_bind_parameter_index(handle, fmt::format("${}", n).c_str());
    if (position == 0) return internal_error(ErrorCode::internal, "parameters are named $1..$n without gaps");
    statement.positions.push_back(position);
  }
  return &(statements_[text] = std::move(statement));
}

Result<void> Connection::bind(const Statement& statement, const std::vector<Value>& parameters) {
  if (parameters.size() != statement.positions.size())
    return internal_error(ErrorCode::internal, "as many parameters as the statement names");
  for (std::size_t i = 0; i < parameters.size(); ++i) {
    // PostgreSQL refuses these; so that both engines hold the same data, so do we.
    if (const auto* text = std::get_if<std::string>(&parameters[i].inner());
        text != nullptr && text->find('\0') != std::string::npos)
      return internal_error(ErrorCode::bad_value, "a text with a zero character");
    if (const int code = bind_value(statement.handle.get(), statement.positions[i], parameters[i]); code != SQLITE_OK)
      return error_of(code);
  }
  return {};
}

Result<Rows> Connection::query(std::string_view text, const std::vector<Value>& parameters) {
  KARV_TRY(auto* statement, prepare(text));
  if (!statement->read_only) return internal_error(ErrorCode::internal, "read() is for queries that change nothing");
  const Use use(statement->handle.get());
  KARV_TRY_VOID(bind(*statement, parameters));
  Rows rows;
  int code = sqlite3_step(statement->handle.get());
  for (; code == SQLITE_ROW; code = sqlite3_step(statement->handle.get())) {
    std::vector<Value> columns;
    const int count = sqlite3_column_count(statement->handle.get());
    columns.reserve(static_cast<std::size_t>(count));
    for (int column = 0; column < count; ++column) columns.push_back(column_value(statement->handle.get(), column));
    rows.emplace_back(std::move(columns));
  }
  if (code != SQLITE_DONE) return error_of(code);
  return rows;
}

Result<std::int64_t> Connection::execute(std::string_view text, const std::vector<Value>& parameters) {
  KARV_TRY(auto* statement, prepare(text));
  const Use use(statement->handle.get());
  KARV_TRY_VOID(bind(*statement, parameters));
  const int code = sqlite3_step(statement->handle.get());
  if (code == SQLITE_ROW) return internal_error(ErrorCode::internal, "write() is for statements without an answer");
  if (code != SQLITE_DONE) return error_of(code);
  return sqlite3_changes64(db_);
}

Result<void> Connection::control(Sql word) {
  KARV_TRY_VOID(execute({word, {}}));
  return {};
}

Result<std::string> Connection::setting(std::string_view text) {
  std::string answer;
  const auto keep_first = [](void* out, int columns, char** values, char**) {
    if (columns > 0 && values[0] != nullptr) *static_cast<std::string*>(out) = values[0];
    return 0;
  };
  const std::string terminated(text);
  const int code = sqlite3_exec(db_, terminated.c_str(), keep_first, &answer, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  return answer;
}

Result<std::vector<std::string>> Connection::lines(std::string_view text) {
  std::vector<std::string> answer;
  const auto keep = [](void* out, int columns, char** values, char**) {
    std::string line;
    for (int column = 0; column < columns && column < 3; ++column)
      line += (line.empty() ? "" : " ") + std::string(values[column] != nullptr ? values[column] : "null");
    static_cast<std::vector<std::string>*>(out)->push_back(std::move(line));
    return 0;
  };
  const std::string terminated(text);
  const int code = sqlite3_exec(db_, terminated.c_str(), keep, &answer, nullptr);
  if (code != SQLITE_OK) return error_of(code);
  return answer;
}

Result<void> Connection::run(std::string_view text) {
  KARV_TRY_VOID(setting(text));
  return {};
}

Result<void> Connection::checkpoint(bool wait_for_readers) {
  constexpr int kPatienceMs = 100;
  const int mode = wait_for_readers ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  sqlite3_busy_timeout(db_, kPatienceMs);
  const int code = sqlite3_wal_checkpoint_v2(db_, nullptr, mode, nullptr, nullptr);
  sqlite3_busy_timeout(db_, busy_timeout_ms_);
  if (code != SQLITE_OK && (code & 0xff) != SQLITE_BUSY) return error_of(code);
  return {};
}

// SQLite's messages name tables and columns, never values.
base::Error Connection::error_of(int code) {
  last_code_ = code;
  const std::string detail =
      fmt::format("sqlite {} ({})", code, db_ != nullptr ? sqlite3_errmsg(db_) : sqlite3_errstr(code));
  switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
      if (code == SQLITE_CONSTRAINT_UNIQUE || code == SQLITE_CONSTRAINT_PRIMARYKEY || code == SQLITE_CONSTRAINT_ROWID)
        return internal_error(ErrorCode::conflict, detail);
      return internal_error(ErrorCode::internal, detail);
    case SQLITE_FULL:
      return internal_error(ErrorCode::storage_full, detail);
    case SQLITE_IOERR:
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
    case SQLITE_NOMEM:
    case SQLITE_CANTOPEN:
    case SQLITE_PROTOCOL:
      doubtful_ = true;
      return internal_error(ErrorCode::unavailable, detail);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_INTERRUPT:
      return internal_error(ErrorCode::unavailable, detail);
    default:
      return internal_error(ErrorCode::internal, detail);
  }
}

}  // namespace karv::store::sqlite
