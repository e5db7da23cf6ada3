// The engines on which the vault is measured, and where each side keeps its rows.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "cards/replay.h"
#include "engines/stores.h"

namespace karv::bench {

class CardPlace {
 public:
  virtual ~CardPlace() = default;
  // What was opened is closed before the place ends.
  virtual std::unique_ptr<store::Database> open(const Opening& opening) = 0;
  virtual std::unique_ptr<Replay> open_replay(int writers) = 0;
  // Told when many rows came.
  virtual void filled() = 0;
};

template <class Store>
class CardPlaceOn final : public CardPlace {
 public:
  template <class... Where>
  explicit CardPlaceOn(Where&&... where) : store_(std::forward<Where>(where)...) {}
  std::unique_ptr<store::Database> open(const Opening& opening) override { return store_.open(opening); }
  std::unique_ptr<Replay> open_replay(int writers) override { return replay_on(store_, writers); }
  void filled() override { store_.filled(); }

 private:
  Store store_;
};

struct CardEngine {
  std::string name;
  std::function<std::unique_ptr<CardPlace>()> make_place;
  int connections = 1;  // of karv-vault's store; SQLite: that read
  bool one_writer = false;
};

inline CardEngine cards_on_sqlite() {
  return {.name = "sqlite",
          .make_place = [] { return std::make_unique<CardPlaceOn<SqliteFile>>(); },
          .connections = 4,
          .one_writer = true};
}
inline CardEngine cards_on_postgres(const std::string& address) {
  return {.name = "postgres",
          .make_place = [address] { return std::make_unique<CardPlaceOn<PostgresSchema>>(address); },
          .connections = 16};
}

}  // namespace karv::bench
