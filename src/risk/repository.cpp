#include "risk/repository.h"

#include <boost/describe.hpp>

#include "base/check.h"
#include "json/decode.h"
#include "json/encode.h"

namespace karv::risk {

// What is stored: the same members as Facts, Limits and Decision, flat.
struct DecisionRecord {
  money::Currency currency;
  std::int64_t amount = 0, open_debt = 0;
  bool credit = true;
  std::optional<std::int64_t> age_years;
  std::int64_t authorizations_last_hour = 0, authorizations_last_day = 0;
  std::int64_t convention = 0, convention_pend_minutes = 0;
  std::string convention_reject_reason;
  std::int64_t limit_amount = 0, limit_open_debt = 0, limit_per_hour = 0, limit_per_day = 0;
  std::optional<std::int64_t> limit_step_up_from;
  // Absent in records from before the rules 2026-11-2.
  std::optional<std::int64_t> token_refusals_last_day, merchant_token_refusals_last_day;
  std::optional<std::int64_t> limit_refusals_step_up, limit_refusals_refuse, limit_refusals_merchant_step_up;
  std::vector<std::string> reasons;
  std::int64_t pend_minutes = 0;
  bool pend_accepts = true;
};
BOOST_DESCRIBE_STRUCT(DecisionRecord, (),
                      (currency, amount, open_debt, credit, age_years, authorizations_last_hour,
                       authorizations_last_day, convention, convention_pend_minutes, convention_reject_reason,
                       limit_amount, limit_open_debt, limit_per_hour, limit_per_day, limit_step_up_from,
                       token_refusals_last_day, merchant_token_refusals_last_day, limit_refusals_step_up,
                       limit_refusals_refuse, limit_refusals_merchant_step_up, reasons, pend_minutes, pend_accepts))

namespace {

using store::Sql;

constexpr Sql kCount = "select count(*) from risk_decisions where customer_id = $1 and decided_at_wall > $2";
constexpr Sql kInsert =
    "insert into risk_decisions (decision_id, payment_session, merchant_id, customer_id, outcome, rule_version, "
    "record, "
    "decided_at, decided_at_wall) values ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
constexpr Sql kFind =
    "select decision_id, outcome, rule_version, record, decided_at from risk_decisions where decision_id = $1";

DecisionRecord record_of(const Facts& facts, const Limits& limits, const Decision& decision) {
  return {.currency = facts.amount.currency(),
          .amount = facts.amount.minor(),
          .open_debt = facts.open_debt.minor(),
          .credit = facts.credit,
          .age_years = facts.age_years,
          .authorizations_last_hour = facts.authorizations_last_hour,
          .authorizations_last_day = facts.authorizations_last_day,
          .convention = static_cast<std::int64_t>(facts.convention.kind),
          .convention_pend_minutes = facts.convention.pend_minutes,
          .convention_reject_reason = facts.convention.reject_reason,
          .limit_amount = limits.amount_minor,
          .limit_open_debt = limits.open_debt_minor,
          .limit_per_hour = limits.velocity.per_hour,
          .limit_per_day = limits.velocity.per_day,
          .limit_step_up_from = limits.step_up_from,
          .token_refusals_last_day = facts.token_refusals_last_day,
          .merchant_token_refusals_last_day = facts.merchant_token_refusals_last_day,
          .limit_refusals_step_up = limits.token_refusals.step_up,
          .limit_refusals_refuse = limits.token_refusals.refuse,
          .limit_refusals_merchant_step_up = limits.token_refusals.merchant_step_up,
          .reasons = decision.reasons,
          .pend_minutes = decision.pend_minutes,
          .pend_accepts = decision.pend_accepts};
}

Facts facts_of(const DecisionRecord& record) {
  Facts facts;
  facts.amount = {record.amount, record.currency};
  facts.open_debt = {record.open_debt, record.currency};
  facts.credit = record.credit;
  facts.age_years = record.age_years;
  facts.authorizations_last_hour = record.authorizations_last_hour;
  facts.authorizations_last_day = record.authorizations_last_day;
  facts.token_refusals_last_day = record.token_refusals_last_day.value_or(0);
  facts.merchant_token_refusals_last_day = record.merchant_token_refusals_last_day.value_or(0);
  KARV_REQUIRE(record.convention >= 0 && record.convention <= static_cast<std::int64_t>(ConventionKind::reject_reason));
  facts.convention = {static_cast<ConventionKind>(record.convention), record.convention_pend_minutes,
                      record.convention_reject_reason};
  return facts;
}

}  // namespace

store::Query count_decisions(identity::CustomerId customer, base::Instant since_wall) {
  return {kCount, {customer, since_wall.ms}};
}
std::int64_t read_count(const store::Rows& rows) {
  KARV_REQUIRE(rows.size() == 1);
  return rows[0].integer(0);
}

void insert_decision(store::Tx& tx, const NewDecision& made) {
  const Application& application = made.application;
  tx.write(
      {kInsert,
       {made.decision_id, application.payment_session, application.merchant_id, application.customer_id,
        name_of(made.decision.outcome), made.decision.rule_version,
        json::encode(record_of(made.facts, made.limits, made.decision)), made.decided_at.ms, made.decided_at_wall.ms}},
      1);
}

store::Query find_decision(DecisionId decision_id) { return {kFind, {decision_id}}; }

base::Result<std::optional<StoredDecision>> read_decision(const store::Rows& rows) {
  if (rows.empty()) return std::optional<StoredDecision>();
  const store::Row& row = rows[0];
  auto record = json::decode<DecisionRecord>(row.text(3));
  const auto outcome = outcome_from(row.text(1));
  if (!record.ok() || !outcome) return base::internal_error(base::ErrorCode::internal, "risk decision is unreadable");
  StoredDecision stored;
  stored.decision_id = row.id<DecisionId>(0);
  stored.facts = facts_of(*record);
  const TokenRefusals defaults;
  stored.limits = {record->limit_amount,
                   record->limit_open_debt,
                   {record->limit_per_hour, record->limit_per_day},
                   {record->limit_refusals_step_up.value_or(defaults.step_up),
                    record->limit_refusals_refuse.value_or(defaults.refuse),
                    record->limit_refusals_merchant_step_up.value_or(defaults.merchant_step_up)},
                   record->limit_step_up_from};
  stored.decision = {*outcome, record->reasons, row.text(2), record->pend_minutes, record->pend_accepts};
  stored.decided_at = {row.integer(4)};
  return std::optional<StoredDecision>(std::move(stored));
}

}  // namespace karv::risk
