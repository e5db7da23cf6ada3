#include "risk/service.h"

#include "base/check.h"
#include "calendar/zone.h"
#include "credit/service.h"
#include "identity/customers.h"
#include "risk/repository.h"
#include "risk/token_refusal_repository.h"

namespace karv::risk {
namespace {

// A purchase in a currency without limits is never allowed.
Limits limits_of(const Context& context, money::Currency currency) {
  Limits limits = limits_for(currency).value_or(Limits{});
  limits.velocity = context.velocity;
  return limits;
}

std::optional<std::int64_t> age_on(calendar::Date today, const std::optional<calendar::Date>& date_of_birth) {
  if (!date_of_birth) return std::nullopt;
  if (*date_of_birth > today) return 0;
  return calendar::whole_years_between(*date_of_birth, today);
}

}  // namespace

base::Result<Decided> decide_application(store::Tx& tx, const Context& context, const Application& application) {
  const money::Currency currency = application.amount.currency();
  const base::Instant wall = context.wall.now();
  KARV_TRY(const auto answers,
           tx.read({identity::lock_customer(application.customer_id),
                    credit::open_debt_query(application.customer_id, currency),
                    count_decisions(application.customer_id, wall - base::hours(1)),
                    count_decisions(application.customer_id, wall - base::hours(24)),
                    count_token_refusals(application.customer_id, wall - base::hours(24)),
                    count_merchant_token_refusals(application.merchant_id, wall - base::hours(24))}));
  Facts facts;
  facts.amount = application.amount;
  facts.open_debt = credit::read_open_debt(answers[1], currency);
  facts.credit = application.credit;
  facts.age_years = age_on(calendar::Zone::utc().date_of(context.business.now()), application.date_of_birth);
  facts.authorizations_last_hour = read_count(answers[2]);
  facts.authorizations_last_day = read_count(answers[3]);
  facts.token_refusals_last_day = read_count(answers[4]);
  facts.merchant_token_refusals_last_day = read_count(answers[5]);
  if (context.sandbox) facts.convention = parse_convention(application.email);

  const Limits limits = limits_of(context, currency);
  Decided decided{base::make_id<DecisionTag>(context.wall, context.random), decide(facts, limits)};
  KARV_REQUIRE(!decided.decision.reasons.empty());
  insert_decision(tx,
                  {decided.decision_id, application, facts, limits, decided.decision, context.business.now(), wall});
  return decided;
}

base::Result<StoredDecision> get_decision(store::ReadTx& tx, DecisionId decision_id) {
  KARV_TRY(const store::Rows rows, tx.read_one(find_decision(decision_id)));
  KARV_TRY(auto stored, read_decision(rows));
  if (!stored) return base::Error(base::ErrorCode::not_found);
  return *std::move(stored);
}

Decision replay(const StoredDecision& stored) { return decide(stored.facts, stored.limits); }

}  // namespace karv::risk
