// The statements of the limits, the same on both engines. Many rows to an INSERT, as the ledger's own; what is the same
// in every row stands in the text, so that fewer values travel than in the ledger's.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

#include "store/many_rows.h"

namespace karv::bench {

inline constexpr store::RowSql kBareTransfer =
    "insert into ledger_transfers (transfer_id, step, kind, debit_account, credit_account, amount_minor,"
    " pending_minor, currency, pending_id, group_id, reference, business_time)"
    " values ($1, 'posted', $2, $3, $4, $5, 0, 'EUR', null, null, null, $6)";
inline constexpr store::RowSql kBareTail =
    "insert into ledger_tail (account_id, entry_id, debits_posted, credits_posted, debits_pending, credits_pending)"
    " values ($1, $2, $3, $4, 0, 0)";
// Adds instead of setting what somebody has read: so no writer needs to know what the others did.
inline constexpr std::string_view kBareBalance =
    "update ledger_balances set debits_posted = debits_posted + $1, credits_posted = credits_posted + $2"
    " where account_id = $3";
inline constexpr std::string_view kBareOpen = "insert into ledger_balances values ($1, 0, 0, 0, 0)";

// How many rows a statement writes: the large one as often as it fits, then the next. Many rows to a statement were
// plainly better than one by one on both engines; 128 against the ledger's own 32 made no difference beyond the scatter
// of a busy machine, and stands here so that the limit is not below what is possible.
inline constexpr std::array<std::size_t, 4> kRowsAtOnce{128, 32, 8, 1};

template <store::RowSql kRow>
std::array<std::string_view, kRowsAtOnce.size()> texts_of() {
  return []<std::size_t... kWhich>(std::index_sequence<kWhich...>) {
    return std::array{store::sql_of_rows<kRow, kRowsAtOnce[kWhich]>().text()...};
  }(std::make_index_sequence<kRowsAtOnce.size()>());
}

// Calls take(which, first) for each statement: which of kRowsAtOnce, and the index of its first row.
template <class Take>
void in_statements(std::size_t rows, Take take) {
  std::size_t at = 0;
  for (std::size_t which = 0; which < kRowsAtOnce.size(); ++which)
    for (; rows - at >= kRowsAtOnce[which]; at += kRowsAtOnce[which]) take(which, at);
}

}  // namespace karv::bench
