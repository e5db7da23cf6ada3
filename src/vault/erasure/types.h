// What the vault stores about erasures: the erasures themselves, and how far each process's journal of them had come.
#pragma once

#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/clock.h"
#include "vault/keys/types.h"
#include "vault_api/erasure.h"

namespace karv::vault {

using vault_api::ErasureId;
using vault_api::ErasureJournalId;
using vault_api::ErasureReason;
using vault_api::ErasureRecord;
using vault_api::ErasureRequestId;

// Which store a journal belongs to: the same in all its backups, and in no other store.
struct ErasureStoreTag;
using ErasureStoreId = base::Id<ErasureStoreTag>;

// Whose data it is.
struct Subject {
  TenantId tenant;
  SubjectId id;
};

struct StoredErasure {
  ErasureRecord record;
  std::string proof;  // empty until the erasure is in a journal
  KeyId proof_key;
};

// Where a journal ends: how many entries it ever had, and the last one's MAC.
struct JournalHead {
  ErasureJournalId journal;
  ErasureStoreId store;
  std::int64_t position = 0;
  base::Bytes mac;
};

// An operator's word that a process may begin a new journal where one is missing or refused: at its next opening,
// within a day.
struct JournalAcceptance {
  std::string path;
  std::string reason;
  base::Instant accepted_at;
};

}  // namespace karv::vault
