#include "vault/retention/repository.h"

namespace karv::vault {
namespace {

using store::Sql;

constexpr Sql kFindCards =
    "select distinct card_id from card_tickets where expires_at <= $1 and state = 'filled' limit $2";
constexpr Sql kFindAccounts =
    "select distinct account_id from bank_tickets where expires_at <= $1 and state = 'filled' limit $2";

// Of a thing that was typed: whether it is still wanted, and how it goes.
struct Uncollected {
  Sql lock;
  Sql count_tokens;
  Sql count_forms_left;
  Sql count_forms_over;
  Sql erase_forms;
  Sql erase;
};
constexpr Uncollected kCard = {
    "select card_id from cards where card_id = $1",
    "select count(*) from vault_tokens where card_id = $1",
    "select count(*) from card_tickets where card_id = $1 and expires_at > $2 and state <> 'collected'",
    "select count(*) from card_tickets where card_id = $1 and expires_at <= $2",
    "delete from card_tickets where card_id = $1 and expires_at <= $2",
    "delete from cards where card_id = $1",
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
  KARV_TRY(const auto rows, tx.read_one({sql, {until.ms, limit}}));
  std::vector<Id> ids;
  ids.reserve(rows.size());
  for (const auto& row : rows) ids.push_back(row.id<Id>(0));
  return ids;
}

template <class Id>
base::Result<bool> remove(store::Tx& tx, const Uncollected& what, Id id, base::Instant until) {
  KARV_TRY(const auto found, tx.read({{what.lock, {id}, true},
                                      {what.count_tokens, {id}},
                                      {what.count_forms_left, {id, until.ms}},
                                      {what.count_forms_over, {id, until.ms}}}));
  const auto count = [&](std::size_t at) { return found[at].front().integer(0); };
  if (found[0].empty() || count(1) > 0 || count(2) > 0) return false;
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
