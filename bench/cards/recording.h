// A database that notes which statements each transaction ran, so that they can be run again without anything of ours
// above them (replay.h). One thread. What is noted is what is stored: sealed cards, digests, no clear number.
#pragma once

#include <memory>
#include <string_view>
#include <vector>

#include "store/database.h"

namespace karv::bench {

struct Statement {
  store::Query query;
  std::int64_t rows = 0;  // that it must touch; of a question: that it was answered with
  bool question = false;
};
using Transaction = std::vector<Statement>;

class Recording final : public store::Database {
 public:
  explicit Recording(std::unique_ptr<store::Database> inner) : inner_(std::move(inner)) {}

  void add_commit_check(store::CommitCheck check) override { inner_->add_commit_check(std::move(check)); }
  // The writes of the transactions since the last take(), and the questions of those that only asked. What happens once
  // in a thousand calls (numbers and counts taken in blocks) is not among them.
  std::vector<Transaction> take() { return std::exchange(noted_, {}); }

 protected:
  store::Result<void> run_write(std::string_view use_case,
                                const std::function<store::Result<void>(store::Tx&)>& work) override;
  store::Result<void> run_read(std::string_view use_case,
                               const std::function<store::Result<void>(store::ReadTx&)>& work) override;

 private:
  void note(std::string_view use_case, Transaction transaction);

  const std::unique_ptr<store::Database> inner_;
  std::vector<Transaction> noted_;
};

}  // namespace karv::bench
