// Rows about erasures, and the rows of others that go with a subject. No decisions here.
#pragma once

#include <array>
#include <optional>
#include <string_view>
#include <vector>

#include "store/database.h"
#include "vault/erasure/types.h"

namespace karv::vault {

// One kind of rows that belong to a subject: a table joins by a line in `kHoldings`. `lock` selects them for update, in
// the order of their keys, `erase` deletes the same ones; parameters: tenant, subject.
struct Holding {
  std::string_view name;
  store::Sql lock;
  store::Sql erase;
};
// In the order in which everybody locks: a bank account's ticket before the key, the key before cards and accounts, a
// card before its tokens and its tickets. They go in the opposite one.
inline constexpr std::array kHoldings = {
    Holding{"bank_tickets",
            "select ticket_mac from bank_tickets where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"
            " order by ticket_mac",
            "delete from bank_tickets where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"},
    Holding{"subject_keys",
            "select subject_key_id, version from subject_keys where tenant_id = $1 and subject_id = $2"
            " order by subject_key_id",
            "delete from subject_keys where tenant_id = $1 and subject_id = $2"},
    Holding{"cards", "select card_id from cards where tenant_id = $1 and customer_id = $2 order by card_id",
            "delete from cards where tenant_id = $1 and customer_id = $2"},
    Holding{"vault_tokens",
            "select token_mac from vault_tokens where card_id in"
            " (select card_id from cards where tenant_id = $1 and customer_id = $2) order by token_mac",
            "delete from vault_tokens where card_id in"
            " (select card_id from cards where tenant_id = $1 and customer_id = $2)"},
    Holding{"card_tickets",
            "select ticket_mac from card_tickets where tenant_id = $1 and customer_id = $2 order by ticket_mac",
            "delete from card_tickets where tenant_id = $1 and customer_id = $2"},
    Holding{"bank_accounts",
            "select account_id from bank_accounts where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"
            " order by account_id",
            "delete from bank_accounts where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"},
    Holding{"bank_tokens",
            "select token_mac from bank_tokens where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"
            " order by token_mac",
            "delete from bank_tokens where tenant_id = $1 and owner_id = $2 and owner_kind = 'customer'"},
    Holding{"token_refusals",
            "select refusal_id from token_refusals where tenant_id = $1 and customer_id = $2 order by refusal_id",
            "delete from token_refusals where tenant_id = $1 and customer_id = $2"},
};
inline constexpr std::size_t kSubjectKeysHolding = 1;
static_assert(kHoldings[kSubjectKeysHolding].name == "subject_keys");

// What was taken from a subject: its keys, and how many rows of each other kind.
struct Taken {
  std::vector<vault_api::ErasedKey> keys;
  std::vector<vault_api::RemovedRows> removed;
};
// Locks all rows of the subject; they stay ours. Cost: one round trip.
base::Result<Taken> lock_subject(store::Tx& tx, const Subject& subject);
// Deletes them. Fails the transaction when they are no longer those.
void delete_subject(store::Tx& tx, const Subject& subject, const Taken& taken);
// Whether a merchant or the operator himself has accounts under this id: then its keys are not a customer's.
base::Result<bool> is_no_customer(store::ReadTx& tx, const Subject& subject);
base::Result<std::optional<Subject>> find_subject_of_key(store::ReadTx& tx, vault_api::ErasedKeyId key);

// What of the subject's cards and bank accounts is not over yet.
struct UnderWay {
  std::int64_t open = 0;         // operations that are not settled
  std::int64_t need_number = 0;  // refunds, payouts, questions that wait for an answer, bank files that may be sent yet
  std::int64_t refundable = 0;   // money that was moved or is held since `since`, and was not given back
};
base::Result<UnderWay> count_under_way(store::ReadTx& tx, const Subject& subject, base::Instant since);

base::Result<std::optional<StoredErasure>> find_erasure_by_request(store::ReadTx& tx, const std::string& tenant,
                                                                   ErasureRequestId request);
base::Result<std::optional<StoredErasure>> find_erasure(store::ReadTx& tx, ErasureId id);
// In order of their time.
base::Result<std::vector<ErasureRecord>> find_erasures_since(store::ReadTx& tx, base::Instant since);
void insert_erasure(store::Tx& tx, const ErasureRecord& record);
// Fails the transaction when it has one.
void set_proof(store::Tx& tx, ErasureId id, const std::string& proof, KeyId proof_key);
base::Result<std::int64_t> count_proofs_by_key(store::ReadTx& tx, KeyId key);

base::Result<std::optional<ErasureStoreId>> find_store(store::ReadTx& tx);
// Fails the transaction with `conflict` when it has one.
void insert_store(store::Tx& tx, ErasureStoreId id);
// `store` is that of find_store().
base::Result<std::vector<JournalHead>> load_journals(store::ReadTx& tx);
void insert_journal(store::Tx& tx, const JournalHead& head, base::Instant now);
// Fails the transaction when it is no longer where it was in `before`.
void move_journal(store::Tx& tx, const JournalHead& before, const JournalHead& head);
void delete_journal(store::Tx& tx, const JournalHead& head);

base::Result<std::optional<JournalAcceptance>> find_acceptance(store::ReadTx& tx, const std::string& path);
// In the place of one for the same path.
void put_acceptance(store::Tx& tx, const JournalAcceptance& acceptance);
void delete_acceptance(store::Tx& tx, const std::string& path);

// The tables, for migration 20050.
inline constexpr const char* kErasures = R"(
  create table erasures (
    erasure_id BYTEA primary key,
    tenant TEXT not null,
    request_id BYTEA not null,
    record TEXT not null,
    erased_at BIGINT not null,
    proof TEXT not null,
    proof_key_id BYTEA not null,
    unique (tenant, request_id)
  ))";
inline constexpr const char* kErasuresByTime = "create index erasures_by_time on erasures (erased_at)";
inline constexpr const char* kErasuresByProofKey = "create index erasures_by_proof_key on erasures (proof_key_id)";
// One row, with `one` = 1: of two processes that open a new store at once, one names it.
inline constexpr const char* kErasureStore = R"(
  create table erasure_store (
    one BIGINT primary key,
    store_id BYTEA not null
  ))";
// How far each journal is known to have come.
inline constexpr const char* kErasureJournals = R"(
  create table erasure_journals (
    journal_id BYTEA primary key,
    head_position BIGINT not null,
    head_mac BYTEA not null,
    begun_at BIGINT not null
  ))";
inline constexpr const char* kJournalAcceptances = R"(
  create table journal_acceptances (
    path TEXT primary key,
    reason TEXT not null,
    accepted_at BIGINT not null
  ))";
// By which everything of a subject is found.
inline constexpr const char* kBankTokensByOwner =
    "create index bank_tokens_by_owner on bank_tokens (tenant_id, owner_id)";
inline constexpr const char* kBankTicketsByOwner =
    "create index bank_tickets_by_owner on bank_tickets (tenant_id, owner_id)";
inline constexpr const char* kBankAccountsByOwner =
    "create index bank_accounts_by_owner on bank_accounts (tenant_id, owner_id)";
inline constexpr const char* kRefusalsByCustomer =
    "create index token_refusals_by_customer on token_refusals (tenant_id, customer_id)";
inline constexpr const char* kTicketsByCustomer =
    "create index card_tickets_by_customer on card_tickets (tenant_id, customer_id)";
inline constexpr const char* kOperationsByCard = "create index operations_by_card on operations (card_id)";

}  // namespace karv::vault
