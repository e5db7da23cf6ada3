#include "vault/rotation/subject_renewal.h"

#include "vault/bank/repository.h"
#include "vault/bank/sealing.h"
#include "vault/bank/statement_repository.h"
#include "vault/bank/statement_sealing.h"
#include "vault/cards/card_repository.h"
#include "vault/cards/card_sealing.h"
#include "vault/keys/repository.h"

namespace karv::vault {
namespace {

struct Under {
  std::vector<StoredCard> cards;
  std::vector<StoredBankAccount> accounts;
  std::vector<StoredStatementFile> statements;  // at most one, with its lines
  std::vector<StoredStatementLine> lines;
  bool empty() const { return cards.empty() && accounts.empty() && statements.empty(); }
};

base::Result<Under> read_under(store::Database& database, SubjectKeyId key) {
  return database.read<Under>("vault_rows_of_key", [&](store::ReadTx& tx) -> base::Result<Under> {
    Under under;
    KARV_TRY(under.cards, find_cards_under(tx, key));
    KARV_TRY(under.accounts, find_bank_accounts_under(tx, key));
    KARV_TRY(under.statements, find_statement_files_under(tx, key));
    for (const auto& file : under.statements) {
      KARV_TRY(under.lines, find_all_statement_lines(tx, file.id));
    }
    return under;
  });
}

}  // namespace

base::Result<void> renew_subject_key(store::Database& database, SubjectKeys& subject_keys, base::Random& random,
                                     const StoredSubjectKey& old_key) {
  KARV_TRY(const auto before, read_under(database, old_key.id));
  if (before.empty())
    return database.write<void>("vault_end_subject_key", [&](store::Tx& tx) -> base::Result<void> {
      destroy_subject_key(tx, old_key);
      return {};
    });
  KARV_TRY(const auto old_open, subject_keys.open(old_key));
  KARV_TRY(const auto next, subject_keys.make(old_key.tenant, old_key.subject, old_key.version + 1));
  Under after = before;
  for (auto& card : after.cards) {
    KARV_TRY(const auto clear, open_card(old_open, card));
    seal_card(next.key, clear, card, random);
  }
  for (auto& account : after.accounts) {
    KARV_TRY(const auto clear, open_bank_account(old_open, account));
    seal_bank_account(next.key, clear, account, random);
  }
  for (auto& file : after.statements) KARV_TRY_VOID(reseal_statement(old_open, next.key, file, after.lines, random));
  return database.write<void>("vault_renew_subject_key", [&](store::Tx& tx) -> base::Result<void> {
    destroy_subject_key(tx, old_key);
    auto row = next.row;
    row.uses = static_cast<std::int64_t>(after.cards.size() + after.accounts.size());
    insert_subject_key(tx, row);
    for (std::size_t i = 0; i < after.cards.size(); ++i) update_card(tx, before.cards[i], after.cards[i]);
    for (std::size_t i = 0; i < after.accounts.size(); ++i)
      update_bank_account(tx, before.accounts[i], after.accounts[i]);
    for (std::size_t i = 0; i < after.statements.size(); ++i) {
      reseal_statement_file(tx, before.statements[i], after.statements[i]);
      for (const auto& line : after.lines) reseal_statement_line(tx, after.statements[i].id, line);
    }
    return {};
  });
}

}  // namespace karv::vault
