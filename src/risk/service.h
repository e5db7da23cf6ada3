// Decides on an authorization and keeps the decision with its facts, so that it can be replayed and explained.
#pragma once

#include <optional>

#include "base/clock.h"
#include "base/random.h"
#include "base/result.h"
#include "calendar/date.h"
#include "risk/rules.h"
#include "risk/schema.h"  // migrations(): 60001..
#include "risk/types.h"
#include "store/database.h"

namespace karv::risk {

struct Context {
  const base::Clock& wall;
  const base::Clock& business;
  base::Random& random;
  bool sandbox = false;  // addresses may ask for an outcome
  Velocity velocity{};   // configurable, so that a test bed can raise it
};

struct Application {
  identity::PaymentSessionId payment_session;
  identity::MerchantId merchant_id;
  identity::CustomerId customer_id;
  identity::Email email;
  money::Money amount;
  bool credit = true;
  std::optional<calendar::Date> date_of_birth;
};
struct Decided {
  DecisionId decision_id;
  Decision decision;
};
// Effects: one risk_decisions row. Errors: none of its own. Cost: one round trip.
base::Result<Decided> decide_application(store::Tx& tx, const Context& context, const Application& application);

struct StoredDecision {
  DecisionId decision_id;
  Facts facts;
  Limits limits;
  Decision decision;
  base::Instant decided_at;
};
// Errors: not_found. Cost: one round trip.
base::Result<StoredDecision> get_decision(store::ReadTx& tx, DecisionId decision_id);
// What today's rules say about yesterday's facts; equal to the stored decision while the rule version is the same.
Decision replay(const StoredDecision& stored);

}  // namespace karv::risk
