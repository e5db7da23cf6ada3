#include "vault/retention/repository.h"

namespace karv::vault {
namespace {

using store::Sql;

// Just those that remove() lets go, so that what stays never stands before what goes.
constexpr Sql kFindCards =
    "select distinct t.card_id from card_tickets t join cards c on c.card_id = t.card_id"
    " where t.expires_at <= $1 and t.state = 'filled'"
    " and not exists (select 1 from vault_tokens v where v.card_id = t.card_id)"
    " and not exists (select 1 from card_tickets n"
    "  where n.card_id = t.card_id and n.expires_at > $2 and n.state <> 'collected')"
    " and not exists (select 1 from open_operations o join operations p on p.operation_id = o.operation_id"
    "  where p.card_id = t.card_id)"
    " limit $3";
constexpr Sql kFindAccounts =
    "select distinct t.account_id from bank_tickets t join bank_accounts a on a.account_id = t.account_id"
    " where t.expires_at <= $1 and t.state = 'filled'"
    " and not exists (select 1 from bank_tokens v where v.account_id = t.account_id)"
    " and not exists (select 1 from bank_tickets n"
    "  where n.account_id = t.account_id and n.expires_at > $2 and n.state <> 'collected')"
    " limit $3";

// Of a thing that was typed: whether it is still wanted, and how it goes.
struct Uncollected {
  Sql lock;
  Sql count_tokens;
  Sql count_forms_left;
  Sql count_forms_over;
  Sql erase_forms;
  Sql erase;
  std::optional<Sql> count_under_way = {};  // an account's last token stays while a file needs it (bank/desk.h)
};
constexpr Uncollected kCard = {
    "select card_id from cards where card_id = $1",
    "select count(*) from vault_tokens where card_id = $1",
    "select count(*) from card_tickets where card_id = $1 and expires_at > $2 and state <> 'collected'",
    "select count(*) from card_tickets where card_id = $1 and expires_at <= $2",
    "delete from card_tickets where card_id = $1 and expires_at <= $2",
    "delete from cards where card_id = $1",
    "select count(*) from open_operations o join operations p on p.operation_id = o.operation_id where p.card_id = $1",
};
constexpr Uncollected kAccount = {
    "select account_id from bank_accounts where account_id = $1",
    "select count(*) from bank_tokens where account_id = $1",
    "select count(*) from bank_tickets where account_id = $1 and expires_at > $2 and state <> 'collected'",
    "select count(*) from bank_tickets where account_id = $1 and expires_at <= $2",
    "delete from bank_tickets where account_id = $1 and expires_at <= $2",
    "delete from bank_accounts where account_id = $1",
};

template <class Id>
base::Result<std::vector<Id>> find_ids(store::ReadTx& tx, Sql sql, base::Instant until, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({sql, {until.ms, until.ms, limit}}));
  std::vector<Id> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows) ids.push_back(row.id<Id>(0));
  return ids;
}

template <class Id>
base::Result<bool> remove(store::Tx& tx, const Uncollected& what, Id id, base::Instant until) {
  std::vector<store::Query> questions = {{what.lock, {id}, true},
                                         {what.count_tokens, {id}},
                                         {what.count_forms_left, {id, until.ms}},
                                         {what.count_forms_over, {id, until.ms}}};
  if (what.count_under_way) questions.push_back({*what.count_under_way, {id}});
  KARV_TRY(const auto found, tx.read(std::move(questions)));
  const auto count = [&](std::size_t at) { return found[at].front().integer(0); };
  if (found[0].empty() || count(1) > 0 || count(2) > 0 || (what.count_under_way && count(4) > 0)) return false;
  tx.write({what.erase_forms, {id, until.ms}}, count(3));
  tx.write({what.erase, {id}}, 1);
  return true;
}

}  // namespace

base::Result<std::int64_t> remove_aged(store::Tx& tx, const AgeSweep& sweep, std::int64_t over, std::int64_t limit) {
  KARV_TRY(const auto oldest, tx.read_one({sweep.find, {over, limit}}));
  if (oldest.empty()) return 0;
  const auto until = oldest.back().integer(0);
  std::vector<store::Query> counts = {{sweep.count, {until}}};
  if (sweep.count_parts) counts.push_back({*sweep.count_parts, {until}});
  KARV_TRY(const auto counted, tx.read(std::move(counts)));
  if (sweep.erase_parts) tx.write({*sweep.erase_parts, {until}}, counted[1].front().integer(0));
  const auto rows = counted[0].front().integer(0);
  tx.write({sweep.erase, {until}}, rows);
  return rows;
}

base::Result<std::vector<CardId>> find_uncollected_cards(store::ReadTx& tx, base::Instant until, std::int64_t limit) {
  return find_ids<CardId>(tx, kFindCards, until, limit);
}
base::Result<std::vector<BankAccountId>> find_uncollected_accounts(store::ReadTx& tx, base::Instant until,
                                                                   std::int64_t limit) {
  return find_ids<BankAccountId>(tx, kFindAccounts, until, limit);
}
base::Result<bool> remove_uncollected(store::Tx& tx, CardId card, base::Instant until) {
  return remove(tx, kCard, card, until);
}
base::Result<bool> remove_uncollected(store::Tx& tx, BankAccountId account, base::Instant until) {
  return remove(tx, kAccount, account, until);
}

}  // namespace karv::vault
