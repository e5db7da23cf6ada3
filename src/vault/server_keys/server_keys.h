// Keys of tenants' servers: made, opened and renewed, and nothing of them kept (vault_api/server_keys.h). The vault has
// rows of what must not be lost or opened: generations in use, erased keys, counts of what was opened.
//
// What a server sends is input: a row that does not open says nothing about the vault's keys and seals nothing.
#pragma once

#include "vault/server_keys/generations.h"
#include "vault/server_keys/openings.h"

namespace karv::vault {

struct ServerKeySettings {
  std::int64_t most_hourly = 200'000;  // keys that one tenant's server may open in any hour
};

class ServerKeys {
 public:
  ServerKeys(store::Database& database, KeyHolder& keys, const base::Clock& wall, base::Random& random,
             ServerKeySettings settings = {})
      : database_(database),
        keys_(keys),
        wall_(wall),
        random_(random),
        generations_(database, keys, wall),
        openings_(database, wall, random, settings.most_hourly) {}

  // Errors and meaning of each: vault_api/server_keys.h; and the database's. Who calls them wipes the stack.
  // Effects: vault_keys (uses), server_key_generations.
  base::Result<vault_api::MakeServerKeysAnswer> make(TenantId tenant, const vault_api::MakeServerKeys& message);
  // Rows that are gone or broken cost the time of one that opens. Effects: server_key_counts, server_key_minutes, the
  // audit log.
  base::Result<vault_api::OpenServerKeysAnswer> open(TenantId tenant, const vault_api::OpenServerKeys& message);
  // A row of the newest epoch comes back as it is. Effects: as of make().
  base::Result<vault_api::RenewServerKeysAnswer> renew(TenantId tenant, const vault_api::RenewServerKeys& message);
  base::Result<vault_api::ServerKeysLeftAnswer> left(TenantId tenant, const vault_api::ServerKeysLeft& message);

  // Called now and then: alarms about servers that are late, hours that are over.
  base::Result<void> look_after();

 private:
  struct Seen {
    vault_api::ServerKeyState state = vault_api::ServerKeyState::broken;
    base::SecretBytes clear;  // empty unless ok
  };
  struct SeenAll {
    std::vector<Seen> keys;
    std::int64_t newest = 0;
    std::int64_t ok = 0;
  };
  base::Result<SeenAll> see(TenantId tenant, const std::vector<vault_api::WrappedServerKey>& rows);
  base::Result<void> count_uses(const OpenKey& epoch_key, std::int64_t uses);

  store::Database& database_;
  KeyHolder& keys_;
  const base::Clock& wall_;
  base::Random& random_;
  ServerKeyGenerations generations_;
  ServerKeyOpenings openings_;
};

}  // namespace karv::vault
