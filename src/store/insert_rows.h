// One INSERT for many rows: fewer statements for an embedded engine, fewer messages for a networked one.
//
//   constexpr store::RowSql kInsertEntry("insert into entries (entry_id, amount) values ($1, $2)");
//   store::insert_rows<kInsertEntry>(tx, entries.size(), [&](std::size_t i, std::vector<store::Value>& row) {
//     row.emplace_back(entries[i].id);
//     row.emplace_back(entries[i].amount);
//   });
//
// The text of one row is written by hand, in a repository file, under the rules for SQL; those of many rows are made
// from it at compile time and keep the rules: $1..$n, each once and in order. Used by repositories that write many rows
// of one table at once. Not for an INSERT ... SELECT, nor for one with words after its VALUES.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
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
  constexpr std::size_t columns() const { return static_cast<std::size_t>(std::ranges::count(view(), '$')); }
  std::array<char, N> text{};
};

namespace insert_rows_detail {

constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }

// Where the parenthesis of the values opens. Pre: the text ends with it, and no value has one of its own.
constexpr std::size_t values_at(std::string_view row) {
  const auto at = row.rfind('(');
  return row.ends_with(')') && row.substr(0, at).ends_with(" values ") ? at : std::string_view::npos;
}

constexpr std::size_t write_number(std::size_t number, char* out) {
  std::size_t digits = 1;
  for (std::size_t rest = number; rest >= 10; rest /= 10) ++digits;
  if (out != nullptr)
    for (std::size_t at = digits; at > 0; number /= 10) out[--at] = static_cast<char>('0' + number % 10);
  return digits;
}

// Writes the text of `rows` rows, without its end; with out == nullptr it only says how long that is.
constexpr std::size_t write_rows(std::string_view row, std::size_t rows, char* out) {
  std::size_t size = 0;
  const auto put = [&](char c) {
    if (out != nullptr) out[size] = c;
    ++size;
  };
  const auto values = row.substr(values_at(row));
  for (const char c : row.substr(0, row.size() - values.size())) put(c);
  std::size_t parameter = 0;
  for (std::size_t n = 0; n < rows; ++n) {
    if (n > 0) put(','), put(' ');
    for (std::size_t at = 0; at < values.size(); ++at) {
      put(values[at]);
      if (values[at] != '$') continue;
      size += write_number(++parameter, out == nullptr ? nullptr : out + size);
      while (is_digit(values[at + 1])) ++at;
    }
  }
  return size;
}

template <RowSql kRow, std::size_t kRows>
struct Text {
  static_assert(values_at(kRow.view()) != std::string_view::npos, "the text ends with: values (...)");
  static_assert(kRow.columns() > 0);
  static constexpr auto kText = [] {
    std::array<char, write_rows(kRow.view(), kRows, nullptr) + 1> text{};
    write_rows(kRow.view(), kRows, text.data());
    return text;
  }();
};

}  // namespace insert_rows_detail

// The text of an INSERT of kRows rows.
template <RowSql kRow, std::size_t kRows>
constexpr Sql sql_of_rows() {
  return Sql(insert_rows_detail::Text<kRow, kRows>::kText.data());
}

namespace insert_rows_detail {

template <RowSql kRow, std::size_t kRows, class Fill>
std::size_t insert_by(Tx& tx, std::size_t at, std::size_t count, Fill& fill) {
  for (; count - at >= kRows; at += kRows) {
    std::vector<Value> values;
    values.reserve(kRows * kRow.columns());
    for (std::size_t i = 0; i < kRows; ++i) fill(at + i, values);
    KARV_REQUIRE(values.size() == kRows * kRow.columns());
    tx.write({sql_of_rows<kRow, kRows>(), std::move(values)}, static_cast<std::int64_t>(kRows));
  }
  return at;
}

}  // namespace insert_rows_detail

// Queues the inserts of `count` rows. `fill(i, values)` appends the values of row i, in the order of the columns.
// A row that cannot be written fails the transaction, as with Tx::write.
template <RowSql kRow, class Fill>
void insert_rows(Tx& tx, std::size_t count, Fill fill) {
  std::size_t at = 0;
  at = insert_rows_detail::insert_by<kRow, 32>(tx, at, count, fill);
  at = insert_rows_detail::insert_by<kRow, 8>(tx, at, count, fill);
  at = insert_rows_detail::insert_by<kRow, 1>(tx, at, count, fill);
  KARV_REQUIRE(at == count);
}

}  // namespace karv::store
