#include "cards/replay.h"

#include <algorithm>
#include <unordered_map>

#include <fmt/format.h>

namespace karv::bench {
namespace {

std::size_t most_transactions(std::span<const Act> acts) {
  std::size_t most = 0;
  for (const auto& act : acts) most = std::max(most, act.transactions.size());
  return most;
}

// Calls take(transaction) for each act that has an n-th one.
template <class Take>
void for_nth(std::span<const Act> acts, std::size_t n, Take take) {
  for (const auto& act : acts)
    if (n < act.transactions.size()) take(act.transactions[n]);
}

class SqliteWriter {
 public:
  explicit SqliteWriter(const std::string& path)
      : bare_(path), begin_(bare_.prepare("begin")), commit_(bare_.prepare("commit")) {}

  void play(std::span<const Act> acts) {
    for (std::size_t n = 0; n < most_transactions(acts); ++n) {
      step(begin_);
      for_nth(acts, n, [this](const Transaction& transaction) {
        for (const auto& statement : transaction) run(statement);
      });
      step(commit_);
    }
  }

 private:
  static void step(sqlite3_stmt* statement) {
    KARV_CHECK(sqlite3_step(statement) == SQLITE_DONE);
    sqlite3_reset(statement);
  }
  sqlite3_stmt* prepared(std::string_view text) {
    auto& statement = statements_[text];
    if (statement == nullptr) statement = bare_.prepare(text);
    return statement;
  }
  static void bind(sqlite3_stmt* statement, int at, const store::Value& value) {
    const auto& inner = value.inner();
    if (const auto* number = std::get_if<std::int64_t>(&inner)) {
      sqlite3_bind_int64(statement, at, *number);
    } else if (const auto* text = std::get_if<std::string>(&inner)) {
      sqlite3_bind_text(statement, at, text->data(), static_cast<int>(text->size()), SQLITE_STATIC);
    } else if (const auto* bytes = std::get_if<base::Bytes>(&inner)) {
      sqlite3_bind_blob(statement, at, bytes->data(), static_cast<int>(bytes->size()), SQLITE_STATIC);
    } else {
      sqlite3_bind_null(statement, at);
    }
  }
  void run(const Statement& one) {
    auto* statement = prepared(one.query.sql.text());
    int at = 0;
    for (const auto& value : one.query.parameters) bind(statement, ++at, value);
    std::int64_t rows = 0;
    while (sqlite3_step(statement) == SQLITE_ROW) ++rows;
    KARV_CHECK(sqlite3_reset(statement) == SQLITE_OK);
    KARV_CHECK((one.question ? rows : sqlite3_changes64(bare_.handle())) == one.rows);
  }

  Bare bare_;
  sqlite3_stmt* begin_;
  sqlite3_stmt* commit_;
  std::unordered_map<std::string_view, sqlite3_stmt*> statements_;  // by text: that of the program lives as long
};

class PostgresWriter {
 public:
  explicit PostgresWriter(const PostgresAddress& address) : line_(address) { line_.enter_pipeline(); }

  void play(std::span<const Act> acts) {
    for (std::size_t n = 0; n < most_transactions(acts); ++n) {
      for_nth(acts, n, [this](const Transaction& transaction) {
        for (const auto& statement : transaction) send(statement);
      });
      line_.finish();
    }
  }

 private:
  const char* prepared(std::string_view text) {
    const auto [found, is_new] = names_.try_emplace(text, fmt::format("s{}", names_.size()));
    if (is_new) line_.send_prepare(found->second.c_str(), text);
    return found->second.c_str();
  }
  void send(const Statement& one) {
    PostgresValues values;
    for (const auto& value : one.query.parameters)
      std::visit([&values](const auto& inner) { add(values, inner); }, value.inner());
    const char* const name = prepared(one.query.sql.text());
    const auto rows = static_cast<std::size_t>(one.rows);
    if (one.question) {
      line_.send_question(name, values, rows);
    } else {
      line_.send(name, values, rows);
    }
  }
  static void add(PostgresValues& values, std::monostate) { values << nullptr; }
  static void add(PostgresValues& values, std::int64_t number) { values << number; }
  static void add(PostgresValues& values, const std::string& text) { values << std::string_view(text); }
  static void add(PostgresValues& values, const base::Bytes& bytes) { values << base::ByteView(bytes); }

  PostgresLine line_;
  std::unordered_map<std::string_view, std::string> names_;
};

template <class Writer>
class EngineReplay final : public Replay {
 public:
  template <class Where>
  EngineReplay(const Where& where, int writers) {
    for (int i = 0; i < writers; ++i) writers_.push_back(std::make_unique<Writer>(where));
  }
  void play(int writer, std::span<const Act> acts) override {
    writers_.at(static_cast<std::size_t>(writer))->play(acts);
  }

 private:
  std::vector<std::unique_ptr<Writer>> writers_;
};

}  // namespace

std::unique_ptr<Replay> replay_on(const SqliteFile& file, int writers) {
  return std::make_unique<EngineReplay<SqliteWriter>>(file.path(), writers);
}
std::unique_ptr<Replay> replay_on(const PostgresSchema& schema, int writers) {
  return std::make_unique<EngineReplay<PostgresWriter>>(schema.where(), writers);
}

}  // namespace karv::bench
