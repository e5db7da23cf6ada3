// The two engines and a plain model, side by side: random transactions, and after each the same answers, errors and
// rows.
#include <algorithm>
#include <map>
#include <memory>
#include <random>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "store/temporary.h"

namespace karv::store {
namespace {

constexpr std::string_view kCreate =
    "create table things (thing_id BYTEA primary key, amount BIGINT not null, number BIGINT, word TEXT, data BYTEA)";
constexpr std::string_view kUnique = "create unique index things_by_word on things (word)";
const std::array<Migration, 1> kMigrations{{{9'102, "things", {kCreate, kUnique}}}};

constexpr Sql kInsert = "insert into things (thing_id, amount, number, word, data) values ($1, $2, $3, $4, $5)";
constexpr Sql kSet = "update things set number = $2, word = $3, data = $4 where thing_id = $1";
constexpr Sql kMove = "update things set amount = $3 where thing_id = $1 and amount = $2";
constexpr Sql kRemove = "delete from things where thing_id = $1";
constexpr Sql kFind = "select amount, number, word, data from things where thing_id = $1";
constexpr Sql kByWord = "select thing_id from things where word >= $1 order by word, thing_id limit 5";
constexpr Sql kSums = "select count(*), count(word), cast(coalesce(sum(amount), 0) as BIGINT), min(number) from things";
constexpr Sql kAll =
    "select thing_id, amount, number, word, data from things order by number nulls first, word nulls first, thing_id";

struct Thing {
  std::int64_t amount = 0;
  std::optional<std::int64_t> number;
  std::optional<std::string> word;
  std::optional<Bytes> data;
};
// An empty optional orders first, as nulls do here; texts order by their bytes.
using Table = std::map<Bytes, Thing>;

enum class Kind : std::uint8_t { insert, set, move, remove, find, by_word, sums };
struct Command {
  Kind kind;
  Bytes id;
  Thing thing;
  std::int64_t from = 0;
};
struct Transaction {
  std::vector<Command> commands;
  bool gives_up = false;
};

// Draws transactions, mostly about rows that are there and as they are there: else nearly everything would be a
// conflict.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : engine_(seed) {}

  Transaction transaction(const Table& table) {
    Transaction drawn;
    for (std::size_t i = 0, count = 1 + below(4); i < count; ++i) drawn.commands.push_back(command(table));
    drawn.gives_up = !mostly();
    return drawn;
  }

 private:
  std::size_t below(std::size_t n) { return std::uniform_int_distribution<std::size_t>(0, n - 1)(engine_); }
  bool mostly() { return below(8) != 0; }
  template <class T, std::size_t N>
  const T& pick(const std::array<T, N>& values) {
    return values[below(N)];
  }
  std::int64_t amount() { return static_cast<std::int64_t>(below(7)) - 3; }
  Bytes bytes(std::size_t size) {
    Bytes made(size);
    for (auto& byte : made) byte = static_cast<std::uint8_t>(below(256));
    return made;
  }
  std::string word() {
    // Texts go by their bytes, not by any language's alphabet: upper case, beyond ASCII, beyond the basic plane.
    static const std::array<std::string, 14> odd{
        "",    "a", "B", "b", "ab", "a b", "\xC3\xA4", "z", "\xF0\x9F\x92\xB6", "'", "\\x00", "NULL", "\xE2\x82\xAC",
        "\x01"};
    return below(2) == 0 ? pick(odd) : fmt::format("{:x}", below(1'000'000));
  }
  Thing thing() {
    static constexpr std::array<std::int64_t, 5> extremes{INT64_MIN, -1, 0, 1, INT64_MAX};
    Thing made{.amount = amount(), .number = {}, .word = {}, .data = {}};
    if (below(3) != 0) made.number = pick(extremes);
    if (below(3) != 0) made.word = word();
    if (below(3) != 0) made.data = bytes(below(40));
    return made;
  }
  Command command(const Table& table) {
    static constexpr std::array kinds{Kind::insert, Kind::insert, Kind::insert,  Kind::set, Kind::move,
                                      Kind::remove, Kind::find,   Kind::by_word, Kind::sums};
    const Kind kind = pick(kinds);
    Command drawn{kind, bytes(below(4) == 0 ? 1 : 16), thing(), amount()};
    if (!table.empty() && (kind == Kind::insert ? !mostly() : mostly())) {
      const auto at = std::next(table.begin(), static_cast<std::ptrdiff_t>(below(table.size())));
      drawn.id = at->first;
      if (mostly()) drawn.from = at->second.amount;
    }
    return drawn;
  }
  std::mt19937_64 engine_;
};

// What a transaction answered: the rows of every read, in order, or the first error.
struct Outcome {
  std::vector<std::vector<Value>> rows;
  std::optional<base::ErrorCode> error;
};

std::vector<Value> values_of(const Thing& thing) { return {thing.amount, thing.number, thing.word, thing.data}; }

class Model {
 public:
  Outcome run(const Transaction& transaction) {
    Outcome outcome;
    Table work = table_;
    for (const auto& command : transaction.commands) {
      if (!apply(work, command, outcome.rows)) return {.rows = {}, .error = base::ErrorCode::conflict};
    }
    if (transaction.gives_up) return {.rows = {}, .error = base::ErrorCode::refused};
    table_ = std::move(work);
    return outcome;
  }
  const Table& table() const { return table_; }
  std::vector<std::vector<Value>> all() const {
    std::vector<const Table::value_type*> order;
    for (const auto& entry : table_) order.push_back(&entry);
    std::ranges::sort(
        order, {}, [](const auto* entry) { return std::tie(entry->second.number, entry->second.word, entry->first); });
    std::vector<std::vector<Value>> rows;
    for (const auto* entry : order) {
      rows.push_back({entry->first});
      for (auto& value : values_of(entry->second)) rows.back().push_back(std::move(value));
    }
    return rows;
  }

 private:
  static bool word_is_taken(const Table& table, const Bytes& id, const std::optional<std::string>& word) {
    return word && std::ranges::any_of(
                       table, [&](const auto& entry) { return entry.first != id && entry.second.word == word; });
  }
  // False: the engines must answer `conflict`.
  static bool apply(Table& table, const Command& command, std::vector<std::vector<Value>>& rows) {
    const auto found = table.find(command.id);
    switch (command.kind) {
      case Kind::insert:
        if (found != table.end() || word_is_taken(table, command.id, command.thing.word)) return false;
        table.emplace(command.id, command.thing);
        return true;
      case Kind::set:
        if (found == table.end() || word_is_taken(table, command.id, command.thing.word)) return false;
        found->second.number = command.thing.number;
        found->second.word = command.thing.word;
        found->second.data = command.thing.data;
        return true;
      case Kind::move:
        if (found == table.end() || found->second.amount != command.from) return false;
        found->second.amount = command.thing.amount;
        return true;
      case Kind::remove:
        return table.erase(command.id) == 1;
      case Kind::find:
        if (found != table.end()) rows.push_back(values_of(found->second));
        return true;
      case Kind::by_word:
        find_by_word(table, command.thing.word, rows);
        return true;
      case Kind::sums:
        rows.push_back(sums(table));
        return true;
    }
    return false;
  }
  static void find_by_word(const Table& table, const std::optional<std::string>& from,
                           std::vector<std::vector<Value>>& rows) {
    if (!from) return;  // nothing is >= null
    std::map<std::string, Bytes> words;
    for (const auto& [id, thing] : table)
      if (thing.word && *thing.word >= *from) words.emplace(*thing.word, id);
    for (std::size_t taken = 0; const auto& [word, id] : words) {
      if (++taken > kMost) return;
      rows.push_back({id});
    }
  }
  static std::vector<Value> sums(const Table& table) {
    std::int64_t words = 0;
    std::int64_t total = 0;
    std::optional<std::int64_t> least;
    for (const auto& [id, thing] : table) {
      words += thing.word ? 1 : 0;
      total += thing.amount;
      if (thing.number) least = std::min(least.value_or(INT64_MAX), *thing.number);
    }
    return {table.size(), words, total, least};
  }
  static constexpr std::size_t kMost = 5;
  Table table_;
};

class Engine {
 public:
  explicit Engine(std::unique_ptr<Database> database) : database_(std::move(database)) {
    KARV_CHECK(migrate(*database_, kMigrations).ok());
  }
  Outcome run(const Transaction& transaction) {
    Outcome outcome;
    const auto done = database_->write<void>("differential", [&](Tx& tx) -> Result<void> {
      outcome.rows.clear();
      for (const auto& command : transaction.commands) KARV_TRY_VOID(apply(tx, command, outcome.rows));
      // What was queued is judged before the work's own answer is.
      KARV_TRY_VOID(collect(tx.read_one({kSums, {}}), {}, nullptr));
      if (transaction.gives_up) return base::public_error(base::ErrorCode::refused, "given up");
      return {};
    });
    if (!done.ok()) return {.rows = {}, .error = done.error().code()};
    return outcome;
  }
  std::vector<std::vector<Value>> all() {
    std::vector<std::vector<Value>> rows;
    const auto read = database_->read<Rows>("all", [](ReadTx& tx) { return tx.read_one({kAll, {}}); });
    EXPECT_TRUE(collect(read, "biitb", &rows).ok());
    return rows;
  }

 private:
  // The columns' types: b bytes, i integer, t text.
  static Result<void> collect(const Result<Rows>& answer, std::string_view types,
                              std::vector<std::vector<Value>>* into) {
    if (!answer.ok()) return answer.error();
    for (const Row& row : *answer) {
      if (into == nullptr) continue;
      std::vector<Value> values;
      for (std::size_t i = 0; i < types.size(); ++i) {
        if (types[i] == 'i') values.emplace_back(row.integer_or_null(i));
        if (types[i] == 't') values.emplace_back(row.text_or_null(i));
        if (types[i] == 'b') values.emplace_back(row.bytes_or_null(i));
      }
      into->push_back(std::move(values));
    }
    return {};
  }
  static Result<void> apply(Tx& tx, const Command& command, std::vector<std::vector<Value>>& rows) {
    const auto& [kind, id, thing, from] = command;
    switch (kind) {
      case Kind::insert:
        tx.write({kInsert, {id, thing.amount, thing.number, thing.word, thing.data}}, 1);
        return {};
      case Kind::set:
        tx.write({kSet, {id, thing.number, thing.word, thing.data}}, 1);
        return {};
      case Kind::move:
        tx.write({kMove, {id, from, thing.amount}}, 1);
        return {};
      case Kind::remove:
        tx.write({kRemove, {id}}, 1);
        return {};
      case Kind::find:
        return collect(tx.read_one({kFind, {id}}), "iitb", &rows);
      case Kind::by_word:
        return collect(tx.read_one({kByWord, {thing.word}}), "b", &rows);
      case Kind::sums:
        return collect(tx.read_one({kSums, {}}), "iiii", &rows);
    }
    return {};
  }
  std::unique_ptr<Database> database_;
};

std::unique_ptr<Database> on_postgres() {
  auto& cluster = postgres::ClusterForTest::shared();
  auto opened = open_postgres({.address = cluster.address(), .connections = 2, .schema = cluster.make_schema()});
  KARV_CHECK(opened.ok());
  return std::move(opened).value();
}

TEST(DifferentialTest, two_engines_and_a_plain_model_agree) {
  const std::uint64_t seed = std::random_device{}();
  SCOPED_TRACE(fmt::format("seed {}", seed));
  Dice dice(seed);
  const auto file = TemporaryDatabase::create_file({});
  Engine sqlite(file.open().value());
  Engine postgres(on_postgres());
  Model model;
  std::map<std::optional<base::ErrorCode>, int> answered;
  for (int i = 0; i < 400; ++i) {
    const Transaction transaction = dice.transaction(model.table());
    const Outcome wanted = model.run(transaction);
    const Outcome on_file = sqlite.run(transaction);
    const Outcome on_network = postgres.run(transaction);
    answered[wanted.error] += 1;
    ASSERT_EQ(on_file.error, wanted.error) << i;
    ASSERT_EQ(on_network.error, wanted.error) << i;
    ASSERT_TRUE(on_file.rows == wanted.rows) << i;
    ASSERT_TRUE(on_network.rows == wanted.rows) << i;
    if (i % 20 != 0) continue;
    ASSERT_TRUE(sqlite.all() == model.all()) << i;
    ASSERT_TRUE(postgres.all() == model.all()) << i;
  }
  // The dice do say something.
  EXPECT_GT(model.table().size(), 20U);
  EXPECT_GT(answered[std::nullopt], 100);
  EXPECT_GT(answered[base::ErrorCode::conflict], 10);
  EXPECT_GT(answered[base::ErrorCode::refused], 10);
}

}  // namespace
}  // namespace karv::store
