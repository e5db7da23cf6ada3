// One storage interface for two engines (SQLite now, PostgreSQL later): transactions shaped for pipelining.
//
//   static constexpr store::Sql kFindOrder = "select status from orders where order_id = $1";
//   Result<Order> r = db.write<Order>("capture", [&](store::Tx& tx) -> Result<Order> {
//     KARV_TRY(auto rows, tx.read({{kFindOrder, {id.bytes()}}, {kFindLines, {id.bytes()}}}));  // one round trip
//     ...decide...
//     tx.write({kInsertCapture, {capture.id.bytes(), amount.minor}}, 1);     // queued; travels with the commit
//     return order;
//   });                                                                      // returns after the fsync
//
// The work may be run more than once (a lost race, a failed neighbor in the batch): it keeps no state outside the Tx
// and talks to nobody. An error returned by the work undoes everything it wrote. write() answers only what is durable.
// Nobody outside repository files holds SQL; the rules for the text are in tools/tidy (DESIGN: one SQL, two engines).
#pragma once

#include <cstdint>
#include <functional>
#include <initializer_list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "base/bytes.h"
#include "base/id.h"
#include "base/result.h"

namespace karv::store {

using base::Bytes;
using base::Result;

// A parameter or a column: null, BIGINT, TEXT or BYTEA.
class Value {
 public:
  Value() = default;
  Value(std::nullptr_t) {}  // NOLINT(google-explicit-constructor)
  template <std::integral T>
  Value(T number) : inner_(static_cast<std::int64_t>(number)) {}  // NOLINT(google-explicit-constructor)
  Value(std::string text) : inner_(std::move(text)) {}            // NOLINT(google-explicit-constructor)
  Value(std::string_view text) : inner_(std::string(text)) {}     // NOLINT(google-explicit-constructor)
  Value(const char* text) : inner_(std::string(text)) {}          // NOLINT(google-explicit-constructor)
  Value(Bytes bytes) : inner_(std::move(bytes)) {}                // NOLINT(google-explicit-constructor)
  template <class Tag>
  Value(const base::Id<Tag>& id) : inner_(id.bytes()) {}  // NOLINT(google-explicit-constructor)
  template <class T>
  Value(std::optional<T> value) {  // NOLINT(google-explicit-constructor)
    if (value) *this = Value(*std::move(value));
  }

  bool is_null() const { return std::holds_alternative<std::monostate>(inner_); }
  const std::variant<std::monostate, std::int64_t, std::string, Bytes>& inner() const { return inner_; }
  friend bool operator==(const Value&, const Value&) = default;

 private:
  std::variant<std::monostate, std::int64_t, std::string, Bytes> inner_;
};

// SQL text that is part of the program, never put together from input.
class Sql {
 public:
  consteval Sql(const char* text) : text_(text) {}  // NOLINT(google-explicit-constructor)
  std::string_view text() const { return text_; }

 private:
  std::string_view text_;
};

struct Query {
  Sql sql;
  std::vector<Value> parameters;  // $1..$n in order
  bool for_update = false;        // the row stays ours until the end: see Tx::read_for_update
};

// One row of an answer. Accessors check the type: a mismatch is a bug (KARV_REQUIRE), not input.
class Row {
 public:
  explicit Row(std::vector<Value> columns) : columns_(std::move(columns)) {}
  std::size_t size() const { return columns_.size(); }
  bool is_null(std::size_t column) const;
  const Value& value(std::size_t column) const { return columns_.at(column); }  // of whatever type
  std::int64_t integer(std::size_t column) const;
  const std::string& text(std::size_t column) const;
  const Bytes& bytes(std::size_t column) const;
  std::optional<std::int64_t> integer_or_null(std::size_t column) const;
  std::optional<std::string> text_or_null(std::size_t column) const;
  std::optional<Bytes> bytes_or_null(std::size_t column) const;
  template <class IdType>
  IdType id(std::size_t column) const {
    return id_or_throw<IdType>(IdType::from_bytes(bytes(column)));
  }
  template <class IdType>
  std::optional<IdType> id_or_null(std::size_t column) const {
    if (is_null(column)) return std::nullopt;
    return id<IdType>(column);
  }

 private:
  template <class IdType>
  static IdType id_or_throw(std::optional<IdType> id);
  [[noreturn]] static void wrong_type();
  std::vector<Value> columns_;
};
template <class IdType>
IdType Row::id_or_throw(std::optional<IdType> id) {
  if (!id) wrong_type();
  return *id;
}
using Rows = std::vector<Row>;

// A view of the database at one moment.
class ReadTx {
 public:
  virtual ~ReadTx() = default;
  // Runs the queries in order. Cost: one round trip. Errors: unavailable, internal.
  virtual Result<std::vector<Rows>> read(std::vector<Query> batch) = 0;
  // The rows of a single query. Cost: one round trip.
  Result<Rows> read_one(Query query);
};

class Tx : public ReadTx {
 public:
  // Queues a statement; it is sent before the next read, or with the commit. `expected_rows`: how many rows it must
  // touch; otherwise the transaction fails with `conflict` (an optimistic check that a state was still as read).
  // A unique key that is taken already also fails the transaction with `conflict`.
  virtual void write(Query query, std::int64_t expected_rows) = 0;
  // Like read, but the rows stay ours until the end (PostgreSQL: the query is sent with FOR UPDATE; in SQLite there is
  // one writer). Lock in id order. A read() may mix both by Query::for_update.
  virtual Result<std::vector<Rows>> read_for_update(std::vector<Query> batch) = 0;

  // Runs after this transaction is durable, once, outside of it: cache updates and wake-ups only. Dropped on rollback.
  // In commit order, before anybody of the batch is answered.
  virtual void after_commit(std::function<void()> action) = 0;
  virtual int round_trips() const = 0;
  // For store/migrate.h only: runs a schema statement in the common SQL, in the words of the engine.
  virtual Result<void> change_schema(std::string_view statement) = 0;
};

// What one write() cost; for metrics and for tests that bound the round trips of a use case.
struct WriteReport {
  std::string_view use_case;
  int round_trips = 0;       // as they would be on a networked engine: read batches, and one for the commit
  std::int64_t members = 0;  // how many requests shared the fsync; 0 when the batch was lost
  bool committed = false;
};

// Something that must hold whenever a transaction commits. Run after the work, before the commit; a failure undoes the
// transaction. The module that owns the truth registers it once at start.
using CommitCheck = std::function<Result<void>(Tx&)>;

// Who opens a database. A server has a file alone among servers, for as long as it lives, and looks at it before it
// serves from it; a tool works beside a server, now and then, and is not kept out by damage.
enum class StoreUse : std::uint8_t { tool, server };

// What the storage does with writes right now. Reads are served in every state.
enum class StorageState : std::uint8_t {
  writable,
  full,     // no space: writes answer storage_full, and work again by themselves when there is some
  failing,  // the disk refuses: writes answer unavailable or unknown_outcome, until one works again
  damaged,  // a check found damaged pages: writes answer unavailable until an operator has looked and restarted
};

class Database {
 public:
  virtual ~Database() = default;

  // Runs `work` in a transaction and answers its value once it is durable.
  // `use_case`: a stable word for metrics. Errors: the work's own; conflict (after bounded retries); storage_full;
  // unavailable; unknown_outcome (a commit whose answer was lost).
  template <class T, class Work>
  Result<T> write(std::string_view use_case, Work&& work) {
    std::optional<Result<T>> answer;
    Result<void> committed = run_write(use_case, [&](Tx& tx) -> Result<void> {
      answer.emplace(work(tx));
      if (!answer->ok()) return answer->error();
      return {};
    });
    if (!committed.ok()) return std::move(committed).error();
    return *std::move(answer);
  }
  template <class T, class Work>
  Result<T> read(std::string_view use_case, Work&& work) {
    std::optional<Result<T>> answer;
    Result<void> done = run_read(use_case, [&](ReadTx& tx) -> Result<void> {
      answer.emplace(work(tx));
      return {};
    });
    if (!done.ok()) return std::move(done).error();
    return *std::move(answer);
  }

  virtual void add_commit_check(CommitCheck check) = 0;  // before the first write
  virtual StorageState state() const { return StorageState::writable; }

 protected:
  virtual Result<void> run_write(std::string_view use_case, const std::function<Result<void>(Tx&)>& work) = 0;
  virtual Result<void> run_read(std::string_view use_case, const std::function<Result<void>(ReadTx&)>& work) = 0;
};

// A numbered change of the schema, in the common SQL (BIGINT, BYTEA, TEXT). Statements are separated by the vector.
// Never edited once released: a changed text is refused (store/migrate.h).
struct Migration {
  std::int64_t number;  // unique over all modules: module number * 1000 + n (see db/README.md)
  std::string_view name;
  std::vector<std::string_view> statements;
};

}  // namespace karv::store
