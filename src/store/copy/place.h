// One end of a copy: a database's tables in terms that are the same on both engines. Made for store/copy/copy.h, which
// is its only user: repositories go through store/database.h.
//
// The texts given here are put together from the names in the database's own catalog, so that a new table needs no new
// code; no text holds a value.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace karv::store::copy {

struct Column {
  std::string name;
  std::string type;  // BIGINT, BYTEA or TEXT, whatever the engine calls it
  friend bool operator==(const Column&, const Column&) = default;
};

struct Table {
  std::string name;
  std::vector<Column> columns;          // by name
  std::vector<std::string> key;         // of the primary key, in its order
  std::vector<std::string> references;  // tables that must be there first
  friend bool operator==(const Table&, const Table&) = default;
};

struct Statement {
  std::string text;
  std::vector<Value> parameters;
  bool counted = false;  // touches one row, or the whole write fails with conflict
};

class Place {
 public:
  virtual ~Place() = default;
  // From here on every read sees the same moment.
  virtual base::Result<void> begin_snapshot() = 0;
  virtual base::Result<std::vector<Table>> tables() = 0;
  virtual base::Result<Rows> read(const std::string& text, const std::vector<Value>& parameters) = 0;
  // All of it or nothing; answered when it is durable.
  virtual base::Result<void> write(const std::vector<Statement>& statements) = 0;
  // A column of a key, as it is compared byte by byte whatever the database's language.
  virtual std::string ordered(const Column& column) const = 0;
  // A CREATE TABLE of the common SQL in this engine's words.
  virtual std::string schema_words(std::string_view statement) const = 0;
};

// Both see to it that nobody else writes as long as the place lives; neither makes a database that is not there.
// Errors: unavailable, bad_value, conflict (who is there), with a sentence that says what to do.
base::Result<std::unique_ptr<Place>> open_sqlite_place(const std::string& path);
base::Result<std::unique_ptr<Place>> open_postgres_place(const std::string& address, const std::string& schema);

// Of the engine's word for a type, however written. Errors: not_allowed (a type that the common SQL does not have).
base::Result<std::string> common_type(const std::string& table, std::string_view engines_word);

// Puts together what the catalogs answer, line by line: table, column, type, place in the primary key (0: none).
base::Result<std::vector<Table>> tables_from(const Rows& columns, const Rows& references);

}  // namespace karv::store::copy
