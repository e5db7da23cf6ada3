#include "apps/cli/backup/reconcile.h"

#include <fmt/format.h>

#include "apps/cli/vault_program.h"
#include "audit/record.h"
#include "base/clock.h"
#include "base/random.h"
#include "json/decode.h"
#include "json/encode.h"
#include "ops/business_clock.h"
#include "rails/repository.h"

namespace karv::apps::cli::backup {
namespace {

using base::Result;
using rails::OperationState;
using vault_api::ServerKnows;

// None: whatever the vault has, it moved nothing and will move nothing.
std::optional<ServerKnows> known_of(OperationState state) {
  switch (state) {
    case OperationState::intended:
    case OperationState::queued:
      return ServerKnows::undecided;
    case OperationState::approved:
      return ServerKnows::approved;
    case OperationState::unknown:
      return ServerKnows::undone;
    case OperationState::accepted:
    case OperationState::confirmed:
    case OperationState::rejected:
      return ServerKnows::advised;
    case OperationState::declined:
    case OperationState::not_sent:
      return std::nullopt;
  }
  return std::nullopt;
}

vault_api::OperationKind kind_of(rails::OperationKind kind) {
  switch (kind) {
    case rails::OperationKind::hold:
      return vault_api::OperationKind::hold;
    case rails::OperationKind::charge:
      return vault_api::OperationKind::charge;
    case rails::OperationKind::complete:
      return vault_api::OperationKind::complete;
    case rails::OperationKind::refund:
      return vault_api::OperationKind::refund;
    case rails::OperationKind::reverse:
      return vault_api::OperationKind::reverse;
  }
  return vault_api::OperationKind::hold;
}

void add(vault_api::KnownBatch& batch, const rails::CardOperation& operation) {
  const auto knows = known_of(operation.state);
  if (!knows) return;
  batch.operations.push_back({.operation = vault_api::OperationId(operation.operation_id.uuid()),
                              .customer = vault_api::CustomerRef(operation.customer_id.uuid()),
                              .kind = kind_of(operation.kind),
                              .knows = *knows,
                              .amount_minor = operation.amount.minor(),
                              .currency = std::string(operation.amount.currency().code())});
}

// A line for each batch.
Result<std::string> read_known(store::Database& database, std::vector<vault_api::CustomerRef> accepted) {
  std::string lines;
  rails::CardOperationId after;
  vault_api::KnownBatch batch{.operations = {}, .accepted = std::move(accepted)};
  for (;;) {
    KARV_TRY(const auto rows, database.read<store::Rows>("list_card_operations", [&](store::ReadTx& tx) {
      return tx.read_one(rails::operations_after(after, vault_api::kOperationsPerBatch));
    }));
    const auto operations = rails::read_operations(rows);
    for (const auto& operation : operations) add(batch, operation);
    lines += json::encode(batch) + "\n";
    if (operations.empty()) return lines;
    after = operations.back().operation_id;
    batch = {};
  }
}

Result<std::vector<vault_api::CustomerRef>> read_customers(const std::vector<std::string>& texts) {
  std::vector<vault_api::CustomerRef> customers;
  for (const auto& text : texts) {
    const auto id = vault_api::CustomerRef::parse(text);
    if (!id)
      return base::internal_error(
          base::ErrorCode::bad_value,
          fmt::format("--accept {}: that is no customer's id; the list above names them", text));
    customers.push_back(*id);
  }
  return customers;
}

Result<void> record(store::Database& database, const ReconcileOrder& order, const vault_api::Reconciliation& done) {
  const base::SystemClock wall;
  base::SystemRandom random;
  KARV_TRY(const auto offset, ops::read_clock_offset(database));
  return database.write<void>("vault_reconciled", [&](store::Tx& tx) -> Result<void> {
    audit::append(tx, {.id = base::make_id<audit::RecordTag>(wall, random),
                       .actor = {audit::ActorKind::system, "karv backup reconcile"},
                       .action = "vault_reconciled",
                       .subject = {"vault", "store"},
                       .reason = order.reason,
                       .business_time = wall.now() + offset,
                       .wall_time = wall.now(),
                       .correlation_id = {},
                       .details = audit::details_text({{"accepted", std::ssize(order.accepted)},
                                                       {"compared", done.compared},
                                                       {"disagreements", done.disagreements},
                                                       {"still_frozen", done.still_frozen},
                                                       {"unfrozen", done.unfrozen}})});
    return {};
  });
}

}  // namespace

Result<vault_api::Reconciliation> reconcile(const Stores& stores, const ReconcileOrder& order) {
  if (order.reason.empty())
    return base::internal_error(base::ErrorCode::bad_value, "--reason is empty: say who compared what, for the audit");
  KARV_TRY(auto accepted, read_customers(order.accepted));
  KARV_TRY(const auto database, open_existing(stores.server));
  KARV_TRY(auto lines, read_known(*database, std::move(accepted)));
  KARV_TRY(const auto ended, run_vault_program({"reconcile", "--config", stores.vault_configuration},
                                               Printing::captured, std::move(lines)));
  if (ended.code != 0)
    return base::internal_error(base::ErrorCode::unavailable, "the vault did not compare: " + ended.err);
  KARV_TRY(auto done, json::decode<vault_api::Reconciliation>(ended.out));
  KARV_TRY_VOID(record(*database, order, done));
  return done;
}

}  // namespace karv::apps::cli::backup
