// The statements of a copy, put together from a table's names: a page in key order, an insert, a count.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "store/copy/place.h"

namespace karv::store::copy {

// `rows` rows in key order, from the first (`after`: none) or behind the key whose values are the parameters.
std::string page_text(const Place& place, const Table& table, bool after, std::int64_t rows);
// The key of the last row, in the order of page_text.
std::string last_key_text(const Place& place, const Table& table);
std::string insert_text(const Table& table);
std::string count_text(const Table& table);
std::string any_text(const Table& table);  // a row when there is one

// The values of a row of page_text, and those of its key.
std::vector<Value> values_of(const Table& table, const Row& row);
std::vector<Value> key_of(const Table& table, const Row& row);

// A digest over rows in order, pages of the same size; two different lists never give the same.
class RowDigest {
 public:
  void add(const Table& table, const Rows& rows);
  const Bytes& value() const { return value_; }

 private:
  Bytes value_;
};

}  // namespace karv::store::copy
