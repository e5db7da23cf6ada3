// A vault whose store came out of a backup: what its tokens moved after the backup was made is forgotten here, but not
// at the card network. So every token that is in it is frozen: nothing is held, charged, completed, refunded or derived
// with it (503 TOKEN_FROZEN; the caller tries again later) until the operator has compared. Releasing a hold stays
// possible, and so does everything with cards that are entered afterwards.
//
// Staff who left after the backup are in it as if they had not: so everybody's review is due (vault/reveal).
//
// reconcile() lets go of the tokens of all customers about whom server and vault agree. What happened at the network
// after the backup is known to neither: the operator reads the acquirer's report for that (docs/operations/backups.md).
#pragma once

#include <optional>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "store/database.h"
#include "vault/types.h"
#include "vault_api/reconcile.h"

namespace karv::vault {

struct RestoreTag;
using RestoreId = base::Id<RestoreTag>;

// Marks the store as restored, freezes all of its tokens and suspends all staff, in one transaction. Answers how many.
base::Result<std::int64_t> freeze_restored(store::Database& database, RestoreId id, const std::string& backup,
                                           base::Instant now);

// Errors: unavailable, reason TOKEN_FROZEN.
base::Result<void> require_not_frozen(const StoredToken& token, OperationKind kind);
// Whether a restored store is not reconciled yet: then a missing operation does not mean that it never came. Errors: as
// above. Cost: one round trip.
base::Result<void> require_reconciled(store::ReadTx& tx);

// Empty when they agree, else what does not, for an operator. An undecided operation that was made after `restored_at`
// is no difference: the frozen vault has refused it since. Its id says when (UUID version 7, the server's wall clock).
std::string decide_agreement(const vault_api::KnownOperation& server, const std::optional<Operation>& vault,
                             base::Instant restored_at);

// Compares what it is told, batch by batch; then lets go.
class Reconciler {
 public:
  explicit Reconciler(store::Database& database) : database_(database) {}
  base::Result<void> compare(const vault_api::KnownBatch& batch);
  // Effects: vault_tokens; restores, when no customer is left frozen.
  base::Result<vault_api::Reconciliation> finish(base::Instant now);

 private:
  store::Database& database_;
  vault_api::Reconciliation done_;
  std::set<CustomerRef> doubtful_, accepted_;
};

}  // namespace karv::vault
