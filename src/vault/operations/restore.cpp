#include "vault/operations/restore.h"

#include <algorithm>

#include "vault/bank/file_steps.h"
#include "vault/bank/repository.h"
#include "vault/operations/operation_repository.h"
#include "vault/operations/restore_repository.h"
#include "vault/reveal/repository.h"

namespace karv::vault {
namespace {

constexpr std::size_t kMostTold = 100;
constexpr std::int64_t kTokensAtOnce = 500;

base::Error frozen(const char* what) {
  return base::internal_error(base::ErrorCode::unavailable, what).with_reason("TOKEN_FROZEN");
}

bool is_approved(OperationState state) {
  return state == OperationState::approved || state == OperationState::released;
}

// Source: RFC 9562 5.7: 48 bits of milliseconds first.
base::Instant made_at(OperationId id) {
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms * 256 + id.uuid()[i];
  return {ms};
}

}  // namespace

base::Result<std::int64_t> freeze_restored(store::Database& database, RestoreId id, const std::string& backup,
                                           base::Instant now) {
  return database.write<std::int64_t>("vault_freeze_restored", [&](store::Tx& tx) -> base::Result<std::int64_t> {
    KARV_TRY(const auto tokens, count_tokens(tx));
    insert_restore(tx, id, backup, now, tokens);
    freeze_all_tokens(tx, now, tokens);
    KARV_TRY_VOID(freeze_bank_tokens(tx, now));
    KARV_TRY_VOID(suspend_all_staff(tx));
    KARV_TRY_VOID(suspect_restored_files(tx, now));
    return tokens;
  });
}

base::Result<void> require_not_frozen(const StoredToken& token, OperationKind kind) {
  if (!token.frozen || kind == OperationKind::reverse) return {};
  return frozen("the token is frozen since the store was restored: run `karv backup reconcile`");
}

base::Result<void> require_reconciled(store::ReadTx& tx) {
  KARV_TRY(const auto open, count_open_restores(tx));
  if (open == 0) return {};
  return frozen("the store was restored, so an unknown operation may have come before: run `karv backup reconcile`");
}

std::string decide_agreement(const vault_api::KnownOperation& server, const std::optional<Operation>& vault,
                             base::Instant restored_at) {
  using vault_api::ServerKnows;
  if (!vault || vault->state == OperationState::barred) {
    if (server.knows == ServerKnows::undecided && made_at(server.operation) > restored_at) return {};
    if (server.knows == ServerKnows::undecided)
      return "the server does not know how it ended and the vault does not know it: it may have reached the card "
             "network after the backup";
    return "the server knows how it ended, the vault does not know it: what the token has used went back";
  }
  if (vault->customer != server.customer) return "server and vault name different customers";
  if (vault->kind != server.kind) return "server and vault name different kinds";
  // A reversal has no amount of its own.
  if (server.kind != OperationKind::reverse &&
      (vault->amount_minor != server.amount_minor || vault->currency != server.currency))
    return "server and vault name different amounts";
  if (server.knows == ServerKnows::approved && !is_approved(vault->state))
    return "the server knows that it was approved, the vault does not";
  return {};
}

base::Result<void> Reconciler::compare(const vault_api::KnownBatch& batch) {
  struct Found {
    std::vector<std::optional<Operation>> operations;
    base::Instant restored_at;
  };
  accepted_.insert(batch.accepted.begin(), batch.accepted.end());
  KARV_TRY(const auto found, database_.read<Found>("vault_reconcile", [&](store::ReadTx& tx) -> base::Result<Found> {
    Found all;
    KARV_TRY(all.restored_at, last_restore(tx));
    for (const auto& known : batch.operations) {
      KARV_TRY(auto one, find_operation(tx, known.operation));
      all.operations.push_back(std::move(one));
    }
    return all;
  }));
  for (std::size_t i = 0; i < found.operations.size(); ++i) {
    const auto& known = batch.operations[i];
    ++done_.compared;
    std::string what = decide_agreement(known, found.operations[i], found.restored_at);
    if (what.empty()) continue;
    ++done_.disagreements;
    doubtful_.insert(known.customer);
    if (done_.first.size() < kMostTold)
      done_.first.push_back({.operation = known.operation, .customer = known.customer, .what = std::move(what)});
  }
  return {};
}

base::Result<vault_api::Reconciliation> Reconciler::finish(base::Instant now) {
  const auto stays = [&](CustomerRef customer) {
    return doubtful_.contains(customer) && !accepted_.contains(customer);
  };
  base::Bytes after;
  for (;;) {
    KARV_TRY(const auto tokens, database_.read<std::vector<FrozenToken>>("vault_reconcile", [&](store::ReadTx& tx) {
      return find_frozen(tx, after, kTokensAtOnce);
    }));
    if (tokens.empty()) break;
    after = tokens.back().mac;
    KARV_TRY(const auto unfrozen,
             database_.write<std::int64_t>("vault_unfreeze", [&](store::Tx& tx) -> base::Result<std::int64_t> {
               std::int64_t count = 0;
               for (const auto& token : tokens) {
                 if (stays(token.customer)) continue;
                 unfreeze_token(tx, token.mac);
                 ++count;
               }
               return count;
             }));
    done_.unfrozen += unfrozen;
    done_.still_frozen += std::ssize(tokens) - unfrozen;
  }
  const bool settled = std::ranges::none_of(doubtful_, stays);
  if (settled)
    KARV_TRY_VOID(database_.write<void>("vault_reconciled", [&](store::Tx& tx) -> base::Result<void> {
      KARV_TRY(const auto open, count_open_restores(tx));
      if (open > 0) close_restores(tx, now, open);
      return unfreeze_bank_tokens(tx);
    }));
  return done_;
}

}  // namespace karv::vault
