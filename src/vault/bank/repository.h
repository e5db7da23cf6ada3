// Rows of bank accounts, their tokens and tickets. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/bank/types.h"
#include "vault/keys/key_ring.h"

namespace karv::vault {

// The account and the row of its key; none when either is gone.
base::Result<std::optional<SealedBankAccount>> find_bank_account(store::ReadTx& tx, BankAccountId id);
// The owner's account with this fingerprint.
store::Query bank_account_query(TenantId tenant, const BankOwner& owner, const base::Bytes& fingerprint);
StoredBankAccount bank_account_from(const store::Row& row, std::size_t first = 0);
// Fails the transaction with `conflict` when the owner has this account.
void insert_bank_account(store::Tx& tx, const StoredBankAccount& account, base::Instant now);
// What is sealed, the fingerprint, and the keys of both; fails the transaction when the keys are not as in `before`.
void update_bank_account(store::Tx& tx, const StoredBankAccount& before, const StoredBankAccount& account);
void delete_bank_account(store::Tx& tx, BankAccountId id);
base::Result<std::vector<StoredBankAccount>> find_bank_accounts_under(store::ReadTx& tx, SubjectKeyId key);
base::Result<std::vector<SealedBankAccount>> find_bank_accounts_by_fingerprint_key(store::ReadTx& tx, KeyId key,
                                                                                   std::int64_t limit);
base::Result<std::int64_t> count_bank_accounts_by_fingerprint_key(store::ReadTx& tx, KeyId key);

// The first that is found: the digests of one text under several key versions.
base::Result<std::optional<StoredBankToken>> find_bank_token(store::ReadTx& tx,
                                                             const std::vector<KeyedDigest>& digests);
// The same for many texts, in one round trip.
base::Result<std::vector<std::optional<StoredBankToken>>> find_bank_tokens(
    store::ReadTx& tx, const std::vector<std::vector<KeyedDigest>>& texts);
void insert_bank_token(store::Tx& tx, const StoredBankToken& token, base::Instant now);
// Optimistic: fails the transaction when the row is not as `before`.
void update_bank_token_use(store::Tx& tx, const StoredBankToken& before, std::int64_t used_minor, std::int64_t uses);
void delete_bank_token(store::Tx& tx, const base::Bytes& mac);
base::Result<std::int64_t> count_bank_tokens_of(store::ReadTx& tx, BankAccountId account);
base::Result<std::int64_t> count_bank_tokens_by_key(store::ReadTx& tx, KeyId key);
// Of a restored store: all of them, until it is reconciled.
base::Result<void> freeze_bank_tokens(store::Tx& tx, base::Instant now);
base::Result<void> unfreeze_bank_tokens(store::Tx& tx);

base::Result<std::optional<StoredBankTicket>> find_bank_ticket(store::ReadTx& tx,
                                                               const std::vector<KeyedDigest>& digests);
void insert_bank_ticket(store::Tx& tx, const StoredBankTicket& ticket);
// Moves a ticket from the state that was read. Fails the transaction when somebody was faster.
void update_bank_ticket(store::Tx& tx, const StoredBankTicket& before, TicketState to, BankAccountId account);

}  // namespace karv::vault
