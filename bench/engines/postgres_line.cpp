#include "engines/postgres_line.h"

#include <cstdlib>

#include <fmt/format.h>

#include "base/check.h"

namespace karv::bench {

PostgresValues& PostgresValues::operator<<(std::int64_t number) {
  KARV_CHECK(numbers_.size() < kMost);
  auto& bytes = numbers_.emplace_back();
  for (std::size_t i = 0; i < 8; ++i)
    bytes[i] = static_cast<char>(static_cast<std::uint64_t>(number) >> (8 * (7 - i)));  // in network order
  return add(bytes.data(), bytes.size());
}

PostgresValues& PostgresValues::add(const char* bytes, std::size_t size) {
  constexpr int kBinary = 1;
  pointers_.push_back(bytes);
  lengths_.push_back(static_cast<int>(size));
  formats_.push_back(kBinary);
  return *this;
}

PostgresLine::PostgresLine(const PostgresAddress& address) : connection_(PQconnectdb(address.address.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) fmt::print(stderr, "{}", PQerrorMessage(connection_.get()));
  KARV_CHECK(PQstatus(connection_.get()) == CONNECTION_OK);
  if (!address.schema.empty()) run("set search_path = " + address.schema);
}

PostgresLine::Answer PostgresLine::must(Answer answer, ExecStatusType status) const {
  if (PQresultStatus(answer.get()) != status) fmt::print(stderr, "{}", PQerrorMessage(connection_.get()));
  KARV_CHECK(PQresultStatus(answer.get()) == status);
  return answer;
}

void PostgresLine::run(const std::string& text) {
  must(Answer(PQexec(connection_.get(), text.c_str())), PGRES_COMMAND_OK);
}

std::int64_t PostgresLine::number(const std::string& text) {
  const auto answer = must(Answer(PQexec(connection_.get(), text.c_str())), PGRES_TUPLES_OK);
  return std::strtoll(PQgetvalue(answer.get(), 0, 0), nullptr, 10);
}

void PostgresLine::prepare(const char* name, std::string_view text) {
  const std::string terminated(text);
  must(Answer(PQprepare(connection_.get(), name, terminated.c_str(), 0, nullptr)), PGRES_COMMAND_OK);
}

void PostgresLine::enter_pipeline() { KARV_CHECK(PQenterPipelineMode(connection_.get()) == 1); }

void PostgresLine::send_prepare(const char* name, std::string_view text) {
  const std::string terminated(text);
  KARV_CHECK(PQsendPrepare(connection_.get(), name, terminated.c_str(), 0, nullptr) == 1);
  sent_.push_back({});
}

void PostgresLine::queue(const char* name, const PostgresValues& values, Expected expected) {
  KARV_CHECK(PQsendQueryPrepared(connection_.get(), name, static_cast<int>(values.pointers_.size()),
                                 values.pointers_.data(), values.lengths_.data(), values.formats_.data(), 1) == 1);
  sent_.push_back(expected);
}

void PostgresLine::send(const char* name, const PostgresValues& values, std::size_t rows) {
  queue(name, values, {.rows = rows});
}

void PostgresLine::send_question(const char* name, const PostgresValues& values, std::size_t rows) {
  queue(name, values, {.status = PGRES_TUPLES_OK, .rows = rows});
}

void PostgresLine::finish() {
  KARV_CHECK(PQpipelineSync(connection_.get()) == 1);
  for (const auto& expected : sent_) {
    const auto answer = must(next_answer(), expected.status);
    if (expected.rows) KARV_CHECK(std::strtoull(PQcmdTuples(answer.get()), nullptr, 10) == *expected.rows);
    KARV_CHECK(next_answer() == nullptr);
  }
  sent_.clear();
  must(next_answer(), PGRES_PIPELINE_SYNC);
}

}  // namespace karv::bench
