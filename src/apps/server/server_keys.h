// The vault as identity asks it for subject keys: over the private channel, each call within two seconds. Clear keys
// are wiped from the channel's buffers (net::Destination::wipe_buffers) and from the answer.
#pragma once

#include "identity/key_vault.h"
#include "net/client.h"

namespace karv::apps::server {

class ServerKeys final : public identity::KeyVault {
 public:
  // `client` has a destination vault_api::kDestination, and outlives every call.
  explicit ServerKeys(net::Client& client) : client_(client) {}

 protected:
  base::Result<vault_api::MakeServerKeysAnswer> send(const vault_api::MakeServerKeys& message) override;
  base::Result<vault_api::OpenServerKeysAnswer> send(const vault_api::OpenServerKeys& message) override;
  base::Result<vault_api::RenewServerKeysAnswer> send(const vault_api::RenewServerKeys& message) override;
  base::Result<vault_api::ServerKeysLeftAnswer> send(const vault_api::ServerKeysLeft& message) override;

 private:
  net::Client& client_;
};

}  // namespace karv::apps::server
