// Rows whose time is over (rules.h says when), and account data that nobody collected. No decisions here.
#pragma once

#include <array>
#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/bank/types.h"
#include "vault/types.h"

namespace karv::vault {

// Migration 20100: by which old rows of large tables are found.
inline constexpr const char* kOperationsByTime = "create index operations_by_time on operations (created_at)";
inline constexpr const char* kTokensByExpiry = "create index vault_tokens_by_expires_at on vault_tokens (expires_at)";

// Of a table that is kept for a time. Each has one parameter, the latest `since` that is over; `find` answers those
// instants, oldest first, and takes a limit.
struct AgeSweep {
  std::string_view table;
  store::Sql find;
  store::Sql count;
  store::Sql erase;
  std::optional<store::Sql> count_parts = {};  // rows of another table that go with these
  std::optional<store::Sql> erase_parts = {};
};
inline constexpr auto kAgeSweeps = std::to_array<AgeSweep>({
    // A filled form stays as long as it leads to what has no token.
    {"card_tickets",
     "select expires_at from card_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from cards a where a.card_id = card_tickets.card_id"
     " and not exists (select 1 from vault_tokens v where v.card_id = a.card_id)))"
     " order by expires_at limit $2",
     "select count(*) from card_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from cards a where a.card_id = card_tickets.card_id"
     " and not exists (select 1 from vault_tokens v where v.card_id = a.card_id)))",
     "delete from card_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from cards a where a.card_id = card_tickets.card_id"
     " and not exists (select 1 from vault_tokens v where v.card_id = a.card_id)))"},
    {"bank_tickets",
     "select expires_at from bank_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from bank_accounts a where a.account_id = bank_tickets.account_id"
     " and not exists (select 1 from bank_tokens v where v.account_id = a.account_id)))"
     " order by expires_at limit $2",
     "select count(*) from bank_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from bank_accounts a where a.account_id = bank_tickets.account_id"
     " and not exists (select 1 from bank_tokens v where v.account_id = a.account_id)))",
     "delete from bank_tickets where expires_at <= $1"
     " and (state <> 'filled' or not exists (select 1 from bank_accounts a where a.account_id = bank_tickets.account_id"
     " and not exists (select 1 from bank_tokens v where v.account_id = a.account_id)))"},
    // What another one quotes goes after that one: a refund needs its completion, and that one its hold.
    {"operations",
     "select created_at from operations where created_at <= $1"
     " and operation_id not in (select operation_id from open_operations)"
     " and not exists (select 1 from operations q where q.original_id = operations.operation_id)"
     " order by created_at limit $2",
     "select count(*) from operations where created_at <= $1"
     " and operation_id not in (select operation_id from open_operations)"
     " and not exists (select 1 from operations q where q.original_id = operations.operation_id)",
     "delete from operations where created_at <= $1"
     " and operation_id not in (select operation_id from open_operations)"
     " and not exists (select 1 from operations q where q.original_id = operations.operation_id)"},
    {"bank_files",
     "select created_at from bank_files where created_at <= $1 and due_at is null order by created_at limit $2",
     "select count(*) from bank_files where created_at <= $1 and due_at is null",
     "delete from bank_files where created_at <= $1 and due_at is null",
     "select count(*) from bank_file_entries where file_id in"
     " (select file_id from bank_files where created_at <= $1 and due_at is null)",
     "delete from bank_file_entries where file_id in"
     " (select file_id from bank_files where created_at <= $1 and due_at is null)"},
    {"bank_statement_files",
     "select received_at from bank_statement_files where received_at <= $1 order by received_at limit $2",
     "select count(*) from bank_statement_files where received_at <= $1",
     "delete from bank_statement_files where received_at <= $1",
     "select count(*) from bank_statement_lines where file_id in"
     " (select file_id from bank_statement_files where received_at <= $1)",
     "delete from bank_statement_lines where file_id in"
     " (select file_id from bank_statement_files where received_at <= $1)"},
    {"token_refusals", "select last_at from token_refusals where last_at <= $1 order by last_at limit $2",
     "select count(*) from token_refusals where last_at <= $1", "delete from token_refusals where last_at <= $1"},
    {"token_refusal_days", "select day from token_refusal_days where day <= $1 order by day limit $2",
     "select count(*) from token_refusal_days where day <= $1", "delete from token_refusal_days where day <= $1"},
    {"page_findings", "select last_seen from page_findings where last_seen <= $1 order by last_seen limit $2",
     "select count(*) from page_findings where last_seen <= $1", "delete from page_findings where last_seen <= $1"},
    {"noted_acts", "select noted_at from noted_acts where noted_at <= $1 order by noted_at limit $2",
     "select count(*) from noted_acts where noted_at <= $1", "delete from noted_acts where noted_at <= $1"},
    {"reveal_requests", "select asked_at from reveal_requests where asked_at <= $1 order by asked_at limit $2",
     "select count(*) from reveal_requests where asked_at <= $1", "delete from reveal_requests where asked_at <= $1"},
    {"reveal_looks", "select looked_at from reveal_looks where looked_at <= $1 order by looked_at limit $2",
     "select count(*) from reveal_looks where looked_at <= $1", "delete from reveal_looks where looked_at <= $1"},
    {"journal_acceptances",
     "select accepted_at from journal_acceptances where accepted_at <= $1 order by accepted_at limit $2",
     "select count(*) from journal_acceptances where accepted_at <= $1",
     "delete from journal_acceptances where accepted_at <= $1"},
    {"import_approvals",
     "select approved_at from import_approvals where approved_at <= $1 order by approved_at limit $2",
     "select count(*) from import_approvals where approved_at <= $1",
     "delete from import_approvals where approved_at <= $1"},
});

// Deletes what is over, oldest first, `limit` rows and those of the same instant. Answers how many.
base::Result<std::int64_t> remove_aged(store::Tx& tx, const AgeSweep& sweep, std::int64_t over, std::int64_t limit);

// Filled into forms that were over at `until`, and not collected: those that remove_uncollected() lets go.
base::Result<std::vector<CardId>> find_uncollected_cards(store::ReadTx& tx, base::Instant until, std::int64_t limit);
base::Result<std::vector<BankAccountId>> find_uncollected_accounts(store::ReadTx& tx, base::Instant until,
                                                                   std::int64_t limit);
// With those forms; it stays when it has a token, a form that is not over, or an operation under way. Answers whether
// it went.
base::Result<bool> remove_uncollected(store::Tx& tx, CardId card, base::Instant until);
base::Result<bool> remove_uncollected(store::Tx& tx, BankAccountId account, base::Instant until);

}  // namespace karv::vault
