#include "bench_support.h"
#include "store/sqlite/sqlite.h"
#include "transfers/bare_sqlite.h"
#include "transfers/must.h"
#include "transfers/place.h"

namespace karv::bench {
namespace {

class SqlitePlace final : public Place {
 public:
  std::unique_ptr<store::Database> open(const Opening& opening) override {
    return must(store::open_sqlite({.path = folder_.file("karv.db"), .on_write = opening.on_write}));
  }
  std::unique_ptr<Limit> open_limit(int, Depth depth) override {
    return std::make_unique<BareSqlite>(folder_.file("bare.db"), depth);
  }
  void filled() override {}

 private:
  Folder folder_;
};

}  // namespace

Engine sqlite_engine() {
  return {
      .name = "sqlite", .make_place = [] { return std::make_unique<SqlitePlace>(); }, .writers = 1, .limit_writers = 1};
}

}  // namespace karv::bench
