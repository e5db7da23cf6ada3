// The nightly run. A charge is three steps: it is committed as intended, the card network is asked, what it said is
// recorded. Many are under way at once; outcomes that come while others are being recorded are recorded together, with
// one call of the ledger.
#include <algorithm>
#include <deque>
#include <span>
#include <vector>

#include "base/check.h"
#include "base/log.h"
#include "base/mutex.h"
#include "base/side_by_side.h"
#include "jobs/jobs.h"
#include "orders/dates.h"
#include "orders/market.h"
#include "orders/payment_service.h"
#include "rails/card_endings.h"
#include "rails/vault_calls.h"

namespace karv::jobs {
namespace {

using base::ErrorCode;
using base::Result;
using orders::SettledCharge;
using rails::CardOperation;

constexpr std::int64_t kPage = 500;
constexpr std::int64_t kEndings = 100;
// The customer removed a card and the vault has not understood yet: it might still charge it.
constexpr const char* kCardEnding = "CARD_ENDING";

// The date where the day begins last: nothing is charged before its date has come in its own market.
calendar::Date date_everywhere(const base::Clock& business) {
  const auto markets = orders::markets();
  KARV_REQUIRE(!markets.empty());
  auto date = orders::today_in(markets.front().country, business);
  for (const auto& market : markets) date = std::min(date, orders::today_in(market.country, business));
  return date;
}

// What is due, each once, in the order of its dates.
class DueInstallments {
 public:
  DueInstallments(store::Database& database, calendar::Date date) : database_(database), date_(date) {}

  // Nothing when there are no more.
  Result<std::optional<credit::InstallmentId>> next() {
    if (waiting_.empty() && !ended_) KARV_TRY_VOID(load());
    if (waiting_.empty()) return std::optional<credit::InstallmentId>();
    const auto id = waiting_.front();
    waiting_.pop_front();
    return std::optional(id);
  }

 private:
  Result<void> load() {
    KARV_TRY(const auto page,
             database_.read<std::vector<credit::Installment>>("due_installments", [&](store::ReadTx& tx) {
               return credit::due_installments(tx, date_, kPage, last_);
             }));
    for (const auto& installment : page) waiting_.push_back(installment.installment_id);
    ended_ = page.size() < static_cast<std::size_t>(kPage);
    if (!page.empty()) last_ = page.back();
    return {};
  }

  store::Database& database_;
  const calendar::Date date_;
  std::deque<credit::InstallmentId> waiting_;
  std::optional<credit::Installment> last_;
  bool ended_ = false;
};

// One that cannot be handled must not keep the others from being charged.
void log_not_handled(const std::string& id, const base::Error& error) {
  base::log::error("installment_not_handled",
                   {{"id", id}, {"code", base::row_of(error.code()).name}, {"detail", error.internal_text()}});
}

template <class Step>
auto caught(Step step) -> decltype(step()) {
  try {
    return step();
  } catch (const std::exception& thrown) {
    return base::internal_error(ErrorCode::internal, thrown.what());
  }
}

// Intends to charge it. Nothing when it is not to be charged now; without a card it is noted as due, then overdue.
Result<std::optional<CardOperation>> start(store::Tx& tx, const orders::Context& context, credit::InstallmentId id) {
  auto charge = orders::start_installment_payment(tx, context, {id, std::nullopt});  // refuses before it writes
  if (charge.ok()) {
    KARV_TRY(const bool ending, rails::has_ending(tx, charge->customer_id));
    if (ending)
      return base::internal_error(ErrorCode::unavailable, "a removed card may be charged").with_reason(kCardEnding);
    return std::optional(std::move(charge).value());
  }
  if (charge.error().reason() == "NOT_YET") return std::optional<CardOperation>();
  if (charge.error().code() != ErrorCode::not_allowed) return std::move(charge).error();
  KARV_TRY(const auto noted, orders::note_installment_unpaid(tx, context, id));
  static_cast<void>(noted);
  return std::optional<CardOperation>();
}

class ChargeRun {
 public:
  ChargeRun(const Tools& tools, const scheduler::JobContext& job)
      : tools_(tools), job_(job), due_(job.database(), date_everywhere(tools.orders.business)) {}

  // Answers how many were paid.
  Result<std::int64_t> run() {
    base::side_by_side(tools_.vault.at_once, [this] {
      while (const auto id = next()) {
        const auto charged = caught([&] { return charge(*id); });
        if (!charged.ok()) log_not_handled(id->text(), charged.error());
      }
    });
    const base::Lock lock(mutex_);
    if (failure_) return *failure_;
    return paid_;
  }

 private:
  // Nothing when there are no more, or the run has to end.
  std::optional<credit::InstallmentId> next() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    if (failure_ || job_.stopping()) return std::nullopt;
    auto due = due_.next();
    if (due.ok()) return *due;
    failure_ = due.error();
    return std::nullopt;
  }

  Result<void> charge(credit::InstallmentId id) {
    const auto intended = job_.database().write<std::optional<CardOperation>>(
        "start_installment", [&](store::Tx& tx) { return start(tx, tools_.orders, id); });
    if (!intended.ok() && intended.error().reason() == kCardEnding) return {};  // the next run looks again
    if (!intended.ok()) return intended.error();
    if (*intended) settle({(*intended)->operation_id, ask(**intended)});
    return {};
  }

  rails::Outcome ask(const CardOperation& charge) const {
    return rails::read_outcome(
        tools_.vault.ask(rails::operation_request(charge, tools_.orders.business.now()), vault_api::kCardLimit));
  }

  // Records an outcome, or leaves it to the thread that is recording others.
  void settle(SettledCharge settled) KARV_EXCLUDES(mutex_) {
    {
      const base::Lock lock(mutex_);
      outcomes_.push_back(std::move(settled));
      if (settling_) return;
      settling_ = true;
    }
    for (auto together = take_outcomes(); !together.empty(); together = take_outcomes()) record(together);
  }
  std::vector<SettledCharge> take_outcomes() KARV_EXCLUDES(mutex_) {
    const base::Lock lock(mutex_);
    settling_ = !outcomes_.empty();
    return std::exchange(outcomes_, {});
  }

  // All in one transaction; when that fails, each in one of its own.
  void record(std::span<const SettledCharge> outcomes) {
    const auto recorded = caught([&] { return write(outcomes); });
    if (recorded.ok()) return;
    if (outcomes.size() == 1) return log_not_handled(outcomes[0].charge.text(), recorded.error());
    for (std::size_t i = 0; i < outcomes.size(); ++i) record(outcomes.subspan(i, 1));
  }
  Result<void> write(std::span<const SettledCharge> outcomes) KARV_EXCLUDES(mutex_) {
    KARV_TRY(const auto charges,
             job_.database().write<std::vector<CardOperation>>("finish_installments", [&](store::Tx& tx) {
               return orders::settle_installment_payments(tx, tools_.orders, outcomes);
             }));
    const base::Lock lock(mutex_);
    paid_ += std::ranges::count(charges, rails::OperationState::approved, &CardOperation::state);
    return {};
  }

  const Tools& tools_;
  const scheduler::JobContext& job_;
  base::Mutex mutex_;
  DueInstallments due_ KARV_GUARDED_BY(mutex_);
  std::vector<SettledCharge> outcomes_ KARV_GUARDED_BY(mutex_);  // known, not recorded yet
  bool settling_ KARV_GUARDED_BY(mutex_) = false;
  std::int64_t paid_ KARV_GUARDED_BY(mutex_) = 0;
  std::optional<base::Error> failure_ KARV_GUARDED_BY(mutex_);
};

}  // namespace

Result<std::int64_t> charge_due_installments(const Tools& tools, const scheduler::JobContext& job) {
  // A card that was removed is not charged because the job that tells the vault comes later.
  const auto told = rails::deliver_endings(job.database(), tools.orders.rails(), tools.vault, kEndings);
  if (!told.ok()) base::log::warn("card_endings_not_told", {{"detail", told.error().internal_text()}});
  return ChargeRun(tools, job).run();
}

}  // namespace karv::jobs
