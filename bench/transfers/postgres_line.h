// One connection through libpq and nothing else: a failure ends the benchmark.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <libpq-fe.h>

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

  // From then on only send() and finish().
  void enter_pipeline();
  void send(const char* name, const PostgresValues& values, std::size_t rows);
  // Commits what was sent, and takes the answers: each statement must have touched as many rows as was said.
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
  std::vector<std::size_t> sent_;  // how many rows each statement has to touch
};

}  // namespace karv::bench
