// Rows about the keys of tenants' servers: under which keys there are some, which were erased, how many were opened.
// None of a key itself. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/keys/types.h"
#include "vault_api/server_keys.h"

namespace karv::vault {

using vault_api::ServerKeyId;

// A pair of a tenant's key and an epoch's under which its server may have rows. The message's "epoch" is `number`.
struct ServerKeyGeneration {
  TenantId tenant;
  std::int64_t number = 0;
  KeyId tenant_key;
  KeyId epoch_key;
  base::Instant begun_at;
  std::optional<std::int64_t> rows_left;  // as the server last said; none: it has not said anything
  std::optional<base::Instant> told_at;
  base::Instant alarmed_at;
};
base::Result<std::vector<ServerKeyGeneration>> find_generations(store::ReadTx& tx);
base::Result<std::vector<ServerKeyGeneration>> find_generations(store::ReadTx& tx, TenantId tenant);
// Fails the transaction with `conflict` when it is there.
void insert_generation(store::Tx& tx, const ServerKeyGeneration& generation);
// What was told, and the alarm. Fails the transaction when it is gone, or when the alarm is another than in `before`.
void update_generation(store::Tx& tx, const ServerKeyGeneration& before, const ServerKeyGeneration& generation);
// Servers say it every ten minutes. What a store out of a backup knows of it may be of another time than the server's.
inline constexpr base::Duration kToldCounts = base::hours(6);
// Those under a key of class `epoch` or `tenant` of which the server has not said lately that nothing is left.
base::Result<std::int64_t> count_generations_in_use(store::ReadTx& tx, KeyClass key_class, KeyId id,
                                                    base::Instant wall_now);
// All under a key of class `epoch` or `tenant` that ends; they stay ours until the end of the transaction, so nobody
// tells of rows meanwhile. Answers how many. Cost: a round trip.
base::Result<std::int64_t> lock_generations_under(store::Tx& tx, KeyClass key_class, KeyId id);
// Fails the transaction when they are not `count`.
void delete_generations_under(store::Tx& tx, KeyClass key_class, KeyId id, std::int64_t count);

// Each once; those that are there stay as they are.
void put_erased_server_keys(store::Tx& tx, TenantId tenant, const std::vector<ServerKeyId>& keys, base::Instant at);
// In the order asked. Cost: a round trip.
base::Result<std::vector<bool>> find_erased_server_keys(store::ReadTx& tx, TenantId tenant,
                                                        const std::vector<ServerKeyId>& keys);
// Those that were erased before that moment. Answers how many. Cost: a round trip.
base::Result<std::int64_t> delete_erased_server_keys(store::Tx& tx, base::Instant before);

// What a tenant's server opened in one hour, for the audit log. Units: hour: hours since 1970, wall time.
struct ServerKeyCount {
  TenantId tenant;
  std::int64_t hour = 0;
  std::int64_t opened = 0;
  std::int64_t refused = 0;
  base::Instant alarmed_at;
};
// The row stays ours until the end of the transaction.
base::Result<std::optional<ServerKeyCount>> lock_server_key_count(store::Tx& tx, TenantId tenant);
base::Result<std::vector<ServerKeyCount>> find_server_key_counts(store::ReadTx& tx);
// Fails the transaction with `conflict` when somebody else was first.
void insert_server_key_count(store::Tx& tx, const ServerKeyCount& count);
void update_server_key_count(store::Tx& tx, const ServerKeyCount& count);

// For the limit. Units: minute: minutes since 1970, wall time.
struct ServerKeyMinute {
  TenantId tenant;
  std::int64_t minute = 0;
};
base::Result<std::int64_t> count_opened_since(store::ReadTx& tx, ServerKeyMinute first);
void add_opened(store::Tx& tx, ServerKeyMinute minute, std::int64_t keys);
// Of all tenants. Cost: a round trip.
base::Result<void> delete_minutes_before(store::Tx& tx, std::int64_t minute);

// The tables, for migration 20090.
inline constexpr const char* kServerKeyGenerations = R"(
  create table server_key_generations (
    tenant_id BYTEA not null,
    generation BIGINT not null,
    tenant_key_id BYTEA not null,
    epoch_key_id BYTEA not null,
    begun_at BIGINT not null,
    rows_left BIGINT,
    told_at BIGINT,
    alarmed_at BIGINT not null,
    primary key (tenant_id, generation)
  ))";
inline constexpr const char* kErasedServerKeys = R"(
  create table erased_server_keys (
    tenant_id BYTEA not null,
    key_id BYTEA not null,
    erased_at BIGINT not null,
    primary key (tenant_id, key_id)
  ))";
inline constexpr const char* kErasedServerKeysByTime =
    "create index erased_server_keys_by_time on erased_server_keys (erased_at)";
inline constexpr const char* kServerKeyCounts = R"(
  create table server_key_counts (
    tenant_id BYTEA primary key,
    hour BIGINT not null,
    opened BIGINT not null,
    refused BIGINT not null,
    alarmed_at BIGINT not null
  ))";
inline constexpr const char* kServerKeyMinutes = R"(
  create table server_key_minutes (
    tenant_id BYTEA not null,
    minute BIGINT not null,
    opened BIGINT not null,
    primary key (tenant_id, minute)
  ))";

}  // namespace karv::vault
