#include "apps/cli/server_store.h"

#include <filesystem>

#include "apps/common/section.h"
#include "apps/common/server_store.h"
#include "store/migrate.h"
#include "store/open.h"

namespace karv::apps::cli {
namespace {

using base::Result;

base::Error no_vault() {
  return base::internal_error(base::ErrorCode::unavailable, "the command line does not speak to the vault");
}

Result<ServerFiles> files_from(const toml::table& root) {
  ServerFiles files;
  const auto text = [&](const char* section, const char* key, std::string& into) {
    const auto value =
        section == nullptr ? root[key].value_exact<std::string>() : root[section][key].value_exact<std::string>();
    into = value.value_or("");
    return !into.empty();
  };
  if (!text(nullptr, "database", files.database) || !text("secrets", "server_key", files.server_key))
    return configuration_error("this is no server.toml: database or secrets.server_key is missing");
  return files;
}

}  // namespace

Result<vault_api::MakeServerKeysAnswer> NoVault::send(const vault_api::MakeServerKeys&) { return no_vault(); }
Result<vault_api::OpenServerKeysAnswer> NoVault::send(const vault_api::OpenServerKeys&) { return no_vault(); }
Result<vault_api::RenewServerKeysAnswer> NoVault::send(const vault_api::RenewServerKeys&) { return no_vault(); }
Result<vault_api::ServerKeysLeftAnswer> NoVault::send(const vault_api::ServerKeysLeft&) { return no_vault(); }

Result<ServerFiles> read_server_files(const std::string& configuration) {
  return read_toml<ServerFiles>(configuration, files_from);
}

Result<std::string> database_of(const std::string& configuration) {
  return read_toml<std::string>(configuration, [](const toml::table& root) -> Result<std::string> {
    const auto address = root["database"].value_exact<std::string>();
    if (!address || address->empty())
      return configuration_error("database is missing: is this a server.toml or vault.toml?");
    return *address;
  });
}

Result<std::unique_ptr<store::Database>> open_existing(const std::string& address) {
  if (store::is_file(address) && !std::filesystem::exists(address))
    return base::internal_error(base::ErrorCode::unavailable,
                                address + " does not exist yet; `karv migrate up` or a sandbox server makes it");
  KARV_TRY(auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY_VOID(store::require_schema(*database, server_migrations()));
  return database;
}

Result<std::unique_ptr<store::Database>> open_and_migrate(const std::string& address) {
  KARV_TRY(auto database, store::open_database({.address = address, .connections = 1}));
  KARV_TRY_VOID(store::migrate(*database, server_migrations()));
  return database;
}

Result<std::unique_ptr<IdentityTools>> IdentityTools::create(const ServerFiles& files) {
  std::unique_ptr<IdentityTools> tools(new IdentityTools);
  KARV_TRY(const auto server_key, read_server_key(files.server_key));
  KARV_TRY(tools->keys_, identity::Keys::derive(server_key));
  tools->context_.emplace(identity::Context{*tools->keys_, tools->sealer_, tools->wall_, tools->wall_, tools->random_});
  tools->authenticator_.emplace(*tools->keys_, tools->wall_);
  return tools;
}

}  // namespace karv::apps::cli
