#include <chrono>
#include <set>
#include <thread>

#include <fmt/format.h>

#include "store/copy/place.h"
#include "store/postgres/connection.h"

namespace karv::store::copy {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;
using postgres::Form;

// A count over a large table takes its time.
constexpr base::Duration kAnswerLimit = base::hours(2);
// A copy that was killed leaves a session that the server notices a moment later.
constexpr int kLooks = 12;
constexpr std::chrono::milliseconds kBetweenLooks(250);

constexpr const char* kColumns =
    "select cast(c.relname as text), cast(a.attname as text), format_type(a.atttypid, a.atttypmod),"
    " coalesce(array_position(cast(i.indkey as smallint[]), a.attnum) + 1, 0)"
    " from pg_class c join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped"
    " left join pg_index i on i.indrelid = c.oid and i.indisprimary"
    " where c.relnamespace = cast(current_schema() as regnamespace) and c.relkind in ('r', 'p')"
    " and not c.relispartition order by c.relname collate \"C\", a.attnum";
constexpr const char* kReferences =
    "select distinct cast(c.relname as text), cast(r.relname as text) from pg_constraint f"
    " join pg_class c on c.oid = f.conrelid join pg_class r on r.oid = f.confrelid"
    " where f.contype = 'f' and c.relnamespace = cast(current_schema() as regnamespace)";
// Not the operator's monitoring, which has a user of its own.
constexpr const char* kOthers =
    "select count(*) from pg_stat_activity where datname = current_database() and usename = current_user"
    " and backend_type = 'client backend' and pid <> pg_backend_pid()";

class PostgresPlace final : public Place {
 public:
  explicit PostgresPlace(std::unique_ptr<postgres::Connection> connection) : connection_(std::move(connection)) {}

  Result<void> begin_snapshot() override {
    for (const char* text :
         {"set idle_in_transaction_session_timeout = 0", "begin isolation level repeatable read read only"})
      if (auto done = connection_->run_once(text); !done.ok()) return std::move(done).error();
    return {};
  }
  Result<std::vector<Table>> tables() override {
    KARV_TRY(const auto columns, connection_->run_once(kColumns));
    KARV_TRY(const auto references, connection_->run_once(kReferences));
    return tables_from(columns, references);
  }
  Result<Rows> read(const std::string& text, const std::vector<Value>& parameters) override {
    KARV_TRY(auto answers, connection_->round_trip({{.text = kept(text), .parameters = &parameters}}));
    return std::move(answers.front());
  }
  // One round trip for all of it.
  Result<void> write(const std::vector<Statement>& statements) override {
    std::vector<postgres::Command> commands;
    commands.reserve(statements.size() + 2);
    commands.push_back({.text = kBegin, .parameters = nullptr});
    for (const auto& statement : statements)
      commands.push_back({.text = kept(statement.text),
                          .parameters = &statement.parameters,
                          .form = statement.counted ? Form::counted : Form::as_written,
                          .expected_rows = 1});
    commands.push_back({.text = kCommit, .parameters = nullptr});
    const auto done = connection_->round_trip(commands);
    if (done.ok()) return {};
    if (!connection_->lost()) (void)connection_->run_once("rollback");
    return done.error();
  }
  std::string ordered(const Column& column) const override {
    return fmt::format("\"{}\"{}", column.name, column.type == "TEXT" ? " collate \"C\"" : "");
  }
  std::string schema_words(std::string_view statement) const override { return std::string(statement); }

 private:
  static constexpr std::string_view kBegin = "begin";
  static constexpr std::string_view kCommit = "commit";

  // The connection tells statements apart by where their text stands.
  const std::string& kept(const std::string& text) { return *texts_.insert(text).first; }

  std::set<std::string> texts_;
  std::unique_ptr<postgres::Connection> connection_;
};

Result<void> be_alone(postgres::Connection& connection) {
  std::int64_t others = 0;
  for (int look = 0; look < kLooks; ++look) {
    if (look > 0) std::this_thread::sleep_for(kBetweenLooks);
    KARV_TRY(const auto rows, connection.run_once(kOthers));
    others = rows.at(0).integer(0);
    if (others == 0) return {};
  }
  return internal_error(ErrorCode::conflict,
                        fmt::format("the database is in use: {} other connections of this user. Stop every server, "
                                    "copy and client on it, then copy",
                                    others));
}

}  // namespace

Result<std::unique_ptr<Place>> open_postgres_place(const std::string& address, const std::string& schema) {
  KARV_TRY(const auto keywords, postgres::read_address(address));
  KARV_TRY(auto connection, postgres::Connection::open(keywords, schema, kAnswerLimit));
  KARV_TRY_VOID(be_alone(*connection));
  return std::unique_ptr<Place>(std::make_unique<PostgresPlace>(std::move(connection)));
}

}  // namespace karv::store::copy
