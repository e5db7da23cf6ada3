// Rows of the key hierarchy: keys, tenants, subject keys, rotations. No decisions here.
#pragma once

#include <optional>
#include <vector>

#include "store/database.h"
#include "vault/keys/rotation_types.h"
#include "vault/keys/types.h"

namespace karv::vault {

base::Result<std::vector<StoredKey>> load_keys(store::ReadTx& tx);
// Fails the transaction with `conflict` when the version is taken.
void insert_key(store::Tx& tx, const StoredKey& key);
// What may change: wrapping, state. Fails the transaction when state or parent are no longer as in `before`.
void update_key(store::Tx& tx, const StoredKey& before, const StoredKey& key);
base::Result<std::int64_t> count_keys_under(store::ReadTx& tx, KeyId parent);  // those that may still open
// Of class `network`: the card network has taken it.
void note_key_taken(store::Tx& tx, KeyId id, base::Instant now);
// Whether the card network has taken this key, and none of a later version: only it can vouch for the next one.
base::Result<bool> is_last_taken(store::ReadTx& tx, const StoredKey& key);
void add_key_uses(store::Tx& tx, KeyId id, std::int64_t uses);

base::Result<std::vector<Tenant>> load_tenants(store::ReadTx& tx);
void insert_tenant(store::Tx& tx, const Tenant& tenant, base::Instant now);

store::Query subject_key_query(TenantId tenant, SubjectId subject);  // the newest, in any state
StoredSubjectKey subject_key_from(const store::Row& row, std::size_t first = 0);
void insert_subject_key(store::Tx& tx, const StoredSubjectKey& key);
// Counts sealings. Fails the transaction when the key is no longer active.
void count_subject_key_use(store::Tx& tx, SubjectKeyId id, std::int64_t uses = 1);
// Fails the transaction when it is no longer wrapped as in `before`.
void rewrap_subject_key(store::Tx& tx, const StoredSubjectKey& before, const StoredSubjectKey& after);
// Fails the transaction when it was used or destroyed since `before` was read.
void destroy_subject_key(store::Tx& tx, const StoredSubjectKey& before);
// All that a key of class `epoch` or `tenant` wraps. Fails the transaction when they are not `count`.
void destroy_subject_keys_under(store::Tx& tx, KeyClass key_class, KeyId id, std::int64_t count);
// Those that a key of class `epoch` or `tenant` wraps.
base::Result<std::vector<StoredSubjectKey>> find_subject_keys_under(store::ReadTx& tx, KeyClass key_class, KeyId id,
                                                                    std::int64_t limit);
base::Result<std::int64_t> count_subject_keys_under(store::ReadTx& tx, KeyClass key_class, KeyId id);
base::Result<std::vector<StoredSubjectKey>> find_old_subject_keys(store::ReadTx& tx, base::Instant before,
                                                                  std::int64_t limit);

base::Result<std::vector<Rotation>> find_open_rotations(store::ReadTx& tx);
base::Result<std::vector<Rotation>> find_rotations(store::ReadTx& tx, std::int64_t limit);  // newest first
void insert_rotation(store::Tx& tx, const Rotation& rotation);
// Fails the transaction when it is finished.
void update_rotation(store::Tx& tx, const Rotation& rotation);

}  // namespace karv::vault
