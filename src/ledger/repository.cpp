#include "ledger/repository.h"

#include <array>

#include "base/check.h"
#include "ledger/service.h"

namespace karv::ledger {
namespace {

using base::Result;
using store::Query;
using store::Sql;

constexpr std::string_view kCreateAccounts =
    "create table ledger_accounts ("
    " account_id BYTEA primary key,"
    " kind TEXT not null,"
    " owner TEXT not null,"
    " currency TEXT not null,"
    " normal_side TEXT not null check (normal_side in ('debit', 'credit')),"
    " balance_mode TEXT not null check (balance_mode in ('kept', 'derived')),"
    " floor TEXT not null check (floor in ('none', 'zero')))";
// Kept balances only. A table of its own, so that reading a shared account never locks it.
constexpr std::string_view kCreateBalances =
    "create table ledger_balances ("
    " account_id BYTEA primary key,"
    " debits_posted BIGINT not null check (debits_posted >= 0),"
    " credits_posted BIGINT not null check (credits_posted >= 0),"
    " debits_pending BIGINT not null check (debits_pending >= 0),"
    " credits_pending BIGINT not null check (credits_pending >= 0))";
// derived_debit and derived_credit repeat the account when its balance is derived: their indexes hold those only.
constexpr std::string_view kCreateTransfers =
    "create table ledger_transfers ("
    " transfer_id BYTEA primary key,"
    " step TEXT not null check (step in ('posted', 'pending', 'post_pending', 'void_pending')),"
    " kind TEXT not null,"
    " debit_account BYTEA not null,"
    " credit_account BYTEA not null,"
    " derived_debit BYTEA,"
    " derived_credit BYTEA,"
    " amount_minor BIGINT not null check (amount_minor > 0),"
    " pending_minor BIGINT not null,"
    " currency TEXT not null,"
    " pending_id BYTEA,"
    " group_id BYTEA,"
    " reference BYTEA,"
    " business_time BIGINT not null,"
    " check (debit_account <> credit_account),"
    " check ((pending_id is null) = (step in ('posted', 'pending'))))";
constexpr std::string_view kIndexPending =
    "create unique index ledger_transfers_pending on ledger_transfers (pending_id) where pending_id is not null";
constexpr std::string_view kIndexDebit =
    "create index ledger_transfers_debit on ledger_transfers (derived_debit, transfer_id)"
    " where derived_debit is not null";
constexpr std::string_view kIndexCredit =
    "create index ledger_transfers_credit on ledger_transfers (derived_credit, transfer_id)"
    " where derived_credit is not null";
constexpr std::string_view kIndexReference =
    "create index ledger_transfers_reference on ledger_transfers (reference, transfer_id) where reference is not null";

constexpr Sql kInsertAccount =
    "insert into ledger_accounts (account_id, kind, owner, currency, normal_side, balance_mode, floor)"
    " values ($1, $2, $3, $4, $5, $6, $7)";
constexpr Sql kInsertBalance =
    "insert into ledger_balances (account_id, debits_posted, credits_posted, debits_pending, credits_pending)"
    " values ($1, 0, 0, 0, 0)";
constexpr Sql kUpdateBalance =
    "update ledger_balances set debits_posted = $1, credits_posted = $2, debits_pending = $3, credits_pending = $4"
    " where account_id = $5";
constexpr Sql kInsertTransfer =
    "insert into ledger_transfers (transfer_id, step, kind, debit_account, credit_account, derived_debit,"
    " derived_credit, amount_minor, pending_minor, currency, pending_id, group_id, reference, business_time)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)";

constexpr Sql kFindAccount =
    "select account_id, kind, owner, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id = $1";
constexpr Sql kFindBalance =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id = $1";
constexpr Sql kFindTransfer =
    "select transfer_id, step, kind, debit_account, credit_account, amount_minor, pending_minor, currency, pending_id,"
    " group_id, reference, business_time from ledger_transfers where transfer_id = $1";
constexpr Sql kFindResolution = "select step from ledger_transfers where pending_id = $1";
constexpr Sql kFindByReference =
    "select transfer_id, step, kind, debit_account, credit_account, amount_minor, pending_minor, currency, pending_id,"
    " group_id, reference, business_time from ledger_transfers where reference = $1 order by transfer_id";
constexpr Sql kFindReservedDebit =
    "select account_id, kind, owner, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id = (select debit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedCredit =
    "select account_id, kind, owner, currency, normal_side, balance_mode, floor from ledger_accounts"
    " where account_id = (select credit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedDebitBalance =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id = (select debit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kFindReservedCreditBalance =
    "select account_id, debits_posted, credits_posted, debits_pending, credits_pending from ledger_balances"
    " where account_id = (select credit_account from ledger_transfers where transfer_id = $1)";
constexpr Sql kSumDebits =
    "select cast(sum(case when step in ('posted', 'post_pending') then amount_minor else 0 end) as BIGINT),"
    " cast(sum(pending_minor) as BIGINT) from ledger_transfers where derived_debit = $1";
constexpr Sql kSumCredits =
    "select cast(sum(case when step in ('posted', 'post_pending') then amount_minor else 0 end) as BIGINT),"
    " cast(sum(pending_minor) as BIGINT) from ledger_transfers where derived_credit = $1";
constexpr Sql kFindAccountsAfter =
    "select a.account_id, a.kind, a.owner, a.currency, a.normal_side, a.balance_mode, a.floor,"
    " b.account_id, b.debits_posted, b.credits_posted, b.debits_pending, b.credits_pending"
    " from ledger_accounts a left join ledger_balances b on b.account_id = a.account_id"
    " where a.account_id > $1 order by a.account_id limit $2";
constexpr Sql kFindTransfersAfter =
    "select t.transfer_id, t.step, t.kind, t.debit_account, t.credit_account, t.amount_minor, t.pending_minor,"
    " t.currency, t.pending_id, t.group_id, t.reference, t.business_time, t.derived_debit, t.derived_credit,"
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
          .normal_side = parse(row.text(4), std::array{NormalSide::debit, NormalSide::credit}),
          .balance_mode = parse(row.text(5), std::array{BalanceMode::kept, BalanceMode::derived}),
          .floor = parse(row.text(6), std::array{Floor::none, Floor::zero})};
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

void add_account(Book& book, const store::Rows& account, const store::Rows& balance) {
  if (account.empty()) return;  // the rules refuse what needs it
  const Account found = account_of(account.front());
  KARV_REQUIRE((found.balance_mode == BalanceMode::kept) == !balance.empty());
  book.add_account(found, balance.empty() ? Sums{} : sums_of(balance.front(), 1));
}

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> all{{{4001,
                                                     "ledger",
                                                     {kCreateAccounts, kCreateBalances, kCreateTransfers, kIndexPending,
                                                      kIndexDebit, kIndexCredit, kIndexReference}}}};
  return all;
}

namespace repository {

void insert_account(store::Tx& tx, const Account& account) {
  tx.write({kInsertAccount,
            {account.id, account.kind, account.owner, account.currency.code(), word(account.normal_side),
             word(account.balance_mode), word(account.floor)}},
           1);
  if (account.balance_mode == BalanceMode::kept) tx.write({kInsertBalance, {account.id}}, 1);
}

void insert_transfer(store::Tx& tx, const Transfer& transfer, const Account& debit, const Account& credit) {
  const auto if_derived = [](const Account& account) {
    return account.balance_mode == BalanceMode::derived ? std::optional(account.id) : std::nullopt;
  };
  std::optional<base::Bytes> reference;
  if (transfer.reference) reference.emplace(transfer.reference->begin(), transfer.reference->end());
  tx.write({kInsertTransfer,
            {transfer.id, word(transfer.step), transfer.kind, transfer.debit, transfer.credit, if_derived(debit),
             if_derived(credit), transfer.amount.minor(), transfer.pending_minor, transfer.amount.currency().code(),
             transfer.pending_id, transfer.group, reference, transfer.business_time.ms}},
           1);
}

void update_sums(store::Tx& tx, AccountId id, const Sums& sums) {
  tx.write({kUpdateBalance, {sums.debits_posted, sums.credits_posted, sums.debits_pending, sums.credits_pending, id}},
           1);
}

Result<Book> read_book(store::Tx& tx, const std::set<AccountId>& accounts, const std::set<TransferId>& reservations) {
  std::vector<Query> batch;
  for (const auto& id : accounts) {
    batch.push_back({kFindAccount, {id}});
    batch.push_back(locked(kFindBalance, id));
  }
  for (const auto& id : reservations) {
    batch.push_back({kFindTransfer, {id}});
    batch.push_back({kFindResolution, {id}});
    batch.push_back({kFindReservedDebit, {id}});
    batch.push_back(locked(kFindReservedDebitBalance, id));
    batch.push_back({kFindReservedCredit, {id}});
    batch.push_back(locked(kFindReservedCreditBalance, id));
  }
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  Book book;
  std::size_t at = 0;
  for (std::size_t i = 0; i < accounts.size(); ++i, at += 2) add_account(book, answers.at(at), answers.at(at + 1));
  for (std::size_t i = 0; i < reservations.size(); ++i, at += 6) {
    if (answers.at(at).empty()) continue;
    State state = State::pending;
    if (!answers.at(at + 1).empty())
      state = answers[at + 1][0].text(0) == word(Step::void_pending) ? State::voided : State::posted;
    book.add_reservation(transfer_of(answers[at][0]), state);
    add_account(book, answers.at(at + 2), answers.at(at + 3));
    add_account(book, answers.at(at + 4), answers.at(at + 5));
  }
  return book;
}

Result<std::vector<Account>> read_accounts(store::ReadTx& tx, const std::vector<AccountId>& ids) {
  std::vector<Query> batch;
  for (const auto& id : ids) batch.push_back({kFindAccount, {id}});
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  std::vector<Account> accounts;
  for (const auto& rows : answers)
    if (!rows.empty()) accounts.push_back(account_of(rows.front()));
  return accounts;
}

Result<std::optional<Balance>> read_balance(store::ReadTx& tx, AccountId id) {
  KARV_TRY(const auto answers,
           tx.read({{kFindAccount, {id}}, {kFindBalance, {id}}, {kSumDebits, {id}}, {kSumCredits, {id}}}));
  if (answers.at(0).empty()) return std::optional<Balance>();
  Balance balance{.account = account_of(answers[0][0]), .sums = {}};
  if (balance.account.balance_mode == BalanceMode::kept) {
    balance.sums = sums_of(answers.at(1).at(0), 1);
  } else {
    const auto& debits = answers.at(2).at(0);
    const auto& credits = answers.at(3).at(0);
    balance.sums = {.debits_posted = debits.integer_or_null(0).value_or(0),
                    .credits_posted = credits.integer_or_null(0).value_or(0),
                    .debits_pending = debits.integer_or_null(1).value_or(0),
                    .credits_pending = credits.integer_or_null(1).value_or(0)};
  }
  return std::optional(balance);
}

Result<std::optional<Transfer>> read_transfer(store::ReadTx& tx, TransferId id) {
  KARV_TRY(const auto rows, tx.read_one({kFindTransfer, {id}}));
  if (rows.empty()) return std::optional<Transfer>();
  return std::optional(transfer_of(rows.front()));
}

Result<std::vector<Transfer>> read_by_reference(store::ReadTx& tx, const base::Uuid& reference) {
  KARV_TRY(const auto rows, tx.read_one({kFindByReference, {base::Bytes(reference.begin(), reference.end())}}));
  std::vector<Transfer> transfers;
  for (const auto& row : rows) transfers.push_back(transfer_of(row));
  return transfers;
}

Result<std::vector<StoredAccount>> read_accounts_after(store::ReadTx& tx, AccountId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindAccountsAfter, {after, limit}}));
  std::vector<StoredAccount> accounts;
  for (const auto& row : rows) {
    StoredAccount found{.account = account_of(row), .kept = std::nullopt};
    if (!row.is_null(7)) found.kept = sums_of(row, 8);
    accounts.push_back(std::move(found));
  }
  return accounts;
}

Result<std::vector<StoredTransfer>> read_transfers_after(store::ReadTx& tx, TransferId after, std::int64_t limit) {
  KARV_TRY(const auto rows, tx.read_one({kFindTransfersAfter, {after, limit}}));
  std::vector<StoredTransfer> transfers;
  for (const auto& row : rows) {
    StoredTransfer found{.transfer = transfer_of(row), .reserved = std::nullopt};
    found.debit_derived = row.id_or_null<AccountId>(12) == found.transfer.debit;
    found.credit_derived = row.id_or_null<AccountId>(13) == found.transfer.credit;
    if (!row.is_null(14)) found.reserved = transfer_of(row, 14);
    transfers.push_back(std::move(found));
  }
  return transfers;
}

}  // namespace repository
}  // namespace karv::ledger
