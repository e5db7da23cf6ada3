// Rows of custody. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/custody/types.h"

namespace karv::vault {

// Migration 20061. Digests of signed acts, so that each is taken once, by whichever process.
inline constexpr const char* kNotedActs = R"(
  create table noted_acts (
    act_digest BYTEA primary key,
    noted_at BIGINT not null
  ))";

base::Result<bool> is_act_noted(store::ReadTx& tx, const base::Bytes& digest);
// Fails the transaction with `conflict` when it was noted before.
void insert_act(store::Tx& tx, const base::Bytes& digest, base::Instant now);
base::Result<std::optional<Custody>> find_custody(store::ReadTx& tx);
// Everybody goes, those who take over too. Errors: the database's.
base::Result<void> delete_custodies(store::Tx& tx);
void insert_custody(store::Tx& tx, const Custody& custody);
void confirm_custody(store::Tx& tx, CustodyId id);
base::Result<std::vector<Custodian>> find_custodians(store::ReadTx& tx);
void insert_custodian(store::Tx& tx, const Custodian& custodian);
// Fails the transaction when it was accepted already.
void accept_custodian(store::Tx& tx, const Custodian& custodian);

// Without its custodians and shares.
base::Result<std::optional<NextCustody>> find_next_custody(store::ReadTx& tx);
base::Result<std::vector<Custodian>> find_next_custodians(store::ReadTx& tx);
// Empty: he is none of them.
base::Result<std::string> find_next_share(store::ReadTx& tx, CustodianId id);
void insert_next_custody(store::Tx& tx, const NextCustody& next);
// Fails the transaction when it has begun to come into force: its row is then the only place of the HSM's PIN.
void delete_unchanging_custody(store::Tx& tx, std::int64_t count, std::int64_t custodians);
// From now on the HSM may have either PIN.
void mark_changing(store::Tx& tx, CustodyId id);
// The HSM was seen to have the PIN of now.
void unmark_changing(store::Tx& tx);
// In the place of the custody before, whose custodians are as many as `former_custodians`. Errors: the database's.
base::Result<void> put_next_into_force(store::Tx& tx, CustodyId id);

}  // namespace karv::vault
