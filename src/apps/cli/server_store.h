// karv-server's database and keys, opened by its own configuration file: what the operator's commands work on.
#pragma once

#include <memory>
#include <string>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "identity/service.h"
#include "store/database.h"

namespace karv::apps::cli {

// The paths in a server.toml that the commands need; everything else in it is the server's business.
struct ServerFiles {
  std::string database, server_key;
};
base::Result<ServerFiles> read_server_files(const std::string& configuration);

// The address in any configuration that names a database: the server's or the vault's.
base::Result<std::string> database_of(const std::string& configuration);

// The database of an installation. The server may be running.
// Errors: unavailable (there is no database yet), not_allowed (its schema is not the one this program knows).
base::Result<std::unique_ptr<store::Database>> open_existing(const std::string& address);
// Makes it when it is not there, and applies what is missing.
base::Result<std::unique_ptr<store::Database>> open_and_migrate(const std::string& address);

// No command reads or writes personal data, and none has a way to the vault.
class NoVault final : public identity::KeyVault {
 protected:
  base::Result<vault_api::MakeServerKeysAnswer> send(const vault_api::MakeServerKeys&) override;
  base::Result<vault_api::OpenServerKeysAnswer> send(const vault_api::OpenServerKeys&) override;
  base::Result<vault_api::RenewServerKeysAnswer> send(const vault_api::RenewServerKeys&) override;
  base::Result<vault_api::ServerKeysLeftAnswer> send(const vault_api::ServerKeysLeft&) override;
};

// What identity's use cases are handed. Members in the order they are needed.
class IdentityTools {
 public:
  static base::Result<std::unique_ptr<IdentityTools>> create(const ServerFiles& files);
  const identity::Context& context() const { return *context_; }
  identity::MerchantAuthenticator& authenticator() { return *authenticator_; }

 private:
  IdentityTools() = default;
  base::SystemClock wall_;
  base::SystemRandom random_;
  std::optional<identity::Keys> keys_;
  NoVault vault_;
  identity::Sealer sealer_{vault_, wall_, random_};
  std::optional<identity::Context> context_;
  std::optional<identity::MerchantAuthenticator> authenticator_;
};

}  // namespace karv::apps::cli
