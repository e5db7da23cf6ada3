#include "ledger/types.h"

namespace karv::ledger {

bool add_to(Sums& sums, const Sums& more) {
  return !__builtin_add_overflow(sums.debits_posted, more.debits_posted, &sums.debits_posted) &&
         !__builtin_add_overflow(sums.credits_posted, more.credits_posted, &sums.credits_posted) &&
         !__builtin_add_overflow(sums.debits_pending, more.debits_pending, &sums.debits_pending) &&
         !__builtin_add_overflow(sums.credits_pending, more.credits_pending, &sums.credits_pending);
}

Sums difference(const Sums& after, const Sums& before) {
  return {.debits_posted = after.debits_posted - before.debits_posted,
          .credits_posted = after.credits_posted - before.credits_posted,
          .debits_pending = after.debits_pending - before.debits_pending,
          .credits_pending = after.credits_pending - before.credits_pending};
}

std::int64_t posted_minor(NormalSide side, const Sums& sums) {
  const std::int64_t debit_balance = sums.debits_posted - sums.credits_posted;
  return side == NormalSide::debit ? debit_balance : -debit_balance;
}

std::int64_t available_minor(NormalSide side, const Sums& sums) {
  const std::int64_t reserved = side == NormalSide::debit ? sums.credits_pending : sums.debits_pending;
  return posted_minor(side, sums) - reserved;
}

money::Money Balance::posted() const { return {posted_minor(account.normal_side, sums), account.currency}; }
money::Money Balance::available() const { return {available_minor(account.normal_side, sums), account.currency}; }

std::string_view word(Step step) {
  switch (step) {
    case Step::posted:
      return "posted";
    case Step::pending:
      return "pending";
    case Step::post_pending:
      return "post_pending";
    case Step::void_pending:
      return "void_pending";
  }
  return "";
}

std::string_view word(NormalSide side) { return side == NormalSide::debit ? "debit" : "credit"; }
std::string_view word(BalanceMode mode) { return mode == BalanceMode::kept ? "kept" : "derived"; }
std::string_view word(Floor floor) { return floor == Floor::none ? "none" : "zero"; }

}  // namespace karv::ledger
