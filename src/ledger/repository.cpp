#include "ledger/repository.h"

#include <array>

#include "base/check.h"
#include "store/many_rows.h"

namespace karv::ledger {
namespace {

using base::Result;
using store::Query;
using store::Sql;

constexpr Sql kInsertAccount =
    "insert into ledger_accounts (account_id, kind, owner, currency, normal_side, balance_mode, floor)"
    " values ($1, $2, $3, $4, $5, $6, $7)";
constexpr Sql kInsertBalance =
    "insert into ledger_balances (account_id, debits_posted, credits_posted, debits_pending, credits_pending)"
    " values ($1, 0, 0, 0, 0)";
// Never inserts: the rows were read, and are locked. UPDATE has no form for many rows that both engines know.
constexpr store::RowSql kUpdateBalances =
    "insert into ledger_balances (account_id, debits_posted, credits_posted, debits_pending, credits_pending)"
    " values ($1, $2, $3, $4, $5) on conflict (account_id) do update set debits_posted = excluded.debits_posted,"
    " credits_posted = excluded.credits_posted, debits_pending = excluded.debits_pending,"
    " credits_pending = excluded.credits_pending";
constexpr Sql kInsertRollup =
    "insert into ledger_rollups"
    " (account_id, debits_posted, credits_posted, debits_pending, credits_pending, version)"
    " values ($1, 0, 0, 0, 0, 0)";
constexpr store::RowSql kInsertTail =
    "insert into ledger_tail (account_id, entry_id, debits_posted, credits_posted, debits_pending, credits_pending)"
    " values ($1, $2, $3, $4, $5, $6)";
constexpr store::RowSql kInsertTransfer =
    "insert into ledger_transfers (transfer_id, step, kind, debit_account, credit_account, amount_minor,"
    " pending_minor, currency, pending_id, group_id, reference, business_time)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)";

constexpr store::RowSql kFindAccounts =
    "select account_id, kind, owner, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id in ($1) order by account_id";
// In id order, so that callers lock in the same order.
constexpr store::RowSql kFindBalances =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id in ($1) order by account_id";
constexpr Sql kFindTransfer =
    "select transfer_id, step, kind, debit_account, credit_account, amount_minor, pending_minor, currency, pending_id,"
    " group_id, reference, business_time from ledger_transfers where transfer_id = $1";
constexpr Sql kFindResolution = "select step from ledger_transfers where pending_id = $1";
constexpr Sql kFindByReference =
    "select transfer_id, step, kind, debit_account, credit_account, amount_minor, pending_minor, currency, pending_id,"
    " group_id, reference, business_time from ledger_transfers where reference = $1 order by transfer_id";
constexpr store::RowSql kFindTerms =
    "select account_id, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id in ($1) order by account_id";
constexpr Sql kFindReservedDebit =
    "select account_id, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id = (select debit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedCredit =
    "select account_id, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id = (select credit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedDebitBalance =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id = (select debit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedCreditBalance =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id = (select credit_account from ledger_transfers where transfer_id = $1)";
// One statement, so that roll-up and tail are of one moment also where each statement has a snapshot of its own.
constexpr Sql kFindWholeBalance =
    "select a.account_id, a.kind, a.owner, a.currency, a.normal_side, a.balance_mode, a.floor,"
    " b.account_id, b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending,"
    " r.account_id, r.debits_posted, r.credits_posted, r.debits_pending, r.credits_pending,"
    " t.account_id, t.debits_posted, t.credits_posted, t.debits_pending, t.credits_pending"
    " from ledger_accounts a"
    " left join ledger_balances b on b.account_id = a.account_id"
    " left join ledger_rollups r on r.account_id = a.account_id"
    " left join (select account_id, cast(sum(debits_posted) as BIGINT) as debits_posted,"
    " cast(sum(credits_posted) as BIGINT) as credits_posted, cast(sum(debits_pending) as BIGINT) as debits_pending,"
    " cast(sum(credits_pending) as BIGINT) as credits_pending"
    " from ledger_tail where account_id = $1 group by account_id) t on t.account_id = a.account_id"
    " where a.account_id = $2";
constexpr Sql kFindRollup =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending, version from ledger_rollups"
    " where account_id = $1";
constexpr Sql kFindTail =
    "select entry_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_tail"
    " where account_id = $1 order by entry_id limit $2";
constexpr Sql kUpdateRollup =
    "update ledger_rollups set debits_posted = $1, credits_posted = $2, debits_pending = $3, credits_pending = $4,"
    " version = $5 where account_id = $6 and version = $7";
constexpr store::RowSql kDeleteTail = "delete from ledger_tail where account_id = $1 and entry_id in ($2)";
constexpr Sql kFindLongTails =
    "select account_id from ledger_tail where account_id > $1"
    " group by account_id having count(*) >= $2 order by account_id limit $3";
constexpr Sql kFindTailAfter =
    "select account_id, entry_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_tail"
    " where (account_id, entry_id) > ($1, $2) order by account_id, entry_id limit $3";
constexpr Sql kFindAccountsAfter =
    "select a.account_id, a.kind, a.owner, a.currency, a.normal_side, a.balance_mode, a.floor,"
    " b.account_id, b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending,"
    " r.account_id, r.debits_posted, r.credits_posted, r.debits_pending, r.credits_pending"
    " from ledger_accounts a left join ledger_balances b on b.account_id = a.account_id"
    " left join ledger_rollups r on r.account_id = a.account_id"
    " where a.account_id > $1 order by a.account_id limit $2";
constexpr Sql kFindTransfersAfter =
    "select t.transfer_id, t.step, t.kind, t.debit_account, t.credit_account, t.amount_minor, t.pending_minor,"
    " t.currency, t.pending_id, t.group_id, t.reference, t.business_time,"
    " p.transfer_id, p.step, p.kind, p.debit_account, p.credit_account, p.amount_minor, p.pending_minor,"
    " p.currency, p.pending_id, p.group_id, p.reference, p.business_time"
    " from ledger_transfers t left join ledger_transfers p on p.transfer_id = t.pending_id"
    " where t.transfer_id > $1 order by t.transfer_id limit $2";

// Stored words are ours: one that is not known is a bug or a damaged database.
template <class Enum, std::size_t N>
Enum parse(std::string_view text, const std::array<Enum, N>& all) {
  for (const auto value : all)
    if (word(value) == text) return value;
  base::requirement_failed("a stored word is known", std::source_location::current());
}

constexpr std::array kSides{NormalSide::debit, NormalSide::credit};
constexpr std::array kModes{BalanceMode::kept, BalanceMode::derived};
constexpr std::array kFloors{Floor::none, Floor::zero};

money::Currency currency_of(const std::string& text) {
  const auto currency = money::Currency::parse(text);
  KARV_REQUIRE(currency.has_value());
  return *currency;
}

Account account_of(const store::Row& row) {
  return {.id = row.id<AccountId>(0),
          .kind = row.text(1),
          .owner = row.text(2),
          .currency = currency_of(row.text(3)),
          .normal_side = parse(row.text(4), kSides),
          .balance_mode = parse(row.text(5), kModes),
          .floor = parse(row.text(6), kFloors)};
}

KnownTerms terms_of(const store::Row& row) {
  return {.id = row.id<AccountId>(0),
          .terms = {.currency = currency_of(row.text(1)),
                    .normal_side = parse(row.text(2), kSides),
                    .balance_mode = parse(row.text(3), kModes),
                    .floor = parse(row.text(4), kFloors)}};
}

Sums sums_of(const store::Row& row, std::size_t at) {
  return {.debits_posted = row.integer(at),
          .credits_posted = row.integer(at + 1),
          .debits_pending = row.integer(at + 2),
          .credits_pending = row.integer(at + 3)};
}

// The columns from `at` on are those of kFindTransfer.
Transfer transfer_of(const store::Row& row, std::size_t at = 0) {
  std::optional<base::Uuid> reference;
  if (const auto id = row.id_or_null<TransferId>(at + 10)) reference = id->uuid();
  return {
      .id = row.id<TransferId>(at),
      .step = parse(row.text(at + 1), std::array{Step::posted, Step::pending, Step::post_pending, Step::void_pending}),
      .kind = row.text(at + 2),
      .debit = row.id<AccountId>(at + 3),
      .credit = row.id<AccountId>(at + 4),
      .amount = {row.integer(at + 5), currency_of(row.text(at + 7))},
      .pending_minor = row.integer(at + 6),
      .pending_id = row.id_or_null<TransferId>(at + 8),
      .group = row.id_or_null<GroupId>(at + 9),
      .reference = reference,
      .business_time = {row.integer(at + 11)}};
}

Query locked(Sql sql, store::Value parameter) {
  return {.sql = sql, .parameters = {std::move(parameter)}, .for_update = true};
}

template <store::RowSql kRow>
void find_by_id(std::vector<Query>& batch, std::span<const AccountId> ids, bool for_update) {
  store::find_rows<kRow>(batch, ids.size(), for_update,
                         [&](std::size_t i, std::vector<store::Value>& values) { values.emplace_back(ids[i]); });
}

void add_account(Book& book, const KnownTerms& account, const store::Row* balance) {
  KARV_REQUIRE((account.terms.balance_mode == BalanceMode::kept) == (balance != nullptr));
  book.add_account(account.id, account.terms, balance == nullptr ? Sums{} : sums_of(*balance, 1));
}

// Nothing when there is no such account: the rules refuse what needs it.
void add_reserved_account(Book& book, const store::Rows& account, const store::Rows& balance) {
  if (!account.empty()) add_account(book, terms_of(account.front()), balance.empty() ? nullptr : &balance.front());
}

// Walks over answers that are, one after the other, in id order.
class RowsById {
 public:
  explicit RowsById(std::span<const store::Rows> answers) : answers_(answers) {}
  // nullptr: it has no row. Pre: asked in id order.
  const store::Row* take(AccountId id) {
    while (const store::Row* row = next()) {
      const auto found = row->id<AccountId>(0);
      if (found > id) return nullptr;
      ++at_;
      if (found == id) return row;
    }
    return nullptr;
  }

 private:
  const store::Row* next() {
    while (!answers_.empty() && at_ == answers_.front().size()) {
      answers_ = answers_.subspan(1);
      at_ = 0;
    }
    return answers_.empty() ? nullptr : &answers_.front()[at_];
  }

  std::span<const store::Rows> answers_;
  std::size_t at_ = 0;
};

// The questions about the accounts that a call's transfers name: the terms of those that are not known, and the sums of
// all that are not known to have none.
class AccountsAsked {
 public:
  AccountsAsked(std::span<const AccountId> ids, AccountCache* known, std::vector<Query>& batch)
      : ids_(ids), known_(known != nullptr ? known->find(ids) : std::vector<std::optional<Terms>>(ids.size())) {
    std::vector<AccountId> unknown;
    std::vector<AccountId> summed;
    for (std::size_t i = 0; i < ids.size(); ++i) {
      if (!known_[i]) unknown.push_back(ids[i]);
      if (!known_[i] || known_[i]->balance_mode == BalanceMode::kept) summed.push_back(ids[i]);
    }
    const std::size_t first = batch.size();
    find_by_id<kFindTerms>(batch, unknown, false);
    terms_queries_ = batch.size() - first;
    find_by_id<kFindBalances>(batch, summed, true);
  }

  // Answers what was learned about accounts that were not known.
  std::vector<KnownTerms> add_to(Book& book, std::span<const store::Rows> answers) const {
    RowsById terms(answers.first(terms_queries_));
    RowsById balances(answers.subspan(terms_queries_));
    std::vector<KnownTerms> learned;
    for (std::size_t i = 0; i < ids_.size(); ++i) {
      if (known_[i]) {
        add_account(book, {ids_[i], *known_[i]}, balances.take(ids_[i]));
      } else if (const auto* row = terms.take(ids_[i])) {
        learned.push_back(terms_of(*row));
        add_account(book, learned.back(), balances.take(ids_[i]));
      }
    }
    return learned;
  }

 private:
  std::span<const AccountId> ids_;
  std::vector<std::optional<Terms>> known_;
  std::size_t terms_queries_ = 0;
};

void put_sums(std::vector<store::Value>& values, const Sums& sums) {
  for (const auto sum : {sums.debits_posted, sums.credits_posted, sums.debits_pending, sums.credits_pending})
    values.emplace_back(sum);
}

}  // namespace

namespace repository {

void insert_account(store::Tx& tx, const Account& account) {
  tx.write({kInsertAccount,
            {account.id, account.kind, account.owner, account.currency.code(), word(account.normal_side),
             word(account.balance_mode), word(account.floor)}},
           1);
  tx.write({account.balance_mode == BalanceMode::kept ? kInsertBalance : kInsertRollup, {account.id}}, 1);
}

void insert_transfers(store::Tx& tx, std::span<const Transfer> transfers) {
  store::insert_rows<kInsertTransfer>(tx, transfers.size(), [&](std::size_t i, std::vector<store::Value>& values) {
    const Transfer& transfer = transfers[i];
    values.emplace_back(transfer.id);
    values.emplace_back(word(transfer.step));
    values.emplace_back(transfer.kind);
    values.emplace_back(transfer.debit);
    values.emplace_back(transfer.credit);
    values.emplace_back(transfer.amount.minor());
    values.emplace_back(transfer.pending_minor);
    values.emplace_back(transfer.amount.currency().code());
    values.emplace_back(transfer.pending_id);
    values.emplace_back(transfer.group);
    if (transfer.reference)
      values.emplace_back(base::Bytes(transfer.reference->begin(), transfer.reference->end()));
    else
      values.emplace_back();
    values.emplace_back(transfer.business_time.ms);
  });
}

void insert_tail(store::Tx& tx, std::span<const TailEntry> entries) {
  store::insert_rows<kInsertTail>(tx, entries.size(), [&](std::size_t i, std::vector<store::Value>& values) {
    values.emplace_back(entries[i].account);
    values.emplace_back(entries[i].entry);
    put_sums(values, entries[i].sums);
  });
}

void update_sums(store::Tx& tx, std::span<const NewSums> accounts) {
  store::insert_rows<kUpdateBalances>(tx, accounts.size(), [&](std::size_t i, std::vector<store::Value>& values) {
    values.emplace_back(accounts[i].account);
    put_sums(values, accounts[i].sums);
  });
}

Result<Book> read_book(store::Tx& tx, const Wanted& wanted, AccountCache* known) {
  std::vector<Query> batch;
  const AccountsAsked asked(wanted.accounts, known, batch);
  const std::size_t reservations_at = batch.size();
  for (const auto& id : wanted.reservations) {
    batch.push_back({kFindTransfer, {id}});
    batch.push_back({kFindResolution, {id}});
    batch.push_back({kFindReservedDebit, {id}});
    batch.push_back(locked(kFindReservedDebitBalance, id));
    batch.push_back({kFindReservedCredit, {id}});
    batch.push_back(locked(kFindReservedCreditBalance, id));
  }
  std::vector<store::Rows> answers;
  if (!batch.empty()) {
    KARV_TRY(answers, tx.read(std::move(batch)));
  }

  Book book;
  book.reserve(wanted.accounts.size() + wanted.reservations.size() * 2, wanted.transfers);
  auto learned = asked.add_to(book, std::span(answers).first(reservations_at));
  std::size_t at = reservations_at;
  for (std::size_t i = 0; i < wanted.reservations.size(); ++i, at += 6) {
    if (answers.at(at).empty()) continue;
    State state = State::pending;
    if (!answers.at(at + 1).empty())
      state = answers[at + 1][0].text(0) == word(Step::void_pending) ? State::voided : State::posted;
    book.add_reservation(transfer_of(answers[at][0]), state);
    add_reserved_account(book, answers.at(at + 2), answers.at(at + 3));
    add_reserved_account(book, answers.at(at + 4), answers.at(at + 5));
  }
  KARV_REQUIRE(at == answers.size());
  if (known != nullptr && !learned.empty())
    tx.after_commit([known, learned = std::move(learned)] { known->put(learned); });
  return book;
}

Result<std::vector<Account>> read_accounts(store::ReadTx& tx, const std::vector<AccountId>& ids) {
  std::vector<Query> batch;
  find_by_id<kFindAccounts>(batch, ids, false);
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  std::vector<Account> accounts;
  for (const auto& rows : answers)
    for (const auto& row : rows) accounts.push_back(account_of(row));
  return accounts;
}

Result<std::optional<Balance>> read_balance(store::ReadTx& tx, AccountId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindWholeBalance, {id, id}}));
  if (rows.empty()) return std::optional<Balance>();
  const auto& row = rows.front();
  Balance balance{.account = account_of(row), .sums = {}};
  const bool kept = balance.account.balance_mode == BalanceMode::kept;
  KARV_REQUIRE(row.is_null(7) != kept && row.is_null(12) == kept);
  balance.sums = sums_of(row, kept ? 8 : 13);
  if (!kept && !row.is_null(17)) KARV_REQUIRE(add_to(balance.sums, sums_of(row, 18)));
  return std::optional(balance);
}

Result<Rollup> read_rollup(store::Tx& tx, AccountId account, std::int64_t entries) {
  // The roll-up first: who has to wait for its row sees the tail without what the other took from it.
  KARV_TRY(const auto answers, tx.read({locked(kFindRollup, account), {kFindTail, {account, entries}}}));
  Rollup rollup{.account = account, .sums = {}, .version = 0, .tail = {}};
  if (answers.at(0).empty())
    return base::internal_error(base::ErrorCode::not_found, "there is no such account with a derived balance");
  rollup.sums = sums_of(answers[0][0], 1);
  rollup.version = answers[0][0].integer(5);
  for (const auto& row : answers.at(1))
    rollup.tail.push_back({.account = account, .entry = row.id<TransferId>(0), .sums = sums_of(row, 1)});
  return rollup;
}

void store_rollup(store::Tx& tx, const Rollup& rollup, const Sums& sums) {
  store::delete_rows<kDeleteTail>(
      tx, std::array<store::Value, 1>{rollup.account}, rollup.tail.size(),
      [&](std::size_t i, std::vector<store::Value>& keys) { keys.emplace_back(rollup.tail[i].entry); });
  tx.write({kUpdateRollup,
            {sums.debits_posted, sums.credits_posted, sums.debits_pending, sums.credits_pending, rollup.version + 1,
             rollup.account, rollup.version}},
           1);
}

Result<std::vector<AccountId>> read_long_tails(store::ReadTx& tx, AccountId after, std::int64_t at_least,
                                               std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindLongTails, {after, at_least, limit}}));
  std::vector<AccountId> accounts;
  accounts.reserve(rows.size());
  for (const auto& row : rows) accounts.push_back(row.id<AccountId>(0));
  return accounts;
}

Result<std::optional<Transfer>> read_transfer(store::ReadTx& tx, TransferId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindTransfer, {id}}));
  if (rows.empty()) return std::optional<Transfer>();
  return std::optional(transfer_of(rows.front()));
}

Result<std::vector<Transfer>> read_by_reference(store::ReadTx& tx, const base::Uuid& reference) {
  KARV_TRY(const auto rows, tx.read_one({kFindByReference, {base::Bytes(reference.begin(), reference.end())}}));
  std::vector<Transfer> transfers;
  transfers.reserve(rows.size());
  for (const auto& row : rows) transfers.push_back(transfer_of(row));
  return transfers;
}

Result<std::vector<StoredAccount>> read_accounts_after(store::ReadTx& tx, AccountId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindAccountsAfter, {after, limit}}));
  std::vector<StoredAccount> accounts;
  for (const auto& row : rows) {
    StoredAccount found{.account = account_of(row), .kept = std::nullopt, .rolled_up = std::nullopt};
    if (!row.is_null(7)) found.kept = sums_of(row, 8);
    if (!row.is_null(12)) found.rolled_up = sums_of(row, 13);
    accounts.push_back(std::move(found));
  }
  return accounts;
}

Result<std::vector<StoredTransfer>> read_transfers_after(store::ReadTx& tx, TransferId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindTransfersAfter, {after, limit}}));
  std::vector<StoredTransfer> transfers;
  for (const auto& row : rows) {
    StoredTransfer found{.transfer = transfer_of(row), .reserved = std::nullopt};
    if (!row.is_null(12)) found.reserved = transfer_of(row, 12);
    transfers.push_back(std::move(found));
  }
  return transfers;
}

Result<std::vector<TailEntry>> read_tail_after(store::ReadTx& tx, const TailEntry& after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindTailAfter, {after.account, after.entry, limit}}));
  std::vector<TailEntry> entries;
  entries.reserve(rows.size());
  for (const auto& row : rows)
    entries.push_back({.account = row.id<AccountId>(0), .entry = row.id<TransferId>(1), .sums = sums_of(row, 2)});
  return entries;
}

}  // namespace repository
}  // namespace karv::ledger
