#include "base/check.h"
#include "store/database.h"

namespace karv::store {

void Row::wrong_type() { base::requirement_failed("a column has the type that the program expects", {}); }

bool Row::is_null(std::size_t column) const {
  KARV_REQUIRE(column < columns_.size());
  return columns_[column].is_null();
}

namespace {
template <class T>
const T* as(const std::vector<Value>& columns, std::size_t column) {
  KARV_REQUIRE(column < columns.size());
  return std::get_if<T>(&columns[column].inner());
}
}  // namespace

std::int64_t Row::integer(std::size_t column) const {
  const auto* value = as<std::int64_t>(columns_, column);
  if (value == nullptr) wrong_type();
  return *value;
}

const std::string& Row::text(std::size_t column) const {
  const auto* value = as<std::string>(columns_, column);
  if (value == nullptr) wrong_type();
  return *value;
}

const Bytes& Row::bytes(std::size_t column) const {
  const auto* value = as<Bytes>(columns_, column);
  if (value == nullptr) wrong_type();
  return *value;
}

std::optional<std::int64_t> Row::integer_or_null(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return integer(column);
}

std::optional<std::string> Row::text_or_null(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return text(column);
}

std::optional<Bytes> Row::bytes_or_null(std::size_t column) const {
  if (is_null(column)) return std::nullopt;
  return bytes(column);
}

Result<Rows> ReadTx::read_one(Query query) {
  std::vector<Query> batch;
  batch.push_back(std::move(query));
  KARV_TRY(auto answers, read(std::move(batch)));
  KARV_REQUIRE(answers.size() == 1);
  return std::move(answers.front());
}

}  // namespace karv::store
