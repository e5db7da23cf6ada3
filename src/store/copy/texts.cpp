#include "store/copy/texts.h"

#include <algorithm>

#include <fmt/format.h>

#include "base/check.h"
#include "crypto/hash.h"

namespace karv::store::copy {
namespace {

std::string quoted(std::string_view name) { return fmt::format("\"{}\"", name); }

// "a, b, c" of what `word` makes of each.
template <class Range, class Word>
std::string listed(const Range& range, Word word) {
  std::string out;
  for (const auto& one : range) out += (out.empty() ? "" : ", ") + word(one);
  return out;
}

std::string columns_of(const Table& table) {
  return listed(table.columns, [](const Column& column) { return quoted(column.name); });
}

std::size_t position_of(const Table& table, const std::string& name) {
  const auto found = std::ranges::find(table.columns, name, &Column::name);
  KARV_REQUIRE(found != table.columns.end());
  return static_cast<std::size_t>(found - table.columns.begin());
}

std::string key_words(const Place& place, const Table& table, std::string_view direction) {
  return listed(table.key, [&](const std::string& name) {
    return place.ordered(table.columns.at(position_of(table, name))) + std::string(direction);
  });
}

// $1, $2 and so on.
std::string numbered(std::size_t count) {
  std::string out;
  for (std::size_t n = 1; n <= count; ++n) out += fmt::format("{}${}", n == 1 ? "" : ", ", n);
  return out;
}

Value value_at(const Row& row, const Column& column, std::size_t at) {
  if (row.is_null(at)) return {};
  if (column.type == "BIGINT") return row.integer(at);
  if (column.type == "TEXT") return row.text(at);
  return row.bytes(at);
}

void append_number(Bytes& out, std::uint64_t number) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<std::uint8_t>(number >> shift));
}

// One letter for the type, then the length of what follows.
void append(Bytes& out, const Value& value) {
  const auto& inner = value.inner();
  const auto put = [&](char type, base::ByteView bytes) {
    out.push_back(static_cast<std::uint8_t>(type));
    append_number(out, bytes.size());
    out.insert(out.end(), bytes.begin(), bytes.end());
  };
  if (const auto* number = std::get_if<std::int64_t>(&inner)) {
    out.push_back('n');
    append_number(out, static_cast<std::uint64_t>(*number));
  } else if (const auto* text = std::get_if<std::string>(&inner)) {
    put('t', base::as_bytes(*text));
  } else if (const auto* bytes = std::get_if<Bytes>(&inner)) {
    put('b', *bytes);
  } else {
    out.push_back('0');
  }
}

}  // namespace

std::string page_text(const Place& place, const Table& table, bool after, std::int64_t rows) {
  const std::string key = key_words(place, table, "");
  return fmt::format("select {} from {}{} order by {} limit {}", columns_of(table), quoted(table.name),
                     after ? fmt::format(" where ({}) > ({})", key, numbered(table.key.size())) : "", key, rows);
}

std::string last_key_text(const Place& place, const Table& table) {
  return fmt::format("select {} from {} order by {} limit 1", columns_of(table), quoted(table.name),
                     key_words(place, table, " desc"));
}

std::string insert_text(const Table& table) {
  return fmt::format("insert into {} ({}) values ({})", quoted(table.name), columns_of(table),
                     numbered(table.columns.size()));
}

std::string count_text(const Table& table) { return "select count(*) from " + quoted(table.name); }
std::string any_text(const Table& table) { return fmt::format("select 1 from {} limit 1", quoted(table.name)); }

std::vector<Value> values_of(const Table& table, const Row& row) {
  std::vector<Value> values;
  values.reserve(table.columns.size());
  for (std::size_t at = 0; at < table.columns.size(); ++at) values.push_back(value_at(row, table.columns[at], at));
  return values;
}

std::vector<Value> key_of(const Table& table, const Row& row) {
  std::vector<Value> key;
  for (const auto& name : table.key) {
    const std::size_t at = position_of(table, name);
    key.push_back(value_at(row, table.columns[at], at));
  }
  return key;
}

void RowDigest::add(const Table& table, const Rows& rows) {
  Bytes page;
  for (const auto& row : rows)
    for (const auto& value : values_of(table, row)) append(page, value);
  value_ = crypto::sha256(crypto::framed({value_, page}));
}

}  // namespace karv::store::copy
