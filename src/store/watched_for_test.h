// A database that tells a test every statement before it runs it. For store/temporary.h only.
#pragma once

#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "store/database.h"

namespace karv::store {

// A statement, and whether its rows are kept until the end of the transaction.
using Watcher = std::function<void(const Query&, bool)>;

class WatchedDatabase final : public Database {
 public:
  explicit WatchedDatabase(std::unique_ptr<Database> inner) : inner_(std::move(inner)) {}

  // Pre: nothing runs.
  void watch(Watcher watcher) { watcher_ = std::move(watcher); }

  void add_commit_check(CommitCheck check) override { inner_->add_commit_check(std::move(check)); }
  StorageState state() const override { return inner_->state(); }

 protected:
  Result<void> run_write(std::string_view use_case, const std::function<Result<void>(Tx&)>& work) override {
    if (!watcher_) return inner_->write<void>(use_case, work);
    return inner_->write<void>(use_case, [&](Tx& tx) {
      WatchedTx watched(tx, watcher_);
      return work(watched);
    });
  }
  Result<void> run_read(std::string_view use_case, const std::function<Result<void>(ReadTx&)>& work) override {
    if (!watcher_) return inner_->read<void>(use_case, work);
    return inner_->read<void>(use_case, [&](ReadTx& tx) {
      WatchedReadTx watched(tx, watcher_);
      return work(watched);
    });
  }

 private:
  static void tell(const Watcher& watcher, const std::vector<Query>& batch, bool for_update) {
    for (const auto& query : batch) watcher(query, for_update || query.for_update);
  }

  class WatchedReadTx final : public ReadTx {
   public:
    WatchedReadTx(ReadTx& inner, const Watcher& watcher) : inner_(inner), watcher_(watcher) {}
    Result<std::vector<Rows>> read(std::vector<Query> batch) override {
      tell(watcher_, batch, false);
      return inner_.read(std::move(batch));
    }

   private:
    ReadTx& inner_;
    const Watcher& watcher_;
  };

  class WatchedTx final : public Tx {
   public:
    WatchedTx(Tx& inner, const Watcher& watcher) : inner_(inner), watcher_(watcher) {}
    Result<std::vector<Rows>> read(std::vector<Query> batch) override {
      tell(watcher_, batch, false);
      return inner_.read(std::move(batch));
    }
    Result<std::vector<Rows>> read_for_update(std::vector<Query> batch) override {
      tell(watcher_, batch, true);
      return inner_.read_for_update(std::move(batch));
    }
    void write(Query query, std::int64_t expected_rows) override {
      watcher_(query, false);
      inner_.write(std::move(query), expected_rows);
    }
    void after_commit(std::function<void()> action) override { inner_.after_commit(std::move(action)); }
    int round_trips() const override { return inner_.round_trips(); }
    Result<void> change_schema(std::string_view statement) override { return inner_.change_schema(statement); }

   private:
    Tx& inner_;
    const Watcher& watcher_;
  };

  const std::unique_ptr<Database> inner_;
  Watcher watcher_;
};

}  // namespace karv::store
