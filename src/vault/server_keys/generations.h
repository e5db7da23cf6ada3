// Under which keys a tenant's server has rows: each pair of a tenant key and an epoch key is a *generation*, numbered
// so that the newest rises when either key has a successor. The server knows the number as "epoch".
//
// A generation is in use from the first key that is wrapped in it until the server has said that it has no row before a
// later one; until then neither of its two keys is destroyed (rotation/key_rotation.h counts it). Two rules keep that
// safe among several processes: what is new is wrapped in the newest generation that the store knows of, and saying
// that nothing is left records the newest first. So a generation that was given free gets no row any more, but for
// answers that are under way at that moment; the server says it again later, and the keys are kept for seven days.
#pragma once

#include <cstdint>
#include <vector>

#include "store/database.h"
#include "vault/keys/key_holder.h"
#include "vault/server_keys/blob.h"
#include "vault/server_keys/repository.h"

namespace karv::vault {

// A server that still has rows so long after their keys were retired is an alarm in the log.
inline constexpr base::Duration kServerKeysLeftAlarm = base::days(14);

// Versions rise within a class and tenant, and a ring shows one moment, so a number means one pair.
constexpr std::int64_t generation_number(const StoredKey& tenant_key, const StoredKey& epoch_key) {
  return tenant_key.version + epoch_key.version - 1;
}

bool has_generation(const std::vector<ServerKeyGeneration>& generations, std::int64_t number);

// The pair that wraps now. `ring` keeps the keys.
struct NewestGeneration {
  KeyRingPtr ring;
  const OpenKey* tenant_key = nullptr;
  const OpenKey* epoch_key = nullptr;
  std::int64_t number() const { return generation_number(tenant_key->row, epoch_key->row); }
  ServerKeyParents parents() const { return {.tenant = *tenant_key, .epoch = *epoch_key}; }
};

class ServerKeyGenerations {
 public:
  ServerKeyGenerations(store::Database& database, KeyHolder& keys, const base::Clock& wall)
      : database_(database), keys_(keys), wall_(wall) {}

  // For wrapping: recorded as in use. Errors: unavailable VAULT_SEALED, the database's.
  base::Result<NewestGeneration> take(TenantId tenant);
  // Rows that opened: their pairs are in use, also in a store that came back from before the first of them.
  base::Result<void> note_in_use(const std::vector<ServerKeyGeneration>& seen);
  ServerKeyGeneration row_of(const StoredKey& tenant_key, const StoredKey& epoch_key) const;

  // What the server says it has left. Answers the newest number. Errors: bad_value (below 0; of a number that is not
  // there yet), unavailable VAULT_SEALED. Effects: server_key_generations.
  base::Result<std::int64_t> tell_left(TenantId tenant, const vault_api::ServerKeysLeft& message);

  // Once a day for each: the alarm `vault_server_keys_left`. Errors: the database's. Effects: server_key_generations.
  base::Result<void> look_for_late();

 private:
  base::Result<std::vector<ServerKeyGeneration>> find(TenantId tenant);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
};

}  // namespace karv::vault
