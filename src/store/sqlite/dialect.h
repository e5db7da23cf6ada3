// The common SQL of migrations in SQLite's words: BIGINT -> INTEGER, BYTEA -> BLOB, and every table STRICT. A table
// whose primary key is not a number is stored in key order (WITHOUT ROWID): one insert instead of two, and our ids are
// ordered by time. Not a parser: migrations are program text, kept simple by the rules in tools/tidy.
// Source: sqlite.org/stricttables.html, sqlite.org/withoutrowid.html
#pragma once

#include <string>
#include <string_view>

namespace karv::store::sqlite {

std::string to_sqlite_schema(std::string_view statement);

}  // namespace karv::store::sqlite
