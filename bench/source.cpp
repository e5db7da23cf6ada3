#include "source.h"

#include <fmt/format.h>

namespace karv::bench {
namespace {

Table describe(Source& source, std::string name) {
  Table table{.name = std::move(name), .columns = {}, .key = {}};
  source.each("pragma table_info(" + table.name + ")", [&](sqlite3_stmt* row) {
    if (sqlite3_column_int(row, 5) > 0) table.key.push_back(table.columns.size());
    table.columns.emplace_back(bytes_of(row, 1));
  });
  return table;
}

}  // namespace

Source::Source(const std::string& path) {
  KARV_CHECK(sqlite3_open_v2(path.c_str(), &db_, SQLITE_OPEN_READONLY, nullptr) == SQLITE_OK);
  sqlite3_busy_timeout(db_, 5000);
  each("begin", [](sqlite3_stmt*) {});
}

std::int64_t Source::number(const std::string& text) {
  std::int64_t out = 0;
  each(text, [&](sqlite3_stmt* row) { out = sqlite3_column_int64(row, 0); });
  return out;
}

std::vector<std::string> Source::texts(const std::string& text) {
  std::vector<std::string> out;
  each(text, [&](sqlite3_stmt* row) { out.emplace_back(bytes_of(row, 0)); });
  return out;
}

std::string_view bytes_of(sqlite3_stmt* row, int column) {
  const auto* data = static_cast<const char*>(sqlite3_column_blob(row, column));
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(row, column));
  return size == 0 ? std::string_view() : std::string_view(data, size);
}

std::vector<Table> tables_of_purchases(Source& source, std::int64_t purchases) {
  std::vector<Table> tables;
  for (const auto& name :
       source.texts("select name from sqlite_master where type = 'table' and name not glob 'sqlite_*' order by name"))
    if (source.number("select count(*) from " + name) * 2 >= purchases) tables.push_back(describe(source, name));
  return tables;
}

std::string insert_text(const Table& table) {
  std::string marks = "?";
  for (std::size_t i = 1; i < table.columns.size(); ++i) marks += ", ?";
  return fmt::format("insert into {} values ({})", table.name, marks);
}

}  // namespace karv::bench
