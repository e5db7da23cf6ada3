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
// In the order in which everybody locks: a ticket before the key, a card before its tokens. They go in the opposite
// one.
inline constexpr std::array kHoldings = {
    Holding{"card_tickets",
            "select ticket_mac from card_tickets where tenant_id = $1 and customer_id = $2 order by ticket_mac",
            "delete from card_tickets where tenant_id = $1 and customer_id = $2"},
    Holding{"bank_tickets",
            "select ticket_mac from bank_tickets where tenant_id = $1 and owner_id = $2 order by ticket_mac",
            "delete from bank_tickets where tenant_id = $1 and owner_id = $2"},
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
    Holding{"bank_accounts",
            "select account_id from bank_accounts where tenant_id = $1 and owner_id = $2 order by account_id",
            "delete from bank_accounts where tenant_id = $1 and owner_id = $2"},
    Holding{"bank_tokens",
            "select token_mac from bank_tokens where tenant_id = $1 and owner_id = $2 order by token_mac",
            "delete from bank_tokens where tenant_id = $1 and owner_id = $2"},
};
inline constexpr std::size_t kSubjectKeysHolding = 2;
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
base::Result<std::optional<Subject>> find_subject_of_key(store::ReadTx& tx, vault_api::ErasedKeyId key);

// What of the subject's cards is not over yet.
struct UnderWay {
  std::int64_t open = 0;        // operations that are not settled
  std::int64_t need_card = 0;   // of those: refunds, and questions that wait for the network's answer
  std::int64_t refundable = 0;  // money that was moved or is held since `since`, and was not given back
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

base::Result<std::vector<JournalHead>> load_journals(store::ReadTx& tx);
void insert_journal(store::Tx& tx, const JournalHead& head, base::Instant now);
// Fails the transaction when it is no longer where it was in `before`.
void move_journal(store::Tx& tx, const JournalHead& before, const JournalHead& head);

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
// How far each journal is known to have come. `store_id` is the same in all rows.
inline constexpr const char* kErasureJournals = R"(
  create table erasure_journals (
    journal_id BYTEA primary key,
    store_id BYTEA not null,
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
inline constexpr const char* kBankAccountsByOwner =
    "create index bank_accounts_by_owner on bank_accounts (tenant_id, owner_id)";
inline constexpr const char* kTicketsByCustomer =
    "create index card_tickets_by_customer on card_tickets (tenant_id, customer_id)";
inline constexpr const char* kOperationsByCard = "create index operations_by_card on operations (card_id)";

}  // namespace karv::vault
