#include "vault/server_keys/repository.h"

#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kFindGenerations =
    "select tenant_id, generation, tenant_key_id, epoch_key_id, begun_at, rows_left, told_at, alarmed_at"
    " from server_key_generations order by tenant_id, generation";
constexpr Sql kFindGenerationsOfTenant =
    "select tenant_id, generation, tenant_key_id, epoch_key_id, begun_at, rows_left, told_at, alarmed_at"
    " from server_key_generations where tenant_id = $1 order by generation";
constexpr Sql kInsertGeneration =
    "insert into server_key_generations (tenant_id, generation, tenant_key_id, epoch_key_id, begun_at, rows_left,"
    " told_at, alarmed_at) values ($1, $2, $3, $4, $5, $6, $7, $8)";
constexpr Sql kUpdateGeneration =
    "update server_key_generations set rows_left = $1, told_at = $2, alarmed_at = $3"
    " where tenant_id = $4 and generation = $5 and alarmed_at = $6";
constexpr Sql kCountInUseOfEpoch =
    "select count(*) from server_key_generations where epoch_key_id = $1"
    " and (rows_left is null or rows_left > 0 or told_at < $2)";
constexpr Sql kCountInUseOfTenant =
    "select count(*) from server_key_generations where tenant_key_id = $1"
    " and (rows_left is null or rows_left > 0 or told_at < $2)";
constexpr Sql kFindUnderEpoch =
    "select tenant_id, generation from server_key_generations where epoch_key_id = $1 order by tenant_id, generation";
constexpr Sql kFindUnderTenant =
    "select tenant_id, generation from server_key_generations where tenant_key_id = $1 order by tenant_id, generation";
constexpr Sql kDeleteUnderEpoch = "delete from server_key_generations where epoch_key_id = $1";
constexpr Sql kDeleteUnderTenant = "delete from server_key_generations where tenant_key_id = $1";

constexpr Sql kPutErased =
    "insert into erased_server_keys (tenant_id, key_id, erased_at) values ($1, $2, $3)"
    " on conflict (tenant_id, key_id) do update set erased_at = excluded.erased_at";
constexpr Sql kFindErased = "select erased_at from erased_server_keys where tenant_id = $1 and key_id = $2";
constexpr Sql kCountErasedBefore = "select count(*) from erased_server_keys where erased_at < $1";
constexpr Sql kDeleteErasedBefore = "delete from erased_server_keys where erased_at < $1";

constexpr Sql kFindCount =
    "select tenant_id, hour, opened, refused, alarmed_at from server_key_counts where tenant_id = $1";
constexpr Sql kFindCounts =
    "select tenant_id, hour, opened, refused, alarmed_at from server_key_counts order by tenant_id";
constexpr Sql kInsertCount =
    "insert into server_key_counts (tenant_id, hour, opened, refused, alarmed_at) values ($1, $2, $3, $4, $5)";
constexpr Sql kUpdateCount =
    "update server_key_counts set hour = $1, opened = $2, refused = $3, alarmed_at = $4 where tenant_id = $5";
constexpr Sql kSumOpened =
    "select cast(coalesce(sum(opened), 0) as BIGINT) from server_key_minutes where tenant_id = $1 and minute >= $2";
constexpr Sql kAddOpened =
    "insert into server_key_minutes (tenant_id, minute, opened) values ($1, $2, $3)"
    " on conflict (tenant_id, minute) do update set opened = server_key_minutes.opened + excluded.opened";
constexpr Sql kCountMinutesBefore = "select count(*) from server_key_minutes where minute < $1";
constexpr Sql kDeleteMinutesBefore = "delete from server_key_minutes where minute < $1";

ServerKeyGeneration generation_from(const Row& row) {
  return {.tenant = row.id<TenantId>(0),
          .number = row.integer(1),
          .tenant_key = row.id<KeyId>(2),
          .epoch_key = row.id<KeyId>(3),
          .begun_at = {row.integer(4)},
          .rows_left = row.integer_or_null(5),
          .told_at = instant_or_null(row, 6),
          .alarmed_at = {row.integer(7)}};
}

ServerKeyCount count_from(const Row& row) {
  return {.tenant = row.id<TenantId>(0),
          .hour = row.integer(1),
          .opened = row.integer(2),
          .refused = row.integer(3),
          .alarmed_at = {row.integer(4)}};
}

base::Result<std::vector<ServerKeyGeneration>> generations_of(store::ReadTx& tx, store::Query query) {
  KARV_TRY(const auto rows, tx.read_one(std::move(query)));
  std::vector<ServerKeyGeneration> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(generation_from(row));
  return found;
}

base::Result<std::int64_t> count_of(store::ReadTx& tx, store::Query query) {
  KARV_TRY(const auto rows, tx.read_one(std::move(query)));
  return rows.front().integer(0);
}

}  // namespace

base::Result<std::vector<ServerKeyGeneration>> find_generations(store::ReadTx& tx) {
  return generations_of(tx, {kFindGenerations, {}});
}
base::Result<std::vector<ServerKeyGeneration>> find_generations(store::ReadTx& tx, TenantId tenant) {
  return generations_of(tx, {kFindGenerationsOfTenant, {tenant}});
}
void insert_generation(store::Tx& tx, const ServerKeyGeneration& g) {
  tx.write({kInsertGeneration,
            {g.tenant, g.number, g.tenant_key, g.epoch_key, g.begun_at.ms, g.rows_left, ms_or_null(g.told_at),
             g.alarmed_at.ms}},
           1);
}
void update_generation(store::Tx& tx, const ServerKeyGeneration& before, const ServerKeyGeneration& g) {
  tx.write({kUpdateGeneration,
            {g.rows_left, ms_or_null(g.told_at), g.alarmed_at.ms, before.tenant, before.number, before.alarmed_at.ms}},
           1);
}
base::Result<std::int64_t> count_generations_in_use(store::ReadTx& tx, KeyClass key_class, KeyId id,
                                                    base::Instant wall_now) {
  const auto sql = key_class == KeyClass::epoch ? kCountInUseOfEpoch : kCountInUseOfTenant;
  return count_of(tx, {sql, {id, (wall_now - kToldCounts).ms}});
}
base::Result<std::int64_t> lock_generations_under(store::Tx& tx, KeyClass key_class, KeyId id) {
  const auto sql = key_class == KeyClass::epoch ? kFindUnderEpoch : kFindUnderTenant;
  KARV_TRY(const auto answers, tx.read_for_update({{sql, {id}}}));
  return static_cast<std::int64_t>(answers.at(0).size());
}
void delete_generations_under(store::Tx& tx, KeyClass key_class, KeyId id, std::int64_t count) {
  tx.write({key_class == KeyClass::epoch ? kDeleteUnderEpoch : kDeleteUnderTenant, {id}}, count);
}

void put_erased_server_keys(store::Tx& tx, TenantId tenant, const std::vector<ServerKeyId>& keys, base::Instant at) {
  for (const auto& key : keys) tx.write({kPutErased, {tenant, key, at.ms}}, 1);
}
base::Result<std::vector<bool>> find_erased_server_keys(store::ReadTx& tx, TenantId tenant,
                                                        const std::vector<ServerKeyId>& keys) {
  std::vector<store::Query> batch;
  batch.reserve(keys.size());
  for (const auto& key : keys) batch.push_back({kFindErased, {tenant, key}});
  KARV_TRY(const auto answers, tx.read(std::move(batch)));
  std::vector<bool> erased;
  erased.reserve(answers.size());
  for (const auto& rows : answers) erased.push_back(!rows.empty());
  return erased;
}
base::Result<std::int64_t> delete_erased_server_keys(store::Tx& tx, base::Instant before) {
  KARV_TRY(const auto count, count_of(tx, {kCountErasedBefore, {before.ms}}));
  if (count > 0) tx.write({kDeleteErasedBefore, {before.ms}}, count);
  return count;
}

base::Result<std::optional<ServerKeyCount>> lock_server_key_count(store::Tx& tx, TenantId tenant) {
  KARV_TRY(const auto answers, tx.read_for_update({{kFindCount, {tenant}}}));
  if (answers.at(0).empty()) return std::optional<ServerKeyCount>();
  return std::optional(count_from(answers[0].front()));
}
base::Result<std::vector<ServerKeyCount>> find_server_key_counts(store::ReadTx& tx) {
  KARV_TRY(const auto rows, tx.read_one({kFindCounts, {}}));
  std::vector<ServerKeyCount> found;
  found.reserve(rows.size());
  for (const auto& row : rows) found.push_back(count_from(row));
  return found;
}
void insert_server_key_count(store::Tx& tx, const ServerKeyCount& c) {
  tx.write({kInsertCount, {c.tenant, c.hour, c.opened, c.refused, c.alarmed_at.ms}}, 1);
}
void update_server_key_count(store::Tx& tx, const ServerKeyCount& c) {
  tx.write({kUpdateCount, {c.hour, c.opened, c.refused, c.alarmed_at.ms, c.tenant}}, 1);
}

base::Result<std::int64_t> count_opened_since(store::ReadTx& tx, ServerKeyMinute first) {
  return count_of(tx, {kSumOpened, {first.tenant, first.minute}});
}
void add_opened(store::Tx& tx, ServerKeyMinute minute, std::int64_t keys) {
  tx.write({kAddOpened, {minute.tenant, minute.minute, keys}}, 1);
}
base::Result<void> delete_minutes_before(store::Tx& tx, std::int64_t minute) {
  KARV_TRY(const auto count, count_of(tx, {kCountMinutesBefore, {minute}}));
  if (count > 0) tx.write({kDeleteMinutesBefore, {minute}}, count);
  return {};
}

}  // namespace karv::vault
