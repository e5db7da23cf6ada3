#include "vault/keys/repository.h"

#include "base/check.h"
#include "json/words.h"
#include "vault/row_values.h"

namespace karv::vault {
namespace {

using store::Row;
using store::Sql;

constexpr Sql kLoadKeys =
    "select key_id, key_class, tenant_id, version, parent_id, wrapped, check_value, state, uses, created_at, retired_at"
    " from vault_keys";
constexpr Sql kInsertKey =
    "insert into vault_keys (key_id, key_class, tenant_id, version, parent_id, wrapped, check_value, state, uses,"
    " created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr Sql kUpdateKey =
    "update vault_keys set parent_id = $1, wrapped = $2, state = $3, retired_at = $4 where key_id = $5 and state = $6"
    " and parent_id = $7";
constexpr Sql kCountKeysUnder =
    "select count(*) from vault_keys where parent_id = $1 and (state = 'active' or state = 'decrypt_only')";
constexpr Sql kNoteKeyTaken = "update vault_keys set taken_at = $1 where key_id = $2";
constexpr Sql kLastTaken = "select max(version) from vault_keys where key_class = 'network' and taken_at is not null";
constexpr Sql kAddKeyUses = "update vault_keys set uses = uses + $1 where key_id = $2";

constexpr Sql kLoadTenants = "select tenant_id, name from tenants order by tenant_id";
constexpr Sql kInsertTenant = "insert into tenants (tenant_id, name, created_at) values ($1, $2, $3)";

constexpr Sql kFindSubjectKey =
    "select subject_key_id, subject_id, tenant_id, version, tenant_key_id, epoch_key_id, wrapped, state, uses,"
    " created_at from subject_keys where tenant_id = $1 and subject_id = $2"
    " order by version desc limit 1";
constexpr Sql kInsertSubjectKey =
    "insert into subject_keys (subject_key_id, subject_id, tenant_id, version, tenant_key_id, epoch_key_id, wrapped,"
    " state, uses, created_at) values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)";
constexpr Sql kCountSubjectKeyUse =
    "update subject_keys set uses = uses + $1 where subject_key_id = $2 and state = 'active'";
constexpr Sql kRewrapSubjectKey =
    "update subject_keys set tenant_key_id = $1, epoch_key_id = $2, wrapped = $3"
    " where subject_key_id = $4 and tenant_key_id = $5 and epoch_key_id = $6"
    " and state <> 'destroyed'";
constexpr Sql kDestroySubjectKey =
    "update subject_keys set wrapped = $1, tenant_key_id = $2, epoch_key_id = $3, state = 'destroyed'"
    " where subject_key_id = $4 and uses = $5 and state <> 'destroyed'";
constexpr Sql kDestroyUnderEpoch =
    "update subject_keys set wrapped = $1, tenant_key_id = $2, epoch_key_id = $3, state = 'destroyed'"
    " where epoch_key_id = $4 and state <> 'destroyed'";
constexpr Sql kDestroyUnderTenant =
    "update subject_keys set wrapped = $1, tenant_key_id = $2, epoch_key_id = $3, state = 'destroyed'"
    " where tenant_key_id = $4 and state <> 'destroyed'";
constexpr Sql kFindUnderEpoch =
    "select subject_key_id, subject_id, tenant_id, version, tenant_key_id, epoch_key_id, wrapped, state, uses,"
    " created_at from subject_keys where epoch_key_id = $1 and state <> 'destroyed' limit $2";
constexpr Sql kFindUnderTenant =
    "select subject_key_id, subject_id, tenant_id, version, tenant_key_id, epoch_key_id, wrapped, state, uses,"
    " created_at from subject_keys where tenant_key_id = $1 and state <> 'destroyed' limit $2";
constexpr Sql kCountUnderEpoch = "select count(*) from subject_keys where epoch_key_id = $1 and state <> 'destroyed'";
constexpr Sql kCountUnderTenant = "select count(*) from subject_keys where tenant_key_id = $1 and state <> 'destroyed'";
constexpr Sql kFindOldSubjectKeys =
    "select subject_key_id, subject_id, tenant_id, version, tenant_key_id, epoch_key_id, wrapped, state, uses,"
    " created_at from subject_keys where state = 'active' and created_at < $1 order by created_at limit $2";

constexpr Sql kFindOpenRotations =
    "select rotation_id, key_class, old_key_id, state, total, done, started_at, destroy_at, finished_at"
    " from key_rotations where state <> 'finished' order by rotation_id";
constexpr Sql kFindRotations =
    "select rotation_id, key_class, old_key_id, state, total, done, started_at, destroy_at, finished_at"
    " from key_rotations order by rotation_id desc limit $1";
constexpr Sql kInsertRotation =
    "insert into key_rotations (rotation_id, key_class, old_key_id, state, total, done, started_at, destroy_at)"
    " values ($1, $2, $3, $4, $5, $6, $7, $8)";
constexpr Sql kUpdateRotation =
    "update key_rotations set state = $1, done = $2, destroy_at = $3, finished_at = $4 where rotation_id = $5"
    " and state <> 'finished'";

StoredKey key_from(const Row& row) {
  return {.id = row.id<KeyId>(0),
          .key_class = word_at<KeyClass>(row, 1),
          .tenant = row.id<TenantId>(2),
          .version = row.integer(3),
          .parent = row.id<KeyId>(4),
          .wrapped = row.bytes(5),
          .check_value = row.bytes(6),
          .state = word_at<KeyState>(row, 7),
          .uses = row.integer(8),
          .created_at = {row.integer(9)},
          .retired_at = instant_or_null(row, 10)};
}

Rotation rotation_from(const Row& row) {
  return {.id = row.id<RotationId>(0),
          .key_class = word_at<KeyClass>(row, 1),
          .old_key = row.id<KeyId>(2),
          .state = word_at<RotationState>(row, 3),
          .total = row.integer(4),
          .done = row.integer(5),
          .started_at = {row.integer(6)},
          .destroy_at = {row.integer(7)},
          .finished_at = instant_or_null(row, 8)};
}

// All rows of one query, each made into a value.
template <class Make>
auto all_of(store::ReadTx& tx, store::Query query, const Make& make)
    -> base::Result<std::vector<decltype(make(std::declval<const Row&>()))>> {
  KARV_TRY(const auto rows, tx.read_one(std::move(query)));
  std::vector<decltype(make(std::declval<const Row&>()))> out;
  out.reserve(rows.size());
  for (const auto& row : rows) out.push_back(make(row));
  return out;
}

StoredSubjectKey whole_subject_key(const Row& row) { return subject_key_from(row); }

}  // namespace

base::Result<std::vector<StoredKey>> load_keys(store::ReadTx& tx) { return all_of(tx, {kLoadKeys, {}}, key_from); }
void insert_key(store::Tx& tx, const StoredKey& k) {
  tx.write({kInsertKey,
            {k.id, json::word(k.key_class), k.tenant, k.version, k.parent, k.wrapped, k.check_value,
             json::word(k.state), k.uses, k.created_at.ms}},
           1);
}
void update_key(store::Tx& tx, const StoredKey& before, const StoredKey& k) {
  tx.write({kUpdateKey,
            {k.parent, k.wrapped, json::word(k.state), ms_or_null(k.retired_at), k.id, json::word(before.state),
             before.parent}},
           1);
}
base::Result<std::int64_t> count_keys_under(store::ReadTx& tx, KeyId parent) {
  KARV_TRY(const auto rows, tx.read_one({kCountKeysUnder, {parent}}));
  return rows.front().integer(0);
}
void note_key_taken(store::Tx& tx, KeyId id, base::Instant now) { tx.write({kNoteKeyTaken, {now.ms, id}}, 1); }
base::Result<bool> is_last_taken(store::ReadTx& tx, const StoredKey& key) {
  KARV_TRY(const auto rows, tx.read_one({kLastTaken, {}}));
  return rows.front().integer_or_null(0) == key.version;
}
void add_key_uses(store::Tx& tx, KeyId id, std::int64_t uses) { tx.write({kAddKeyUses, {uses, id}}, 1); }

base::Result<std::vector<Tenant>> load_tenants(store::ReadTx& tx) {
  return all_of(tx, {kLoadTenants, {}},
                [](const Row& row) { return Tenant{.id = row.id<TenantId>(0), .name = row.text(1)}; });
}
void insert_tenant(store::Tx& tx, const Tenant& tenant, base::Instant now) {
  tx.write({kInsertTenant, {tenant.id, tenant.name, now.ms}}, 1);
}

store::Query subject_key_query(TenantId tenant, SubjectId subject) { return {kFindSubjectKey, {tenant, subject}}; }
StoredSubjectKey subject_key_from(const Row& row, std::size_t first) {
  return {.id = row.id<SubjectKeyId>(first),
          .subject = row.id<SubjectId>(first + 1),
          .tenant = row.id<TenantId>(first + 2),
          .version = row.integer(first + 3),
          .tenant_key = row.id<KeyId>(first + 4),
          .epoch_key = row.id<KeyId>(first + 5),
          .wrapped = row.bytes(first + 6),
          .state = word_at<KeyState>(row, first + 7),
          .uses = row.integer(first + 8),
          .created_at = {row.integer(first + 9)}};
}
void insert_subject_key(store::Tx& tx, const StoredSubjectKey& k) {
  tx.write({kInsertSubjectKey,
            {k.id, k.subject, k.tenant, k.version, k.tenant_key, k.epoch_key, k.wrapped, json::word(k.state), k.uses,
             k.created_at.ms}},
           1);
}
void count_subject_key_use(store::Tx& tx, SubjectKeyId id, std::int64_t uses) {
  tx.write({kCountSubjectKeyUse, {uses, id}}, 1);
}
void rewrap_subject_key(store::Tx& tx, const StoredSubjectKey& before, const StoredSubjectKey& after) {
  tx.write({kRewrapSubjectKey,
            {after.tenant_key, after.epoch_key, after.wrapped, before.id, before.tenant_key, before.epoch_key}},
           1);
}
void destroy_subject_key(store::Tx& tx, const StoredSubjectKey& before) {
  tx.write({kDestroySubjectKey, {base::Bytes(), KeyId(), KeyId(), before.id, before.uses}}, 1);
}
void destroy_subject_keys_under(store::Tx& tx, KeyClass key_class, KeyId id, std::int64_t count) {
  const auto sql = key_class == KeyClass::epoch ? kDestroyUnderEpoch : kDestroyUnderTenant;
  tx.write({sql, {base::Bytes(), KeyId(), KeyId(), id}}, count);
}
base::Result<std::vector<StoredSubjectKey>> find_subject_keys_under(store::ReadTx& tx, KeyClass key_class, KeyId id,
                                                                    std::int64_t limit) {
  const auto sql = key_class == KeyClass::epoch ? kFindUnderEpoch : kFindUnderTenant;
  return all_of(tx, {sql, {id, limit}}, whole_subject_key);
}
base::Result<std::int64_t> count_subject_keys_under(store::ReadTx& tx, KeyClass key_class, KeyId id) {
  const auto sql = key_class == KeyClass::epoch ? kCountUnderEpoch : kCountUnderTenant;
  KARV_TRY(const auto rows, tx.read_one({sql, {id}}));
  return rows.front().integer(0);
}
base::Result<std::vector<StoredSubjectKey>> find_old_subject_keys(store::ReadTx& tx, base::Instant before,
                                                                  std::int64_t limit) {
  return all_of(tx, {kFindOldSubjectKeys, {before.ms, limit}}, whole_subject_key);
}

base::Result<std::vector<Rotation>> find_open_rotations(store::ReadTx& tx) {
  return all_of(tx, {kFindOpenRotations, {}}, rotation_from);
}
base::Result<std::vector<Rotation>> find_rotations(store::ReadTx& tx, std::int64_t limit) {
  return all_of(tx, {kFindRotations, {limit}}, rotation_from);
}
void insert_rotation(store::Tx& tx, const Rotation& r) {
  tx.write({kInsertRotation,
            {r.id, json::word(r.key_class), r.old_key, json::word(r.state), r.total, r.done, r.started_at.ms,
             r.destroy_at.ms}},
           1);
}
void update_rotation(store::Tx& tx, const Rotation& r) {
  tx.write({kUpdateRotation, {json::word(r.state), r.done, r.destroy_at.ms, ms_or_null(r.finished_at), r.id}}, 1);
}

}  // namespace karv::vault
