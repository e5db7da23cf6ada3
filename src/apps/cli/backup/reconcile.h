// After a restore: the card operations in the server's store against those in the vault's. Tokens of customers about
// whom both agree may move money again; the deed is in the audit log.
#pragma once

#include <string>
#include <vector>

#include "apps/cli/backup/installation.h"
#include "vault_api/reconcile.h"

namespace karv::apps::cli::backup {

struct ReconcileOrder {
  std::vector<std::string> accepted;  // customers whose differences were looked into
  std::string reason;                 // who looked into the acquirer's report, and where that is written
};

// Errors: bad_value (no ids), unavailable, not_allowed. Effects: the vault's tokens; one audit record.
base::Result<vault_api::Reconciliation> reconcile(const Stores& stores, const ReconcileOrder& order);

}  // namespace karv::apps::cli::backup
