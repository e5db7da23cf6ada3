// The tables of the ledger.
#include <array>
#include <string_view>

#include "ledger/service.h"

namespace karv::ledger {
namespace {

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
// Derived balances only: roll-up + tail. The row is touched by roll-ups, never by a payment. What is pending may be
// below zero here and in the tail: the end of a reservation can be rolled up before its beginning.
constexpr std::string_view kCreateRollups =
    "create table ledger_rollups ("
    " account_id BYTEA primary key,"
    " debits_posted BIGINT not null check (debits_posted >= 0),"
    " credits_posted BIGINT not null check (credits_posted >= 0),"
    " debits_pending BIGINT not null,"
    " credits_pending BIGINT not null,"
    " version BIGINT not null)";
// What one call added to a derived account. entry_id: the first of its transfers that touches the account, so that the
// key is free whenever the transfer's is.
constexpr std::string_view kCreateTail =
    "create table ledger_tail ("
    " account_id BYTEA not null,"
    " entry_id BYTEA not null,"
    " debits_posted BIGINT not null check (debits_posted >= 0),"
    " credits_posted BIGINT not null check (credits_posted >= 0),"
    " debits_pending BIGINT not null,"
    " credits_pending BIGINT not null,"
    " primary key (account_id, entry_id))";
constexpr std::string_view kCreateTransfers =
    "create table ledger_transfers ("
    " transfer_id BYTEA primary key,"
    " step TEXT not null check (step in ('posted', 'pending', 'post_pending', 'void_pending')),"
    " kind TEXT not null,"
    " debit_account BYTEA not null,"
    " credit_account BYTEA not null,"
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
constexpr std::string_view kIndexReference =
    "create index ledger_transfers_reference on ledger_transfers (reference, transfer_id) where reference is not null";

}  // namespace

std::span<const store::Migration> migrations() {
  static const std::array<store::Migration, 1> all{{{4001,
                                                     "ledger",
                                                     {kCreateAccounts, kCreateBalances, kCreateRollups, kCreateTail,
                                                      kCreateTransfers, kIndexPending, kIndexReference}}}};
  return all;
}

}  // namespace karv::ledger
