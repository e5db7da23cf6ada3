#include "rails/card_endings.h"

#include <algorithm>

#include "base/log.h"
#include "rails/repository.h"
#include "vault_api/card_endings.h"
#include "vault_api/client.h"

namespace karv::rails {
namespace {

using base::Result;

Result<void> look_again_later(store::Database& database, const Context& context, CardEnding ending) {
  return database.write<void>("postpone_card_ending", [&](store::Tx& tx) -> Result<void> {
    auto next = ending;
    next.attempts += 1;
    next.next_attempt_at = context.wall.now() + backoff(next.attempts);
    update_card_ending(tx, ending, next);
    return {};
  });
}

// One ending; true when it is settled.
Result<bool> deliver_one(store::Database& database, const Context& context, const AskVault& vault,
                         const CardEnding& ending) {
  KARV_TRY(auto request, database.read<net::OutboundRequest>("card_ending_request", [&](store::ReadTx& tx) {
    return ending_request(tx, ending, context.business.now());
  }));
  const auto outcome = vault(std::move(request), vault_api::kLimit);
  if (!is_ended(outcome)) {
    base::log::warn("card_ending_postponed", {{"card", ending.card_id.text()}});
    KARV_TRY_VOID(look_again_later(database, context, ending));
    return false;
  }
  KARV_TRY_VOID(
      database.write<void>("settle_card_ending", [&](store::Tx& tx) { return settle_ending(tx, ending.card_id); }));
  return true;
}

}  // namespace

CardEnding end_card(store::Tx& tx, const Context& context, const CustomerCard& card) {
  CardEnding ending{.card_id = card.card_id,
                    .customer_id = card.customer_id,
                    .vault_token = card.saved_token,
                    .fingerprint = card.fingerprint,
                    .refund_until = context.business.now() + kRefundWindow,
                    .next_attempt_at = context.wall.now()};
  insert_card_ending(tx, ending);
  return ending;
}

Result<net::OutboundRequest> ending_request(store::ReadTx& tx, const CardEnding& ending, base::Instant business_now) {
  KARV_TRY(const auto rows, tx.read({customer_cards_of(ending.customer_id)}));
  vault_api::EndCardRequest request;
  request.vault_token = ending.vault_token;
  request.customer = vault_api::CustomerRef(ending.customer_id.uuid());
  request.refund_until = std::max(ending.refund_until, business_now).ms;
  request.business_time = business_now.ms;
  for (const auto& card : read_customer_cards(rows[0]))
    if (card.fingerprint == ending.fingerprint && card.card_id > ending.card_id) request.replaced_by = card.saved_token;
  return vault_api::request_of(request);
}

bool is_ended(const net::CallOutcome& outcome) {
  const auto answer = vault_api::answer_of<vault_api::EndCardRequest>(outcome);
  return answer.ok() || answer.error().reason() == "TOKEN_UNKNOWN";
}

Result<void> settle_ending(store::Tx& tx, CustomerCardId card) {
  KARV_TRY(const auto rows, tx.read_for_update({find_card_ending(card)}));
  if (!rows[0].empty()) delete_card_ending(tx, card);
  return {};
}

Result<bool> has_ending(store::ReadTx& tx, identity::CustomerId customer) {
  KARV_TRY(const auto rows, tx.read({card_endings_of(customer)}));
  return !rows[0].empty();
}

Result<std::int64_t> deliver_endings(store::Database& database, const Context& context, const VaultLine& vault,
                                     std::int64_t limit) {
  KARV_TRY(const auto due, database.read<std::vector<CardEnding>>(
                               "due_card_endings", [&](store::ReadTx& tx) -> Result<std::vector<CardEnding>> {
                                 KARV_TRY(const auto rows, tx.read({due_card_endings(context.wall.now(), limit)}));
                                 return read_card_endings(rows[0]);
                               }));
  std::int64_t settled = 0;
  for (const auto& ending : due) {
    KARV_TRY(const bool done, deliver_one(database, context, vault.ask, ending));
    settled += done ? 1 : 0;
  }
  return settled;
}

Result<std::int64_t> sweep_ended_cards(const Context& context, const VaultLine& vault) {
  const vault_api::SweepCardsRequest request{.business_time = context.business.now().ms};
  KARV_TRY(const auto swept, vault_api::answer_of<vault_api::SweepCardsRequest>(
                                 vault.ask(vault_api::request_of(request), vault_api::kCardLimit)));
  return swept.cards_removed + swept.tokens_removed;
}

}  // namespace karv::rails
