// Our values in the words of the wire, and back.
#pragma once

#include <array>
#include <string>
#include <vector>

#include <libpq-fe.h>

#include "base/result.h"
#include "store/database.h"

namespace karv::store::postgres {

// Parameters of one statement as libpq takes them; keeps the numbers' text alive. Numbers travel as text, since their
// type is the statement's to say; bytes travel as they are.
class Parameters {
 public:
  explicit Parameters(const std::vector<Value>* values, const std::int64_t* one_more);
  int count() const { return static_cast<int>(pointers_.size()); }
  const char* const* pointers() const { return pointers_.data(); }
  const int* lengths() const { return lengths_.data(); }
  const int* formats() const { return formats_.data(); }

 private:
  void add(const Value& value);
  void add(std::int64_t number);

  std::vector<std::array<char, 24>> numbers_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

// Errors: internal (a column of a type that the common SQL does not have).
base::Result<Rows> rows_of(const PGresult* result);

}  // namespace karv::store::postgres
