// One statement for many rows: fewer statements for an embedded engine, fewer messages for a networked one.
//
//   constexpr store::RowSql kInsertEntry("insert into entries (entry_id, amount) values ($1, $2)");
//   store::insert_rows<kInsertEntry>(tx, entries.size(), [&](std::size_t i, std::vector<store::Value>& row) {
//     row.emplace_back(entries[i].id);
//     row.emplace_back(entries[i].amount);
//   });
//   constexpr store::RowSql kFind("select entry_id, amount from entries where entry_id in ($1) order by entry_id");
//   constexpr store::RowSql kDelete("delete from entries where owner = $1 and entry_id in ($2)");
//
// The text of one row is written by hand, in a repository file, under the rules for SQL; those of many rows are made
// from it at compile time and keep the rules: $1..$n, each once and in order. What is repeated stands in the
// parentheses after `values` or `in`; parameters before them are given once, there are none behind them. Not for an
// INSERT ... SELECT.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "base/check.h"
#include "store/database.h"

namespace karv::store {

// "insert into t (a, b) values ($1, $2)": a text that can be a template's argument.
template <std::size_t N>
struct RowSql {
  consteval RowSql(const char (&literal)[N]) {  // NOLINT(google-explicit-constructor)
    std::copy_n(literal, N, text.begin());
  }
  constexpr std::string_view view() const { return {text.data(), N - 1}; }
  std::array<char, N> text{};
};

namespace many_rows_detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

constexpr std::size_t parameters_in(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '$'));
}

// A text, taken apart around what is repeated.
struct Parts {
  std::string_view before;  // to the parenthesis
  std::string_view row;     // what stands in it
  std::string_view after;   // from its end
  bool is_list = false;     // `in (row, row)`, not `values (row), (row)`
  constexpr bool good() const {
    if (parameters_in(row) == 0 || parameters_in(after) > 0 || row.find('(') != std::string_view::npos) return false;
    return is_list ? row.front() == '$' && std::ranges::all_of(row.substr(1), is_digit)
                   : std::ranges::count(row, '\'') % 2 == 0;  // otherwise the parenthesis was inside a literal
  }
};

constexpr Parts parts_of(std::string_view text) {
  constexpr std::string_view kValues = " values (";
  constexpr std::string_view kIn = " in (";
  const bool is_list = text.find(kValues) == std::string_view::npos;
  const std::string_view words = is_list ? kIn : kValues;
  const auto at = text.rfind(words);
  if (at == std::string_view::npos) return {};
  const auto opening = at + words.size();
  const auto closing = text.find(')', opening);
  if (closing == std::string_view::npos) return {};
  return {text.substr(0, opening), text.substr(opening, closing - opening), text.substr(closing), is_list};
}

constexpr std::size_t write_number(std::size_t number, char* out) {
  std::size_t digits = 1;
  for (std::size_t rest = number; rest >= 10; rest /= 10) ++digits;
  if (out != nullptr)
    for (std::size_t at = digits; at > 0; number /= 10) out[--at] = static_cast<char>('0' + number % 10);
  return digits;
}

// Writes the text of `rows` rows, without its end; with out == nullptr it only says how long that is.
constexpr std::size_t write_text(const Parts& parts, std::size_t rows, char* out) {
  std::size_t size = 0;
  const auto put = [&](std::string_view text) {
    for (const char c : text) {
      if (out != nullptr) out[size] = c;
      ++size;
    }
  };
  put(parts.before);
  std::size_t parameter = parameters_in(parts.before);
  for (std::size_t n = 0; n < rows; ++n) {
    if (n > 0) put(parts.is_list ? ", " : "), (");
    for (std::size_t at = 0; at < parts.row.size(); ++at) {
      put(parts.row.substr(at, 1));
      if (parts.row[at] != '$') continue;
      size += write_number(++parameter, out == nullptr ? nullptr : out + size);
      while (at + 1 < parts.row.size() && is_digit(parts.row[at + 1])) ++at;
    }
  }
  put(parts.after);
  return size;
}

template <RowSql kRow, std::size_t kRows>
struct Text {
  static_assert(parts_of(kRow.view()).good(), "what is repeated stands in: values (...), or: in ($n)");
  static constexpr auto kText = [] {
    constexpr Parts kParts = parts_of(kRow.view());
    std::array<char, write_text(kParts, kRows, nullptr) + 1> text{};
    write_text(kParts, kRows, text.data());
    return text;
  }();
};

}  // namespace many_rows_detail

// The text for kRows rows.
template <RowSql kRow, std::size_t kRows>
constexpr Sql sql_of_rows() {
  return Sql(many_rows_detail::Text<kRow, kRows>::kText.data());
}

namespace many_rows_detail {

template <RowSql kRow, std::size_t kRows, class Fill, class Take>
std::size_t in_statements_of(std::size_t at, std::size_t count, std::span<const Value> once, Fill& fill, Take& take) {
  constexpr std::size_t kEach = parameters_in(parts_of(kRow.view()).row);
  for (; count - at >= kRows; at += kRows) {
    std::vector<Value> values;
    values.reserve(once.size() + kRows * kEach);
    values.assign(once.begin(), once.end());
    for (std::size_t i = 0; i < kRows; ++i) fill(at + i, values);
    KARV_REQUIRE(values.size() == once.size() + kRows * kEach);
    take(Query{.sql = sql_of_rows<kRow, kRows>(), .parameters = std::move(values)}, kRows);
  }
  return at;
}

// Calls take(query, rows) for each statement that `count` rows take. `once`: the parameters before the rows.
template <RowSql kRow, class Fill, class Take>
void in_statements(std::size_t count, std::span<const Value> once, Fill fill, Take take) {
  KARV_REQUIRE(once.size() == parameters_in(parts_of(kRow.view()).before));
  std::size_t at = 0;
  at = in_statements_of<kRow, 32>(at, count, once, fill, take);
  at = in_statements_of<kRow, 8>(at, count, once, fill, take);
  at = in_statements_of<kRow, 1>(at, count, once, fill, take);
  KARV_REQUIRE(at == count);
}

template <RowSql kRow, class Fill>
void write_rows(Tx& tx, std::size_t count, std::span<const Value> once, Fill fill) {
  in_statements<kRow>(count, once, fill, [&](Query query, std::size_t rows) {
    tx.write(std::move(query), static_cast<std::int64_t>(rows));
  });
}

}  // namespace many_rows_detail

// Queues the inserts of `count` rows. `fill(i, values)` appends the values of row i, in the order of the columns.
// A row that cannot be written fails the transaction, as with Tx::write.
template <RowSql kRow, class Fill>
void insert_rows(Tx& tx, std::size_t count, Fill fill) {
  many_rows_detail::write_rows<kRow>(tx, count, {}, std::move(fill));
}

// Queues the removal of the rows with these keys; one that is missing fails the transaction with `conflict`.
// `once`: the parameters before the list. `fill(i, values)` appends key i.
template <RowSql kRow, class Fill>
void delete_rows(Tx& tx, std::span<const Value> once, std::size_t count, Fill fill) {
  many_rows_detail::write_rows<kRow>(tx, count, once, std::move(fill));
}

// Adds the queries for the rows with `count` keys to a batch. `fill(i, values)` appends key i. The answers come in
// pieces, in the order of the queries; a key without a row has none.
template <RowSql kRow, class Fill>
void find_rows(std::vector<Query>& batch, std::size_t count, bool for_update, Fill fill) {
  many_rows_detail::in_statements<kRow>(count, {}, fill, [&](Query query, std::size_t) {
    query.for_update = for_update;
    batch.push_back(std::move(query));
  });
}

}  // namespace karv::store
