#include "apps/server/schema.h"

#include "audit/record.h"
#include "credit/service.h"
#include "identity/service.h"
#include "ledger/service.h"
#include "notify/service.h"
#include "ops/business_clock.h"
#include "orders/schema.h"
#include "rails/schema.h"
#include "risk/service.h"
#include "scheduler/scheduler.h"
#include "store/migrate.h"

namespace karv::apps::server {

std::vector<store::Migration> server_migrations() {
  return store::all_migrations({store::migrations(), audit::migrations(), scheduler::migrations(),
                                identity::migrations(), ledger::migrations(), credit::migrations(),
                                notify::migrations(), rails::migrations(), risk::migrations(), orders::migrations(),
                                ops::migrations()});
}

}  // namespace karv::apps::server
