#include "store/postgres/connection.h"

#include <chrono>

#include <fmt/format.h>
#include <poll.h>

#include "base/check.h"
#include "base/log.h"
#include "store/postgres/values.h"

namespace karv::store::postgres {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr int kOldestServer = 150000;

std::string said(const Command& command) {
  switch (command.form) {
    case Form::as_written:
      return std::string(command.text);
    case Form::locking:
      return fmt::format("{} for update", command.text);
    case Form::counted: {
      const std::size_t next = (command.parameters != nullptr ? command.parameters->size() : 0) + 1;
      return fmt::format(
          "with touched as ({} returning 1) select 1 / (case when count(*) = cast(${} as BIGINT) then 1 else 0 end)"
          " from touched",
          command.text, next);
    }
  }
  return {};
}

// libpq's sentences end in line breaks and may have several lines.
std::string one_line(const char* text) {
  std::string line(text != nullptr ? text : "");
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  for (char& c : line)
    if (c == '\n') c = ' ';
  return line;
}

// The settings under which an acknowledged commit is on disk, and under which our texts are stored as they are.
Result<void> check_settings(const Row& row) {
  const auto refuse = [](std::string what) -> Result<void> {
    return internal_error(ErrorCode::unavailable, std::move(what));
  };
  if (std::stoi(row.text(0)) < kOldestServer)
    return refuse(fmt::format("the database server has version {}; Karv needs PostgreSQL 15 or later", row.text(0)));
  if (row.text(1) != "UTF8")
    return refuse(
        fmt::format("the database has the encoding {}; make it with: create database karv encoding 'UTF8' "
                    "template template0",
                    row.text(1)));
  if (row.text(2) != "on" || row.text(3) != "on")
    return refuse(
        "the database server runs with fsync or full_page_writes off: a commit that was acknowledged could be "
        "lost. Turn both on in postgresql.conf and restart it");
  if (row.text(4) == "off" || row.text(4) == "local")
    return refuse(
        fmt::format("synchronous_commit is {}: a commit that was acknowledged could be lost. Set it to on for "
                    "this user and database",
                    row.text(4)));
  return {};
}

}  // namespace

ErrorCode meaning_of(std::string_view state) {
  if (state == "23505" || state == "22012") return ErrorCode::conflict;  // a key taken; rows not as expected
  if (state == "40001" || state == "40P01" || state == "55P03") return ErrorCode::conflict;
  if (state == "42P07" || state == "42701" || state == "42710") return ErrorCode::conflict;  // made by somebody else
  if (state == "53100") return ErrorCode::storage_full;
  if (state == "22021" || state == "22P05") return ErrorCode::bad_value;  // a text with a zero character
  if (state == "08P01") return ErrorCode::internal;  // another number of parameters than the statement names
  const auto of = state.substr(0, 2);
  // Lost, out of means, shutting down, interrupted, on a server that only reads, or with damaged files.
  if (state.empty() || of == "08" || of == "53" || of == "57" || of == "58" || of == "XX" || state == "25006")
    return ErrorCode::unavailable;
  return ErrorCode::internal;
}

Result<std::unique_ptr<Connection>> Connection::open(const Keywords& keywords, const std::string& schema,
                                                     base::Duration answer_limit) {
  std::vector<const char*> names;
  std::vector<const char*> values;
  for (const auto& [name, value] : keywords) {
    names.push_back(name.c_str());
    values.push_back(value.c_str());
  }
  names.push_back(nullptr);
  values.push_back(nullptr);
  std::unique_ptr<Connection> made(new Connection(PQconnectdbParams(names.data(), values.data(), 0), answer_limit));
  PGconn* connection = made->connection_.get();
  if (connection == nullptr) return internal_error(ErrorCode::unavailable, "no memory for a database connection");
  if (PQstatus(connection) != CONNECTION_OK)
    return internal_error(ErrorCode::unavailable, fmt::format("the database cannot be reached ({}): {}",
                                                              shown(keywords), one_line(PQerrorMessage(connection))));
  PQsetNoticeReceiver(connection, &Connection::on_notice, made.get());
  if (PQsetnonblocking(connection, 1) != 0 || PQenterPipelineMode(connection) != 1)
    return internal_error(ErrorCode::unavailable, "the database connection does not take pipelines");
  KARV_TRY_VOID(made->check_server(schema));
  return made;
}

Result<void> Connection::check_server(const std::string& schema) {
  KARV_TRY(const auto settings,
           run_once("select current_setting('server_version_num'), current_setting('server_encoding'),"
                    " current_setting('fsync'), current_setting('full_page_writes'),"
                    " current_setting('synchronous_commit')"));
  KARV_TRY_VOID(check_settings(settings.at(0)));
  // Not what the role or the database happens to have: the driver's rules depend on these.
  std::vector<std::string> own{"set default_transaction_isolation = 'read committed'", "set timezone = 'UTC'",
                               "set idle_in_transaction_session_timeout = '60s'", "set lock_timeout = '10s'"};
  if (!schema.empty()) own.push_back("set search_path = " + schema);
  for (const auto& text : own)
    if (auto done = run_once(text); !done.ok()) return std::move(done).error();
  return {};
}

Result<std::vector<Rows>> Connection::round_trip(const std::vector<Command>& commands) {
  failure_.reset();
  warned_ = false;
  std::vector<Rows> answers(commands.size());
  bool sent = !lost_;
  for (std::size_t i = 0; sent && i < commands.size(); ++i) sent = send(commands[i], i);
  if (sent) {
    sent = PQpipelineSync(connection_.get()) == 1;
    owed_.push_back({Owed::sync});
  }
  if (!sent) lose("cannot send");
  collect(answers);
  if (failure_) return failure_->error;
  return answers;
}

Result<Rows> Connection::run_once(const std::string& text) {
  failure_.reset();
  warned_ = false;
  std::vector<Rows> answers(1);
  bool sent =
      !lost_ && PQsendQueryParams(connection_.get(), text.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) == 1;
  if (sent) {
    owed_.push_back({Owed::rows, 0});
    sent = PQpipelineSync(connection_.get()) == 1;
    owed_.push_back({Owed::sync});
  }
  if (!sent) lose("cannot send");
  collect(answers);
  if (failure_) return failure_->error;
  return std::move(answers.front());
}

void Connection::send_and_forget(std::string_view text) {
  if (lost_) return;
  const std::string terminated(text);
  PGconn* connection = connection_.get();
  if (PQsendQueryParams(connection, terminated.c_str(), 0, nullptr, nullptr, nullptr, nullptr, 1) != 1 ||
      PQpipelineSync(connection) != 1 || PQflush(connection) < 0)
    return lose("cannot send");
  owed_.push_back({Owed::forgotten});
  owed_.push_back({Owed::sync});
}

bool Connection::send(const Command& command, std::size_t index) {
  // The text is told by where it stands in the program.
  auto& prepared = prepared_[{command.text.data(), command.form}];  // NOLINT(bugprone-suspicious-stringview-data-usage)
  if (!prepared.sent) {
    if (prepared.name.empty()) prepared.name = fmt::format("k{}", prepared_.size());
    if (PQsendPrepare(connection_.get(), prepared.name.c_str(), said(command).c_str(), 0, nullptr) != 1) return false;
    prepared.sent = true;
    owed_.push_back({Owed::preparation, index, &prepared.name});
  }
  if (!send_parameters(prepared.name, command)) return false;
  owed_.push_back({Owed::rows, index});
  return true;
}

bool Connection::send_parameters(const std::string& name, const Command& command) {
  const Parameters parameters(command.parameters, command.form == Form::counted ? &command.expected_rows : nullptr);
  return PQsendQueryPrepared(connection_.get(), name.c_str(), parameters.count(), parameters.pointers(),
                             parameters.lengths(), parameters.formats(), 1) == 1;
}

void Connection::collect(std::vector<Rows>& answers) {
  while (!owed_.empty() && !lost_) {
    const Expected expected = owed_.front();
    owed_.pop_front();
    take(expected, answers);
  }
  if (lost_) owed_.clear();
}

void Connection::take(const Expected& expected, std::vector<Rows>& answers) {
  const base::Instant deadline = now() + answer_limit_;
  const Answer answer = next_answer(deadline);
  if (lost_) return;
  if (!answer) return lose("an answer is missing");
  const ExecStatusType status = PQresultStatus(answer.get());
  if (expected.what == Owed::sync) {
    if (status != PGRES_PIPELINE_SYNC) lose("answers are out of step");
    return;  // a sync has no end mark
  }
  const bool good = status == PGRES_TUPLES_OK || status == PGRES_COMMAND_OK;
  if (!good && expected.what == Owed::preparation)
    for (auto& [key, prepared] : prepared_)
      if (&prepared.name == expected.name) prepared.sent = false;
  if (!good && expected.what != Owed::forgotten && status != PGRES_PIPELINE_ABORTED)
    fail(answer.get(), expected.command);
  if (good && expected.what == Owed::rows && !failure_) {
    auto rows = rows_of(answer.get());
    if (rows.ok())
      answers.at(expected.command) = std::move(rows).value();
    else
      failure_ = Failure{.error = rows.error(), .state = "ours", .at = expected.command};
  }
  if (const Answer end = next_answer(deadline); end && !lost_) lose("an answer has no end");
}

void Connection::fail(const PGresult* result, std::size_t index) {
  const char* state = PQresultErrorField(result, PG_DIAG_SQLSTATE);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  // The primary message names tables and columns; the detail, which we leave out, would show values.
  Failure failure{
      .error = internal_error(meaning_of(state != nullptr ? state : ""),
                              fmt::format("postgresql {} ({})", state != nullptr ? state : "?", one_line(message))),
      .state = state != nullptr ? state : "",
      .at = index};
  if (failure.state == "22012")
    failure.error = internal_error(ErrorCode::conflict, "another number of rows than expected was touched");
  if (!failure_) failure_ = std::move(failure);
  if (PQstatus(connection_.get()) == CONNECTION_BAD) lose("the server ended it");
}

void Connection::lose(std::string_view why) {
  if (!lost_)
    base::log::warn("database_connection_lost",
                    {{"why", why}, {"detail", one_line(PQerrorMessage(connection_.get()))}});
  lost_ = true;
  if (!failure_)
    failure_ = Failure{
        .error = internal_error(ErrorCode::unavailable, fmt::format("connection lost: {}", why)), .state = "", .at = 0};
}

Connection::Answer Connection::next_answer(base::Instant deadline) {
  PGconn* connection = connection_.get();
  while (PQisBusy(connection) != 0) {
    if (!wait(deadline)) return {};
    if (PQconsumeInput(connection) != 1) {
      lose("the server is gone");
      return {};
    }
  }
  return Answer(PQgetResult(connection));
}

bool Connection::wait(base::Instant deadline) {
  PGconn* connection = connection_.get();
  const int unsent = PQflush(connection);
  if (unsent < 0) {
    lose("cannot send");
    return false;
  }
  pollfd poll{
      .fd = PQsocket(connection), .events = static_cast<short>(unsent > 0 ? POLLIN | POLLOUT : POLLIN), .revents = 0};
  for (;;) {
    const auto left = (deadline - now()).ms;
    const int ready = left <= 0 ? 0 : ::poll(&poll, 1, static_cast<int>(left));
    if (ready > 0) return true;
    if (ready < 0 && errno == EINTR) continue;
    lose("no answer in time");
    return false;
  }
}

// Steady, not the business clock: a deadline of the machine.
base::Instant Connection::now() {
  return {std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now().time_since_epoch())
              .count()};
}

void Connection::on_notice(void* self, const PGresult* result) {
  const char* severity = PQresultErrorField(result, PG_DIAG_SEVERITY_NONLOCALIZED);
  const char* message = PQresultErrorField(result, PG_DIAG_MESSAGE_PRIMARY);
  if (severity == nullptr || std::string_view(severity) != "WARNING") return;
  static_cast<Connection*>(self)->warned_ = true;
  base::log::warn("database_warned", {{"detail", one_line(message)}});
}

}  // namespace karv::store::postgres
