#include <algorithm>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "jobs/jobs.h"
#include "orders/dates.h"
#include "orders/market.h"
#include "orders/payment_service.h"
#include "rails/vault_calls.h"

namespace karv::jobs {
namespace {

using base::ErrorCode;
using base::Result;

constexpr std::int64_t kBatch = 100;

// The date where the day begins last: nothing is charged before its date has come in its own market.
calendar::Date date_everywhere(const base::Clock& business) {
  const auto markets = orders::markets();
  KARV_REQUIRE(!markets.empty());
  auto date = orders::today_in(markets.front().country, business);
  for (const auto& market : markets) date = std::min(date, orders::today_in(market.country, business));
  return date;
}

Result<std::vector<credit::Installment>> load_due(const Tools& tools, store::Database& database,
                                                  const std::optional<credit::Installment>& after) {
  const auto date = date_everywhere(tools.orders.business);
  return database.read<std::vector<credit::Installment>>(
      "due_installments", [&](store::ReadTx& tx) { return credit::due_installments(tx, date, kBatch, after); });
}

Result<void> note_unpaid(const Tools& tools, store::Database& database, credit::InstallmentId id) {
  return database.write<void>("note_unpaid", [&](store::Tx& tx) -> Result<void> {
    KARV_TRY(auto installment, orders::note_installment_unpaid(tx, tools.orders, id));
    static_cast<void>(installment);
    return {};
  });
}

// Charges one installment; true when it was paid. Without a card it is noted as due, then overdue.
Result<bool> charge_one(const Tools& tools, store::Database& database, credit::InstallmentId id) {
  auto charge = database.write<rails::CardOperation>("start_installment", [&](store::Tx& tx) {
    return orders::start_installment_payment(tx, tools.orders, {id, std::nullopt});
  });
  if (!charge.ok()) {
    if (charge.error().reason() == "NOT_YET") return false;
    if (charge.error().code() != ErrorCode::not_allowed) return std::move(charge).error();
    KARV_TRY_VOID(note_unpaid(tools, database, id));
    return false;
  }
  const auto outcome = rails::read_outcome(
      tools.vault(rails::operation_request(*charge, tools.orders.business.now()), vault_api::kCardLimit));
  KARV_TRY(const auto settled, database.write<rails::CardOperation>("finish_installment", [&](store::Tx& tx) {
    return orders::settle_installment_payment(tx, tools.orders, charge->operation_id, outcome);
  }));
  return settled.state == rails::OperationState::approved;
}

}  // namespace

Result<std::int64_t> charge_due_installments(const Tools& tools, const scheduler::JobContext& job) {
  std::int64_t paid = 0;
  std::optional<credit::Installment> last;
  for (;;) {
    KARV_TRY(const auto due, load_due(tools, job.database(), last));
    for (const auto& installment : due) {
      if (job.stopping()) return paid;
      auto charged = charge_one(tools, job.database(), installment.installment_id);
      if (!charged.ok()) {  // one that cannot be handled must not keep the others from being charged
        base::log::error("installment_not_handled", {{"installment", installment.installment_id.text()},
                                                     {"code", base::row_of(charged.error().code()).name},
                                                     {"detail", charged.error().internal_text()}});
      } else if (*charged) {
        ++paid;
      }
    }
    if (due.size() < kBatch) return paid;
    last = due.back();
  }
}

}  // namespace karv::jobs
