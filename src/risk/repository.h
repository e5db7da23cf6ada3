// Decisions <-> rows. Facts, limits and reasons are stored as one JSON text, so that a decision can be replayed as it
// was made. The only place of this module's SQL.
#pragma once

#include <optional>

#include "risk/service.h"
#include "store/database.h"

namespace karv::risk {

store::Query count_decisions(identity::CustomerId customer, base::Instant since_wall);
std::int64_t read_count(const store::Rows& rows);

struct NewDecision {
  DecisionId decision_id;
  const Application& application;
  const Facts& facts;
  const Limits& limits;
  const Decision& decision;
  base::Instant decided_at, decided_at_wall;
};
void insert_decision(store::Tx& tx, const NewDecision& decision);

store::Query find_decision(DecisionId decision_id);
// Errors: internal (a record that does not read back).
base::Result<std::optional<StoredDecision>> read_decision(const store::Rows& rows);

}  // namespace karv::risk
