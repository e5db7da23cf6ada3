#include "cards/counts_repository.h"

namespace karv::bench {
namespace {

using store::Sql;

constexpr Sql kCards = "select count(*) from cards";
constexpr Sql kTokens = "select count(*) from vault_tokens";
constexpr Sql kCustomerKeys = "select count(*) from subject_keys";
constexpr Sql kCollected = "select count(*) from card_tickets where state = 'collected'";
constexpr Sql kApproved = "select count(*) from operations where kind = 'hold' and state = 'approved'";
constexpr Sql kOpen = "select count(*) from open_operations";
constexpr Sql kEpochs = "select count(distinct epoch_key_id) from subject_keys";

}  // namespace

base::Result<Counts> count_rows(store::Database& database) {
  return database.read<Counts>("bench_count", [](store::ReadTx& tx) -> base::Result<Counts> {
    KARV_TRY(const auto found, tx.read({{kCards, {}},
                                        {kTokens, {}},
                                        {kCustomerKeys, {}},
                                        {kCollected, {}},
                                        {kApproved, {}},
                                        {kOpen, {}},
                                        {kEpochs, {}}}));
    const auto number = [&](std::size_t at) { return found[at].front().integer(0); };
    return Counts{.cards = number(0),
                  .tokens = number(1),
                  .customer_keys = number(2),
                  .collected_tickets = number(3),
                  .approved_holds = number(4),
                  .open_operations = number(5),
                  .epochs_in_use = number(6)};
  });
}

}  // namespace karv::bench
