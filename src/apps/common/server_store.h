// What karv-server and the command line must agree on about the server's database: its schema, and the keys that are
// derived from the secret files. Not linked by karv-vault.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "store/database.h"

namespace karv::apps {

// Every migration of the server's database, joined from the modules that own the tables.
std::vector<store::Migration> server_migrations();

// 32 bytes for one purpose from a secret file of any length from 32 on. Errors: bad_value, unavailable.
base::Result<base::SecretBytes> read_server_key(const std::string& path);
base::Result<base::SecretBytes> read_outbox_key(const std::string& path);
base::Result<base::SecretBytes> read_backup_key(const std::string& path);  // from the server key's file

}  // namespace karv::apps
