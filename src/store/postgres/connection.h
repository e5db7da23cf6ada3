// One PostgreSQL connection in pipeline mode: a batch of statements leaves in one go and comes back in one round trip.
//
// Not thread-safe: whoever holds it uses it alone. Statements are prepared at their first use, in the same batch. A
// failure skips the rest of its batch. Used by this driver only.
// Source: postgresql.org/docs/15/libpq-pipeline-mode.html
#pragma once

#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <libpq-fe.h>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "store/postgres/address.h"

namespace karv::store::postgres {

// How a statement of the common SQL is said to PostgreSQL.
enum class Form : std::uint8_t {
  as_written,
  locking,  // with FOR UPDATE
  counted,  // fails when it touches another number of rows than expected: a mismatch must stop the COMMIT behind it
};

struct Command {
  std::string_view text;                 // program text
  const std::vector<Value>* parameters;  // null: none
  Form form = Form::as_written;
  std::int64_t expected_rows = 0;  // of a counted one
};

// What went wrong, as the engine says it.
struct Failure {
  base::Error error;
  std::string state;   // SQLSTATE; empty when the connection was lost
  std::size_t at = 0;  // index of the command in its batch
};

class Connection {
 public:
  static base::Result<std::unique_ptr<Connection>> open(const Keywords& keywords, const std::string& schema,
                                                        base::Duration answer_limit);

  // Runs the commands in order. On a failure the rest of the batch did not happen; see failure().
  base::Result<std::vector<Rows>> round_trip(const std::vector<Command>& commands);
  // Sends a command and waits for nothing; its answer is thrown away before the next round trip.
  void send_and_forget(std::string_view text);
  // A statement without parameters, not kept prepared: schema changes and settings.
  base::Result<Rows> run_once(const std::string& text);

  const std::optional<Failure>& failure() const { return failure_; }
  bool lost() const { return lost_; }
  // Whether the server warned during the last round trip (a commit that was not waited for is only a warning).
  bool warned() const { return warned_; }

 private:
  struct Closer {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  struct Cleaner {
    void operator()(PGresult* result) const { PQclear(result); }
  };
  using Answer = std::unique_ptr<PGresult, Cleaner>;

  // What the server still owes us, in order.
  enum class Owed : std::uint8_t { preparation, rows, forgotten, sync };
  struct Expected {
    Owed what;
    std::size_t command = 0;
    const std::string* name = nullptr;  // of a preparation
  };
  struct Key {
    const char* text;
    Form form;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct KeyHash {
    std::size_t operator()(const Key& key) const {
      return std::hash<const void*>()(key.text) * 4 + static_cast<std::size_t>(key.form);
    }
  };
  struct Prepared {
    std::string name;
    bool sent = false;
  };

  Connection(PGconn* connection, base::Duration answer_limit) : connection_(connection), answer_limit_(answer_limit) {}
  base::Result<void> check_server(const std::string& schema);
  bool send(const Command& command, std::size_t index);
  bool send_parameters(const std::string& name, const Command& command);
  void collect(std::vector<Rows>& answers);
  void take(const Expected& expected, std::vector<Rows>& answers);
  void fail(const PGresult* result, std::size_t index);
  void lose(std::string_view why);
  Answer next_answer(base::Instant deadline);
  bool wait(base::Instant deadline);
  static base::Instant now();
  static void on_notice(void* self, const PGresult* result);

  std::unique_ptr<PGconn, Closer> connection_;
  const base::Duration answer_limit_;
  std::unordered_map<Key, Prepared, KeyHash> prepared_;
  std::deque<Expected> owed_;
  std::optional<Failure> failure_;
  bool lost_ = false;
  bool warned_ = false;
};

// What a statement's failure means to the caller. Source: postgresql.org/docs/15/errcodes-appendix.html
base::ErrorCode meaning_of(std::string_view sqlstate);

}  // namespace karv::store::postgres
