// Two steps of one use case: prepare from a snapshot, then write what was prepared.
//
// Unsealing, comparing, sealing and serialising happen in the first, while nobody's turn at the write connection is
// held; the second only writes. Every row that the decision was taken on is updated with the version it had, so a row
// that moved meanwhile fails the transaction with `conflict`, and everything is prepared again from what is there now.
// Who lost that race twice prepares within the transaction, where nothing can move.
//
//   return prepare_and_write<PlacedOrder, Placement>(database, "place_order",
//       [&](store::ReadTx& tx) -> Result<std::variant<PlacedOrder, Placement>> { ... },
//       [&](store::Tx& tx, const Placement& placement) -> Result<PlacedOrder> { ... });
#pragma once

#include <string_view>
#include <utility>
#include <variant>

#include "base/result.h"
#include "store/database.h"

namespace karv::orders {

inline constexpr int kSnapshotAttempts = 2;

// `prepare` answers the use case's answer when there is nothing to write, or what `write` needs. Either may run more
// than once. Errors: those of the two steps.
template <class Answer, class Work, class Prepare, class Write>
base::Result<Answer> prepare_and_write(store::Database& database, std::string_view use_case, Prepare prepare,
                                       Write write) {
  for (int attempt = 1; attempt <= kSnapshotAttempts; ++attempt) {
    KARV_TRY(auto prepared, (database.read<std::variant<Answer, Work>>(use_case, prepare)));
    if (auto* settled = std::get_if<Answer>(&prepared)) return std::move(*settled);
    const Work& work = std::get<Work>(prepared);
    auto written = database.write<Answer>(use_case, [&](store::Tx& tx) { return write(tx, work); });
    if (written.ok() || written.error().code() != base::ErrorCode::conflict) return written;
  }
  return database.write<Answer>(use_case, [&](store::Tx& tx) -> base::Result<Answer> {
    KARV_TRY(auto prepared, prepare(tx));
    if (auto* settled = std::get_if<Answer>(&prepared)) return std::move(*settled);
    return write(tx, std::get<Work>(prepared));
  });
}

}  // namespace karv::orders
