#include "transfers/bare_sqlite.h"
#include "transfers/place.h"

namespace karv::bench {
namespace {

class SqlitePlace final : public Place {
 public:
  std::unique_ptr<store::Database> open(const Opening& opening) override { return file_.open(opening); }
  std::unique_ptr<Limit> open_limit(int, Depth depth) override {
    return std::make_unique<BareSqlite>(file_.path(), depth);
  }
  void filled() override {}

 private:
  SqliteFile file_;
};

}  // namespace

Engine sqlite_engine() {
  return {
      .name = "sqlite", .make_place = [] { return std::make_unique<SqlitePlace>(); }, .writers = 1, .limit_writers = 1};
}

}  // namespace karv::bench
