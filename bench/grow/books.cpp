#include "grow/books.h"

namespace karv::bench {

std::vector<SharedAccount> read_shared_accounts(Source& source) {
  std::vector<SharedAccount> accounts;
  source.each(
      "select account_id, sum(debits_posted), sum(credits_posted), sum(debits_pending), sum(credits_pending) from ("
      " select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_rollups"
      " union all"
      " select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_tail)"
      " group by account_id",
      [&](sqlite3_stmt* row) {
        SharedAccount account{.id = std::string(bytes_of(row, 0)), .sums = {}};
        for (std::size_t i = 0; i < account.sums.size(); ++i)
          account.sums[i] = sqlite3_column_int64(row, static_cast<int>(i) + 1);
        accounts.push_back(std::move(account));
      });
  return accounts;
}

}  // namespace karv::bench
