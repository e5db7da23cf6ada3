#include "vault/keys/subject_keys.h"

#include "base/check.h"

namespace karv::vault {

base::Result<NewSubjectKey> SubjectKeys::make(TenantId tenant, SubjectId subject, std::int64_t version) {
  KARV_TRY(const auto ring, holder_.get_fresh());
  const OpenKey* const epoch = ring->find_active(KeyClass::epoch);
  KARV_REQUIRE(epoch != nullptr);
  KARV_TRY_VOID(holder_.count_use(epoch->row.id));
  NewSubjectKey made;
  made.row.id = base::make_id<SubjectKeyTag>(wall_, random_);
  made.row.subject = subject;
  made.row.version = version;
  made.row.created_at = wall_.now();
  made.key = ring->make_subject_key(made.row, tenant, random_);
  return made;
}

base::Result<SubjectKey> SubjectKeys::open(const StoredSubjectKey& row) {
  KARV_TRY(auto ring, holder_.get());
  // Another process may have turned the epoch since this ring was opened.
  if (!ring->can_open(row)) {
    KARV_TRY(ring, holder_.refresh());
  }
  auto key = ring->open_subject_key(row);
  if (!key.ok() && key.error().reason() == "KEY_ALTERED") holder_.raise_alarm(key.error());
  return key;
}

base::Result<StoredSubjectKey> SubjectKeys::rewrap(const StoredSubjectKey& row) {
  KARV_TRY(const auto key, open(row));
  KARV_TRY(const auto ring, holder_.get_fresh());
  const OpenKey* const epoch = ring->find_active(KeyClass::epoch);
  KARV_REQUIRE(epoch != nullptr);
  KARV_TRY_VOID(holder_.count_use(epoch->row.id));
  return ring->rewrapped(row, key, random_);
}

}  // namespace karv::vault
