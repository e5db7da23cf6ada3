#include "ledger/verify.h"

#include <set>
#include <unordered_map>

#include "ledger/repository.h"

namespace karv::ledger {
namespace {

using base::Result;
using repository::StoredAccount;
using repository::StoredTransfer;
using repository::TailEntry;

constexpr std::int64_t kPage = 2000;

struct Known {
  StoredAccount stored;
  Sums entries;  // recomputed
  Sums said;     // what the balance is made of: the kept one, or roll-up and tail
};

class Recount {
 public:
  explicit Recount(Verification& out) : out_(out) {}

  void add(const StoredAccount& account) {
    ++out_.accounts;
    const Sums said = account.kept ? *account.kept : account.rolled_up.value_or(Sums{});
    accounts_.emplace(account.account.id, Known{.stored = account, .entries = {}, .said = said});
    const bool kept = account.account.balance_mode == BalanceMode::kept;
    if (account.kept.has_value() != kept || account.rolled_up.has_value() == kept)
      note("account", account.account.id.text(), "its balance is not where it should be");
  }

  void add(const StoredTransfer& stored) {
    const Transfer& transfer = stored.transfer;
    ++out_.transfers;
    if (!transfer.amount.is_positive()) note(transfer, "its amount is not positive");
    if (transfer.debit == transfer.credit) note(transfer, "it is between an account and itself");
    check_reservation(stored);
    if (Known* debit = side(transfer, transfer.debit)) {
      debit->entries.debits_posted += transfer.posted_minor();
      debit->entries.debits_pending += transfer.pending_minor;
    }
    if (Known* credit = side(transfer, transfer.credit)) {
      credit->entries.credits_posted += transfer.posted_minor();
      credit->entries.credits_pending += transfer.pending_minor;
    }
  }

  void add(const TailEntry& entry) {
    const auto found = accounts_.find(entry.account);
    if (found == accounts_.end() || found->second.stored.account.balance_mode != BalanceMode::derived)
      return note("account", entry.account.text(), "it has a tail although its balance is not derived");
    if (!add_to(found->second.said, entry.sums)) note("account", entry.account.text(), "its tail does not fit");
  }

  void finish() {
    for (const auto& [id, known] : accounts_) check_account(known);
    for (const auto& [code, total] : out_.totals)
      if (total.debits_posted != total.credits_posted || total.debits_pending != total.credits_pending)
        note("currency", code, "its debits and credits differ");
    out_.open_reservations = open_;
  }

 private:
  Known* side(const Transfer& transfer, AccountId id) {
    const auto found = accounts_.find(id);
    if (found == accounts_.end()) {
      note(transfer, "it names an account that does not exist");
      return nullptr;
    }
    const Account& account = found->second.stored.account;
    if (account.currency != transfer.amount.currency()) note(transfer, "its account has another currency");
    return &found->second;
  }

  void check_reservation(const StoredTransfer& stored) {
    const Transfer& transfer = stored.transfer;
    if (transfer.step == Step::posted && transfer.pending_minor != 0)
      note(transfer, "it reserves although it is posted");
    if (transfer.step == Step::pending) {
      ++open_;
      if (transfer.pending_minor != transfer.amount.minor()) note(transfer, "it reserves another amount than its own");
    }
    if (!transfer.pending_id) return;
    --open_;
    if (!stored.reserved || stored.reserved->step != Step::pending)
      return note(transfer, "it ends a reservation that does not exist");
    if (!ended_.insert(*transfer.pending_id).second) note(transfer, "it ends a reservation a second time");
    if (stored.reserved->debit != transfer.debit || stored.reserved->credit != transfer.credit)
      note(transfer, "it has other accounts than its reservation");
    if (transfer.amount.currency() != stored.reserved->amount.currency() ||
        transfer.amount.minor() > stored.reserved->amount.minor())
      note(transfer, "it posts more than was reserved");
    if (transfer.pending_minor != -stored.reserved->amount.minor()) note(transfer, "it releases another amount");
  }

  void check_account(const Known& known) {
    const Account& account = known.stored.account;
    if (!(known.said == known.entries))
      note("account", account.id.text(),
           account.balance_mode == BalanceMode::kept ? "its balance is not the sum of its entries"
                                                     : "its roll-up and tail are not the sum of its entries");
    if (account.floor == Floor::zero && available_minor(account.normal_side, known.entries) < 0)
      note("account", account.id.text(), "it is below its floor");
    if (known.entries.debits_pending < 0 || known.entries.credits_pending < 0)
      note("account", account.id.text(), "less than nothing is pending");
    Sums& total = out_.totals[account.currency.text()];
    // What the account says of itself: this is what the business acts on.
    const Sums& said = known.said;
    total.debits_posted += said.debits_posted;
    total.credits_posted += said.credits_posted;
    total.debits_pending += said.debits_pending;
    total.credits_pending += said.credits_pending;
  }

  void note(const Transfer& transfer, std::string what) { note("transfer", transfer.id.text(), std::move(what)); }
  void note(std::string kind, std::string id, std::string what) {
    out_.findings.push_back({.kind = std::move(kind), .id = std::move(id), .what = std::move(what)});
  }

  Verification& out_;
  std::int64_t open_ = 0;
  std::unordered_map<AccountId, Known> accounts_;
  std::set<TransferId> ended_;
};

Result<Verification> verify_in(store::ReadTx& tx) {
  Verification out;
  Recount recount(out);
  AccountId last_account;
  while (true) {
    KARV_TRY(const auto page, repository::read_accounts_after(tx, last_account, kPage));
    if (page.empty()) break;
    for (const auto& account : page) recount.add(account);
    last_account = page.back().account.id;
  }
  TransferId last_transfer;
  while (true) {
    KARV_TRY(const auto page, repository::read_transfers_after(tx, last_transfer, kPage));
    if (page.empty()) break;
    for (const auto& transfer : page) recount.add(transfer);
    last_transfer = page.back().transfer.id;
  }
  TailEntry last_entry;
  while (true) {
    KARV_TRY(const auto page, repository::read_tail_after(tx, last_entry, kPage));
    if (page.empty()) break;
    for (const auto& entry : page) recount.add(entry);
    last_entry = page.back();
  }
  recount.finish();
  return out;
}

}  // namespace

Result<Verification> verify(store::Database& database) {
  return database.read<Verification>("ledger_verify", verify_in);
}

}  // namespace karv::ledger
