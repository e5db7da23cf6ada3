#include "store/postgres/values.h"

#include <array>
#include <charconv>
#include <cstring>

#include <fmt/format.h>

namespace karv::store::postgres {
namespace {

// Source: PostgreSQL 15, src/include/catalog/pg_type.dat
constexpr Oid kBool = 16, kBytea = 17, kInt8 = 20, kInt2 = 21, kInt4 = 23, kText = 25, kUnknown = 705, kVarchar = 1043,
              kVoid = 2278;

constexpr int kTextFormat = 0;
constexpr int kBinaryFormat = 1;

// Numbers of the binary format are in network order.
std::int64_t integer_of(const char* bytes, int length) {
  std::uint64_t value = (static_cast<unsigned char>(bytes[0]) & 0x80U) != 0 && length > 1 ? ~std::uint64_t{0} : 0;
  for (int i = 0; i < length; ++i) value = (value << 8U) | static_cast<unsigned char>(bytes[i]);
  return static_cast<std::int64_t>(value);
}

base::Result<Value> value_of(const PGresult* result, int row, int column) {
  if (PQgetisnull(result, row, column) != 0) return Value();
  const char* bytes = PQgetvalue(result, row, column);
  const int length = PQgetlength(result, row, column);
  switch (PQftype(result, column)) {
    case kInt8:
    case kInt4:
    case kInt2:
    case kBool:
      return Value(integer_of(bytes, length));
    case kText:
    case kVarchar:
    case kUnknown:
      return Value(std::string(bytes, static_cast<std::size_t>(length)));
    case kBytea:
      return Value(Bytes(bytes, bytes + length));
    case kVoid:
      return Value();
    default:
      return base::internal_error(base::ErrorCode::internal,
                                  fmt::format("column {} has type {}, which is not in the common SQL: cast it", column,
                                              PQftype(result, column)));
  }
}

}  // namespace

Parameters::Parameters(const std::vector<Value>* values, const std::int64_t* one_more) {
  const std::size_t count = (values != nullptr ? values->size() : 0) + (one_more != nullptr ? 1 : 0);
  numbers_.reserve(count);  // pointers into it must stay good
  pointers_.reserve(count);
  lengths_.reserve(count);
  formats_.reserve(count);
  if (values != nullptr)
    for (const auto& value : *values) add(value);
  if (one_more != nullptr) add(*one_more);
}

void Parameters::add(std::int64_t number) {
  auto& text = numbers_.emplace_back();
  *std::to_chars(text.data(), text.data() + text.size() - 1, number).ptr = '\0';
  pointers_.push_back(text.data());
  lengths_.push_back(0);
  formats_.push_back(kTextFormat);
}

void Parameters::add(const Value& value) {
  const auto& inner = value.inner();
  if (const auto* number = std::get_if<std::int64_t>(&inner)) return add(*number);
  if (const auto* text = std::get_if<std::string>(&inner)) {
    pointers_.push_back(text->data());
    lengths_.push_back(static_cast<int>(text->size()));
    formats_.push_back(kBinaryFormat);  // of a text: its bytes
  } else if (const auto* bytes = std::get_if<Bytes>(&inner)) {
    static constexpr char kNothing = 0;
    pointers_.push_back(bytes->empty() ? &kNothing : reinterpret_cast<const char*>(bytes->data()));
    lengths_.push_back(static_cast<int>(bytes->size()));
    formats_.push_back(kBinaryFormat);
  } else {
    pointers_.push_back(nullptr);
    lengths_.push_back(0);
    formats_.push_back(kTextFormat);
  }
}

base::Result<Rows> rows_of(const PGresult* result) {
  Rows rows;
  const int count = PQntuples(result);
  const int columns = PQnfields(result);
  rows.reserve(static_cast<std::size_t>(count));
  for (int row = 0; row < count; ++row) {
    std::vector<Value> values;
    values.reserve(static_cast<std::size_t>(columns));
    for (int column = 0; column < columns; ++column) {
      KARV_TRY(auto value, value_of(result, row, column));
      values.push_back(std::move(value));
    }
    rows.emplace_back(std::move(values));
  }
  return rows;
}

}  // namespace karv::store::postgres
