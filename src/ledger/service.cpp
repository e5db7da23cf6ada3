#include "ledger/service.h"

#include <algorithm>
#include <set>

#include "base/check.h"
#include "base/log.h"
#include "crypto/hash.h"
#include "ledger/invariants.h"
#include "ledger/repository.h"

namespace karv::ledger {
namespace {

using base::ErrorCode;
using base::Result;

template <class IdType>
void sort_once_each(std::vector<IdType>& ids) {
  std::ranges::sort(ids);
  const auto repeated = std::ranges::unique(ids);
  ids.erase(repeated.begin(), repeated.end());
}

Result<Book> read_book_for(store::Tx& tx, const std::vector<TransferSpec>& transfers, AccountCache* known) {
  repository::Wanted wanted{.accounts = {}, .reservations = {}, .transfers = transfers.size()};
  wanted.accounts.reserve(transfers.size() * 2);
  std::set<TransferId> reserved_here;
  for (const auto& spec : transfers) {
    if (spec.pending_id && !reserved_here.contains(*spec.pending_id)) wanted.reservations.push_back(*spec.pending_id);
    if (!spec.pending_id) wanted.accounts.insert(wanted.accounts.end(), {spec.debit, spec.credit});
    if (spec.step == Step::pending) reserved_here.insert(spec.id);
  }
  sort_once_each(wanted.accounts);
  sort_once_each(wanted.reservations);
  return repository::read_book(tx, wanted, known);
}

// Queues the rows of what the book decided, after the invariants had their say.
Result<void> store_changes(store::Tx& tx, const Book& book) {
  for (const auto sentence : breaches_of({book.accounts(), book.reservations(), book.made()})) {
    base::log::error("ledger_invariant_breached", {{"invariant", sentence}});
    return base::internal_error(ErrorCode::internal, std::string(sentence)).with_reason("INVARIANT_BREACHED");
  }
  std::vector<repository::NewSums> kept;
  std::vector<repository::TailEntry> tail;
  for (const auto& account : book.accounts()) {
    if (account.after == account.before) continue;
    KARV_REQUIRE(!account.first.is_nil());
    if (account.terms.balance_mode == BalanceMode::kept)
      kept.push_back({.account = account.id, .sums = account.after});
    else
      tail.push_back(
          {.account = account.id, .entry = account.first, .sums = difference(account.after, account.before)});
  }
  repository::update_sums(tx, kept);
  repository::insert_transfers(tx, book.made());
  repository::insert_tail(tx, tail);
  return {};
}

bool same(const Account& a, const Account& b) {
  return a.id == b.id && a.kind == b.kind && a.owner == b.owner && a.currency == b.currency &&
         a.normal_side == b.normal_side && a.balance_mode == b.balance_mode && a.floor == b.floor;
}

}  // namespace

AccountId shared_account_id(std::string_view kind, std::string_view owner, money::Currency currency) {
  auto digest = crypto::sha256(crypto::framed({base::as_bytes("karv shared account 1"), base::as_bytes(kind),
                                               base::as_bytes(owner), base::as_bytes(currency.code())}));
  digest.resize(16);
  digest[6] = static_cast<std::uint8_t>((digest[6] & 0x0f) | 0x80);  // UUID version 8: made from its meaning
  digest[8] = static_cast<std::uint8_t>((digest[8] & 0x3f) | 0x80);
  return *AccountId::from_bytes(digest);
}

void open_account(store::Tx& tx, const Account& account) {
  KARV_REQUIRE(!account.id.is_nil() && !account.kind.empty() && !account.currency.is_none());
  KARV_REQUIRE(account.floor == Floor::none || account.balance_mode == BalanceMode::kept);
  repository::insert_account(tx, account);
}

Result<void> ensure_accounts(store::Tx& tx, const std::vector<Account>& accounts, AccountCache* known) {
  std::vector<AccountId> ids;
  ids.reserve(accounts.size());
  for (const auto& account : accounts) ids.push_back(account.id);
  if (known != nullptr && std::ranges::all_of(known->find(ids), [](const auto& terms) { return terms.has_value(); }))
    return {};
  KARV_TRY(const auto there, repository::read_accounts(tx, ids));
  for (const auto& account : accounts) {
    const auto found = std::find_if(there.begin(), there.end(), [&](const auto& old) { return old.id == account.id; });
    if (found == there.end())
      open_account(tx, account);
    else if (!same(*found, account))
      return base::internal_error(ErrorCode::not_matching, "the account is there and is another");
  }
  if (known != nullptr) {
    std::vector<KnownTerms> learned;
    learned.reserve(accounts.size());
    for (const auto& account : accounts) learned.push_back({account.id, account.terms()});
    tx.after_commit([known, learned = std::move(learned)] { known->put(learned); });
  }
  return {};
}

Result<void> post(store::Tx& tx, std::vector<TransferSpec> transfers, AccountCache* known) {
  KARV_REQUIRE(!transfers.empty());
  KARV_TRY(auto book, read_book_for(tx, transfers, known));
  for (auto& spec : transfers) KARV_TRY_VOID(book.apply(std::move(spec)));
  KARV_REQUIRE(book.made().size() == transfers.size());
  return store_changes(tx, book);
}

Result<std::vector<Result<void>>> post_each(store::Tx& tx, std::vector<TransferSpec> transfers, AccountCache* known) {
  KARV_REQUIRE(!transfers.empty());
  KARV_TRY(auto book, read_book_for(tx, transfers, known));
  std::vector<Result<void>> outcomes;
  outcomes.reserve(transfers.size());
  for (std::size_t first = 0; first < transfers.size();) {
    std::size_t end = first + 1;
    while (end < transfers.size() && transfers[first].group && transfers[end].group == transfers[first].group) ++end;
    const auto done = book.apply_together(std::span(transfers).subspan(first, end - first));
    outcomes.insert(outcomes.end(), end - first, done);
    first = end;
  }
  KARV_REQUIRE(outcomes.size() == transfers.size());
  KARV_TRY_VOID(store_changes(tx, book));
  return outcomes;
}

Result<void> reserve(store::Tx& tx, TransferSpec reservation) {
  reservation.step = Step::pending;
  return post(tx, {std::move(reservation)});
}

TransferSpec post_of(const Resolution& resolution) {
  return {.id = resolution.id,
          .step = Step::post_pending,
          .kind = resolution.kind,
          .debit = {},
          .credit = {},
          .amount = resolution.amount,
          .pending_id = resolution.pending_id,
          .group = std::nullopt,
          .reference = std::nullopt,
          .business_time = resolution.business_time};
}

TransferSpec void_of(const Resolution& resolution) {
  KARV_REQUIRE(!resolution.amount.has_value());
  TransferSpec spec = post_of(resolution);
  spec.step = Step::void_pending;
  return spec;
}

Result<void> post_pending(store::Tx& tx, const Resolution& resolution) { return post(tx, {post_of(resolution)}); }
Result<void> void_pending(store::Tx& tx, const Resolution& resolution) { return post(tx, {void_of(resolution)}); }

Result<Balance> balance(store::ReadTx& tx, AccountId account) {
  KARV_TRY(auto found, repository::read_balance(tx, account));
  if (!found) return base::internal_error(ErrorCode::not_found, "there is no such account");
  return *found;
}

Result<std::optional<Transfer>> find_transfer(store::ReadTx& tx, TransferId id) {
  return repository::read_transfer(tx, id);
}

Result<std::vector<Transfer>> list_by_reference(store::ReadTx& tx, const base::Uuid& reference) {
  return repository::read_by_reference(tx, reference);
}

}  // namespace karv::ledger
