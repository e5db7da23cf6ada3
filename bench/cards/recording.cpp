#include "cards/recording.h"

#include <algorithm>
#include <array>

namespace karv::bench {
namespace {

constexpr std::array<std::string_view, 2> kNowAndThen{"vault_count_key_uses", "vault_take_trace_block"};

class NotingReads final : public store::ReadTx {
 public:
  NotingReads(store::ReadTx& inner, Transaction& noted) : inner_(inner), noted_(noted) {}
  store::Result<std::vector<store::Rows>> read(std::vector<store::Query> batch) override {
    auto answers = inner_.read(batch);
    if (!answers.ok()) return answers;
    for (std::size_t i = 0; i < batch.size(); ++i)
      noted_.push_back({.query = batch[i], .rows = std::ssize(answers.value()[i]), .question = true});
    return answers;
  }

 private:
  store::ReadTx& inner_;
  Transaction& noted_;
};

class NotingWrites final : public store::Tx {
 public:
  NotingWrites(store::Tx& inner, Transaction& noted) : inner_(inner), noted_(noted) {}
  store::Result<std::vector<store::Rows>> read(std::vector<store::Query> batch) override {
    return inner_.read(std::move(batch));
  }
  store::Result<std::vector<store::Rows>> read_for_update(std::vector<store::Query> batch) override {
    return inner_.read_for_update(std::move(batch));
  }
  void write(store::Query query, std::int64_t expected_rows) override {
    noted_.push_back({.query = query, .rows = expected_rows});
    inner_.write(std::move(query), expected_rows);
  }
  void after_commit(std::function<void()> action) override { inner_.after_commit(std::move(action)); }
  int round_trips() const override { return inner_.round_trips(); }
  store::Result<void> change_schema(std::string_view statement) override { return inner_.change_schema(statement); }

 private:
  store::Tx& inner_;
  Transaction& noted_;
};

}  // namespace

store::Result<void> Recording::run_write(std::string_view use_case,
                                         const std::function<store::Result<void>(store::Tx&)>& work) {
  Transaction transaction;
  auto done = inner_->write<void>(use_case, [&](store::Tx& tx) {
    transaction.clear();  // it may be run again
    NotingWrites noting(tx, transaction);
    return work(noting);
  });
  if (done.ok()) note(use_case, std::move(transaction));
  return done;
}

store::Result<void> Recording::run_read(std::string_view use_case,
                                        const std::function<store::Result<void>(store::ReadTx&)>& work) {
  Transaction transaction;
  auto done = inner_->read<void>(use_case, [&](store::ReadTx& tx) {
    NotingReads noting(tx, transaction);
    return work(noting);
  });
  if (done.ok()) note(use_case, std::move(transaction));
  return done;
}

void Recording::note(std::string_view use_case, Transaction transaction) {
  if (!transaction.empty() && std::ranges::find(kNowAndThen, use_case) == kNowAndThen.end())
    noted_.push_back(std::move(transaction));
}

}  // namespace karv::bench
