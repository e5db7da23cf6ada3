#include "apps/common/server_store.h"

#include "audit/record.h"
#include "credit/service.h"
#include "crypto/files.h"
#include "crypto/hash.h"
#include "identity/service.h"
#include "ledger/service.h"
#include "notify/service.h"
#include "ops/business_clock.h"
#include "orders/schema.h"
#include "rails/schema.h"
#include "risk/service.h"
#include "scheduler/scheduler.h"
#include "store/migrate.h"

namespace karv::apps {
namespace {

base::Result<base::SecretBytes> read_key(const std::string& path, std::string_view purpose) {
  KARV_TRY(auto secret, crypto::read_secret_file(path));
  if (secret.size() < 32) return base::internal_error(base::ErrorCode::bad_value, path + " holds fewer than 32 bytes");
  return crypto::hkdf_sha256(secret, {}, base::as_bytes(purpose), 32);
}

}  // namespace

std::vector<store::Migration> server_migrations() {
  return store::all_migrations({store::migrations(), audit::migrations(), scheduler::migrations(),
                                identity::migrations(), ledger::migrations(), credit::migrations(),
                                notify::migrations(), rails::migrations(), risk::migrations(), orders::migrations(),
                                ops::migrations()});
}

base::Result<base::SecretBytes> read_server_key(const std::string& path) { return read_key(path, "karv server key 1"); }
base::Result<base::SecretBytes> read_outbox_key(const std::string& path) { return read_key(path, "karv outbox key 1"); }
base::Result<base::SecretBytes> read_backup_key(const std::string& path) { return read_key(path, "karv backup key 1"); }

}  // namespace karv::apps
