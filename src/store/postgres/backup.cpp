#include "store/postgres/backup.h"

#include <algorithm>
#include <cerrno>
#include <tuple>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include "base/program.h"
#include "store/postgres/address.h"
#include "store/postgres/connection.h"

namespace karv::store::postgres {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

constexpr base::Duration kAnswerLimit = base::minutes(5);  // making a database waits for a checkpoint

const std::string* find(const Keywords& keywords, std::string_view name) {
  const auto found = std::find_if(keywords.begin(), keywords.end(), [&](const auto& one) { return one.first == name; });
  return found == keywords.end() ? nullptr : &found->second;
}

// The connection as libpq's own programs take it. Nothing secret is in it: the password is in `passfile`.
std::string connection_text(const Keywords& keywords) {
  std::string text;
  for (const auto& [name, value] : keywords) {
    text += name + "='";
    for (const char c : value) {
      if (c == '\'' || c == '\\') text += '\\';
      text += c;
    }
    text += "' ";
  }
  return text;
}

// As a name in a statement. Source: postgresql.org/docs/15/sql-syntax-lexical.html (quoted identifiers)
std::string as_name(std::string_view name) {
  std::string text = "\"";
  for (const char c : name) {
    if (c == '"') text += '"';
    text += c;
  }
  return text + "\"";
}
std::string literal(std::string_view value) {
  std::string text = "'";
  for (const char c : value) {
    if (c == '\'') text += '\'';
    text += c;
  }
  return text + "'";
}

struct Target {
  Keywords keywords;
  std::string database;
};
Result<Target> read_target(const std::string& address) {
  KARV_TRY(auto keywords, read_address(address));
  const std::string* name = find(keywords, "dbname");
  if (name == nullptr)
    return internal_error(ErrorCode::bad_value, "the database address names no database: postgresql://user@host/NAME");
  std::string database = *name;
  return Target{.keywords = std::move(keywords), .database = std::move(database)};
}

// Databases are made and renamed from outside of them.
Result<std::unique_ptr<Connection>> open_maintenance(const Target& target) {
  Keywords keywords = target.keywords;
  for (auto& [name, value] : keywords)
    if (name == "dbname") value = "postgres";
  return Connection::open(keywords, "", kAnswerLimit);
}

Result<void> administer(Connection& connection, const std::string& statement, std::string_view cure) {
  auto done = connection.run_once(statement);
  if (done.ok()) return {};
  return internal_error(done.error().code(), fmt::format("{}{}", done.error().internal_text(), cure));
}

Result<bool> exists(Connection& connection, const std::string& database) {
  KARV_TRY(const auto rows,
           connection.run_once("select cast(oid as BIGINT) from pg_database where datname = " + literal(database)));
  return !rows.empty();
}

Result<void> run_tool(std::vector<std::string> words) {
  const std::string name = words.front();
  KARV_TRY(const auto ended, base::run_program({.words = std::move(words)}));
  if (ended.code == 0) return {};
  std::string said = ended.err;
  std::replace(said.begin(), said.end(), '\n', ' ');
  const bool full = said.find("No space left") != std::string::npos;
  return internal_error(full ? ErrorCode::storage_full : ErrorCode::unavailable,
                        fmt::format("{} failed (exit code {}): {}", name, ended.code, said));
}

Result<void> flush(const std::string& file) {
  const int opened = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  const bool flushed = opened >= 0 && ::fsync(opened) == 0;
  const int failed = errno;
  if (opened >= 0) ::close(opened);
  if (!flushed) return internal_error(ErrorCode::unavailable, fmt::format("{}: error {}", file, failed));
  return {};
}

}  // namespace

Result<void> copy_to_file(const std::string& address, const std::string& file) {
  KARV_TRY(const auto target, read_target(address));
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0 && errno == EEXIST) return internal_error(ErrorCode::conflict, file + " exists already");
  if (made < 0) return internal_error(ErrorCode::unavailable, fmt::format("{}: error {}", file, errno));
  ::close(made);
  auto done = run_tool({"pg_dump", "--format=custom", "--no-owner", "--no-privileges", "--no-password",
                        "--file=" + file, "--dbname=" + connection_text(target.keywords)});
  if (done.ok()) done = flush(file);
  if (!done.ok()) ::unlink(file.c_str());
  return done;
}

Result<std::string> address_beside(const std::string& address, const std::string& suffix) {
  KARV_TRY(const auto target, read_target(address));
  const auto host = address.find("://") + 3;
  const auto path = address.find('/', host);
  const auto question = std::min(address.find('?', host), address.size());
  if (path == std::string::npos || path > question || path + 1 == question)
    return internal_error(ErrorCode::bad_value,
                          "write the database's name into the address's path: postgresql://user@host/NAME?...");
  constexpr std::size_t kLongestName = 63;
  if (target.database.size() + 1 + suffix.size() > kLongestName)
    return internal_error(ErrorCode::bad_value, target.database + " is too long a name to put another one beside it");
  return address.substr(0, question) + "_" + suffix + address.substr(question);
}

Result<bool> database_exists(const std::string& address) {
  KARV_TRY(const auto target, read_target(address));
  KARV_TRY(const auto connection, open_maintenance(target));
  return exists(*connection, target.database);
}

Result<void> make_from_copy(const std::string& file, const std::string& address) {
  KARV_TRY(const auto target, read_target(address));
  KARV_TRY(const auto connection, open_maintenance(target));
  KARV_TRY(const bool taken, exists(*connection, target.database));
  if (taken) return internal_error(ErrorCode::conflict, fmt::format("the database {} exists already", target.database));
  KARV_TRY_VOID(administer(
      *connection, fmt::format("create database {} encoding 'UTF8' template template0", as_name(target.database)),
      "; the role of the address needs CREATEDB to make a database from a backup"));
  auto done = run_tool({"pg_restore", "--no-owner", "--no-privileges", "--no-password", "--exit-on-error",
                        "--single-transaction", "--dbname=" + connection_text(target.keywords), file});
  if (!done.ok()) std::ignore = connection->run_once("drop database if exists " + as_name(target.database));
  return done;
}

Result<void> remove_database(const std::string& address) {
  KARV_TRY(const auto target, read_target(address));
  KARV_TRY(const auto connection, open_maintenance(target));
  return administer(*connection, "drop database if exists " + as_name(target.database), "");
}

Result<void> require_unused(const std::string& address) {
  KARV_TRY(const auto target, read_target(address));
  KARV_TRY(const auto connection, open_maintenance(target));
  KARV_TRY(const auto rows,
           connection->run_once("select count(*) from pg_stat_activity where datname = " + literal(target.database)));
  if (rows.at(0).integer(0) == 0) return {};
  return internal_error(ErrorCode::conflict,
                        fmt::format("the database {} is in use by {} connections: stop every server on it first",
                                    target.database, rows.at(0).integer(0)));
}

Result<void> rename_database(const std::string& from, const std::string& to, const std::optional<std::string>& aside) {
  KARV_TRY(const auto source, read_target(from));
  KARV_TRY(const auto target, read_target(to));
  KARV_TRY(const auto connection, open_maintenance(target));
  KARV_TRY(const bool taken, exists(*connection, target.database));
  if (taken) {
    if (!aside)
      return internal_error(ErrorCode::conflict, fmt::format("the database {} exists already", target.database));
    KARV_TRY(const auto old, read_target(*aside));
    KARV_TRY_VOID(administer(
        *connection, fmt::format("alter database {} rename to {}", as_name(target.database), as_name(old.database)),
        "; stop every server on it first"));
  }
  return administer(*connection,
                    fmt::format("alter database {} rename to {}", as_name(source.database), as_name(target.database)),
                    "");
}

}  // namespace karv::store::postgres
