#include "vault/custody/ceremony.h"

#include "audit/record.h"
#include "vault/custody/repository.h"

namespace karv::vault {
namespace {

base::Result<bool> check_vacant(store::ReadTx& tx, const CeremonyPlan& plan) {
  KARV_TRY(const auto custody, find_custody(tx));
  if (custody && custody->confirmed && !plan.replace)
    return base::internal_error(base::ErrorCode::conflict, "this vault has custodians").with_reason("CUSTODY_EXISTS");
  return true;
}

base::Result<void> store_made(store::Tx& tx, const CeremonyPlan& plan, const MadeCustody& made, const base::Clock& wall,
                              base::Random& random) {
  KARV_TRY_VOID(check_vacant(tx, plan));
  KARV_TRY_VOID(delete_custodies(tx));
  insert_custody(tx, made.custody);
  for (const auto& custodian : made.custodians) insert_custodian(tx, custodian);
  audit::append(
      tx, {.id = base::make_id<audit::RecordTag>(wall, random),
           .actor = {.kind = audit::ActorKind::system, .id = "karv-vault init"},
           .action = "vault_custody_made",
           .subject = {.kind = "custody", .id = made.custody.id.text()},
           .reason = plan.replace ? "in place of custodians whose PIN the HSM no longer has" : "",
           .business_time = wall.now(),
           .wall_time = wall.now(),
           .correlation_id = "",
           .details = audit::details_text(
               {{"needed", made.custody.needed}, {"custodians", static_cast<std::int64_t>(made.custodians.size())}})});
  return {};
}

}  // namespace

base::Result<void> hold_ceremony(store::Database& database, const CeremonyPlan& plan, const CeremonyHands& hands,
                                 const base::Clock& wall, base::Random& random) {
  KARV_TRY_VOID(check_plan(plan));
  KARV_TRY_VOID(database.read<bool>("vault_find_custody", [&](store::ReadTx& tx) { return check_vacant(tx, plan); }));
  KARV_TRY_VOID(hands.check_pin());
  KARV_TRY(const auto made, make_custody(plan, wall, random));
  KARV_TRY_VOID(database.write<void>("vault_hold_ceremony",
                                     [&](store::Tx& tx) { return store_made(tx, plan, made, wall, random); }));
  KARV_TRY_VOID(hands.deliver(made.files));
  KARV_TRY_VOID(hands.change_pin(made.pin));
  return database.write<void>("vault_confirm_custody", [&](store::Tx& tx) -> base::Result<void> {
    confirm_custody(tx, made.custody.id);
    return {};
  });
}

}  // namespace karv::vault
