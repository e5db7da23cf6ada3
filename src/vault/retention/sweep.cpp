#include "vault/retention/sweep.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/log.h"
#include "vault/retention/repository.h"
#include "vault/retention/rules.h"

namespace karv::vault {
namespace {

constexpr std::int64_t kAtOnce = 500;
constexpr int kBatches = 20;

// Every table that is kept for a time is swept, and no other.
consteval bool is_complete() {
  std::size_t aged = 0;
  for (const auto& line : kRetention) {
    if (line.until != KeptUntil::age) continue;
    ++aged;
    if (std::ranges::find(kAgeSweeps, line.table, &AgeSweep::table) == kAgeSweeps.end()) return false;
  }
  return aged == kAgeSweeps.size();
}
static_assert(is_complete());

const Retention& line_of(const AgeSweep& sweep) {
  return *std::ranges::find(kRetention, sweep.table, &Retention::table);
}

}  // namespace

// Their forms lead to them, and go with them (repository.h).
template <class Find>
base::Result<void> RetentionSweep::remove_uncollected_of(Find find, base::Instant until) {
  for (int batch = 0; batch < kBatches; ++batch) {
    KARV_TRY(const auto ids,
             database_.read<typename decltype(find(std::declval<store::ReadTx&>(), until, kAtOnce))::value_type>(
                 "vault_find_uncollected", [&](store::ReadTx& tx) { return find(tx, until, kAtOnce); }));
    std::int64_t removed = 0;
    for (const auto& id : ids) {
      KARV_TRY(const bool gone, database_.write<bool>("vault_remove_uncollected", [&](store::Tx& tx) {
        return remove_uncollected(tx, id, until);
      }));
      removed += gone ? 1 : 0;
    }
    if (removed > 0) base::log::info("uncollected_removed", {{"rows", removed}});
    if (std::ssize(ids) < kAtOnce) return {};
  }
  return {};
}

base::Result<void> RetentionSweep::run() {
  const auto now = wall_.now();
  base::Result<void> first;
  const auto note = [&](base::Result<void> done) {
    if (first.ok() && !done.ok()) first = std::move(done);
  };
  note(remove_uncollected_of(find_uncollected_cards, now - kept_for("card_tickets")));
  note(remove_uncollected_of(find_uncollected_accounts, now - kept_for("bank_tickets")));
  for (const auto& sweep : kAgeSweeps) {
    const auto& line = line_of(sweep);
    const auto over = (now - line.period).ms / line.unit.ms;
    for (int batch = 0; batch < kBatches; ++batch) {
      const auto removed = database_.write<std::int64_t>(
          "vault_remove_aged", [&](store::Tx& tx) { return remove_aged(tx, sweep, over, kAtOnce); });
      if (!removed.ok()) note(removed.error());
      if (!removed.ok() || *removed == 0) break;  // few have gone: others may have been waiting for them
    }
  }
  return first;
}

}  // namespace karv::vault
