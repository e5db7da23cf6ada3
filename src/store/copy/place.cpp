#include "store/copy/place.h"

#include <algorithm>
#include <cctype>

#include <fmt/format.h>

namespace karv::store::copy {
namespace {

using base::ErrorCode;
using base::internal_error;
using base::Result;

// What is quoted in a text must not end its quotes.
Result<void> check_name(const std::string& name) {
  if (!name.empty() && name.find('"') == std::string::npos) return {};
  return internal_error(ErrorCode::not_allowed, "a table or column has a quotation mark in its name");
}

Result<void> add_column(Table& table, const Row& row) {
  const std::string& name = row.text(1);
  KARV_TRY_VOID(check_name(name));
  KARV_TRY(auto type, common_type(table.name, row.text(2)));
  table.columns.push_back({name, std::move(type)});
  const auto place = static_cast<std::size_t>(row.integer(3));
  if (place == 0) return {};
  table.key.resize(std::max(table.key.size(), place));
  table.key[place - 1] = name;
  return {};
}

}  // namespace

Result<std::string> common_type(const std::string& table, std::string_view engines_word) {
  std::string word(engines_word);
  std::ranges::transform(word, word.begin(), [](unsigned char c) { return std::toupper(c); });
  if (word == "INTEGER" || word == "BIGINT") return std::string("BIGINT");
  if (word == "BLOB" || word == "BYTEA") return std::string("BYTEA");
  if (word == "TEXT") return word;
  return internal_error(ErrorCode::not_allowed,
                        fmt::format("table {} has a column of type {}, which Karv's schema does not know: it is no "
                                    "table of ours; move it to another database",
                                    table, word));
}

Result<std::vector<Table>> tables_from(const Rows& columns, const Rows& references) {
  std::vector<Table> tables;
  for (const auto& row : columns) {
    if (tables.empty() || tables.back().name != row.text(0)) {
      KARV_TRY_VOID(check_name(row.text(0)));
      tables.push_back({.name = row.text(0), .columns = {}, .key = {}, .references = {}});
    }
    KARV_TRY_VOID(add_column(tables.back(), row));
  }
  for (auto& table : tables) {
    std::ranges::sort(table.columns, {}, &Column::name);
    for (const auto& row : references)
      if (row.text(0) == table.name && row.text(1) != table.name) table.references.push_back(row.text(1));
    std::ranges::sort(table.references);
  }
  std::ranges::sort(tables, {}, &Table::name);
  return tables;
}

}  // namespace karv::store::copy
