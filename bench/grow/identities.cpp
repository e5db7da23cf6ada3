#include "grow/identities.h"

#include <algorithm>
#include <set>

#include <fmt/format.h>

#include "grow/mapping.h"

namespace karv::bench {
namespace {

std::set<std::string> unique_columns(Source& source, const Table& table) {
  std::set<std::string> columns;
  for (const auto at : table.key) columns.insert(table.columns[at]);
  for (const auto& index :
       source.texts(fmt::format("select name from pragma_index_list('{}') where \"unique\" = 1", table.name)))
    for (auto& column : source.texts(fmt::format("select name from pragma_index_info('{}')", index)))
      columns.insert(std::move(column));
  return columns;
}

}  // namespace

Identities::Identities(Source& source, const std::vector<Table>& tables, std::int64_t purchases) {
  for (const auto& table : tables)
    for (const auto& column : unique_columns(source, table)) {
      // A part of a key may have few values: the merchant, a number from 1 up.
      const auto values = source.number(fmt::format("select count(distinct {0}) from {1}", column, table.name));
      if (values * 2 >= purchases) add_column(source, table.name, column);
    }
  remove_shared(source);
  find_span();
}

bool Identities::has(const base::Uuid& id) const { return blobs_.contains(std::string(id.begin(), id.end())); }

void Identities::add_column(Source& source, const std::string& table, const std::string& column) {
  source.each(fmt::format("select {} from {}", column, table), [&](sqlite3_stmt* row) {
    const int type = sqlite3_column_type(row, 0);
    if (type == SQLITE_BLOB) blobs_.emplace(bytes_of(row, 0));
    if (type == SQLITE_TEXT) texts_.emplace(bytes_of(row, 0));
  });
}

void Identities::remove_shared(Source& source) {
  for (const char* shared :
       {"select merchant_id from merchants", "select account_id from ledger_accounts where balance_mode = 'derived'"})
    source.each(shared, [&](sqlite3_stmt* row) { blobs_.erase(std::string(bytes_of(row, 0))); });
}

void Identities::find_span() {
  for (const auto& bytes : blobs_) {
    base::Uuid id;
    if (bytes.size() != id.size()) continue;
    std::ranges::copy(bytes, id.begin());
    if (!is_timed(id)) continue;
    first_ms_ = std::min(first_ms_, time_of(id));
    last_ms_ = std::max(last_ms_, time_of(id));
  }
}

}  // namespace karv::bench
