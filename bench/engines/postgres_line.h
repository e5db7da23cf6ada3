// One connection through libpq and nothing else: a failure ends the benchmark.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

#include "base/bytes.h"
#include "base/id.h"

namespace karv::bench {

struct PostgresAddress {
  std::string address;
  std::string schema;  // empty: the server's search path
};

// The values of one statement, in binary form. What they are made of must live until the statement was sent.
class PostgresValues {
 public:
  PostgresValues() { numbers_.reserve(kMost); }
  template <class Tag>
  PostgresValues& operator<<(const base::Id<Tag>& id) {
    return add(reinterpret_cast<const char*>(id.view().data()), 16);
  }
  PostgresValues& operator<<(std::string_view text) { return add(text.data(), text.size()); }
  PostgresValues& operator<<(base::ByteView bytes) {
    return add(reinterpret_cast<const char*>(bytes.data()), bytes.size());
  }
  PostgresValues& operator<<(std::nullptr_t) { return add(nullptr, 0); }
  PostgresValues& operator<<(std::int64_t number);

 private:
  friend class PostgresLine;
  static constexpr std::size_t kMost = 1000;  // pointers into the numbers must stay good
  PostgresValues& add(const char* bytes, std::size_t size);

  std::vector<std::array<char, 8>> numbers_;
  std::vector<const char*> pointers_;
  std::vector<int> lengths_;
  std::vector<int> formats_;
};

class PostgresLine {
 public:
  explicit PostgresLine(const PostgresAddress& address);

  void run(const std::string& text);
  std::int64_t number(const std::string& text);
  void prepare(const char* name, std::string_view text);

  // From then on only the four below.
  void enter_pipeline();
  void send_prepare(const char* name, std::string_view text);
  void send(const char* name, const PostgresValues& values, std::size_t rows);
  // As send(), of a statement that answers so many rows.
  void send_question(const char* name, const PostgresValues& values, std::size_t rows);
  // Commits what was sent, and takes the answers: each statement must have touched, or answered, as many rows as was
  // said.
  void finish();

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Cleaner {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Cleaner>;

  Answer next_answer() { return Answer(PQgetResult(connection_.get())); }
  Answer must(Answer answer, ExecStatusType status) const;

  std::unique_ptr<PGconn, Closer> connection_;
  // How each statement has to end.
  struct Expected {
    ExecStatusType status = PGRES_COMMAND_OK;
    std::optional<std::size_t> rows = {};
  };
  void queue(const char* name, const PostgresValues& values, Expected expected);
  std::vector<Expected> sent_;
};

}  // namespace karv::bench
